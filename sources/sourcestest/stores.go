package sourcestest

import (
	"context"
	"errors"
	"sync"

	"earshot/sources"
)

// Log is a Publisher in memory. FailNext makes the next calls fail; Crash makes a call store half and fail.
type Log struct {
	mu       sync.Mutex
	mentions []sources.Mention
	fail     int
	changed  chan struct{}
}

// NewLog makes an empty Log.
func NewLog() *Log { return &Log{changed: make(chan struct{}, 1)} }

// ErrFailed is what a Log returns when told to fail.
var ErrFailed = errors.New("sourcestest: told to fail")

// FailNext makes the next n calls store a part and fail.
func (l *Log) FailNext(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = n
}

// PublishMentions implements sources.Publisher.
func (l *Log) PublishMentions(_ context.Context, ms []sources.Mention) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail > 0 {
		l.fail--
		l.mentions = append(l.mentions, ms[:len(ms)/2]...)
		return ErrFailed
	}
	l.mentions = append(l.mentions, ms...)
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return nil
}

// Mentions returns what was stored, repetitions included.
func (l *Log) Mentions() []sources.Mention {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]sources.Mention(nil), l.mentions...)
}

// Changed receives when something was stored.
func (l *Log) Changed() <-chan struct{} { return l.changed }

// Cursors is a CursorStore in memory.
type Cursors struct {
	mu sync.Mutex
	m  map[string]sources.Cursor
	n  int
}

// Load implements sources.CursorStore.
func (c *Cursors) Load(_ context.Context, source string) (sources.Cursor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[source], nil
}

// Save implements sources.CursorStore.
func (c *Cursors) Save(_ context.Context, source string, to sources.Cursor) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]sources.Cursor{}
	}
	c.m[source] = to
	c.n++
	return nil
}

// Saves counts the calls of Save.
func (c *Cursors) Saves() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// HealthLog is a HealthSink in memory that remembers.
type HealthLog struct {
	mu  sync.Mutex
	all []sources.Health
}

// ReportHealth implements sources.HealthSink.
func (h *HealthLog) ReportHealth(_ context.Context, x sources.Health) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, x)
	return nil
}

// LastHealth implements sources.LastHealth.
func (h *HealthLog) LastHealth(_ context.Context, source string) (sources.Health, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.all) - 1; i >= 0; i-- {
		if h.all[i].Source == source {
			return h.all[i], nil
		}
	}
	return sources.Health{}, nil
}

// All returns every report in order.
func (h *HealthLog) All() []sources.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]sources.Health(nil), h.all...)
}
