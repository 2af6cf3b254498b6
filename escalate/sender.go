package escalate

import (
	"container/heap"
	"context"
	"errors"
	"slices"
	"time"

	"earshot/casework"

	"github.com/cenkalti/backoff/v4"
)

// maxFlying bounds mails on their way at once, so that a slow server costs few connections. Risks are not counted.
const maxFlying = 4

// urgentPatience is how long a mail about a risk waits for a disk that cannot be written.
const urgentPatience = time.Minute

// sender owns the timers and the queues. All of it runs on one goroutine; a try at one mail runs on its own and reports back.
type sender struct {
	d       *Dispatcher
	timers  timers
	armed   map[string]time.Time // the earliest timer of each incident
	done    map[string]progress  // of chains: what was queued
	inboxes map[string]*inbox
	results chan result
	flying  int
}

// result is one try's end.
type result struct {
	inbox *inbox
	n     Notification
	err   error
}

func newSender(d *Dispatcher) *sender {
	return &sender{d: d, armed: map[string]time.Time{}, done: map[string]progress{}, inboxes: map[string]*inbox{}, results: make(chan result)}
}

func (s *sender) run(ctx context.Context) error {
	if err := s.resume(); err != nil {
		return err
	}
	for {
		wake := s.turn(ctx)
		s.report()
		var timer <-chan time.Time
		if !wake.IsZero() {
			timer = time.After(max(wake.Sub(s.d.now()), 0))
		}
		select {
		case <-ctx.Done():
			for s.flying > 0 { // their contexts have ended too; what was accepted is still marked
				s.finish(ctx, <-s.results)
			}
			return ctx.Err()
		case r := <-s.results:
			s.finish(ctx, r)
		case <-s.d.wake:
		case <-timer:
		}
	}
}

// resume rebuilds the queues: what each inbox was sent within the window, mails that were planned, and every incident that waits.
func (s *sender) resume() error {
	l := s.d.cfg.Ledger
	mails := map[string][]pastMail{}
	for _, m := range l.mailsSince(s.d.now().Add(-s.d.limits.Window)) {
		key := inboxKey(m.to, m.urgent) + " " + string(m.key[:])
		mails[key] = append(mails[key], m)
	}
	for _, ms := range mails {
		b := s.inbox(ms[0].to, ms[0].urgent)
		if len(ms) > 1 && ms[0].at.After(b.lastSummary) {
			b.lastSummary = ms[0].at
		} else if len(ms) == 1 {
			b.singles = append(b.singles, ms[0].at)
		}
	}
	plans, err := s.d.store.plans()
	if err != nil {
		return err
	}
	for _, p := range plans {
		b := s.inbox(p.To, p.Urgent)
		b.sending = &mailing{jobs: p.Jobs, held: p.Held, kept: true}
		for _, j := range p.Jobs {
			b.queued[j] = s.d.now()
		}
	}
	for _, id := range l.waiting() {
		s.arm(id)
	}
	return nil
}

// turn does everything that is due and returns when to look again; zero is when told.
func (s *sender) turn(ctx context.Context) (wake time.Time) {
	now := s.d.now()
	for _, id := range s.d.takeFresh() {
		s.arm(id)
	}
	for len(s.timers) > 0 && !s.timers[0].at.After(now) {
		t := heap.Pop(&s.timers).(timer)
		if s.armed[t.incident].Equal(t.at) {
			delete(s.armed, t.incident)
			s.due(t.incident, now)
		}
	}
	if len(s.timers) > 0 {
		wake = s.timers[0].at
	}
	for _, b := range s.inboxes {
		if at := s.serve(ctx, b, now); !at.IsZero() && (wake.IsZero() || at.Before(wake)) {
			wake = at
		}
	}
	return wake
}

// arm sets the incident's next timer.
func (s *sender) arm(id string) {
	next, _, ok := s.d.cfg.Ledger.nextSend(s.d.table.Load(), id, s.done[id])
	if !ok {
		delete(s.done, id)
		return
	}
	if at, set := s.armed[id]; set && !next.at.Before(at) {
		return
	}
	s.armed[id] = next.at
	heap.Push(&s.timers, timer{at: next.at, incident: id})
}

// due puts the incident's next step into its inboxes.
func (s *sender) due(id string, now time.Time) {
	next, urgent, ok := s.d.cfg.Ledger.nextSend(s.d.table.Load(), id, s.done[id])
	if !ok {
		delete(s.done, id)
		return
	}
	if next.at.After(now) { // the routes or the marks changed since the timer was set
		s.arm(id)
		return
	}
	for _, to := range next.to {
		s.inbox(to, urgent).add(job{Incident: id, Step: next.step}, next.at)
	}
	if next.chain {
		s.done[id] = progress{step: next.step, queued: now}
		s.arm(id)
	}
}

func (s *sender) inbox(to string, urgent bool) *inbox {
	key := inboxKey(to, urgent)
	b := s.inboxes[key]
	if b == nil {
		b = &inbox{key: key, to: to, urgent: urgent, queued: map[job]time.Time{}, pause: s.d.pauses(urgent)}
		s.inboxes[key] = b
	}
	return b
}

// serve starts the inbox's next mail when one may leave, and returns when to look again.
func (s *sender) serve(ctx context.Context, b *inbox, now time.Time) (again time.Time) {
	if b.flying || ctx.Err() != nil {
		return time.Time{}
	}
	if now.Before(b.retryAt) {
		return b.retryAt
	}
	if b.sending != nil && b.sending.done != nil { // accepted, not yet marked: never send it again, only mark it
		s.mark(b, now)
		return b.retryAt
	}
	if b.sending == nil {
		s.dropSettled(b)
		m, at := b.choose(now, s.d.limits)
		if m == nil {
			return at
		}
		b.sending = m
	}
	if !s.wanted(b) {
		s.abandon(b)
		return now
	}
	if !b.urgent && s.flying >= maxFlying {
		return time.Time{} // a mail that ends wakes us
	}
	if !s.keep(b, now) {
		return b.retryAt
	}
	s.launch(ctx, b)
	return time.Time{}
}

// dropSettled removes what somebody took before its mail left. In a storm thousands wait for one summary and every batch wakes the sender:
// the queue is gone through only when something may have been settled since.
func (s *sender) dropSettled(b *inbox) {
	if n := s.d.cfg.Ledger.settlings(); n != b.settled {
		b.settled = n
		b.queue = slices.DeleteFunc(b.queue, func(j job) bool {
			settled := !s.d.cfg.Ledger.wants(j.Incident, b.to, j.Step)
			if settled {
				delete(b.queued, j)
			}
			return settled
		})
	}
	if len(b.queue) == 0 {
		b.heldSince = time.Time{}
	}
}

// wanted reports whether the mailing still has to be sent. A summary stays as it is while anything in it is wanted: its Message-ID stands for
// its contents.
func (s *sender) wanted(b *inbox) bool {
	return slices.ContainsFunc(b.sending.jobs, func(j job) bool { return s.d.cfg.Ledger.wants(j.Incident, b.to, j.Step) })
}

// abandon forgets a mailing that nobody needs any more.
func (s *sender) abandon(b *inbox) {
	if b.sending.kept {
		if err := s.d.store.save("drop mail plan", change{unplan: []string{b.key}}); err != nil {
			s.d.log.Error("state.db not written; trying again", "err", err)
		}
	}
	for _, j := range b.sending.jobs {
		delete(b.queued, j)
	}
	b.sending = nil
}

// keep writes the mail's plan to state.db before each try: a summary must say the same after a restart, and a disk that cannot take the
// plan could not take the mark either, so that the mail would be sent again after a crash. A mail about a risk waits for the disk no
// longer than urgentPatience; then it leaves all the same, for twice is better than not at all.
func (s *sender) keep(b *inbox, now time.Time) bool {
	m := b.sending
	plan := &mailPlan{Inbox: b.key, To: b.to, Urgent: b.urgent, Held: m.held, Jobs: m.jobs}
	err := s.d.store.save("plan mail", change{plan: plan})
	switch {
	case err == nil:
		m.kept, m.waitedSince = true, time.Time{}
		return true
	case m.waitedSince.IsZero():
		m.waitedSince = now
	case b.urgent && now.Sub(m.waitedSince) >= urgentPatience:
		s.d.log.Error("state.db cannot be written; a mail about a risk leaves all the same and may come twice", "err", err)
		return true
	}
	s.failed(b, now, err)
	return false
}

// launch renders and sends on a goroutine of its own.
func (s *sender) launch(ctx context.Context, b *inbox) {
	b.flying = true
	s.flying++
	jobs := b.sending.jobs
	go func() {
		n, err := s.d.compose(ctx, b.to, b.urgent, jobs)
		if err == nil {
			tryCtx, cancel := context.WithTimeout(ctx, s.d.limits.SendWithin)
			err = s.d.cfg.Notifier.Send(tryCtx, n)
			cancel()
		}
		s.results <- result{inbox: b, n: n, err: err}
	}()
}

// finish takes a try's result.
func (s *sender) finish(ctx context.Context, r result) {
	b, now := r.inbox, s.d.now()
	b.flying = false
	s.flying--
	refused := errors.Is(r.err, ErrRefused)
	if r.err != nil && !refused {
		if ctx.Err() == nil {
			s.failed(b, now, r.err)
		}
		return
	}
	m := b.sending
	m.done = s.d.outcome(m.jobs, r.n, r.err, now)
	if !refused {
		b.sent(m, now)
	}
	b.failed, b.err, b.retryAt = 0, "", time.Time{}
	b.pause.Reset()
	s.d.cfg.Metrics.mailed(m, refused)
	s.d.cfg.Ledger.Apply(m.done) // memory first: whatever the disk says, it is not sent again by this process
	s.mark(b, now)
}

// mark writes a mail's outcome into state.db, the durable end of sending.
func (s *sender) mark(b *inbox, now time.Time) {
	m := b.sending
	c := change{pending: m.done, flushed: s.d.flushed.Load()}
	if m.kept {
		c.unplan = []string{b.key}
	}
	if err := s.d.store.save("mark mail as sent", c); err != nil {
		s.failed(b, now, err)
		return
	}
	b.failed, b.err, b.retryAt, b.sending = 0, "", time.Time{}, nil
	for _, j := range m.jobs {
		delete(b.queued, j)
		s.arm(j.Incident)
	}
	s.d.nudge()
}

// failed sets the next try.
func (s *sender) failed(b *inbox, now time.Time, err error) {
	b.failed++
	b.err = err.Error()
	b.retryAt = now.Add(b.pause.NextBackOff())
	s.d.cfg.Metrics.failed()
	s.d.log.Warn("mail did not leave; trying again", "waiting", len(b.queue)+len(b.sending.jobs), "failures", b.failed, "next", b.retryAt, "err", err)
}

// report publishes what Health shows.
func (s *sender) report() {
	out := make([]InboxHealth, 0, len(s.inboxes))
	queued := 0
	for _, b := range s.inboxes {
		h := b.health()
		queued += h.Waiting
		out = append(out, h)
	}
	slices.SortFunc(out, compareHealth)
	s.d.health.Store(&out)
	s.d.cfg.Metrics.queued(queued, len(s.timers))
}

// outcome makes the events of a mail that was accepted, or refused for good: one for each incident, on the mention that opened it.
func (d *Dispatcher) outcome(jobs []job, n Notification, refusal error, now time.Time) []casework.Event {
	out := make([]casework.Event, 0, len(jobs))
	for _, j := range jobs {
		i, ok := d.cfg.Ledger.view(j.Incident)
		if !ok || len(i.Mentions) == 0 {
			continue
		}
		e := casework.Event{Mention: i.Mentions[0], Type: casework.Delivered, At: now, By: casework.Actor{Kind: "system", ID: "escalate"},
			Wall: i.Wall, Incident: j.Incident, Audience: i.Audience, Step: j.Step, MessageID: n.MessageID, To: n.To}
		if refusal != nil {
			e.Type, e.Why = casework.Refused, cut(refusal.Error(), 500)
		}
		e.ID = casework.DerivedID(string(e.Type), keyOf(n.MessageID), j.Incident)
		out = append(out, e)
	}
	return out
}

func (d *Dispatcher) pauses(urgent bool) backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.MaxElapsedTime, b.Multiplier = d.limits.RetryMin, d.limits.RetryMax, 0, 2
	if urgent {
		b.MaxInterval = min(b.MaxInterval, max(time.Minute, b.InitialInterval))
	}
	b.Reset()
	return b
}
