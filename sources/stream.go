package sources

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	streamQueue = 1000            // things between a connection and Page
	streamBatch = 500             // in one page
	streamIdle  = 5 * time.Second // after which a silent connection is called well
)

// Stream reads what a platform without a history tells on a connection. Its Page is the Fetch of a Poller that goes Forward with Every StreamEvery: the
// waiting is done on the connection. A queue of fixed length leads from the connection to Page, so that a slow log slows the reading.
type Stream struct {
	// Run holds one connection from its opening to its end, calls Up on the line once it stands and Tell for each thing, and returns why it
	// ended, never nil: *Fault, ErrStop or *Wait as for Source.Next. It ends when ctx does.
	Run func(ctx context.Context, l *Line) error
	Gap time.Duration // between the beginnings of two connections, at least
	Now func() time.Time

	line  *Line
	began time.Time
}

// StreamEvery is the rhythm of a Poller over a Stream.
const StreamEvery = time.Millisecond

// Line is one connection of a Stream.
type Line struct {
	items  chan Item
	ended  chan error    // why, once
	done   chan struct{} // closed at the end
	up     atomic.Bool
	ctx    context.Context
	cancel context.CancelFunc
}

// Up says that the connection stands and that silence on it means that nothing happens.
func (l *Line) Up() { l.up.Store(true) }

// Tell hands one thing over, and waits while there are too many; false when the connection is to end.
func (l *Line) Tell(it Item) bool {
	select {
	case l.items <- it:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// Page waits for what is told. A page without anything says that the connection stands.
func (x *Stream) Page(ctx context.Context, r PageRequest) (Page, error) {
	if x.line == nil {
		if err := x.begin(ctx); err != nil {
			return Page{}, err
		}
	}
	idle := time.NewTicker(streamIdle)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return Page{}, ctx.Err()
		case it := <-x.line.items:
			return x.batch(it, r), nil
		case err := <-x.line.ended:
			if len(x.line.items) > 0 { // first what came before
				x.line.ended <- err
				return x.batch(<-x.line.items, r), nil
			}
			x.Close()
			return Page{}, err
		case <-idle.C:
			if x.line.up.Load() {
				return Page{}, nil
			}
		}
	}
}

// batch takes what else is there. What lies before r.Since is a replay of what was long stored.
func (x *Stream) batch(it Item, r PageRequest) Page {
	var p Page
	for {
		if !it.when().Before(r.Since) {
			p.Items = append(p.Items, it)
		}
		if len(p.Items) >= streamBatch {
			return p
		}
		select {
		case it = <-x.line.items:
		default:
			return p
		}
	}
}

// begin opens a connection once the gap after the last one is over.
func (x *Stream) begin(ctx context.Context) error {
	now := time.Now
	if x.Now != nil {
		now = x.Now
	}
	if !x.began.IsZero() {
		pause(ctx, x.began.Add(x.Gap).Sub(now()))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	x.began = now()
	living, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Line{items: make(chan Item, streamQueue), ended: make(chan error, 1), done: make(chan struct{}), ctx: living, cancel: cancel}
	x.line = l
	go func() {
		defer close(l.done)
		err := x.Run(living, l)
		if err == nil {
			err = errors.New("sources: a connection ended without a reason")
		}
		l.ended <- err
	}()
	return nil
}

// Close ends the connection and waits until it has.
func (x *Stream) Close() error {
	if x.line != nil {
		x.line.cancel()
		<-x.line.done
		x.line = nil
	}
	return nil
}
