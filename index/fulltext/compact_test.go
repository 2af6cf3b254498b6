package fulltext

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"earshot/casework"
)

// TestTidy: what small batches left in many segments lies in few afterwards, and is found as before.
func TestTidy(t *testing.T) {
	x := openTest(t, t.TempDir())
	const batches = looseSegments + 4
	for i := range batches {
		apply(t, x, mention(fmt.Sprintf("a:%d", i), "bins", time.Minute))
		checkpoint(t, x)
	}
	segments := func() int {
		n := 0
		for _, s := range x.shards {
			n += len(s.view.segs)
		}
		return n
	}
	before := segments()
	if before <= looseSegments {
		t.Fatalf("%d segments before: nothing to tidy, so this proves nothing", before)
	}
	if err := x.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkpoint(t, x)
	if after := segments(); after >= before || after > looseSegments {
		t.Errorf("%d segments before, %d after", before, after)
	}
	if got := search(t, x, "bins", casework.Comms); len(got) != batches {
		t.Errorf("found %v", got)
	}
	if err := errors.Join(x.Close(), x.Tidy(t.Context())); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestCloseEndsMerging: a merge that runs when the index closes is told to stop, and waited for.
func TestCloseEndsMerging(t *testing.T) {
	x := openTest(t, t.TempDir())
	apply(t, x, mention("a:1", "bins", time.Minute))
	began, closed := make(chan struct{}), make(chan error, 1)
	merged := make(chan error, 1)
	go func() {
		for _, s := range x.shards {
			merged <- x.merge(t.Context(), s, func(*textView) bool { return true }, func(ctx context.Context) error {
				close(began)
				<-ctx.Done()
				return nil
			})
		}
	}()
	<-began
	go func() { closed <- x.Close() }()
	if err := <-merged; !errors.Is(err, context.Canceled) {
		t.Errorf("the merge ended with %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
