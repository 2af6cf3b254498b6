package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
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

	recent *Recent
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
	s.recent = NewRecent(recentIDs)
	log := s.Deps.Logger().With("component", "sources", "source", s.Settings.ID, "kind", s.Settings.Kind)
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
	defer func() {
		if p := recover(); p != nil {
			ms, c, err = nil, after, fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return s.Source.Next(ctx, after)
}

// failed decides what an error of Next means. done is true when Run must end with the error it returns.
func (s *Supervisor) failed(ctx context.Context, log *slog.Logger, err error, pauses *backoff.ExponentialBackOff) (done bool, _ error) {
	var wait *Wait
	switch {
	case ctx.Err() != nil:
		return true, nil
	case err == io.EOF: // itself: a broken connection wraps io.EOF too, and that is no end
		s.Health.stopped(ctx, "Everything there was has been read.")
		return true, nil
	case errors.Is(err, ErrStop):
		log.Warn("source stopped", "err", err)
		s.Health.stopped(ctx, err.Error())
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
	s.Health.failing(ctx, sentenceFor(err), s.Deps.Time().Add(d))
	pause(ctx, d)
	return false, nil
}

// store brings one batch into the log and then the cursor into its store. It returns an error only when ctx ended.
func (s *Supervisor) store(ctx context.Context, log *slog.Logger, ms []Mention, next Cursor, moved bool) error {
	now := s.Deps.Time()
	accepted, noTerm, bad := s.filter(ctx, log, ms, now)
	if len(accepted) > 0 {
		err := s.insist(ctx, log, "What was read cannot be stored", func() error { return s.Publisher.PublishMentions(ctx, accepted) })
		if err != nil {
			return err
		}
		for i := range accepted {
			s.recent.Add(accepted[i].ID)
		}
	}
	noTerm += s.skipped()
	s.Metrics.batch(s.Settings.Kind, int64(len(accepted)), noTerm, bad)
	s.Health.read(ctx, accepted, noTerm+bad)
	if !moved {
		return nil
	}
	return s.insist(ctx, log, "The place where reading stopped cannot be kept", func() error {
		return s.Cursors.Save(ctx, s.Settings.ID, next)
	})
}

// insist tries until it works or ctx ends.
func (s *Supervisor) insist(ctx context.Context, log *slog.Logger, what string, do func() error) error {
	notify := func(err error, d time.Duration) {
		log.Error("store failed", "what", what, "err", err, "retry_in", d)
		s.Health.failing(ctx, what+"; it is tried again until it can. Nothing is lost.", s.Deps.Time().Add(d))
	}
	b := newBackOff()
	b.InitialInterval, b.MaxInterval = 100*time.Millisecond, 15*time.Second
	b.Reset()
	return backoff.RetryNotify(do, backoff.WithContext(b, ctx), notify)
}

// filter keeps what is a mention of this council, in normal form, and the deletions of mentions that were taken in.
func (s *Supervisor) filter(ctx context.Context, log *slog.Logger, ms []Mention, now time.Time) (accepted []Mention, noTerm, bad int64) {
	var terms *Terms
	if s.Deps.Terms != nil {
		terms = s.Deps.Terms()
	}
	known := s.known(ctx, log, ms)
	accepted = make([]Mention, 0, len(ms))
	for i := range ms {
		m := ms[i]
		if m.Source == "" {
			m.Source = s.Settings.ID
		}
		Normalise(&m, now)
		if err := m.Validate(); err != nil {
			log.Debug("item is no mention", "id", m.ID, "err", err)
			bad++
			continue
		}
		if m.State == Deleted {
			if known != nil && !known[m.ID] {
				noTerm++
				continue
			}
			accepted = append(accepted, m)
			continue
		}
		m.MatchedBy = withTerms(m.MatchedBy, terms.MatchMention(&m))
		if len(m.MatchedBy) == 0 && !s.Settings.AllTerms && s.Deps.Terms != nil && !s.editOfOurs(ctx, &m) {
			noTerm++
			continue
		}
		accepted = append(accepted, m)
	}
	return accepted, noTerm, bad
}

// editOfOurs says that m edits a mention that was taken in: an edit that takes the council's name out is still an edit.
func (s *Supervisor) editOfOurs(ctx context.Context, m *Mention) bool {
	if m.State != Edited {
		return false
	}
	if s.recent.Has(m.ID) {
		return true
	}
	if s.Deps.Known == nil {
		return false
	}
	yes, err := s.Deps.Known(ctx, []string{m.ID})
	return err == nil && len(yes) == 1 && yes[0]
}

func withTerms(by, terms []string) []string {
	by = slices.Clone(by)
	for _, t := range terms {
		if t = "keyword:" + t; !slices.Contains(by, t) {
			by = append(by, t)
		}
	}
	return by
}

// known says which deletions concern mentions that were taken in; nil when that cannot be told, and then all are handed on.
func (s *Supervisor) known(ctx context.Context, log *slog.Logger, ms []Mention) map[string]bool {
	if s.Deps.Known == nil {
		return nil
	}
	known := map[string]bool{}
	var ask []string
	for i := range ms {
		if ms[i].State != Deleted {
			known[ms[i].ID] = true // taken in and deleted within one batch
		} else if s.recent.Has(ms[i].ID) {
			known[ms[i].ID] = true
		} else {
			ask = append(ask, ms[i].ID)
		}
	}
	if len(ask) == 0 {
		return known
	}
	yes, err := s.Deps.Known(ctx, ask)
	if err != nil || len(yes) != len(ask) {
		log.Warn("cannot tell which deletions concern us; handing on all", "deletions", len(ask), "err", err)
		return nil
	}
	for i, id := range ask {
		known[id] = yes[i]
	}
	return known
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

// sentenceFor is what an officer reads about an error; the log has its cause.
func sentenceFor(err error) string {
	var f *Fault
	if errors.As(err, &f) {
		return f.Sentence
	}
	if errors.Is(err, errPanic) {
		return "The connector met something it was not made for. The log has the details; please report them. It goes on trying."
	}
	return "The platform could not be read. It is tried again with growing pauses; the log has the details."
}
