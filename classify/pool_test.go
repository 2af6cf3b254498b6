package classify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"earshot/classify"
	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// stub judges by the first word of the text: "panic" panics, "short" breaks the promise of one verdict a mention.
type stub struct {
	mu   sync.Mutex
	seen []string
}

func (s *stub) Classify(ctx context.Context, ms []sources.Mention) ([]classify.Verdict, error) {
	var out []classify.Verdict
	for _, m := range ms {
		switch {
		case strings.HasPrefix(m.Text, "panic"):
			panic("secret words: " + m.Text)
		case strings.HasPrefix(m.Text, "short"):
			continue
		}
		s.mu.Lock()
		s.seen = append(s.seen, m.ID)
		s.mu.Unlock()
		out = append(out, classify.Verdict{ID: m.ID, Labels: []classify.Label{classify.Complaint}})
	}
	return out, ctx.Err()
}

func many(n int, text string) []sources.Mention {
	out := make([]sources.Mention, n)
	for i := range out {
		out[i] = sources.Mention{ID: fmt.Sprintf("test:%d", i), Platform: "test", Text: text, ThreadID: fmt.Sprintf("test:t%d", i%7)}
	}
	return out
}

func pool(t *testing.T, c classify.Classifier, cfg classify.PoolConfig) *classify.Pool {
	t.Helper()
	p, err := classify.NewPool(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPoolKeepsOrder(t *testing.T) {
	s := &stub{}
	ms := many(500, "hello")
	vs, errs := pool(t, s, classify.PoolConfig{Workers: 4}).Classify(t.Context(), ms)
	for i := range ms {
		if errs[i] != nil || vs[i].ID != ms[i].ID {
			t.Fatalf("place %d: verdict of %q, error %v", i, vs[i].ID, errs[i])
		}
	}
	// inside a thread the mentions are judged in their order
	last := map[string]int{}
	for _, id := range s.seen {
		var n int
		if _, err := fmt.Sscanf(id, "test:%d", &n); err != nil {
			t.Fatal(err)
		}
		thread := ms[n].ThreadID
		if before, ok := last[thread]; ok && before > n {
			t.Fatalf("%s was judged after mention %d of its thread", id, before)
		}
		last[thread] = n
	}
	if len(last) != 7 {
		t.Fatalf("%d threads seen, not 7", len(last))
	}
}

func TestPoolPanicFailsOneMention(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	ms := many(100, "hello")
	ms[37].Text = "panic now"
	vs, errs := pool(t, &stub{}, classify.PoolConfig{Workers: 3, Metrics: classify.NewMetrics(reg)}).Classify(t.Context(), ms)
	for i := range ms {
		if i == 37 {
			if !errors.Is(errs[i], classify.ErrPanicked) {
				t.Errorf("error of the mention that panicked: %v", errs[i])
			}
			if strings.Contains(errs[i].Error(), "secret words") {
				t.Error("the error repeats the mention's words")
			}
			continue
		}
		if errs[i] != nil || vs[i].ID != ms[i].ID {
			t.Errorf("mention %d: %v", i, errs[i])
		}
	}
	want := `
# HELP earshot_classify_failed_total Mentions that got no verdict, by reason.
# TYPE earshot_classify_failed_total counter
earshot_classify_failed_total{reason="error"} 0
earshot_classify_failed_total{reason="panic"} 1
# HELP earshot_classify_in_total Mentions handed to the classifier.
# TYPE earshot_classify_in_total counter
earshot_classify_in_total 100
# HELP earshot_classify_out_total Verdicts given.
# TYPE earshot_classify_out_total counter
earshot_classify_out_total 99
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "earshot_classify_in_total", "earshot_classify_out_total", "earshot_classify_failed_total"); err != nil {
		t.Error(err)
	}
}

func TestPoolBrokenPromiseIsAnError(t *testing.T) {
	_, errs := pool(t, &stub{}, classify.PoolConfig{}).Classify(t.Context(), many(3, "short"))
	for i, err := range errs {
		if err == nil {
			t.Errorf("mention %d has no error", i)
		}
	}
}

func TestPoolCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, errs := pool(t, &stub{}, classify.PoolConfig{Workers: 2}).Classify(ctx, many(40, "hello"))
	for i, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("mention %d: %v", i, err)
		}
	}
}

func TestPoolRunHandsOutInOrder(t *testing.T) {
	const batches = 50
	in := make(chan classify.Batch)
	go func() {
		defer close(in)
		for k := range batches {
			in <- classify.Batch{Mentions: many(1+(k*37)%90, "hello"), Tag: k}
		}
	}()
	next := 0
	err := pool(t, &stub{}, classify.PoolConfig{Workers: 2, Batches: 4}).Run(t.Context(), in, func(_ context.Context, b classify.Batch) error {
		if b.Tag != next {
			t.Errorf("batch %v came when %d was due", b.Tag, next)
		}
		if len(b.Verdicts) != len(b.Mentions) || len(b.Errs) != len(b.Mentions) {
			t.Errorf("batch %v: %d verdicts for %d mentions", b.Tag, len(b.Verdicts), len(b.Mentions))
		}
		next++
		return nil
	})
	if err != nil || next != batches {
		t.Fatalf("%d batches came out, error %v", next, err)
	}
}

func TestPoolRunStopsAtTheFirstError(t *testing.T) {
	full := errors.New("disk full")
	in := make(chan classify.Batch)
	stop := make(chan struct{})
	go func() {
		defer close(in)
		for {
			select {
			case in <- classify.Batch{Mentions: many(1, "hello")}:
			case <-stop:
				return
			}
		}
	}()
	calls := 0
	err := pool(t, &stub{}, classify.PoolConfig{}).Run(t.Context(), in, func(context.Context, classify.Batch) error {
		calls++
		return full
	})
	close(stop)
	if !errors.Is(err, full) || calls != 1 {
		t.Fatalf("error %v after %d calls", err, calls)
	}
}

func TestPoolConfigFaults(t *testing.T) {
	_, err := classify.NewPool(&stub{}, classify.PoolConfig{Workers: -1, Batches: 65})
	if err == nil || !strings.Contains(err.Error(), "workers") || !strings.Contains(err.Error(), "batches") {
		t.Fatalf("both faults must be named: %v", err)
	}
}
