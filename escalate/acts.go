package escalate

import (
	"context"
	"slices"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/sources"
)

// HandleEvents follows the casework log: acts of people stop, reopen or add to incidents. It also applies the events to the Ledger.
// The dispatcher's own events come back through it and do nothing. When it returns nil, what must be remembered is safe in state.db.
func (d *Dispatcher) HandleEvents(ctx context.Context, events []casework.Event) error {
	asked := map[string]classify.Tagged{} // looked up before the lock is taken: the record may be slow or away
	for i := range events {
		if e := &events[i]; asks(e) {
			if _, ok := asked[e.Mention]; !ok {
				asked[e.Mention] = d.find(ctx, e.Mention)
			}
		}
	}
	if err := d.remember(events, asked); err != nil {
		return err
	}
	d.nudge()
	return d.flush(ctx)
}

func (d *Dispatcher) remember(events []casework.Event, asked map[string]classify.Tagged) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.save("save what an earlier call could not"); err != nil {
		return err
	}
	news := d.cfg.Ledger.apply(events)
	for _, e := range news {
		for _, own := range d.cfg.Ledger.owned(e) {
			d.unsaved.known = append(d.unsaved.known, own)
			d.unsaved.saved = append(d.unsaved.saved, own.Incident) // reopened or undone, it waits for mail again
		}
	}
	for i := range events {
		if e := &events[i]; asks(e) {
			d.reroute(e, asked[e.Mention])
		}
		if t := events[i].Type; t == casework.Erased || t == casework.Relabelled {
			d.release(events[i].Mention)
		}
		if events[i].Type == casework.Erased {
			d.unsaved.forget = append(d.unsaved.forget, events[i].Mention)
		}
	}
	d.unsaved.forget = append(d.unsaved.forget, d.cfg.Ledger.finished(events)...)
	return d.save("save casework")
}

// asks reports whether a person's act may send the mention to somebody new.
func asks(e *casework.Event) bool {
	return e.Type == casework.Relabelled || e.Type == casework.Confirmed || e.Type == casework.Referred
}

// find returns what is known of a mention: from state.db, else from the record, else only its ID, so that the mail still leaves, as a link.
func (d *Dispatcher) find(ctx context.Context, id string) classify.Tagged {
	t, ok, err := d.store.card(id)
	if ok && err == nil {
		return t
	}
	if d.cfg.Lookup != nil {
		if t, err = d.cfg.Lookup.Tagged(ctx, id); err == nil {
			return t
		}
		d.log.Warn("mention not found in the record; its mail will be a link without words", "mention", id, "err", err)
	}
	platform, _, _ := strings.Cut(id, ":")
	return classify.Tagged{Mention: sources.Mention{ID: id, Platform: platform}}
}

// reroute decides again after a person's word, which counts as certain.
func (d *Dispatcher) reroute(e *casework.Event, t classify.Tagged) {
	t.Verdict.Stage, t.Verdict.At = classify.Person, e.At
	table := d.table.Load()
	var decisions []Decision
	switch e.Type {
	case casework.Referred:
		if r := table.byID[routeReferred+e.Audience]; r != nil {
			decisions = []Decision{table.decision(r, &t, ReasonReferred.bit())}
		}
	case casework.Confirmed:
		confirmed(&t.Verdict, e)
		decisions = table.Decide(&t)
	case casework.Relabelled:
		t.Verdict.Labels, t.Verdict.Risk, t.Verdict.Service, t.Verdict.Unsure = e.Labels, e.Risk, e.Service, nil
		t.Verdict.Target = nil
		if e.Target != "" {
			t.Verdict.Target = &e.Target
		}
		decisions = table.Decide(&t)
	}
	d.take(&t, decisions, e.ID, personAct{})
}

// confirmed makes a suspicion a label. Where the event names labels, they are what was confirmed.
func confirmed(v *classify.Verdict, e *casework.Event) {
	labels := e.Labels
	if len(labels) == 0 && slices.Contains(v.Unsure, classify.Abuse) {
		labels = []classify.Label{classify.Abuse}
	}
	v.Labels = slices.Clone(v.Labels)
	for _, l := range labels {
		if !v.Has(l) {
			v.Labels = append(v.Labels, l)
		}
	}
	if e.Target != "" {
		v.Target = &e.Target
	}
	v.Unsure = nil
}
