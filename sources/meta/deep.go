package meta

import (
	"context"
	"time"
)

// Deep tells the rounds in which older posts are looked through for new comments too, so that the others stay cheap. Every must be shorter than the
// Poller's overlap: what a cheap round passes over is still within the next deep one.
type Deep struct {
	Every time.Duration

	last time.Time
}

// Due says whether this is such a round: the last one is Every ago, or the source was silent for longer than overlap and Every.
func (d *Deep) Due(now, since time.Time, overlap time.Duration) bool {
	return now.Sub(d.last) >= d.Every || now.Sub(since) > overlap+d.Every
}

// Done is the Part that notes, when all before it is read, that a deep round of the time now is over.
func (d *Deep) Done(now time.Time) Part {
	return func(context.Context, time.Time, string) (Piece, error) {
		d.last = now
		return Piece{}, nil
	}
}
