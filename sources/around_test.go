package sources_test

import (
	"context"
	"errors"
	"fmt"
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

// talk is a Threader that answers as fn does.
type talk struct {
	mu    sync.Mutex
	asked []string
	at    []time.Time
	fn    func(ctx context.Context, m sources.Mention) ([]sources.Mention, error)
}

func (k *talk) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	k.mu.Lock()
	k.asked, k.at = append(k.asked, m.ID), append(k.at, time.Now())
	k.mu.Unlock()
	return k.fn(ctx, m)
}

// startAround runs a supervisor with k beside it until d has passed, and returns what it stored.
func startAround(t *testing.T, k *talk, reg prometheus.Registerer, d time.Duration, steps ...func(sources.Cursor) ([]sources.Mention, sources.Cursor, error)) []sources.Mention {
	t.Helper()
	terms, err := sources.CompileTerms(nil, settings.Council{Name: "Exampleford Council"})
	if err != nil {
		t.Fatal(err)
	}
	s := settings.Source{ID: "s", Kind: "feed"}
	deps := sources.Deps{Terms: func() *sources.Terms { return terms }}
	m := sources.NewMetrics(reg, "feed")
	log := sourcestest.NewLog()
	sup := &sources.Supervisor{Settings: s, Source: &script{steps: steps}, Publisher: log, Cursors: &sourcestest.Cursors{}, Deps: deps,
		Health: sources.NewMonitor(s, "", nil, deps, m), Metrics: m, Around: k}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- sup.Run(ctx) }()
	time.Sleep(d)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return log.Mentions()
}

func threads(t *testing.T, reg *prometheus.Registry, fetched, failed, dropped int) {
	t.Helper()
	want := fmt.Sprintf(`
# HELP earshot_ingest_threads_total Threads around mentions: fetched, failed, or dropped because too many waited.
# TYPE earshot_ingest_threads_total counter
earshot_ingest_threads_total{kind="feed",outcome="dropped"} %d
earshot_ingest_threads_total{kind="feed",outcome="failed"} %d
earshot_ingest_threads_total{kind="feed",outcome="fetched"} %d
`, dropped, failed, fetched)
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "earshot_ingest_threads_total"); err != nil {
		t.Error(err)
	}
}

func TestWhatStandsAroundAMentionIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reply := says("reply", "Exampleford  Council, fix it")
		reply.ParentID = "x:root"
		first := says("first", "football") // matches nothing, and comes again around reply
		k := &talk{fn: func(_ context.Context, m sources.Mention) ([]sources.Mention, error) {
			time.Sleep(time.Second) // the second reading is there before the platform answers
			root, answer, hers := says("root", "The  road is broken"), says("answer", "I agree"), says("hers", "exampleford council again")
			answer.ParentID = "x:reply"
			return []sources.Mention{root, m, answer, hers, first, {ID: "x:gone", Platform: "x", State: sources.Deleted}, says("empty", "")}, nil
		}}
		edit := says("answer", "I no longer agree")
		edit.State = sources.Edited
		reg := prometheus.NewRegistry()
		got := startAround(t, k, reg, time.Hour, brings("1", first, reply), brings("2", reply),
			func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) { // after the thread was fetched
				time.Sleep(time.Minute)
				return []sources.Mention{edit, says("root", "The road of Exampleford Council is broken")}, "3", nil
			})
		var out []string
		for _, m := range got {
			out = append(out, fmt.Sprintf("%s %s %s by %s", m.ID, m.Thread(), m.Source, strings.Join(m.MatchedBy, ",")))
		}
		want := []string{"x:reply x:root s by keyword:council", "x:reply x:root s by keyword:council",
			"x:root x:root s by thread", "x:answer x:root s by thread", "x:hers x:root s by keyword:council", "x:first x:root s by thread",
			"x:answer x:answer s by thread", "x:root x:root s by keyword:council"}
		if strings.Join(out, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(out, "\n"), strings.Join(want, "\n"))
		}
		if len(k.asked) != 1 {
			t.Errorf("asked about %v: one thread, one question", k.asked)
		}
		if !got[2].Around() || got[0].Around() || got[4].Around() {
			t.Error("what is context is not told from what is a mention")
		}
		threads(t, reg, 1, 0, 0)
	})
}

func TestThreadsKeepTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &talk{fn: func(context.Context, sources.Mention) ([]sources.Mention, error) { return nil, nil }}
		var flood []sources.Mention
		for n := range 300 {
			flood = append(flood, says(fmt.Sprint(n), "Exampleford Council"))
		}
		reg := prometheus.NewRegistry()
		got := startAround(t, k, reg, 12*time.Hour+5*time.Minute, brings("1", flood...), func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
			time.Sleep(time.Hour)
			return []sources.Mention{says("late", "Exampleford Council")}, "2", nil
		})
		if len(got) != 301 {
			t.Errorf("%d were stored", len(got))
		}
		if n := len(k.asked); n < 50 || n > 55 { // half a day's share and what may go at once
			t.Errorf("asked %d times in half a day", n)
		}
		if k.asked[0] != "x:299" || k.asked[8] != "x:late" && k.asked[7] != "x:late" {
			t.Errorf("asked about %v: the newest come first", k.asked[:10])
		}
		threads(t, reg, len(k.asked), 0, 200)
	})
}

func TestThreadsHoldUpNoReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		k := &talk{}
		k.fn = func(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
			switch n++; n {
			case 1:
				panic("what is this")
			case 2:
				return nil, errors.New("500")
			case 3:
				return nil, sources.Waitf(time.Now().Add(5*time.Hour), "Patience.")
			case 4:
				return nil, sources.Stopf("Enter the key.")
			}
			<-ctx.Done() // a platform that never answers
			return nil, ctx.Err()
		}
		var steps []func(sources.Cursor) ([]sources.Mention, sources.Cursor, error)
		for i := range 50 {
			steps = append(steps, func(sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
				time.Sleep(time.Minute)
				return []sources.Mention{says(fmt.Sprint(i), "Exampleford Council")}, sources.Cursor(fmt.Sprint(i)), nil
			})
		}
		reg := prometheus.NewRegistry()
		if got := startAround(t, k, reg, 20*time.Hour, steps...); len(got) != 50 {
			t.Errorf("%d were stored", len(got))
		}
		if len(k.asked) != 5 || k.at[3].Sub(k.at[2]) < 5*time.Hour || k.at[4].Sub(k.at[3]) < time.Hour {
			t.Errorf("asked about %v at %v", k.asked, k.at)
		}
		threads(t, reg, 0, 4, 0)
	})
}
