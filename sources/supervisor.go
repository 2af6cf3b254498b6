package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v4"

	"earshot/settings"
)

// Supervisor runs one Source: it reads a batch, drops what matches no watch term, normalises, hands over to the Publisher until the log
// acknowledges, then saves the cursor, and again. It never gives up on what may pass, obeys a platform's wait, and parks when a person
// must act.
type Supervisor struct {
	Settings  settings.Source
	Source    Source
	Publisher Publisher
	Cursors   CursorStore
	Deps      Deps // Terms, Known, Log and Now are used
	Health    *Monitor
	Metrics   *Metrics
	// Around fetches what stands around accepted mentions; it is not Source itself, which is used by one goroutine at a time. Nil: nothing is fetched.
	Around     Threader
	AroundADay int // calls; zero: ThreadCalls

	intake *Intake
	around *around
	pulsed int64 // Pulse.Skipped already counted
}

// errPanic marks a connector that panicked: one more failure, not the end of the process.
var errPanic = errors.New("sources: connector panicked")

// Back-off between failed reads: full of jitter, up to five minutes, without an end.
func newBackOff() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(5*time.Minute),
		backoff.WithRandomizationFactor(0.5), backoff.WithMaxElapsedTime(0))
}

// Run returns when ctx ends, when the source has no more, or when a person must act; only the last is an error, and wraps ErrStop.
func (s *Supervisor) Run(ctx context.Context) error {
	if c, ok := s.Source.(Closer); ok {
		defer c.Close()
	}
	s.intake = NewIntake(s.Settings, s.Deps, s.Metrics)
	log := s.Deps.Logger().With("component", "sources", "source", s.Settings.ID, "kind", s.Settings.Kind)
	defer s.fetchAround(ctx, log)()
	stopTicking := s.Health.watch(ctx, s.Source)
	defer stopTicking()
	s.Health.starting(ctx)
	after, err := s.load(ctx, log)
	if err != nil {
		return nil // ctx ended
	}
	pauses := newBackOff()
	for ctx.Err() == nil {
		ms, next, err := s.next(ctx, after)
		if err == nil {
			if s.store(ctx, log, ms, next, next != after) != nil {
				return nil
			}
			pauses.Reset()
			after = next
			continue
		}
		if done, err := s.failed(ctx, log, err, pauses); done {
			return err
		}
	}
	return nil
}

func (s *Supervisor) load(ctx context.Context, log *slog.Logger) (c Cursor, err error) {
	err = s.insist(ctx, log, "The place where reading stopped cannot be looked up", func() error {
		c, err = s.Cursors.Load(ctx, s.Settings.ID)
		return err
	})
	return c, err
}

// next shields the process from a connector's panic.
func (s *Supervisor) next(ctx context.Context, after Cursor) (ms []Mention, c Cursor, err error) {
	err = shielded(func() error {
		ms, c, err = s.Source.Next(ctx, after)
		return err
	})
	return ms, c, err
}

// shielded makes a panic of a connector an error.
func shielded(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return call()
}

// failed decides what an error of Next means. done is true when Run must end with the error it returns.
func (s *Supervisor) failed(ctx context.Context, log *slog.Logger, err error, pauses *backoff.ExponentialBackOff) (done bool, _ error) {
	var wait *Wait
	switch {
	case ctx.Err() != nil:
		return true, nil
	case err == io.EOF: // itself: a broken connection wraps io.EOF too, and that is no end
		s.Health.stopped(ctx, "Everything there was has been read.", CauseDone)
		return true, nil
	case errors.Is(err, ErrStop):
		log.Warn("source stopped", "err", err)
		s.Health.stopped(ctx, err.Error(), "")
		return true, err
	case errors.As(err, &wait):
		s.Metrics.waited(s.Settings.Kind)
		log.Info("platform asked to wait", "until", wait.Until)
		s.Health.waiting(ctx, wait)
		pauses.Reset()
		pause(ctx, wait.Until.Sub(s.Deps.Time()))
		return false, nil
	}
	d := pauses.NextBackOff()
	s.Metrics.failed(s.Settings.Kind)
	log.Warn("read failed", "err", err, "retry_in", d)
	cause := ""
	if errors.Is(err, ErrAnswer) {
		cause = CauseAnswer
	}
	s.Health.failing(ctx, Sentence(err), cause, s.Deps.Time().Add(d))
	pause(ctx, d)
	return false, nil
}

// store brings one batch into the log and then the cursor into its store. It returns an error only when ctx ended.
func (s *Supervisor) store(ctx context.Context, log *slog.Logger, ms []Mention, next Cursor, moved bool) error {
	taken := s.intake.Take(ctx, ms)
	if len(taken.Accepted) > 0 {
		err := s.insist(ctx, log, "What was read cannot be stored", func() error { return s.Publisher.PublishMentions(ctx, taken.Accepted) })
		if err != nil {
			return err
		}
	}
	taken.NoTerm += s.skipped()
	s.intake.Stored(taken)
	s.around.add(taken.Accepted)
	s.Health.read(ctx, taken)
	if !moved {
		return nil
	}
	return s.insist(ctx, log, "The place where reading stopped cannot be kept", func() error {
		return s.Cursors.Save(ctx, s.Settings.ID, next)
	})
}

// insist tries until it works or ctx ends.
func (s *Supervisor) insist(ctx context.Context, log *slog.Logger, what string, do func() error) error {
	return insist(ctx, do, func(err error, d time.Duration) {
		log.Error("store failed", "what", what, "err", err, "retry_in", d)
		s.Health.failing(ctx, what+"; it is tried again until it can. Nothing is lost.", CauseStore, s.Deps.Time().Add(d))
	})
}

func insist(ctx context.Context, do func() error, failed func(err error, d time.Duration)) error {
	b := newBackOff()
	b.InitialInterval, b.MaxInterval = 100*time.Millisecond, 15*time.Second
	b.Reset()
	return backoff.RetryNotify(do, backoff.WithContext(b, ctx), failed)
}

// skipped returns what the connector dropped by itself since the last call.
func (s *Supervisor) skipped() int64 {
	p, ok := s.Source.(Pulser)
	if !ok {
		return 0
	}
	total := p.Pulse().Skipped
	n := total - s.pulsed
	s.pulsed = total
	return n
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Sentence is what an officer reads about an error of Next; the log has its cause.
func Sentence(err error) string {
	var f *Fault
	var w *Wait
	switch {
	case errors.As(err, &f):
		return f.Sentence
	case errors.As(err, &w):
		return w.Reason
	case errors.Is(err, ErrStop):
		return err.Error()
	}
	if errors.Is(err, errPanic) {
		return "The connector met something it was not made for. The log has the details; please report them. It goes on trying."
	}
	return "The platform could not be read. It is tried again with growing pauses; the log has the details."
}
