package escalate

import (
	"slices"
	"time"
)

// chainRest bounds how long a chain of people on call rests before it is told again.
const chainRest = time.Hour

// plan is what the table in force says about mails for one incident.
type plan struct {
	to      []string
	wait    time.Duration
	repeat  time.Duration
	step    time.Duration
	anyHour bool
}

// progress is how far the sending of an incident has come in this process, beside what its marks say.
type progress struct {
	step   int // the last step put into a queue
	queued time.Time
}

// send is one step of mails that becomes due.
type send struct {
	step  int
	at    time.Time
	to    []string
	chain bool // one person after another
}

// plan joins the routes that the incident took. A route that is no longer in the table is read as the audience's referral, so that a change
// of routes leaves nothing unsent.
func (t *Table) plan(i *incident) (p plan, ok bool) {
	first := true
	for _, id := range i.routes {
		r := t.byID[id]
		if r == nil || r.Audience != i.audience {
			r = t.byID[routeReferred+i.audience]
		}
		if r == nil || !r.mail {
			continue
		}
		p.to = unique(append(p.to, r.to...))
		p.wait = lesser(p.wait, time.Duration(r.Wait), first)
		p.repeat = lesser(p.repeat, time.Duration(r.Repeat), p.repeat == 0)
		p.step = lesser(p.step, time.Duration(r.Step), p.step == 0)
		p.anyHour = p.anyHour || r.AnyHour
		first = false
	}
	if i.reasons.urgent() {
		p.wait, p.anyHour = 0, true
	}
	p.anyHour = p.anyHour || t.sendAlways
	return p, len(p.to) > 0
}

// lesser is b when take, or when b is set and below a.
func lesser(a, b time.Duration, take bool) time.Duration {
	if take || b > 0 && b < a {
		return b
	}
	return a
}

// next is the step of mails that the incident waits for, or false when it waits for none: nobody is to be mailed, somebody has it, it is
// over, or it is not repeated.
func (t *Table) next(i *incident, done progress) (send, bool) {
	if !i.shaped() || i.acked != 0 || i.closed != 0 || i.unfounded() {
		return send{}, false
	}
	p, ok := t.plan(i)
	if !ok {
		return send{}, false
	}
	if p.step > 0 {
		return t.nextInChain(i, p, done), true
	}
	step, last := i.lastStep()
	if last.IsZero() {
		return send{step: 0, at: t.open(instant(i.created).Add(p.wait), p), to: p.to}, true
	}
	var missing []string
	for _, to := range p.to {
		if !i.sentTo(to, step) {
			missing = append(missing, to)
		}
	}
	if len(missing) > 0 {
		return send{step: step, at: last, to: missing}, true
	}
	if p.repeat == 0 {
		return send{}, false
	}
	return send{step: step + 1, at: t.open(last.Add(p.repeat), p), to: p.to}, true
}

// nextInChain tells one person after another. The clock of a step runs from when its mail was queued, so that a mail that cannot be
// delivered does not keep the next person from being told; a refused one hands over at once. Each further round of the chain
// rests twice as long as the one before, an hour at most, and goes on until somebody acknowledges.
func (t *Table) nextInChain(i *incident, p plan, done progress) send {
	step, last := i.lastStep()
	if last.IsZero() && done.queued.IsZero() {
		return send{step: 0, at: t.open(instant(i.created).Add(p.wait), p), to: p.to[:1], chain: true}
	}
	if done.step > step || last.IsZero() {
		step, last = done.step, done.queued
	}
	pause := p.step << min(step/len(p.to), 10)
	if step/len(p.to) > 0 {
		pause = min(pause, chainRest)
	}
	if step+1 < len(p.to) && i.refusedAt(step) { // only in the first round, else refusals everywhere would spin
		pause = 0
	}
	step++
	k := step % len(p.to)
	return send{step: step, at: t.open(last.Add(pause), p), to: p.to[k : k+1], chain: true}
}

func (t *Table) open(at time.Time, p plan) time.Time {
	if p.anyHour {
		return at
	}
	return t.calendar.NextOpen(at)
}

// lastStep is the highest step with a mark and the time of its last mark.
func (i *incident) lastStep() (step int, last time.Time) {
	for _, m := range i.mails {
		if m.step >= step {
			step, last = m.step, instant(m.at)
		}
	}
	return step, last
}

func (i *incident) refusedAt(step int) bool {
	return slices.ContainsFunc(i.mails, func(m mailMark) bool { return m.step == step && m.refused != "" })
}
