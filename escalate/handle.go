package escalate

import (
	"context"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/sources"
)

// HandleTagged routes verdicts. When it returns nil, everything that must follow from them is safe in state.db and in the Journal, so
// that the stage may commit. After an error the same batch is handed in again; nothing is then done twice.
func (d *Dispatcher) HandleTagged(ctx context.Context, batch []classify.Tagged) error {
	if err := d.decide(batch); err != nil {
		return err
	}
	d.nudge()
	select {
	case d.holds <- struct{}{}:
	default:
	}
	return d.flush(ctx)
}

func (d *Dispatcher) decide(batch []classify.Tagged) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.save("save what an earlier call could not"); err != nil {
		return err
	}
	for i := range batch {
		d.route(&batch[i])
	}
	return d.save("save escalations")
}

// route decides about one verdict. It changes memory and d.unsaved only.
func (d *Dispatcher) route(t *classify.Tagged) {
	m := &t.Mention
	d.cfg.Metrics.tagged()
	if m.State == sources.Deleted || m.State == sources.Withheld {
		if len(d.cfg.Ledger.known(m.ID)) > 0 {
			d.unsaved.cards = append(d.unsaved.cards, classify.Tagged{Mention: sources.Mention{ID: m.ID, Platform: m.Platform, State: m.State}})
		}
		d.release(m.ID)
		d.cfg.Metrics.dropped(dropDeleted)
		return
	}
	version, p := m.Version(), d.cfg.Ledger.personOf(m.ID)
	if h, ok := d.held[m.ID]; ok && t.Again && h.version != version {
		d.cfg.Metrics.dropped(dropKnown) // of words edited since
		return
	}
	table := d.table.Load()
	decisions := table.merge(table.Decide(t))
	if isContext(t) {
		d.context(t, decisions, version, p)
		return
	}
	if d.waits(t, p) {
		now := d.hold(t, decisions, version)
		if len(now) == 0 && len(decisions) > 0 {
			d.cfg.Metrics.dropped(dropHeld)
			return
		}
		decisions = now
	} else {
		d.release(m.ID)
		d.takeBack(t, decisions, p)
	}
	if len(decisions) == 0 {
		d.cfg.Metrics.dropped(dropNothing)
		return
	}
	d.take(t, decisions, version, p)
}

// context escalates the risks of what stands around a mention. It lets go of nothing that waits: the same post may be a mention in its own
// right too.
func (d *Dispatcher) context(t *classify.Tagged, risks []Decision, version string, p personAct) {
	if !d.waits(t, p) {
		d.takeBack(t, d.table.Load().decide(t), p)
	}
	if len(risks) == 0 {
		d.cfg.Metrics.dropped(dropContext)
		return
	}
	d.take(t, risks, version, p)
}

// take escalates what is new in decisions: reasons for which the mention's audience has not been told yet. What a person decided
// about the mention stands against verdicts from before, and against later ones unless they see a risk.
func (d *Dispatcher) take(t *classify.Tagged, decisions []Decision, version string, p personAct) {
	decisions = d.table.Load().merge(decisions)
	known := d.cfg.Ledger.known(t.Mention.ID)
	news, overruled, card := false, false, false
	for _, dec := range decisions {
		card = card || hasCard(dec, &t.Mention)
		reasons := setOf(dec.Reasons...) &^ known[dec.Audience]
		if reasons == 0 {
			continue
		}
		if !p.allows(t.Verdict.At, reasons) {
			overruled = true
			continue
		}
		if p.relabelled && t.Verdict.Stage != classify.Person {
			reasons &= urgentBits
		}
		d.join(t, dec, reasons, version)
		known[dec.Audience] |= reasons
		news = true
	}
	switch {
	case news:
		d.cfg.Metrics.escalated()
	case overruled:
		d.cfg.Metrics.dropped(dropOverruled)
	default:
		d.cfg.Metrics.dropped(dropKnown)
	}
	if card && (news || d.cfg.Ledger.unmailed(t.Mention.ID)) { // a first mail quotes the newest words
		d.unsaved.cards = append(d.unsaved.cards, cardOf(t))
	}
}

// allows reports whether a verdict of that time may escalate for reasons in spite of what a person decided.
func (p personAct) allows(at time.Time, reasons reasonSet) bool {
	switch {
	case p.at == 0:
		return true
	case at.IsZero() || at.UnixNano() <= p.at:
		return false
	}
	return !p.relabelled || reasons.urgent()
}

// join puts the mention into the group's open incident, or opens one.
func (d *Dispatcher) join(t *classify.Tagged, dec Decision, reasons reasonSet, version string) {
	e := casework.Event{
		Mention: t.Mention.ID, Type: casework.Joined, At: d.now(), By: casework.Actor{Kind: "system", ID: "route:" + dec.Route},
		Why: why(reasons), Wall: dec.Wall, Audience: dec.Audience, Group: dec.Group, Route: dec.Route, Reasons: reasons.strings(), Due: dec.Due,
		Labels: t.Verdict.Labels, Risk: t.Verdict.Risk, Service: t.Verdict.Service,
	}
	if t.Verdict.Target != nil {
		e.Target = *t.Verdict.Target
	}
	var ok bool
	if e.Incident, ok = d.cfg.Ledger.joinable(dec, reasons); !ok {
		e.Type = casework.Escalated
		e.Incident = incidentID(dec.Audience, dec.Wall, dec.Group, t.Mention.ID, version, reasons)
	}
	e.ID = casework.DerivedID(string(e.Type), e.Incident, e.Mention, dec.Route, version, why(reasons))
	d.cfg.Ledger.Apply([]casework.Event{e})
	d.unsaved.pending = append(d.unsaved.pending, e)
	d.unsaved.saved = append(d.unsaved.saved, e.Incident)
	if reasons.urgent() { // does not wait for the disk
		d.fresh[e.Incident] = struct{}{}
	}
	d.cfg.Metrics.decided(e.Type, dec.Audience, reasons)
}

// save writes d.unsaved. After an error it is kept and written by the next call, so that memory never runs ahead for good.
func (d *Dispatcher) save(op string) error {
	if d.unsaved.empty() {
		return nil
	}
	d.unsaved.flushed = d.flushed.Load()
	if err := d.store.save(op, d.unsaved); err != nil {
		d.nudge() // a risk in it does not wait for the disk
		return err
	}
	for _, id := range d.unsaved.saved {
		d.fresh[id] = struct{}{}
	}
	d.unsaved = change{}
	return nil
}

// flush appends pending events to the journal until none is left.
func (d *Dispatcher) flush(ctx context.Context) error {
	const chunk = 2000 // each append is an fsync a partition
	d.flushMu.Lock()
	defer d.flushMu.Unlock()
	for {
		events, last, err := d.store.pendingAfter(d.flushed.Load(), chunk)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			d.cfg.Metrics.pending(0)
			return nil
		}
		d.cfg.Metrics.pending(len(events))
		if err := d.cfg.Journal.Append(ctx, events); err != nil {
			return err
		}
		d.flushed.Store(last) // dropped from state.db with the next write; until then a restart appends them again, which changes nothing
	}
}
