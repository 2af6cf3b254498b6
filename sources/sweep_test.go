package sources_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// shelf is the record of these tests: what one source brought, by ID.
type shelf struct {
	mu   sync.Mutex
	held map[string]sources.Mention // kept at FetchedAt
	fail error
}

func (s *shelf) put(id string, kept time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[id] = sources.Mention{ID: id, Platform: "x", Source: "s", Text: "Exampleford Council", CreatedAt: kept, FetchedAt: kept, MatchedBy: []string{"keyword:council"}}
}

// PublishMentions takes deletions and edits in, as the stages do.
func (s *shelf) PublishMentions(_ context.Context, ms []sources.Mention) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range ms {
		if m.State == sources.Deleted {
			delete(s.held, m.ID)
			continue
		}
		m.FetchedAt = s.held[m.ID].FetchedAt
		s.held[m.ID] = m
	}
	return nil
}

func (s *shelf) Holds(context.Context, string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held), s.fail
}

func (s *shelf) Held(_ context.Context, source string, from time.Time, after string, limit int) ([]sources.Holding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sources.Holding
	for _, m := range s.held {
		place := fmt.Sprintf("%020d %s", m.FetchedAt.UnixNano(), m.ID)
		if place > after && (after != "" || !m.FetchedAt.Before(from)) {
			out = append(out, sources.Holding{ID: m.ID, Kept: m.FetchedAt, Place: place})
		}
	}
	slices.SortFunc(out, func(a, b sources.Holding) int { return cmp.Compare(a.Place, b.Place) })
	return out[:min(limit, len(out))], s.fail
}

func (s *shelf) Mentions(_ context.Context, ids []string) (out []sources.Mention, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if m, ok := s.held[id]; ok {
			out = append(out, m)
		}
	}
	return out, s.fail
}

// places is a SweepStore in memory.
type places struct {
	mu sync.Mutex
	p  sources.SweepPlace
	n  int
}

func (p *places) LoadSweep(context.Context, string) (sources.SweepPlace, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.p, nil
}

func (p *places) SaveSweep(_ context.Context, _ string, x sources.SweepPlace) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.p = x
	p.n++
	return nil
}

func (p *places) sentence() string {
	x, _ := p.LoadSweep(context.Background(), "")
	return x.Sentence
}

// oracle is a platform that is asked again.
type oracle struct {
	mu     sync.Mutex
	asked  map[string][]time.Time
	sizes  []int
	at     []time.Time
	answer func(held []sources.Mention) ([]sources.Mention, error) // nil: nothing has changed
}

func (o *oracle) Recheck(_ context.Context, held []sources.Mention) ([]sources.Mention, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sizes, o.at = append(o.sizes, len(held)), append(o.at, time.Now())
	for _, m := range held {
		o.asked[m.ID] = append(o.asked[m.ID], time.Now())
	}
	if o.answer == nil {
		return held, nil
	}
	return o.answer(held)
}

func (o *oracle) says(f func([]sources.Mention) ([]sources.Mention, error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = f
}

func (o *oracle) Next(ctx context.Context, c sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	<-ctx.Done()
	return nil, c, ctx.Err()
}

func (o *oracle) calls() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.at)
}

// sweeping is a running Sweep in a synctest bubble.
type sweeping struct {
	*shelf
	*oracle
	places *places
	sweep  sources.Sweep
	ill    atomic.Bool // the source cannot be read
}

// LastHealth says that the source was read this minute, unless it is ill.
func (w *sweeping) LastHealth(context.Context, string) (sources.Health, error) {
	h := sources.Health{State: sources.StateRunning, LastSuccess: time.Now()}
	if w.ill.Load() {
		h.State = sources.StateFailing
	}
	return h, nil
}

func newSweeping() *sweeping {
	w := &sweeping{shelf: &shelf{held: map[string]sources.Mention{}}, oracle: &oracle{asked: map[string][]time.Time{}}, places: &places{}}
	w.sweep = sources.Sweep{Settings: settings.Source{ID: "s", Kind: "k"}, Every: 100 * time.Hour, Batch: 10}
	return w
}

func (w *sweeping) run(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := w.sweep
	s.Source, s.Record, s.Publisher, s.Places, s.Health = w.oracle, w.shelf, w.shelf, w.places, w
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	time.Sleep(d)
	cancel()
	<-done
}

func TestASweepAsksAboutEachWithinItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		begun := time.Now()
		for n := range 200 {
			w.put(fmt.Sprintf("x:%03d", n), begun.Add(-time.Duration(1000-n)*time.Hour))
		}
		w.run(t, 900*time.Hour)
		most := time.Duration(0)
		for id, at := range w.asked {
			last := begun
			for _, a := range append(at, begun.Add(900*time.Hour)) {
				most, last = max(most, a.Sub(last)), a
			}
			if len(at) < 9 || len(at) > 11 {
				t.Errorf("%s was asked about %d times in 900 hours", id, len(at))
			}
		}
		if len(w.asked) != 200 || most > 100*time.Hour {
			t.Errorf("%d were asked about, the longest pause was %v", len(w.asked), most)
		}
		for n := 1; n < len(w.at); n++ { // 20 questions in 90 hours
			if gap := w.at[n].Sub(w.at[n-1]); gap < 4*time.Hour || gap > 6*time.Hour || w.sizes[n] != 10 {
				t.Fatalf("question %d holds %d and comes %v after the one before", n, w.sizes[n], gap)
			}
		}
		if w.places.sentence() != "" {
			t.Error(w.places.sentence())
		}
	})
}

func TestASweepAsksAboutTheYoungFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		done := make(chan struct{})
		go func() { w.run(t, 300*time.Hour); close(done) }()
		kept := map[string]time.Time{}
		for n := range 250 { // one in half an hour: a question is full after five hours, and is not waited for that long
			id := fmt.Sprintf("x:%03d", n)
			kept[id] = time.Now()
			w.put(id, kept[id])
			time.Sleep(30 * time.Minute)
		}
		<-done
		if len(w.asked) != 250 {
			t.Fatalf("%d were asked about", len(w.asked))
		}
		for id, at := range w.asked {
			if age := at[0].Sub(kept[id]); age < time.Hour || age > 4*time.Hour+10*time.Minute {
				t.Errorf("%s was %v old when it was first asked about", id, age)
			}
			for n := 1; n < len(at); n++ {
				if at[n].Sub(at[n-1]) > 100*time.Hour {
					t.Errorf("%s was left alone for %v", id, at[n].Sub(at[n-1]))
				}
			}
		}
	})
}

func TestASweepPublishesWhatIsNotAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		for n := range 4 {
			w.put(fmt.Sprint("x:", n), time.Now().Add(-48*time.Hour))
		}
		other := w.held["x:3"]
		other.ID, other.Source = "x:other", "another"
		w.held["x:other"] = other
		w.says(func(held []sources.Mention) (out []sources.Mention, _ error) {
			for _, m := range held {
				switch m.ID {
				case "x:0":
					m = sources.Mention{ID: m.ID, Platform: "x", State: sources.Deleted}
				case "x:1":
					m.Text, m.MatchedBy, m.Source = "other  words", nil, ""
				case "x:other":
					t.Error("another source's mention was asked about")
				}
				out = append(out, m)
			}
			return append(out, sources.Mention{ID: "x:77", Platform: "x", State: sources.Deleted}), nil
		})
		log := sourcestest.NewLog()
		log.FailNext(2)
		s := w.sweep
		s.Source, s.Record, s.Publisher, s.Places = w.oracle, w.shelf, log, w.places
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		time.Sleep(time.Hour)
		cancel()
		<-done
		got := log.Mentions()
		got = got[len(got)-2:] // what the failed calls stored comes before
		if got[0].ID != "x:0" || got[0].State != sources.Deleted || got[0].At.IsZero() || got[0].Source != "s" {
			t.Errorf("deletion %+v", got[0])
		}
		if e := got[1]; e.ID != "x:1" || e.State != sources.Edited || e.Text != "other words" || e.Source != "s" || strings.Join(e.MatchedBy, "") != "keyword:council" {
			t.Errorf("edit %+v", e)
		}
		for _, m := range log.Mentions() {
			if m.ID != "x:0" && m.ID != "x:1" {
				t.Errorf("published %s", m.ID)
			}
		}
	})
}

func TestASweepObeysThePlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		w.sweep.Batch, w.sweep.PerDay = 1, 96 // a quarter: one an hour
		for n := range 300 {                  // so 300 within 100 hours are too many
			w.put(fmt.Sprint("x:", n), time.Now().Add(-1000*time.Hour))
		}
		begun := time.Now()
		w.says(func([]sources.Mention) ([]sources.Mention, error) {
			return nil, sources.Waitf(begun.Add(5*time.Hour), "Patience.")
		})
		go w.run(t, 500*time.Hour)
		time.Sleep(4 * time.Hour)
		if w.calls() != 1 || len(w.held) != 300 {
			t.Errorf("%d questions although the platform asked to wait, %d left", w.calls(), len(w.held))
		}
		w.says(func([]sources.Mention) ([]sources.Mention, error) { return nil, errors.New("500") })
		time.Sleep(7 * time.Hour)
		if n := w.calls(); n < 5 || n > 10 || len(w.held) != 300 {
			t.Errorf("%d questions, %d left", n, len(w.held))
		}
		w.says(func([]sources.Mention) ([]sources.Mention, error) { return nil, sources.Stopf("Enter the key.") })
		time.Sleep(3 * time.Hour)
		if want := "Deleted and edited posts are not noticed. Enter the key."; w.places.sentence() != want {
			t.Errorf("it says %q", w.places.sentence())
		}
		w.says(nil)
		time.Sleep(2 * time.Hour)
		if strings.Contains(w.places.sentence(), "key") {
			t.Errorf("the key is there, and it says %q", w.places.sentence())
		}
		before := w.calls()
		time.Sleep(24 * time.Hour)
		if n := w.calls() - before; n < 22 || n > 25 {
			t.Errorf("%d questions in a day", n)
		}
		if s := w.places.sentence(); !strings.Contains(s, "noticed late") || !strings.Contains(s, "of 300") {
			t.Errorf("far behind it says %q", s)
		}
		for n := 20; n < 300; n++ { // most are gone by another way
			w.PublishMentions(t.Context(), []sources.Mention{{ID: fmt.Sprint("x:", n), State: sources.Deleted}})
		}
		time.Sleep(300 * time.Hour)
		if w.places.sentence() != "" {
			t.Errorf("with few left it says %q", w.places.sentence())
		}
		time.Sleep(200 * time.Hour)
	})
}

func TestASweepGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		for n := range 100 {
			w.put(fmt.Sprintf("x:%03d", n), time.Now().Add(-1000*time.Hour))
		}
		for range 9 { // ten questions in 90 hours, over nine starts
			w.run(t, 10*time.Hour)
		}
		if len(w.asked) != 100 {
			t.Errorf("%d were asked about in 90 hours", len(w.asked))
		}
		for id, at := range w.asked {
			if len(at) > 1 {
				t.Errorf("%s was asked about %d times", id, len(at))
			}
		}
		if w.places.n > 40 {
			t.Errorf("the place was kept %d times for 10 questions", w.places.n)
		}
	})
}

func TestAPoisonousMentionDoesNotStopASweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		for n := range 30 {
			w.put(fmt.Sprintf("x:%03d", n), time.Now().Add(-1000*time.Hour))
		}
		w.says(func(held []sources.Mention) ([]sources.Mention, error) {
			if held[0].ID == "x:000" {
				panic("what is this")
			}
			return held, nil
		})
		w.run(t, 90*time.Hour)
		if len(w.asked) != 30 {
			t.Errorf("%d were asked about", len(w.asked))
		}
	})
}

func TestAPausedSourceIsStillSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		w.put("x:1", time.Now().Add(-48*time.Hour))
		w.says(func(held []sources.Mention) ([]sources.Mention, error) {
			return []sources.Mention{{ID: held[0].ID, Platform: "x", State: sources.Deleted}}, nil
		})
		made := 0
		kinds := sources.NewRegistry(
			sources.Connector{Name: "k", Recheck: time.Hour, New: func(settings.Source, sources.Deps) (sources.Source, error) { made++; return w.oracle, nil }},
			sources.Connector{Name: "stream", New: func(settings.Source, sources.Deps) (sources.Source, error) { t.Error("made"); return w.oracle, nil }})
		s := sources.NewSweeps(sources.SweepsConfig{Registry: kinds, Record: w.shelf, Publisher: w.shelf, Places: w.places})
		s.Apply([]settings.Source{{ID: "s", Kind: "k", Paused: true}, {ID: "t", Kind: "stream"}})
		for range 2 { // leadership may come back
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- s.Run(ctx) }()
			time.Sleep(10 * time.Minute)
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if len(w.held) != 0 || made != 2 {
			t.Errorf("%d left, made %d times", len(w.held), made)
		}
	})
}

// TestASweepLeavesWhatIsSomebodyElsesAlone: after the source was given another page, what the first one showed would all look deleted.
func TestASweepLeavesWhatIsSomebodyElsesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSweeping()
		w.sweep.Whose = []sources.Field{{Name: "page", Whose: true}, {Name: "query"}}
		w.sweep.Settings.Options = map[string]string{"page": "1", "query": "a"}
		for n := range 4 {
			w.put(fmt.Sprint("x:", n), time.Now().Add(-48*time.Hour))
		}
		w.run(t, 100*time.Hour)
		if len(w.asked) != 4 {
			t.Fatalf("%d were asked about", len(w.asked))
		}
		clear(w.asked)
		w.sweep.Settings.Options = map[string]string{"page": "1", "query": "b"}
		w.run(t, 100*time.Hour)
		if len(w.asked) != 4 {
			t.Fatalf("after another query %d were asked about", len(w.asked))
		}
		clear(w.asked)
		w.sweep.Settings.Options = map[string]string{"page": "2", "query": "b"}
		w.run(t, time.Hour)
		w.put("x:new", time.Now())
		w.run(t, 200*time.Hour)
		if len(w.asked) != 1 || len(w.asked["x:new"]) == 0 {
			t.Errorf("after another page %v were asked about", w.asked)
		}
		if s := w.places.sentence(); !strings.Contains(s, "from another account or place") {
			t.Errorf("the officer reads %q", s)
		}
	})
}
