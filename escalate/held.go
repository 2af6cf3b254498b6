package escalate

import (
	"context"
	"errors"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// waiting is a mention whose fast verdict asks for somebody, held until the considered verdict comes or its time is over.
type waiting struct {
	Tagged  classify.Tagged `json:"tagged"` // shortened like a card
	Version string          `json:"version"`
	Until   time.Time       `json:"until"`
}

// held is what memory keeps of one waiting mention; its words are in state.db.
type held struct {
	id, version string
	until       time.Time
}

const (
	letGoMost    = 500             // mentions let go together
	lookPatience = 5 * time.Second // for the record to say whether they were considered
)

// waits reports whether what is not urgent in t is held for a considered verdict.
func (d *Dispatcher) waits(t *classify.Tagged, p personAct) bool {
	return d.cfg.ConsiderWithin > 0 && classify.Considered.Outranks(t.Verdict.Stage) && !p.relabelled
}

// hold puts off those decisions that may wait, and returns those that may not: risks, and what does not follow from the verdict. Reasons that
// their audience knows already are left to take.
func (d *Dispatcher) hold(t *classify.Tagged, decisions []Decision, version string) (now []Decision) {
	known := d.cfg.Ledger.known(t.Mention.ID)
	news := false
	for _, dec := range decisions {
		reasons := setOf(dec.Reasons...)
		fresh := reasons&^known[dec.Audience] != 0
		if fresh && reasons&ofVerdict != 0 && !reasons.urgent() {
			news = true
			continue
		}
		now = append(now, dec)
	}
	if !news {
		if h, ok := d.held[t.Mention.ID]; ok && h.version != version {
			d.release(t.Mention.ID) // edited since, it asks nobody for anything new
		}
		return decisions
	}
	w := waiting{Tagged: cardOf(t), Version: version, Until: d.now().Add(d.cfg.ConsiderWithin)}
	if h, ok := d.held[t.Mention.ID]; ok && h.version == version {
		w.Until = h.until // delivered again, it waits no longer
	}
	d.unsaved.hold(t.Mention.ID, &w)
	d.keepHeld(held{t.Mention.ID, version, w.Until})
	return now
}

func (d *Dispatcher) keepHeld(h held) {
	if d.held[h.id] == h {
		return
	}
	d.held[h.id] = h
	d.queue = append(d.queue, h)
	d.cfg.Metrics.holding(len(d.held))
}

// release forgets that a mention waits: a considered verdict or a person has spoken, or it is gone.
func (d *Dispatcher) release(id string) {
	if _, ok := d.held[id]; ok {
		delete(d.held, id)
		d.unsaved.hold(id, nil)
		d.cfg.Metrics.holding(len(d.held))
	}
}

// keepLettingGo sends mentions on with their fast verdict once they have waited long enough.
func (d *Dispatcher) keepLettingGo(ctx context.Context) error {
	pause := d.pauses(false)
	for {
		at, some := d.nextHeld()
		var timer <-chan time.Time
		if some {
			timer = time.After(max(at.Sub(d.now()), 0))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.holds:
			continue
		case <-timer:
		}
		if err := d.letGo(ctx); err == nil {
			pause.Reset()
			continue
		} else if ctx.Err() == nil {
			d.log.Error("mentions that waited for a considered verdict wait longer", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause.NextBackOff()):
		}
	}
}

// nextHeld is when the mention that has waited longest is let go.
func (d *Dispatcher) nextHeld() (at time.Time, some bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) > 0 && d.held[d.queue[0].id] != d.queue[0] {
		d.queue = d.queue[1:]
	}
	if len(d.queue) == 0 {
		return time.Time{}, false
	}
	if d.cfg.ConsiderWithin == 0 { // held by an earlier run, when the encoder was on
		return d.now(), true
	}
	return d.queue[0].until, true
}

// letGo decides about the mentions that have waited long enough by their fast verdict, unless the record knows a better one by now.
func (d *Dispatcher) letGo(ctx context.Context) error {
	due, err := d.dueHeld()
	if err != nil {
		return err
	}
	better := d.considered(ctx, due)
	if err := d.decideHeld(due, better); err != nil {
		return err
	}
	d.nudge()
	return nil
}

func (d *Dispatcher) dueHeld() ([]waiting, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []string
	for _, h := range d.queue {
		if len(ids) == letGoMost || d.cfg.ConsiderWithin > 0 && h.until.After(d.now()) {
			break
		}
		if d.held[h.id] == h {
			ids = append(ids, h.id)
		}
	}
	if err := d.save("save what an earlier call could not"); err != nil {
		return nil, err
	}
	return d.store.waiting(ids)
}

// considered says of which mentions the record has a verdict that stands above the fast one: it is on the log, and is decided about when it
// comes by.
func (d *Dispatcher) considered(ctx context.Context, due []waiting) map[string]bool {
	out := map[string]bool{}
	if d.cfg.Lookup == nil {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	for _, w := range due {
		id := w.Tagged.Mention.ID
		t, err := d.cfg.Lookup.Tagged(ctx, id)
		out[id] = err == nil && t.Verdict.Stage.Outranks(w.Tagged.Verdict.Stage) && t.Mention.Version() == w.Version
		if errors.Is(err, context.DeadlineExceeded) {
			break // the record is away; nobody waits for it
		}
	}
	return out
}

func (d *Dispatcher) decideHeld(due []waiting, better map[string]bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range due {
		w := &due[i]
		id := w.Tagged.Mention.ID
		if h, ok := d.held[id]; !ok || h.version != w.Version {
			continue
		}
		d.release(id)
		if better[id] {
			continue
		}
		d.cfg.Metrics.tagged()
		d.take(&w.Tagged, d.table.Load().Decide(&w.Tagged), w.Version, d.cfg.Ledger.personOf(id))
	}
	return d.save("save escalations")
}

// takeBack records of which reasons a considered verdict knows no more, in each incident that holds the mention for them: its mail may have
// left. What a person said of the mention is not touched.
func (d *Dispatcher) takeBack(t *classify.Tagged, decisions []Decision, p personAct) {
	if t.Verdict.Stage != classify.Considered || p.relabelled {
		return
	}
	found := reasonsOf(t.Verdict.Labels, t.Verdict.Risk)
	for _, dec := range decisions { // abuse to confirm is asked about without a label, too
		found |= setOf(dec.Reasons...)
	}
	for _, e := range d.cfg.Ledger.doubts(t.Mention.ID, found) {
		lost := reasonSet(0)
		for _, r := range e.Reasons {
			lost |= Reason(r).bit()
		}
		e.Type, e.At, e.By = casework.Reconsidered, d.now(), casework.Actor{Kind: "system", ID: "escalate"}
		e.Why = "a closer reading finds it again"
		if lost != 0 {
			e.Why = "a closer reading no longer finds: " + why(lost)
		}
		e.ID = casework.DerivedID(string(e.Type), e.Incident, e.Mention, t.Verdict.At.UTC().Format(time.RFC3339Nano), why(lost))
		d.cfg.Ledger.Apply([]casework.Event{e})
		d.unsaved.pending = append(d.unsaved.pending, e)
		d.unsaved.saved = append(d.unsaved.saved, e.Incident)
	}
}
