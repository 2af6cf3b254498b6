package fulltext

import (
	"fmt"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"
)

// Change is index.Change.
type Change = index.Change

// op is everything one Apply does to one mention: what came last of the mention itself, and its events in order. But for removals, mention
// and casework do not depend on each other's order, so that gathering them changes nothing.
type op struct {
	id     string
	key    idKey
	tagged *classify.Tagged
	gone   bool // deleted by its platform
	forget bool // retention; what came before it is left out here, what comes after begins anew
	erased bool
	events []*casework.Event

	// Decided by plan.
	entry  *caseEntry // to keep instead of what is kept; nil and dropCase: nothing
	save   bool       // entry differs from what is kept
	kill   bool       // the mention as it was, at the place at, goes
	at     place
	add    bool // a new place is taken in shard at ord
	shard  *shard
	ord    uint32
	doc    doc
	attrs  attrs
	update bool // attrs are put on the mention
}

// gather makes one op per mention, in order of first appearance.
func gather(changes []Change) ([]*op, error) {
	byKey := map[idKey]*op{}
	var ops []*op
	get := func(id string) *op {
		key := keyOf(id)
		o := byKey[key]
		if o == nil {
			o = &op{id: id, key: key}
			byKey[key] = o
			ops = append(ops, o)
		}
		return o
	}
	for i := range changes {
		c := &changes[i]
		switch {
		case c.Tagged != nil && c.Event == nil && c.Remove == "":
			o := get(c.Tagged.Mention.ID)
			if len(o.id) > sources.MaxIDBytes {
				return nil, fmt.Errorf("fulltext: an ID is longer than %d bytes", sources.MaxIDBytes)
			}
			o.take(c.Tagged)
		case c.Event != nil && c.Tagged == nil && c.Remove == "":
			o := get(c.Event.Mention)
			o.events = append(o.events, c.Event)
			o.erased = o.erased || c.Event.Type == casework.Erased
		case c.Remove != "" && c.Tagged == nil && c.Event == nil:
			o := get(c.Remove)
			o.forget, o.gone, o.tagged, o.events = true, false, nil, nil
		default:
			return nil, fmt.Errorf("fulltext: change %d must hold exactly one of a mention, an event and a removal", i)
		}
	}
	return ops, nil
}

// take keeps what came last of the mention itself. A verdict on a version that came before (Tagged.Again) adds no text of its own.
func (o *op) take(t *classify.Tagged) {
	switch {
	case t.Mention.State == sources.Deleted:
		o.gone, o.tagged = true, nil
	case t.Again && (o.gone || o.forget) && o.tagged == nil, o.tagged != nil && !t.Supersedes(o.tagged):
	case t.Again && o.tagged != nil && !o.tagged.Again:
		fresh := *t
		fresh.Again = false // its text came in this very batch
		o.tagged = &fresh
	default:
		o.gone, o.tagged = false, t
	}
}
