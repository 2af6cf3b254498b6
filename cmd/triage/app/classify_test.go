package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/topic"
)

// TestVerdictsLandBeforeTheCommit: what was judged is on the log when landed says so; verdicts whose publishing failed are published again
// while their session lasts, and left to come again once it is over.
func TestVerdictsLandBeforeTheCommit(t *testing.T) {
	a := startApp(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &classifyStage{client: a.log.Client, decoder: a.decoder, judges: a.judges}
	m := sources.Mention{ID: "forum:1", Platform: "forum", Text: "the zebrafinch hall is open", CreatedAt: time.Now()}
	rec, err := topic.EncodeMention(&m)
	if err != nil {
		t.Fatal(err)
	}
	published := func() (n int64) {
		ends, err := a.log.Client.EndOffsets(ctx, topic.Triaged)
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range ends {
			n += end
		}
		return n
	}
	send := func() {
		t.Helper()
		if err := s.handle(ctx, []topic.Record{rec}); err != nil {
			t.Fatal(err)
		}
	}
	land := func(want int64) {
		t.Helper()
		if err := s.landed(ctx); err != nil {
			t.Fatal(err)
		}
		if n := published(); n != want || s.flying != nil {
			t.Errorf("%d verdicts are on the log, want %d; still flying: %v", n, want, s.flying)
		}
	}
	send()
	land(1)
	send()
	send() // waits for the one before
	land(3)

	fail := func(ctx context.Context) {
		f := &flight{ctx: ctx, recs: []topic.Record{rec}, done: make(chan struct{}), err: errors.New("the broker is away")}
		f.recs[0].Topic = topic.Triaged
		close(f.done)
		s.flying = f
	}
	fail(ctx)
	land(4)
	over, end := context.WithCancel(ctx)
	fail(over)
	end()
	if err := s.landed(over); err == nil || s.flying == nil {
		t.Error("verdicts that are not on the log passed for landed")
	}
	land(4) // in the session after
}
