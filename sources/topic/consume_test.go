package topic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// tally counts what a handler was given.
type tally struct {
	mu    sync.Mutex
	count map[string]int
	last  map[int]int64
	wrong []string
}

func newTally() *tally { return &tally{count: map[string]int{}, last: map[int]int64{}} }

func (y *tally) take(recs []Record) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, r := range recs {
		y.count[string(r.Key)]++
	}
}

// ordered is take, and notes records that come out of the order of their partition.
func (y *tally) ordered(recs []Record) {
	y.take(recs)
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, r := range recs {
		if last, ok := y.last[r.Partition]; ok && r.Offset <= last {
			y.wrong = append(y.wrong, fmt.Sprintf("partition %d: offset %d after %d", r.Partition, r.Offset, last))
		}
		y.last[r.Partition] = r.Offset
	}
}

func (y *tally) keys() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.count)
}

func (y *tally) repeats() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	n := 0
	for v := range maps.Values(y.count) {
		n += v - 1
	}
	return n
}

// consuming is a Consume that runs beside a test.
type consuming struct {
	stop context.CancelFunc
	done chan error
}

func consume(t *testing.T, c *Client, cfg ConsumeConfig) *consuming {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &consuming{stop: stop, done: make(chan error, 1)}
	go func() { r.done <- c.Consume(ctx, cfg) }()
	t.Cleanup(func() { stop() })
	return r
}

// end stops and returns what Consume returned.
func (r *consuming) end(t *testing.T) error {
	t.Helper()
	r.stop()
	return r.wait(t)
}

func (r *consuming) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		r.done <- err
		return err
	case <-time.After(30 * time.Second):
		t.Fatal("Consume did not return")
		return nil
	}
}

func publishEvents(t *testing.T, c *Client, prefix string, n int) {
	t.Helper()
	var recs []Record
	for i := range n {
		recs = append(recs, event(fmt.Sprintf("%s-%d", prefix, i), i))
	}
	if err := c.Publish(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
}

func TestConsumeEverythingOnceInOrder(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		publishEvents(t, c, "before", 2500)
		y, largest := newTally(), 0
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, MaxBatch: 300, Handle: func(_ context.Context, recs []Record) error {
			largest = max(largest, len(recs))
			y.ordered(recs)
			return nil
		}})
		eventually(t, 20*time.Second, "what was there has been read", func() bool { return y.keys() == 2500 })
		publishEvents(t, c, "after", 500)
		eventually(t, 20*time.Second, "what came has been read", func() bool { return y.keys() == 3000 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if y.repeats() != 0 || len(y.wrong) != 0 {
			t.Errorf("%d repeats without any failure; out of order: %v", y.repeats(), y.wrong)
		}
		if largest != 300 {
			t.Errorf("the largest batch had %d records, the limit is 300 and 2500 were waiting", largest)
		}
		lag, err := c.Lag(t.Context(), "g", Casework)
		if err != nil || lag[Casework] != 0 {
			t.Errorf("lag %v after a graceful stop, %v", lag, err)
		}
	})
}

// TestConsumeBatchesBySize: large records come in batches bounded by their bytes, however many a batch may hold.
func TestConsumeBatchesBySize(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		const records, each, most = 40, 200 << 10, 1 << 20
		var recs []Record
		for i := range records {
			r := event(fmt.Sprintf("e-%d", i), i)
			r.Value = make([]byte, each) // of what cannot be compressed, which fetches are bounded by
			rand.NewChaCha8([32]byte{byte(i)}).Read(r.Value)
			recs = append(recs, r)
		}
		if err := c.Publish(t.Context(), recs); err != nil {
			t.Fatal(err)
		}
		y, largest := newTally(), 0
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, MaxBytes: most, Handle: func(_ context.Context, recs []Record) error {
			largest = max(largest, len(recs))
			y.ordered(recs)
			return nil
		}})
		eventually(t, 20*time.Second, "all have been read", func() bool { return y.keys() == records })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if over := (most + max(fetchBytes, batchBytes)) / each; largest < most/each || largest > over+1 {
			t.Errorf("the largest batch had %d records of %d bytes; the bound of %d is reached by %d and overshot by one fetch at most", largest, each, most, most/each)
		}
	})
}

func TestConsumeCommitsOnlyWhatIsDurable(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		publishEvents(t, c, "e", 100)
		boom := errors.New("the disk is gone")
		first := newTally()
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework},
			Handle: func(_ context.Context, recs []Record) error { first.take(recs); return nil },
			BeforeCommit: func(context.Context) error {
				if first.keys() == 0 {
					return nil // the group's first place, before any record
				}
				return boom
			},
		})
		if err := r.wait(t); !errors.Is(err, boom) {
			t.Fatalf("Consume returned %v", err)
		}
		if first.keys() == 0 {
			t.Fatal("nothing was handled before the failure, so this proves nothing")
		}
		durable := 0
		second := newTally()
		r = consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, CommitEvery: 50 * time.Millisecond,
			Handle:       func(_ context.Context, recs []Record) error { second.take(recs); return nil },
			BeforeCommit: func(context.Context) error { durable = second.keys(); return nil },
		})
		eventually(t, 20*time.Second, "everything came again", func() bool { return second.keys() == 100 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if durable != 100 {
			t.Errorf("the last commit stood for %d of 100", durable)
		}
		third := newTally()
		r = consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error { third.take(recs); return nil }})
		publishEvents(t, c, "more", 1)
		eventually(t, 20*time.Second, "the new one came", func() bool { return third.keys() > 0 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if third.keys() != 1 {
			t.Errorf("after the commit %d records came, want the 1 new one", third.keys())
		}
	})
}

func TestConsumeRetriesWithoutLosingItsPlace(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		publishEvents(t, c, "e", 50)
		y, failures := newTally(), 0
		var firstKey string
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error {
			if failures == 0 {
				firstKey = string(recs[0].Key)
			}
			if failures < 3 {
				failures++
				if string(recs[0].Key) != firstKey {
					t.Errorf("try %d began with %s, the first with %s", failures, recs[0].Key, firstKey)
				}
				return Retry(errors.New("archive is away"))
			}
			y.ordered(recs)
			return nil
		}})
		eventually(t, 20*time.Second, "all were handled in the end", func() bool { return y.keys() == 50 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if failures != 3 || y.repeats() != 0 {
			t.Errorf("%d failures, %d repeats", failures, y.repeats())
		}
	})
}

func TestConsumeStopsWhileRetrying(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		publishEvents(t, c, "e", 10)
		tried := make(chan struct{}, 1)
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(context.Context, []Record) error {
			select {
			case tried <- struct{}{}:
			default:
			}
			return Retry(errors.New("archive is away"))
		}})
		<-tried
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		lag, err := c.Lag(t.Context(), "g", Casework)
		if err != nil || lag[Casework] != 10 {
			t.Errorf("lag %v, want all 10: none was handled; %v", lag, err)
		}
	})
}

func TestConsumeSharesPartitions(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		a, b := w.dial(t), w.dial(t)
		ya, yb, both := newTally(), newTally(), newTally()
		start := func(c *Client, y *tally) *consuming {
			return consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error {
				y.take(recs)
				both.take(recs)
				return nil
			}})
		}
		ra := start(a, ya)
		publishEvents(t, a, "one", 200)
		eventually(t, 20*time.Second, "the first member reads all", func() bool { return ya.keys() == 200 })
		rb := start(b, yb)
		round := 0
		eventually(t, 30*time.Second, "the second member gets a share", func() bool {
			publishEvents(t, a, fmt.Sprintf("two-%d", round), 20)
			round++
			return yb.keys() > 0
		})
		publishEvents(t, a, "three", 200)
		want := 400 + 20*round
		eventually(t, 20*time.Second, "together they read all", func() bool { return both.keys() == want })
		if err := rb.end(t); err != nil {
			t.Fatal(err)
		}
		before := ya.keys()
		publishEvents(t, a, "four", 200)
		eventually(t, 20*time.Second, "the first member has all partitions again", func() bool { return both.keys() == want+200 })
		if got := ya.keys() - before; got < 200 {
			t.Errorf("the first member read %d of the last 200", got)
		}
		if err := ra.end(t); err != nil {
			t.Fatal(err)
		}
	})
}

func TestConsumeFromTheEnd(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		publishEvents(t, c, "old", 20)
		y := newTally()
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, StartAtEnd: true,
			Handle: func(_ context.Context, recs []Record) error { y.take(recs); return nil }})
		eventually(t, 20*time.Second, "the group has its place", func() bool {
			at, err := c.Committed(t.Context(), "g", Casework)
			if err != nil {
				t.Fatal(err)
			}
			for p := range DefaultPartitions {
				if at[p] < 0 {
					return false
				}
			}
			return true
		})
		publishEvents(t, c, "new", 20)
		eventually(t, 20*time.Second, "the new ones came", func() bool { return y.keys() >= 20 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if y.keys() != 20 || y.count["old-0"] != 0 {
			t.Errorf("%d keys read, old ones among them: %d", y.keys(), y.count["old-0"])
		}
	})
}
