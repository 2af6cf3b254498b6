package escalate

import (
	"slices"
	"strings"
	"time"

	"earshot/casework"

	"github.com/cenkalti/backoff/v4"
)

// job is one incident's mail to one inbox.
type job struct {
	Incident string `json:"incident"`
	Step     int    `json:"step"`
}

// mailPlan is a mail about to be sent, kept in state.db so that a restart repeats it under the same Message-ID.
type mailPlan struct {
	Inbox  string `json:"inbox"` // inbox key
	To     string `json:"to"`
	Urgent bool   `json:"urgent"`
	Held   bool   `json:"held"`
	Jobs   []job  `json:"jobs"`
}

// inbox is the queue to one address; risks have a queue of their own. It belongs to the sender's goroutine.
type inbox struct {
	key    string
	to     string
	urgent bool

	queue  []job
	queued map[job]time.Time // when each became due, also those on their way

	settled uint64 // Ledger.settlings when what is settled was last dropped from queue

	sending *mailing // what is on its way or waits for another try
	flying  bool     // a try is running
	retryAt time.Time
	pause   backoff.BackOff
	failed  int
	err     string

	singles     []time.Time // mails about one incident within the window
	lastSummary time.Time
	heldSince   time.Time
	lastMail    time.Time
}

// mailing is one mail: about one incident, or a summary of several.
type mailing struct {
	jobs        []job
	held        bool             // it was held back; it counts as the window's summary even when it is about one incident
	kept        bool             // its mailPlan is in state.db
	waitedSince time.Time        // first failure to write it
	done        []casework.Event // accepted or refused, but not yet marked in state.db
}

func (m *mailing) summary() bool { return len(m.jobs) > 1 }

func inboxKey(to string, urgent bool) string {
	if urgent {
		return "urgent " + strings.ToLower(to)
	}
	return strings.ToLower(to)
}

func (b *inbox) add(j job, due time.Time) {
	if _, again := b.queued[j]; again {
		return
	}
	b.queued[j] = due
	b.queue = append(b.queue, j)
}

// choose says what may leave now, or when to ask again. The limits: Single mails one by one within Window; what is over waits for Hold and
// leaves as one summary; after a summary everything goes into the next one, Window later, until a Window passes with nothing held.
func (b *inbox) choose(now time.Time, l Limits) (*mailing, time.Time) {
	if len(b.queue) == 0 {
		return nil, time.Time{}
	}
	if !b.lastSummary.IsZero() {
		switch end := b.lastSummary.Add(l.Window); {
		case now.Before(end):
			b.hold(now)
			return nil, end
		case !b.heldSince.IsZero():
			return b.pick(len(b.queue), true), time.Time{}
		}
		b.lastSummary = time.Time{} // a whole window passed with nothing held: the storm is over
	}
	b.singles = slices.DeleteFunc(b.singles, func(t time.Time) bool { return now.Sub(t) >= l.Window })
	if b.heldSince.IsZero() && len(b.singles) < l.Single {
		return b.pick(1, false), time.Time{}
	}
	b.hold(now)
	wait := l.Hold
	if b.urgent {
		wait /= 2
	}
	if at := b.heldSince.Add(wait); now.Before(at) {
		return nil, at
	}
	return b.pick(len(b.queue), true), time.Time{}
}

// hold begins to count from when the oldest mail in the queue was due, so that what waited for a mail server or over a restart does not
// wait for a summary as well.
func (b *inbox) hold(now time.Time) {
	if !b.heldSince.IsZero() {
		return
	}
	b.heldSince = now
	if due := b.queued[b.queue[0]]; !due.IsZero() && due.Before(now) {
		b.heldSince = due
	}
}

func (b *inbox) pick(n int, held bool) *mailing {
	m := &mailing{jobs: slices.Clone(b.queue[:n]), held: held}
	b.queue = slices.Delete(b.queue, 0, n)
	return m
}

// sent counts a mail that left.
func (b *inbox) sent(m *mailing, now time.Time) {
	b.lastMail = now
	if m.held {
		b.lastSummary, b.heldSince = now, time.Time{}
		return
	}
	b.singles = append(b.singles, now)
}

func (b *inbox) health() InboxHealth {
	n := len(b.queue)
	if b.sending != nil {
		n += len(b.sending.jobs)
	}
	return InboxHealth{To: b.to, Urgent: b.urgent, Waiting: n, Failures: b.failed, Error: b.err, NextTry: b.retryAt, Holding: b.heldSince, LastMail: b.lastMail}
}
