package sources_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"earshot/sources"
)

func streamItem(n int, at time.Time) sources.Item {
	return sources.Item{Mention: sources.Mention{ID: "x:" + strconv.Itoa(n), Platform: "x", CreatedAt: at}}
}

// What a connection told before it broke comes first, then its end, then the next connection, no sooner than the gap allows.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		runs := 0
		stream := &sources.Stream{Gap: 5 * time.Second, Run: func(ctx context.Context, l *sources.Line) error {
			runs++
			l.Up()
			l.Tell(streamItem(runs, time.Now()))
			l.Tell(streamItem(0, start.Add(-30*24*time.Hour))) // a replay
			if runs == 1 {
				return &sources.Fault{Sentence: "It broke."}
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		src := &sources.Poller{Fetch: stream.Page, Forward: true, Every: sources.StreamEvery}
		ms, c, err := src.Next(t.Context(), "")
		if err != nil || len(ms) != 1 || ms[0].ID != "x:1" {
			t.Fatalf("got %v, %v", ms, err)
		}
		_, same, err := src.Next(t.Context(), c)
		if f := (*sources.Fault)(nil); !errors.As(err, &f) || same != c {
			t.Fatalf("got %v", err)
		}
		if ms, c, err = src.Next(t.Context(), c); err != nil || len(ms) != 1 || ms[0].ID != "x:2" || time.Since(start) != 5*time.Second {
			t.Fatalf("got %v, %v after %v", ms, err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := src.Next(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if p := src.Pulse(); time.Since(p.LastSuccess) > 10*time.Second {
			t.Errorf("a silent connection was last called well at %v", p.LastSuccess)
		}
		stream.Close()
		stream.Close()
	})
}

// A connection that never stands is not called well, and one whose reader is behind waits and loses nothing.
func TestStreamQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 5000
		told := 0
		stream := &sources.Stream{Run: func(ctx context.Context, l *sources.Line) error {
			for told < n && l.Tell(streamItem(told, time.Now())) {
				told++
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		defer stream.Close()
		src := &sources.Poller{Fetch: stream.Page, Forward: true, Every: sources.StreamEvery}
		ms, c, err := src.Next(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if told > 2000 {
			t.Errorf("%d were told while nobody read", told)
		}
		got := len(ms)
		for got < n {
			if ms, c, err = src.Next(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			got += len(ms)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := src.Next(ctx, c); err == nil || !src.Pulse().LastSuccess.IsZero() {
			t.Errorf("%v, and it was called well at %v", err, src.Pulse().LastSuccess)
		}
	})
}
