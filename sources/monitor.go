package sources

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"earshot/settings"
)

// reportEvery is how often a source's health is told even when nothing changed.
const reportEvery = time.Minute

// Monitor keeps one source's Health and tells it to a HealthSink on every change of state and every minute. Safe for concurrent use.
type Monitor struct {
	sink    HealthSink
	log     *slog.Logger
	now     func() time.Time
	metrics *Metrics
	rhythm  time.Duration

	telling sync.Mutex // held from the look at the health until it is told, so that an older one never follows a newer one

	mu    sync.Mutex
	h     Health
	began time.Time // of this watching; h.Since may lie before a restart
	pulse func() Pulse
	push  func(source string) Pushed
}

// LastHealth knows the last health of a source, zero of an unknown one. A Monitor whose HealthSink it is starts from what it knew before a restart.
type LastHealth interface {
	LastHealth(ctx context.Context, source string) (Health, error)
}

// Pushed is when a platform last sent something to /hooks/{source} of its own accord.
type Pushed struct {
	At      time.Time `json:"at,omitzero"`      // any delivery that was its own
	Mention time.Time `json:"mention,omitzero"` // one that held a mention of the council
}

// LastPush is a HealthSink that knows what was pushed, to whichever process: a source that pushes is not silent because polling finds
// nothing that is new.
type LastPush interface{ LastPush(source string) Pushed }

// Lay lays p over h: what was pushed counts like what was read.
func (p Pushed) Lay(h *Health) {
	if p.At.After(h.LastSuccess) {
		h.LastSuccess = p.At
	}
	if p.Mention.After(h.LastMention) {
		h.LastMention = p.Mention
	}
}

// NewMonitor makes the monitor of one source; sink and metrics may be nil.
func NewMonitor(s settings.Source, node string, sink HealthSink, d Deps, m *Metrics) *Monitor {
	rhythm := time.Duration(s.Rhythm)
	if rhythm <= 0 {
		rhythm = DefaultRhythm
	}
	name := s.Name
	if name == "" {
		name = s.ID
	}
	mon := &Monitor{sink: sink, log: d.Logger(), now: d.Time, metrics: m, rhythm: rhythm, began: d.Time(),
		h: Health{Source: s.ID, Kind: s.Kind, Name: name, Rhythm: rhythm.String(), Node: node, Since: d.Time().UTC()}}
	if l, ok := sink.(LastPush); ok {
		mon.push = l.LastPush
	}
	return mon
}

// Health returns the health of this moment.
func (m *Monitor) Health() Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current()
}

// current takes the connector's pulse and what was pushed in and judges silence; m.mu is held.
func (m *Monitor) current() Health {
	now := m.now()
	if m.pulse != nil {
		p := m.pulse()
		if p.LastSuccess.After(m.h.LastSuccess) {
			m.h.LastSuccess = p.LastSuccess
			if m.h.State == StateStarting || m.h.State == StateFailing || m.h.State == StateWaiting {
				m.become(StateRunning, "")
			}
		}
		if m.h.State == StateRunning || m.h.State == StateQuiet {
			m.h.NextTry = p.NextTry
		}
	}
	if m.push != nil {
		p := m.push(m.h.Source)
		p.Lay(&m.h)
		if m.h.State == StateStarting && p.At.After(m.began) { // it may never have anything to poll
			m.become(StateRunning, "")
		}
	}
	heard := m.h.Since
	if m.h.LastMention.After(heard) {
		heard = m.h.LastMention
	}
	silent := now.Sub(heard)
	switch {
	case m.h.State == StateRunning && silent > m.rhythm:
		m.become(StateQuiet, quietSentence(m.h.Kind, silent, m.rhythm))
	case m.h.State == StateQuiet && silent > m.rhythm:
		m.h.Sentence = quietSentence(m.h.Kind, silent, m.rhythm)
	case m.h.State == StateQuiet:
		m.become(StateRunning, "")
	}
	h := m.h
	h.At = now.UTC()
	return h
}

func quietSentence(kind string, silent, rhythm time.Duration) string {
	what := map[string]string{"feed": "feed", "file": "file"}[kind]
	if what == "" {
		what = "source"
	}
	return fmt.Sprintf("The %s has said nothing for %s; its usual rhythm is under %s. Check that it is still in use and that its settings "+
		"and watch terms are right.", what, spell(silent), spell(rhythm))
}

// spell writes a span as people say it: 9 days, 26 hours, 12 minutes.
func spell(d time.Duration) string {
	say := func(n float64, unit string) string {
		k := int(math.Floor(n))
		if k == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", k, unit)
	}
	switch {
	case d >= 48*time.Hour:
		return say(d.Hours()/24, "day")
	case d >= 2*time.Hour:
		return say(d.Hours(), "hour")
	case d >= 2*time.Minute:
		return say(d.Minutes(), "minute")
	}
	return say(d.Seconds(), "second")
}

// become changes state; m.mu is held.
func (m *Monitor) become(state, sentence string) {
	m.metrics.moved(m.h.State, state)
	m.h.State, m.h.Sentence, m.h.Cause = state, sentence, ""
	if state == StateRunning {
		m.h.NextTry = time.Time{}
	}
}

// change applies f and reports when the state or its sentence is another afterwards.
func (m *Monitor) change(ctx context.Context, f func()) {
	if m == nil {
		return
	}
	m.mu.Lock()
	state, sentence := m.h.State, m.h.Sentence
	f()
	h := m.current()
	m.mu.Unlock()
	if h.State != state || h.Sentence != sentence {
		m.report(ctx)
	}
}

// report tells the health of this moment.
func (m *Monitor) report(ctx context.Context) {
	if m.sink == nil {
		return
	}
	m.telling.Lock()
	defer m.telling.Unlock()
	h := m.Health()
	// The last report of a source that is being stopped must still go out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := m.sink.ReportHealth(ctx, h); err != nil && !errors.Is(err, context.Canceled) {
		m.log.Warn("health not reported", "source", h.Source, "err", err)
	}
}

// watch reports every minute until ctx ends or the returned function is called, which waits for the last report.
func (m *Monitor) watch(ctx context.Context, s Source) (stop func()) {
	if m == nil {
		return func() {}
	}
	if p, ok := s.(Pulser); ok {
		m.mu.Lock()
		m.pulse = p.Pulse
		m.mu.Unlock()
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(reportEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				m.report(ctx)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// recall takes over what was known before a restart. Silence goes on through it; after a pause it is counted anew.
func (m *Monitor) recall(ctx context.Context) {
	l, ok := m.sink.(LastHealth)
	if !ok {
		return
	}
	last, err := l.LastHealth(ctx, m.h.Source)
	if err != nil {
		m.log.Warn("earlier health not found", "source", m.h.Source, "err", err)
	}
	if last.Kind != m.h.Kind { // none, or of another source of this ID
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.LastMention, m.h.LastSuccess = last.LastMention, last.LastSuccess
	if last.State != StatePaused && !last.Since.IsZero() {
		m.h.Since = last.Since
	}
}

func (m *Monitor) starting(ctx context.Context) {
	m.change(ctx, func() { m.become(StateStarting, "") })
}

func (m *Monitor) read(ctx context.Context, t Taken) {
	m.change(ctx, func() {
		now := m.now().UTC()
		m.h.LastSuccess = now
		m.h.Accepted += int64(len(t.Accepted))
		m.h.Dropped += t.NoTerm + t.Bad
		if len(t.Accepted) > 0 {
			m.h.LastMention = now
		}
		if m.h.State != StateQuiet || len(t.Accepted) > 0 {
			m.become(StateRunning, "")
		}
	})
}

func (m *Monitor) waiting(ctx context.Context, w *Wait) {
	m.change(ctx, func() {
		m.become(StateWaiting, w.Reason)
		m.h.NextTry = w.Until.UTC()
	})
}

func (m *Monitor) failing(ctx context.Context, sentence, cause string, next time.Time) {
	m.change(ctx, func() {
		m.h.Failures++
		m.become(StateFailing, sentence)
		m.h.Cause = cause
		m.h.NextTry = next.UTC()
	})
}

func (m *Monitor) stopped(ctx context.Context, sentence, cause string) {
	m.change(ctx, func() {
		m.become(StateStopped, sentence)
		m.h.Cause = cause
		m.h.NextTry = time.Time{}
	})
}

// paused says what becomes of deletions: swept says that they are looked for all the same.
func (m *Monitor) paused(ctx context.Context, swept bool) {
	sentence := "Reading is paused in the settings. What the platform deletes meanwhile is noticed when it goes on, as far as the platform tells."
	if swept {
		sentence = "Reading is paused in the settings. What it brought is still asked about, and removed where the platform has removed it."
	}
	m.change(ctx, func() { m.become(StatePaused, sentence) })
}

// gone takes the source out of the gauge of states.
func (m *Monitor) gone() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.metrics.moved(m.h.State, "")
	m.h.State = ""
}
