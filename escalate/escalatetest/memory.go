package escalatetest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"earshot/casework"
	"earshot/escalate"
)

var (
	_ escalate.Journal  = (*Log)(nil)
	_ escalate.History  = (*Log)(nil)
	_ escalate.Notifier = (*Mailbox)(nil)
)

// ErrAway is what a Log or Mailbox answers while it is away.
var ErrAway = errors.New("escalatetest: away")

// Log is the casework log in memory. It keeps every append, repeats too, as Kafka would.
type Log struct {
	mu     sync.Mutex
	events []casework.Event
	Fail   func(n int) error // asked before each append with its number, from 1
	n      int
}

// Append implements escalate.Journal. When Fail says no, half the events are taken all the same: an append that failed may have reached the log.
func (l *Log) Append(ctx context.Context, events []casework.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	l.n++
	if l.Fail != nil {
		if err := l.Fail(l.n); err != nil {
			l.events = append(l.events, events[:len(events)/2]...)
			return err
		}
	}
	l.events = append(l.events, events...)
	return nil
}

// Events implements escalate.History.
func (l *Log) Events(_ context.Context, fn func(casework.Event) error) error {
	for _, e := range l.All() {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// All returns every event appended, repeats included.
func (l *Log) All() []casework.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// Mailbox is a mail server in memory.
type Mailbox struct {
	mu   sync.Mutex
	Fail func(n escalate.Notification) error // asked before each mail
	Lost func(n escalate.Notification) error // asked after it was taken: the client hears this instead of success
	got  []escalate.Notification
}

// Send implements escalate.Notifier.
func (m *Mailbox) Send(ctx context.Context, n escalate.Notification) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.Fail != nil {
		if err := m.Fail(n); err != nil {
			return err
		}
	}
	m.got = append(m.got, n)
	if m.Lost != nil {
		return m.Lost(n)
	}
	return nil
}

// All returns every mail taken, in order.
func (m *Mailbox) All() []escalate.Notification {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.got)
}

// To returns the mails to one address.
func (m *Mailbox) To(address string) (out []escalate.Notification) {
	for _, n := range m.All() {
		if n.To == address {
			out = append(out, n)
		}
	}
	return out
}
