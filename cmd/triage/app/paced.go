package app

import (
	"context"
	"time"
)

// every yields each time d has passed, until ctx ends.
func every(ctx context.Context, d time.Duration) func(yield func() bool) {
	return paced(ctx, d, false)
}

// nowAndEvery yields at once, and then as every does.
func nowAndEvery(ctx context.Context, d time.Duration) func(yield func() bool) {
	return paced(ctx, d, true)
}

func paced(ctx context.Context, d time.Duration, atOnce bool) func(yield func() bool) {
	return func(yield func() bool) {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for due := atOnce; ; due = true {
			if due && !yield() {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}
}
