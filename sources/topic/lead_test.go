package topic

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestLeadIsOneAtATime(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		var leading, most atomic.Int64
		var terms [2]atomic.Int64
		lead := func(i int) (stop func() error) {
			c := w.dial(t)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				done <- c.Lead(ctx, "clocks", func(ctx context.Context) error {
					most.Store(max(most.Load(), leading.Add(1)))
					terms[i].Add(1)
					<-ctx.Done()
					leading.Add(-1)
					return ctx.Err()
				})
			}()
			return func() error { cancel(); return <-done }
		}
		stopA := lead(0)
		eventually(t, 20*time.Second, "the first leads", func() bool { return leading.Load() == 1 })
		stopB := lead(1)
		// B's arrival moves the group once; wait until it has settled with exactly one leader again.
		eventually(t, 20*time.Second, "one leads after the second came", func() bool { return terms[0].Load()+terms[1].Load() >= 2 && leading.Load() == 1 })
		if err := stopA(); err != nil {
			t.Fatal(err)
		}
		eventually(t, 20*time.Second, "the second leads", func() bool { return terms[1].Load() > 0 && leading.Load() == 1 })
		if err := stopB(); err != nil {
			t.Fatal(err)
		}
		if leading.Load() != 0 || most.Load() != 1 {
			t.Errorf("%d still leading; at most %d led at once", leading.Load(), most.Load())
		}
	})
}

func TestLeadReturnsItsError(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		boom := errors.New("state is wrong")
		if err := c.Lead(t.Context(), "x", func(context.Context) error { return boom }); !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		if err := c.Lead(t.Context(), "x", func(context.Context) error { return nil }); err != nil {
			t.Fatalf("got %v", err)
		}
	})
}
