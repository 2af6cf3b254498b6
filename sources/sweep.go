package sources

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"earshot/settings"
)

// Holder is the record as a Sweep sees it.
type Holder interface {
	// Holds counts the mentions that a source brought and whose text is here.
	Holds(ctx context.Context, source string) (int, error)
	// Held lists them in the order in which they were first kept: at most limit, after a place, or without one from a moment on.
	Held(ctx context.Context, source string, from time.Time, after string, limit int) ([]Holding, error)
	// Mentions returns those of ids whose text is still here.
	Mentions(ctx context.Context, ids []string) ([]Mention, error)
}

// Holding names one mention of the record.
type Holding struct {
	ID    string
	Kept  time.Time
	Place string // to go on after it
}

// SweepPlace is how far a Sweep has come. It outlives the process, so that a restart asks about nothing twice.
type SweepPlace struct {
	First string    `json:"first,omitzero"` // the last mention asked about for the first time
	Began time.Time `json:"began,omitzero"` // the round under way
	Place string    `json:"place,omitzero"` // the last mention of the round asked about
	Done  int       `json:"done,omitzero"`  // of the round
	Of    int       `json:"of,omitzero"`
	// Recent are the last answers, oldest first: x for a mention that was called deleted, a full stop for one that was not.
	Recent string `json:"recent,omitzero"`
	// Whose are the values of the options that decide whose things are read, as a Sweep saw them last, and Since when they are these.
	Whose string    `json:"whose,omitzero"`
	Since time.Time `json:"since,omitzero"`
	// Sentence says to the officer why deletions and edits are noticed late, or are held back; empty: they are not.
	Sentence string `json:"sentence,omitzero"`
}

// SweepStore keeps one SweepPlace a source; of an unknown source the zero one.
type SweepStore interface {
	LoadSweep(ctx context.Context, source string) (SweepPlace, error)
	SaveSweep(ctx context.Context, source string, p SweepPlace) error
}

// The rhythm of a Sweep.
const (
	firstAfter  = time.Hour      // a mention is asked about first at this age, since most deletions come early,
	firstWithin = 4 * time.Hour  // and at this one at the latest, when not enough of them come to fill a question.
	firstUntil  = 24 * time.Hour // What is older, as after a long stop, is left to the rounds.

	sweepShare   = 4   // a sweep uses a quarter of the requests the platform allows in a day: reading comes first
	sweepPage    = 500 // mentions listed at once
	sweepLook    = 5 * time.Minute
	sweepCount   = time.Hour // between counts
	sweepSave    = time.Minute
	sweepPark    = time.Hour // after an error that a person must mend
	sweepPatient = 20        // failures of one question until it is left to the next round
)

// Sweep asks a platform that tells nobody of deletions and edits again about what one source brought: about each mention once when it is an hour
// old, and then in rounds, each of which takes nine tenths of Every, so that no two questions about a mention lie further apart than Every.
// Questions are spread evenly over a round. What the platform no longer shows, or shows differently, is published like anything else; the log's
// readers remove or replace it. The record knows no legal hold: a deletion always applies. Where far more than the ordinary are called deleted
// at once, that is asked a second time before it is believed (doubtFew and what follows it).
//
// A Sweep goes on while its source is paused: what was read while it was not is still to be let go of, mass deletions too.
type Sweep struct {
	Settings  settings.Source
	Source    Rechecker
	Every     time.Duration // Connector.Recheck
	Batch     int           // Connector.Batch
	PerDay    int           // Connector.PerDay
	Whose     []Field       // Connector.Options
	Record    Holder
	Publisher Publisher
	Places    SweepStore
	Health    LastHealth                      // whether the source is read in order: a witness to what is called deleted
	Read      func(ctx context.Context) error // reads the source once and stores nothing: the witness while it is paused
	Deps      Deps                            // Terms, Log and Now are used
	Metrics   *Metrics                        // may be nil

	log   *slog.Logger
	place SweepPlace
	kept  SweepPlace // as it was last saved
	saved time.Time

	first, round             []Holding // what is next of each
	firstLooked, roundLooked time.Time
	counted, asked           time.Time
	failures                 int
	guard                    guard
}

// question is what is asked about next.
type question struct {
	held  []Holding
	at    time.Time
	first bool
	again bool // about what is held back
}

// Run returns when ctx ends.
func (s *Sweep) Run(ctx context.Context) {
	s.log = s.Deps.Logger().With("component", "sweep", "source", s.Settings.ID, "kind", s.Settings.Kind)
	if c, ok := s.Source.(Closer); ok {
		defer c.Close()
	}
	err := insist(ctx, func() (err error) { s.place, err = s.Places.LoadSweep(ctx, s.Settings.ID); return err }, s.retried)
	if err != nil {
		return // ctx ended
	}
	s.kept = s.place
	s.recognise()
	defer s.leave(ctx)
	pauses := newBackOff()
	for ctx.Err() == nil {
		d, err := s.step(ctx)
		if err == nil {
			pauses.Reset()
		} else if ctx.Err() == nil {
			d = s.failed(err, pauses.NextBackOff)
		}
		s.save(ctx, false)
		pause(ctx, d)
	}
}

// recognise notes when the source began to read somebody else's things. What was read before is not asked about any more.
func (s *Sweep) recognise() {
	var whose []string
	for _, f := range s.Whose {
		if f.Whose {
			whose = append(whose, f.Name+"="+s.Settings.Options[f.Name])
		}
	}
	now := strings.Join(whose, "\n")
	if s.place.Whose != "" && s.place.Whose != now {
		s.place.Since = s.Deps.Time().UTC()
	}
	s.place.Whose = now
}

// step asks what is due, and returns for how long nothing is.
func (s *Sweep) step(ctx context.Context) (time.Duration, error) {
	now := s.Deps.Time()
	q, err := s.next(ctx, now)
	if err != nil {
		return 0, err
	}
	if wait := q.at.Sub(now); wait > 0 {
		return min(wait, sweepLook), nil
	}
	err = s.ask(ctx, q)
	if err != nil && !s.hopeless(err) {
		return 0, err
	}
	if err != nil {
		s.log.Error("a question is left to the next round", "mentions", len(q.held), "err", err)
	}
	s.failures = 0
	s.passed(q)
	return 0, err
}

// hopeless says that asking the same once more will not help: the connector panicked, or it failed too often in a row.
func (s *Sweep) hopeless(err error) bool {
	var wait *Wait
	if errors.Is(err, ErrStop) || errors.As(err, &wait) || errors.Is(err, context.Canceled) {
		return false
	}
	s.failures++
	return s.failures >= sweepPatient || errors.Is(err, errPanic)
}

// passed moves the place behind q.
func (s *Sweep) passed(q question) {
	n := len(q.held)
	if q.again {
		s.guard.settled(n)
		return
	}
	last := q.held[n-1].Place
	if q.first {
		s.place.First, s.first = last, s.first[n:]
		return
	}
	s.place.Place, s.round = last, s.round[n:]
	s.place.Done += n
}

// next is what is to be asked and when: what is held back first, then first questions, then those of the round, and none sooner after another than the
// platform's budget allows.
func (s *Sweep) next(ctx context.Context, now time.Time) (question, error) {
	q, err := s.nextFirst(ctx, now)
	if err != nil {
		return q, err
	}
	r, err := s.nextOfRound(ctx, now)
	if err != nil {
		return r, err
	}
	again := s.nextAgain(ctx, now)
	s.judge(r, now)
	if q.at.After(now) && r.at.Before(q.at) {
		q = r
	}
	if again.at.Before(q.at) || !again.at.After(now) || s.guard.full() {
		q = again
	}
	gap := time.Second
	if s.PerDay > 0 {
		gap = max(gap, 24*time.Hour*sweepShare/time.Duration(s.PerDay))
	}
	if s.asked.Add(gap).After(q.at) && len(q.held) > 0 {
		q.at = s.asked.Add(gap)
	}
	return q, nil
}

func (s *Sweep) batch() int { return cmp.Or(s.Batch, 1) }

// nextFirst is the next question about young mentions.
func (s *Sweep) nextFirst(ctx context.Context, now time.Time) (question, error) {
	if len(s.first) < s.batch() && now.Sub(s.firstLooked) >= sweepLook {
		after := s.place.First
		if len(s.first) > 0 {
			after = s.first[len(s.first)-1].Place
		}
		more, err := s.Record.Held(ctx, s.Settings.ID, now.Add(-firstUntil), after, max(sweepPage, s.batch()))
		if err != nil {
			return question{}, fmt.Errorf("list what is young: %w", err)
		}
		s.first = append(s.first, more...)
		if s.firstLooked = now; len(more) > 0 && now.Sub(more[0].Kept) > firstUntil { // the program stood still for long
			s.first, s.place.First, s.firstLooked = nil, "", time.Time{}
		}
	}
	q := question{at: now.Add(sweepLook), first: true}
	for len(s.first) > 0 && now.Sub(s.first[0].Kept) > firstUntil {
		s.place.First, s.first = s.first[0].Place, s.first[1:]
	}
	ready := s.first[:min(len(s.first), s.batch())]
	ready = ready[:ripe(ready, now)]
	switch {
	case len(ready) == s.batch():
		q.held, q.at = ready, now
	case len(ready) > 0:
		q.held, q.at = ready, ready[0].Kept.Add(firstWithin)
	}
	return q, nil
}

// ripe is how many of list, which is in order, are old enough to be asked about.
func ripe(list []Holding, now time.Time) int {
	if n := slices.IndexFunc(list, func(h Holding) bool { return now.Sub(h.Kept) < firstAfter }); n >= 0 {
		return n
	}
	return len(list)
}

// length is how long a round takes.
func (s *Sweep) length() time.Duration { return s.Every - s.Every/10 }

// nextOfRound is the next question of the round under way; a new round begins when this one is over and its time has passed.
func (s *Sweep) nextOfRound(ctx context.Context, now time.Time) (question, error) {
	if s.place.Began.IsZero() {
		s.place.Began = now.UTC()
	}
	end := s.place.Began.Add(s.length())
	if len(s.round) == 0 && now.Sub(s.roundLooked) >= sweepLook {
		list, err := s.Record.Held(ctx, s.Settings.ID, time.Time{}, s.place.Place, max(sweepPage, s.batch()))
		if err != nil {
			return question{}, fmt.Errorf("list what is to be asked about: %w", err)
		}
		s.round = list[:ripe(list, now)]
		if s.roundLooked = now; len(list) == len(s.round) && len(list) > 0 {
			s.roundLooked = time.Time{} // there may be more
		}
		if len(s.round) == 0 && !now.Before(end) {
			s.place.Began, s.place.Place, s.place.Done = now.UTC(), "", 0
			s.counted, s.roundLooked = time.Time{}, time.Time{}
		}
	}
	if now.Sub(s.counted) >= sweepCount {
		n, err := s.Record.Holds(ctx, s.Settings.ID)
		if err != nil {
			return question{}, fmt.Errorf("count what is to be asked about: %w", err)
		}
		s.place.Of, s.counted = max(n, s.place.Done+len(s.round)), now // those asked about may be gone
	}
	if len(s.round) == 0 {
		return question{at: now.Add(sweepLook)}, nil
	}
	q := question{held: s.round[:min(s.batch(), len(s.round))], at: end}
	if s.place.Done < s.place.Of {
		q.at = s.place.Began.Add(time.Duration(float64(s.length()) * float64(s.place.Done) / float64(s.place.Of)))
	}
	return q, nil
}

// judge says what is held back, and whether the round is late: by more than a tenth of Every, which is what a round leaves free.
func (s *Sweep) judge(q question, now time.Time) {
	late := ""
	if len(q.held) > 0 && now.Sub(q.at) > s.Every/10 {
		late = fmt.Sprintf("Deleted and edited posts are noticed late: %d of %d have been asked about in %s, and all should be within %s.",
			s.place.Done, s.place.Of, spell(now.Sub(s.place.Began)), spell(s.Every))
	}
	others := ""
	if !s.place.Since.IsZero() {
		others = "What was read before " + s.place.Since.Format("2 January 2006") + ", from another account or place, is no longer asked about; it is removed when its time is over."
	}
	s.place.Sentence = join(s.guard.sentence(), late, others)
}

// ask asks the platform about mentions and publishes what is not as it was, and is believed.
func (s *Sweep) ask(ctx context.Context, q question) error {
	var ids []string
	for _, h := range q.held {
		if !h.Kept.Before(s.place.Since) {
			ids = append(ids, h.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	held, err := s.Record.Mentions(ctx, ids)
	if err != nil {
		return fmt.Errorf("read what is to be asked about: %w", err)
	}
	held = slices.DeleteFunc(held, func(m Mention) bool { return m.Source != s.Settings.ID })
	if len(held) == 0 {
		return nil // gone since they were listed
	}
	s.asked = s.Deps.Time()
	var got []Mention
	err = shielded(func() (err error) { got, err = s.Source.Recheck(ctx, slices.Clone(held)); return err })
	if err != nil {
		return err
	}
	news := s.news(held, got)
	if !q.again {
		news = s.withhold(held, news)
	}
	if len(news) > 0 {
		if err := insist(ctx, func() error { return s.Publisher.PublishMentions(ctx, news) }, s.retried); err != nil {
			return err
		}
	}
	s.Metrics.swept(s.Settings.Kind, len(held), news)
	return nil
}

// news keeps what differs from held, in normal form.
func (s *Sweep) news(held, got []Mention) []Mention {
	was := make(map[string]*Mention, len(held))
	for i := range held {
		was[held[i].ID] = &held[i]
	}
	now := s.Deps.Time()
	var out []Mention
	for _, m := range got {
		old := was[m.ID]
		if old == nil {
			s.log.Warn("the connector answered about a mention it was not asked about; left alone", "id", m.ID)
			continue
		}
		m.Source = s.Settings.ID
		Normalise(&m, now)
		if err := m.Validate(); err != nil {
			s.log.Debug("an answer is no mention", "id", m.ID, "err", err)
			continue
		}
		if m.State != Deleted {
			if m.Version() == old.Version() {
				continue
			}
			if m.State == "" || m.State == Live {
				m.State = Edited
			}
			m.MatchedBy = old.MatchedBy
			if s.Deps.Terms != nil {
				m.MatchedBy = withTerms(old.MatchedBy, s.Deps.Terms().MatchMention(&m))
			}
		}
		out = append(out, m)
	}
	return out
}

// failed says for how long an error keeps the sweep.
func (s *Sweep) failed(err error, next func() time.Duration) time.Duration {
	var wait *Wait
	switch {
	case errors.Is(err, ErrStop):
		s.log.Warn("deletions and edits cannot be looked for", "err", err)
		s.place.Sentence = "Deleted and edited posts are not noticed. " + err.Error()
		return sweepPark
	case errors.As(err, &wait):
		s.log.Info("platform asked to wait", "until", wait.Until)
		return wait.Until.Sub(s.Deps.Time())
	}
	d := next()
	s.Metrics.failed(s.Settings.Kind)
	s.log.Warn("asking again failed", "err", err, "retry_in", d)
	return d
}

func (s *Sweep) retried(err error, d time.Duration) {
	s.log.Error("what the sweep needs is not there; it is tried again", "err", err, "retry_in", d)
}

// save keeps the place, at most once a minute but for a new sentence. One that is not saved costs questions asked twice.
func (s *Sweep) save(ctx context.Context, now bool) {
	at, place := s.Deps.Time(), s.guard.rewound(s.place)
	if place == s.kept || !now && at.Sub(s.saved) < sweepSave && place.Sentence == s.kept.Sentence {
		return
	}
	if err := s.Places.SaveSweep(ctx, s.Settings.ID, place); err != nil {
		if ctx.Err() == nil {
			s.log.Warn("the place of the sweep is not kept yet", "err", err)
		}
		return
	}
	s.kept, s.saved = place, at
}

// leave keeps the place for the next start.
func (s *Sweep) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	s.save(ctx, true)
}
