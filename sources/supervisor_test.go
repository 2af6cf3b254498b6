package sources_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// script is a Source that answers call by call; then it blocks.
type script struct {
	steps []func(after sources.Cursor) ([]sources.Mention, sources.Cursor, error)
	asked []sources.Cursor
	at    []time.Time
}

func (s *script) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	s.asked, s.at = append(s.asked, after), append(s.at, time.Now())
	if len(s.steps) == 0 {
		<-ctx.Done()
		return nil, after, ctx.Err()
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step(after)
}

func brings(next sources.Cursor, ms ...sources.Mention) func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	return func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) { return ms, next, nil }
}

func fails(err error) func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	return func(c sources.Cursor) ([]sources.Mention, sources.Cursor, error) { return nil, c, err }
}

func says(id, text string) sources.Mention {
	return sources.Mention{ID: "x:" + id, Platform: "x", Text: text, CreatedAt: time.Now()}
}

// bench is a supervisor with everything in memory, inside a synctest bubble.
type bench struct {
	src     *script
	log     *sourcestest.Log
	cursors *sourcestest.Cursors
	health  *sourcestest.HealthLog
	monitor *sources.Monitor
	sup     *sources.Supervisor
	reg     *prometheus.Registry
	err     chan error
	cancel  context.CancelFunc
}

func start(t *testing.T, s settings.Source, d sources.Deps, steps ...func(sources.Cursor) ([]sources.Mention, sources.Cursor, error)) *bench {
	t.Helper()
	terms, err := sources.CompileTerms(nil, settings.Council{Name: "Exampleford Council"})
	if err != nil {
		t.Fatal(err)
	}
	if d.Terms == nil {
		d.Terms = func() *sources.Terms { return terms }
	}
	s.ID, s.Kind = "s", "feed"
	b := &bench{src: &script{steps: steps}, log: sourcestest.NewLog(), cursors: &sourcestest.Cursors{}, health: &sourcestest.HealthLog{},
		reg: prometheus.NewRegistry(), err: make(chan error, 1)}
	m := sources.NewMetrics(b.reg, "feed")
	b.monitor = sources.NewMonitor(s, "node-1", b.health, d, m)
	b.sup = &sources.Supervisor{Settings: s, Source: b.src, Publisher: b.log, Cursors: b.cursors, Deps: d, Health: b.monitor, Metrics: m}
	var ctx context.Context
	ctx, b.cancel = context.WithCancel(t.Context())
	go func() { b.err <- b.sup.Run(ctx) }()
	return b
}

func (b *bench) ids() string {
	var out []string
	for _, m := range b.log.Mentions() {
		out = append(out, string(m.State)+m.ID)
	}
	return strings.Join(out, " ")
}

func (b *bench) states() string {
	var out []string
	for _, h := range b.health.All() {
		if len(out) == 0 || out[len(out)-1] != h.State {
			out = append(out, h.State)
		}
	}
	return strings.Join(out, " ")
}

func TestWhatIsReadIsAcceptedOrDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, settings.Source{}, sources.Deps{},
			brings("1", says("a", "Exampleford  Council rocks"), says("b", "football"), says("c", ""), sources.Mention{ID: "y", Platform: "x"}),
			brings("2", says("d", "exampleford council?")))
		synctest.Wait()
		if b.ids() != "x:a x:d" {
			t.Errorf("stored %s", b.ids())
		}
		m := b.log.Mentions()[0]
		if m.Text != "Exampleford Council rocks" || strings.Join(m.MatchedBy, "") != "keyword:council" || m.Source != "s" {
			t.Errorf("stored %+v", m)
		}
		if c, _ := b.cursors.Load(t.Context(), "s"); c != "2" {
			t.Errorf("the cursor is %q", c)
		}
		h := b.monitor.Health()
		if h.State != sources.StateRunning || h.Accepted != 2 || h.Dropped != 3 || h.Node != "node-1" {
			t.Errorf("health %+v", h)
		}
		b.cancel()
		if err := <-b.err; err != nil {
			t.Errorf("ended with %v", err)
		}
		want := `
# HELP earshot_ingest_accepted_total Mentions that the log acknowledged.
# TYPE earshot_ingest_accepted_total counter
earshot_ingest_accepted_total{kind="feed"} 2
# HELP earshot_ingest_dropped_total Items that were not handed on, by reason.
# TYPE earshot_ingest_dropped_total counter
earshot_ingest_dropped_total{kind="feed",reason="bad"} 2
earshot_ingest_dropped_total{kind="feed",reason="no_term"} 1
# HELP earshot_ingest_read_total Items read from platforms.
# TYPE earshot_ingest_read_total counter
earshot_ingest_read_total{kind="feed"} 5
`
		if err := testutil.GatherAndCompare(b.reg, strings.NewReader(want), "earshot_ingest_accepted_total", "earshot_ingest_dropped_total", "earshot_ingest_read_total"); err != nil {
			t.Error(err)
		}
	})
}

func TestTheCursorMovesOnlyOnceTheLogHasTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := start(t, settings.Source{AllTerms: true}, sources.Deps{}, func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
			<-release
			return []sources.Mention{says("a", "1"), says("b", "2")}, "1", nil
		})
		b.log.FailNext(3)
		close(release)
		synctest.Wait()
		if n := b.cursors.Saves(); n != 0 {
			t.Fatalf("the cursor was saved %d times before the log had the batch", n)
		}
		if h := b.monitor.Health(); h.State != sources.StateFailing || !strings.Contains(h.Sentence, "Nothing is lost") {
			t.Errorf("health %+v", h)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if b.ids() != "x:a x:a x:a x:a x:b" || b.cursors.Saves() != 1 {
			t.Errorf("stored %s, saved %d times", b.ids(), b.cursors.Saves())
		}
		if len(b.src.asked) != 2 {
			t.Errorf("the source was asked %d times, want 2: the batch is held, not read again", len(b.src.asked))
		}
		b.cancel()
		<-b.err
	})
}

func TestErrorsOfASource(t *testing.T) {
	var until time.Time
	for _, c := range []struct {
		name   string
		first  func(sources.Cursor) ([]sources.Mention, sources.Cursor, error)
		states string
		pause  [2]time.Duration // bounds of the wait before the next question; zero: there is none
		stops  bool
	}{
		{"a wait", func(c sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
			until = time.Now().Add(17 * time.Minute)
			return nil, c, fmt.Errorf("search: %w", sources.Waitf(until, "The platform asks for patience."))
		}, "starting waiting running", [2]time.Duration{17 * time.Minute, 17 * time.Minute}, false},
		{"a stop", fails(sources.Stopf("The key is dead.")), "starting stopped", [2]time.Duration{}, true},
		{"the end", fails(io.EOF), "starting stopped", [2]time.Duration{}, false},
		{"a connection's end is no end", fails(&sources.Fault{Sentence: "It broke off.", Err: io.EOF}), "starting failing running", [2]time.Duration{time.Second / 2, 2 * time.Second}, false},
		{"any other", fails(errors.New("hm")), "starting failing running", [2]time.Duration{time.Second / 2, 2 * time.Second}, false},
		{"a panic", func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) { panic("oh") }, "starting failing running", [2]time.Duration{time.Second / 2, 2 * time.Second}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, settings.Source{AllTerms: true}, sources.Deps{}, c.first, brings("1", says("a", "1")))
				time.Sleep(30 * time.Minute)
				synctest.Wait()
				if got := b.states(); got != c.states {
					t.Errorf("states %s, want %s", got, c.states)
				}
				if c.pause[1] == 0 {
					if len(b.src.at) != 1 {
						t.Errorf("it was asked %d times", len(b.src.at))
					}
				} else if d := b.src.at[1].Sub(b.src.at[0]); d < c.pause[0] || d > c.pause[1] {
					t.Errorf("asked again after %v, want %v", d, c.pause)
				}
				b.cancel()
				if err := <-b.err; errors.Is(err, sources.ErrStop) != c.stops {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

func TestBackOffGrowsAndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := make([]func(sources.Cursor) ([]sources.Mention, sources.Cursor, error), 40)
		for i := range steps {
			steps[i] = fails(errors.New("hm"))
		}
		b := start(t, settings.Source{}, sources.Deps{}, steps...)
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		n := len(b.src.at)
		if n < 30 {
			t.Fatalf("asked %d times in 4 h", n)
		}
		for i := 1; i < n; i++ {
			if d := b.src.at[i].Sub(b.src.at[i-1]); d > 7*time.Minute+31*time.Second {
				t.Errorf("pause %d is %v", i, d)
			}
		}
		if d := b.src.at[n-1].Sub(b.src.at[n-2]); d < 2*time.Minute {
			t.Errorf("the last pause is only %v", d)
		}
		b.cancel()
		<-b.err
	})
}

func TestASourceGoesQuietAndSpeaksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		b := start(t, settings.Source{AllTerms: true}, sources.Deps{}, brings("1", says("a", "1")),
			func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
				<-wake
				return []sources.Mention{says("b", "2")}, "2", nil
			})
		time.Sleep(9*24*time.Hour + time.Hour)
		synctest.Wait()
		h := b.monitor.Health()
		if h.State != sources.StateQuiet || !strings.Contains(h.Sentence, "The feed has said nothing for 9 days; its usual rhythm is under 7 days. Check that") {
			t.Errorf("health %+v", h)
		}
		reports := len(b.health.All())
		if reports < 9*24*60 {
			t.Errorf("only %d reports in 9 days", reports)
		}
		close(wake)
		synctest.Wait()
		if h := b.monitor.Health(); h.State != sources.StateRunning || h.Sentence != "" {
			t.Errorf("health %+v", h)
		}
		b.cancel()
		<-b.err
	})
}

func TestDeletionsOfWhatWasNeverTakenInAreDropped(t *testing.T) {
	gone := func(id string) sources.Mention {
		return sources.Mention{ID: "x:" + id, Platform: "x", State: sources.Deleted}
	}
	edit := func(id string) sources.Mention {
		m := says(id, "the name is gone")
		m.State = sources.Edited
		return m
	}
	for _, c := range []struct {
		name  string
		known func(context.Context, []string) ([]bool, error)
		want  string
	}{
		{"known to the record", func(_ context.Context, ids []string) ([]bool, error) {
			out := make([]bool, len(ids))
			for i, id := range ids {
				out[i] = id == "x:old"
			}
			return out, nil
		}, "x:a deletedx:a deletedx:old editedx:old"},
		{"the record is away", func(context.Context, []string) ([]bool, error) { return nil, errors.New("away") }, "x:a deletedx:a deletedx:old deletedx:never"},
		{"nobody to ask", nil, "x:a deletedx:a deletedx:old deletedx:never"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, settings.Source{}, sources.Deps{Known: c.known}, brings("1", says("a", "Exampleford Council")),
					brings("2", gone("a"), gone("old"), gone("never"), edit("old"), edit("never")))
				synctest.Wait()
				if b.ids() != c.want {
					t.Errorf("stored %s, want %s", b.ids(), c.want)
				}
				b.cancel()
				<-b.err
			})
		})
	}
}

func TestFleetFollowsTheSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		made := map[string]int{}
		log, health := sourcestest.NewLog(), &sourcestest.HealthLog{}
		feed := make(chan sources.Mention)
		f := sources.NewFleet(sources.FleetConfig{Publisher: log, Cursors: &sourcestest.Cursors{}, Health: health,
			Registry: sources.NewRegistry(sources.Connector{Name: "test", New: func(s settings.Source, d sources.Deps) (sources.Source, error) {
				mu.Lock()
				made[s.ID]++
				mu.Unlock()
				if s.Options["bad"] != "" {
					return nil, errors.New("the option bad is set")
				}
				return chanSource{feed}, nil
			}})})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		terms := func(name string) *sources.Terms {
			x, err := sources.CompileTerms(nil, settings.Council{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		state := func() string {
			synctest.Wait()
			var out []string
			for _, h := range f.Health() {
				out = append(out, h.Source+"="+h.State)
			}
			return strings.Join(out, " ")
		}
		a, p := settings.Source{ID: "a", Kind: "test"}, settings.Source{ID: "p", Kind: "test", Paused: true}
		f.Apply([]settings.Source{a, p, {ID: "u", Kind: "morse"}, {ID: "w", Kind: "test", Options: map[string]string{"bad": "1"}}}, terms("Alpha Council"))
		if got := state(); got != "a=starting p=paused u=stopped w=stopped" {
			t.Fatalf("states %s", got)
		}
		for _, h := range f.Health() {
			if h.Source == "u" && !strings.Contains(h.Sentence, `"morse"`) || h.Source == "w" && !strings.Contains(h.Sentence, "option bad") {
				t.Errorf("%s says %q", h.Source, h.Sentence)
			}
		}
		feed <- says("1", "Alpha Council")
		feed <- says("2", "Beta Council")
		synctest.Wait()
		f.Apply([]settings.Source{a}, terms("Beta Council")) // new terms, the same source: it is not stopped
		if got := state(); got != "a=running" || made["a"] != 1 {
			t.Fatalf("states %s, a was made %d times", got, made["a"])
		}
		feed <- says("3", "Beta Council")
		synctest.Wait()
		if ms := log.Mentions(); len(ms) != 2 || ms[0].ID != "x:1" || ms[1].ID != "x:3" {
			t.Errorf("stored %+v", ms)
		}
		a.Name = "another"
		f.Apply([]settings.Source{a}, terms("Beta Council"))
		if state(); made["a"] != 2 {
			t.Errorf("a changed source was made %d times", made["a"])
		}
		f.Restart("a")
		if state(); made["a"] != 3 {
			t.Errorf("a restarted source was made %d times", made["a"])
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := state(); got != "" {
			t.Errorf("still there: %s", got)
		}
	})
}

// chanSource brings what a channel brings.
type chanSource struct{ c chan sources.Mention }

func (s chanSource) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	select {
	case <-ctx.Done():
		return nil, after, ctx.Err()
	case m := <-s.c:
		return []sources.Mention{m}, after + "i", nil
	}
}

// pushing is a HealthSink that knows what was pushed.
type pushing struct {
	*sourcestest.HealthLog
	mu   sync.Mutex
	last sources.Pushed
}

func (p *pushing) LastPush(string) sources.Pushed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *pushing) push() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = sources.Pushed{At: time.Now(), Mention: time.Now()}
}

func TestAPushCountsForHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &pushing{HealthLog: &sourcestest.HealthLog{}}
		s := settings.Source{ID: "s", Kind: "feed", Rhythm: settings.Duration(time.Hour)}
		m := sources.NewMonitor(s, "", sink, sources.Deps{}, nil)
		sup := &sources.Supervisor{Settings: s, Source: &script{}, Publisher: sourcestest.NewLog(), Cursors: &sourcestest.Cursors{}, Health: m}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- sup.Run(ctx) }()
		time.Sleep(time.Minute)
		if h := m.Health(); h.State != sources.StateStarting {
			t.Errorf("before the first push: %+v", h)
		}
		sink.push()
		pushed := time.Now()
		if h := m.Health(); h.State != sources.StateRunning || !h.LastMention.Equal(pushed) || !h.LastSuccess.Equal(pushed) {
			t.Errorf("after it: %+v", h)
		}
		time.Sleep(2 * time.Hour)
		if h := m.Health(); h.State != sources.StateQuiet {
			t.Errorf("two hours later: %+v", h)
		}
		sink.push()
		if h := m.Health(); h.State != sources.StateRunning || h.Sentence != "" {
			t.Errorf("after a second push: %+v", h)
		}
		cancel()
		<-done
	})
}

// forgetful is a CursorStore that notes whom it is told to keep.
type forgetful struct {
	sourcestest.Cursors
	mu   sync.Mutex
	kept []string
}

func (f *forgetful) ForgetOthers(_ context.Context, keep []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, strings.Join(keep, "+"))
	return nil
}

// What is kept of a source goes once it has been stopped, which is its last write; and never before anybody has said what there is.
func TestAFleetForgetsSourcesThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &forgetful{}
		kind := sources.Connector{Name: "test", New: func(settings.Source, sources.Deps) (sources.Source, error) {
			return chanSource{make(chan sources.Mention)}, nil
		}}
		f := sources.NewFleet(sources.FleetConfig{Publisher: sourcestest.NewLog(), Cursors: store, Registry: sources.NewRegistry(kind)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		synctest.Wait()
		a, b := settings.Source{ID: "a", Kind: "test"}, settings.Source{ID: "b", Kind: "morse", Paused: true}
		f.Apply([]settings.Source{a, b}, nil)
		synctest.Wait()
		f.Apply([]settings.Source{b}, nil)
		synctest.Wait()
		cancel()
		<-done
		if got := strings.Join(store.kept, " "); got != "a+b b" {
			t.Errorf("kept %q, want a and b, then b, and nothing forgotten before the first settings or at the end", got)
		}
	})
}

// answering is a chanSource whose platform answers all the time.
type answering struct{ chanSource }

func (answering) Pulse() sources.Pulse { return sources.Pulse{LastSuccess: time.Now()} }

// A program that is started often must still notice that a source has fallen silent.
func TestARestartDoesNotStartTheSilenceAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health := &sourcestest.HealthLog{}
		feed := make(chan sources.Mention, 1)
		kind := sources.Connector{Name: "test", New: func(settings.Source, sources.Deps) (sources.Source, error) { return answering{chanSource{feed}}, nil }}
		s := settings.Source{ID: "s", Kind: "test", AllTerms: true}
		run := func(d time.Duration) sources.Health {
			f := sources.NewFleet(sources.FleetConfig{Publisher: sourcestest.NewLog(), Cursors: &sourcestest.Cursors{}, Health: health, Registry: sources.NewRegistry(kind)})
			f.Apply([]settings.Source{s}, nil)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- f.Run(ctx) }()
			time.Sleep(d)
			synctest.Wait()
			h := f.Health()[0]
			cancel()
			<-done
			return h
		}
		const day = 24 * time.Hour
		feed <- says("1", "hello")
		heard := time.Now()
		if h := run(4 * day); h.State != sources.StateRunning {
			t.Fatalf("after four days it is %s", h.State)
		}
		h := run(4 * day)
		if !h.LastMention.Equal(heard) || h.State != sources.StateQuiet {
			t.Errorf("after a restart and four days more the last mention was at %v, state %s", h.LastMention, h.State)
		}
		feed <- says("2", "hello again")
		if h := run(time.Hour); h.State != sources.StateRunning {
			t.Errorf("once it speaks again it is %s: %s", h.State, h.Sentence)
		}
		s.Paused = true
		if h := run(30 * day); h.LastMention.IsZero() {
			t.Error("a pause loses the last mention")
		}
		s.Paused = false
		if h := run(day); h.State != sources.StateRunning {
			t.Errorf("a day after a pause it is %s: %s", h.State, h.Sentence)
		}
	})
}
