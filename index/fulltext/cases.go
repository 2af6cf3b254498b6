package fulltext

import (
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// caseEntry is what the index keeps of one mention's casework: the acts that decide the state, without their words. The state is always
// folded from all of them, so that an event delivered again changes nothing and an undoing finds what it undoes. base is what the
// verdict said, nil while the mention itself has not come.
type caseEntry struct {
	acts []act
	base *base
}

// act is the part of a casework.Event that casework.Fold needs.
type act struct {
	id       uint64 // hash of the event's ID
	kind     casework.Type
	at       int64 // Unix nanoseconds
	wall     casework.Wall
	person   string // who, when a person
	incident string
	due      int64 // Unix nanoseconds; 0: none
	labels   []classify.Label
	risk     []classify.Risk
	service  string
	owner    string
	undoes   uint64
	asks     bool // its only reason is casework.ConfirmAbuse
}

// asksBit is added to an act's kind on disk when the act only asks; there are far fewer kinds.
const asksBit = 64

// idle are the events that never change what search shows; Received, Classified, Switched and Configured never travel.
var idle = []casework.Type{casework.Received, casework.Classified, casework.Delivered, casework.Confirmed, casework.Noted, casework.Drafted,
	casework.Approved, casework.Referred, casework.Refused, casework.Reconsidered, casework.Audited, casework.Switched, casework.Configured}

// takes reports whether e has to be kept.
func takes(e *casework.Event) bool {
	return e.Wall != casework.NoWall || !slices.Contains(idle, e.Type)
}

func hash64(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

func actOf(e *casework.Event) act {
	a := act{id: hash64(e.ID), kind: e.Type, at: e.At.UnixNano(), wall: e.Wall, incident: e.Incident, labels: e.Labels, risk: e.Risk,
		service: e.Service, owner: e.Owner, asks: len(e.Reasons) == 1 && e.Reasons[0] == casework.ConfirmAbuse}
	if !e.Due.IsZero() {
		a.due = e.Due.UnixNano()
	}
	if e.By.Kind == "person" {
		a.person = e.By.ID
	}
	if e.Undoes != "" {
		a.undoes = hash64(e.Undoes)
	}
	return a
}

func (a act) event() casework.Event {
	e := casework.Event{ID: hashID(a.id), Type: a.kind, At: time.Unix(0, a.at), Wall: a.wall, Incident: a.incident, Labels: a.labels,
		Risk: a.risk, Service: a.service, Owner: a.owner}
	if a.due != 0 {
		e.Due = time.Unix(0, a.due)
	}
	if a.person != "" {
		e.By = casework.Actor{Kind: "person", ID: a.person}
	}
	if a.undoes != 0 {
		e.Undoes = hashID(a.undoes)
	}
	if a.asks {
		e.Reasons = []string{casework.ConfirmAbuse}
	}
	return e
}

func hashID(h uint64) string { return strconv.FormatUint(h, 16) }

// add keeps e unless it is kept already. It reports whether anything changed.
func (c *caseEntry) add(e *casework.Event) bool {
	if !takes(e) {
		return false
	}
	a := actOf(e)
	if slices.ContainsFunc(c.acts, func(x act) bool { return x.id == a.id }) {
		return false
	}
	c.acts = append(slices.Clip(c.acts), a)
	return true
}

// fold returns the case as it stands.
func (c *caseEntry) fold() casework.Case {
	events := make([]casework.Event, len(c.acts))
	for i, a := range c.acts {
		events[i] = a.event()
	}
	return casework.Fold(events)
}
