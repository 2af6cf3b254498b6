package sources

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ThreadCalls is how many times a day one source asks for what stands around its mentions, spread over the day: at most a twenty-fourth of it at
// once. Of a platform that allows few requests a day it takes a tenth at most.
const ThreadCalls = 100

const (
	aroundQueue = 100  // mentions that wait; the oldest is dropped when there are more
	aroundKnown = 4096 // threads that were fetched and are not fetched again
	aroundRest  = time.Hour
)

// around fetches the parents and replies of accepted mentions beside the reading, which it never holds up: the newest first, each thread once.
type around struct {
	s      *Supervisor
	log    *slog.Logger
	budget *rate.Limiter
	wake   chan struct{}

	mu    sync.Mutex
	queue []Mention // newest last
	known *Recent   // threads
}

// fetchAround starts the fetching where the source can, and returns what ends it and waits.
func (s *Supervisor) fetchAround(ctx context.Context, log *slog.Logger) (stop func()) {
	if s.Around == nil {
		return func() {}
	}
	perDay := cmp.Or(s.AroundADay, ThreadCalls)
	s.around = &around{s: s, log: log, budget: rate.NewLimiter(rate.Limit(float64(perDay)/(24*60*60)), max(1, perDay/24)), wake: make(chan struct{}, 1),
		known: NewRecent(aroundKnown)}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.around.run(ctx)
	}()
	return func() {
		cancel()
		<-done
		if c, ok := s.Around.(Closer); ok {
			c.Close()
		}
	}
}

// add puts accepted mentions into the queue. It never blocks.
func (a *around) add(ms []Mention) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range ms {
		if m.State == Deleted || m.State == Edited || a.known.Has(m.Thread()) {
			continue
		}
		a.known.Add(m.Thread())
		if len(a.queue) == aroundQueue {
			a.queue = a.queue[1:]
			a.s.Metrics.around(a.s.Settings.Kind, aroundDropped)
		}
		a.queue = append(a.queue, m)
	}
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// newest takes the mention that was added last.
func (a *around) newest() (m Mention, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.queue)
	if n == 0 {
		return m, false
	}
	m, a.queue = a.queue[n-1], a.queue[:n-1]
	return m, true
}

func (a *around) waiting() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.queue) > 0
}

func (a *around) run(ctx context.Context) {
	for ctx.Err() == nil {
		if !a.waiting() {
			select {
			case <-ctx.Done():
				return
			case <-a.wake:
			}
			continue
		}
		if a.budget.Wait(ctx) != nil {
			return
		}
		if m, ok := a.newest(); ok { // after the wait: a newer one may have come
			pause(ctx, a.fetch(ctx, &m))
		}
	}
}

// fetch asks for one thread and publishes it; it returns for how long nothing more may be asked.
func (a *around) fetch(ctx context.Context, m *Mention) time.Duration {
	kind := a.s.Settings.Kind
	var ms []Mention
	err := shielded(func() (err error) { ms, err = a.s.Around.Thread(ctx, *m); return err })
	var wait *Wait
	switch {
	case ctx.Err() != nil:
		return 0
	case errors.As(err, &wait):
		a.s.Metrics.around(kind, aroundFailed)
		return wait.Until.Sub(a.s.Deps.Time())
	case err != nil:
		a.s.Metrics.around(kind, aroundFailed)
		a.log.Warn("what stands around a mention cannot be fetched", "err", err)
		if errors.Is(err, ErrStop) {
			return aroundRest
		}
		return 0
	}
	a.s.Metrics.around(kind, aroundFetched)
	taken := a.s.intake.Around(ctx, m, ms)
	if len(taken.Accepted) == 0 {
		return 0
	}
	err = insist(ctx, func() error { return a.s.Publisher.PublishMentions(ctx, taken.Accepted) }, func(err error, d time.Duration) {
		a.log.Error("what stands around a mention cannot be stored; it is tried again", "err", err, "retry_in", d)
	})
	if err == nil {
		a.s.intake.Stored(taken)
	}
	return 0
}
