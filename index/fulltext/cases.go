package fulltext

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"earshot/casework"
	"earshot/classify"

	"github.com/go-json-experiment/json"
)

// caseEntry is what the index keeps of one mention's casework: the acts that decide the state, without their words. The state is always
// folded from all of them, so that an event delivered again changes nothing and an undoing finds what it undoes. Base is what the
// verdict said, nil while the mention itself has not come.
type caseEntry struct {
	Acts []act     `json:"a,omitempty"`
	Base *baseJSON `json:"b,omitzero"`
}

// act is the part of a casework.Event that casework.Fold needs.
type act struct {
	ID       uint64           `json:"i"` // hash of the event's ID
	Type     casework.Type    `json:"t"`
	At       int64            `json:"s"` // Unix nanoseconds
	Wall     casework.Wall    `json:"w,omitzero"`
	Person   string           `json:"p,omitzero"` // who, when a person
	Incident string           `json:"n,omitzero"`
	Due      int64            `json:"d,omitzero"` // Unix nanoseconds
	Labels   []classify.Label `json:"l,omitempty"`
	Risk     []classify.Risk  `json:"r,omitempty"`
	Service  string           `json:"v,omitzero"`
	Owner    string           `json:"o,omitzero"`
	Undoes   uint64           `json:"u,omitzero"`
}

type baseJSON struct {
	Labels  []string `json:"l,omitempty"`
	Risk    []string `json:"r,omitempty"`
	Unsure  []string `json:"u,omitempty"`
	Service string   `json:"s,omitzero"`
}

func (b *baseJSON) base() base {
	return base{labels: b.Labels, risk: b.Risk, unsure: b.Unsure, service: b.Service}
}

func (b base) json() *baseJSON {
	return &baseJSON{Labels: b.labels, Risk: b.risk, Unsure: b.unsure, Service: b.service}
}

// idle are the events that never change what search shows; Received and Classified never travel.
var idle = []casework.Type{casework.Received, casework.Classified, casework.Delivered, casework.Confirmed, casework.Noted, casework.Drafted,
	casework.Approved, casework.Referred}

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
	a := act{ID: hash64(e.ID), Type: e.Type, At: e.At.UnixNano(), Wall: e.Wall, Incident: e.Incident, Labels: e.Labels, Risk: e.Risk,
		Service: e.Service, Owner: e.Owner}
	if !e.Due.IsZero() {
		a.Due = e.Due.UnixNano()
	}
	if e.By.Kind == "person" {
		a.Person = e.By.ID
	}
	if e.Undoes != "" {
		a.Undoes = hash64(e.Undoes)
	}
	return a
}

func (a act) event() casework.Event {
	e := casework.Event{ID: hashID(a.ID), Type: a.Type, At: time.Unix(0, a.At), Wall: a.Wall, Incident: a.Incident, Labels: a.Labels,
		Risk: a.Risk, Service: a.Service, Owner: a.Owner}
	if a.Due != 0 {
		e.Due = time.Unix(0, a.Due)
	}
	if a.Person != "" {
		e.By = casework.Actor{Kind: "person", ID: a.Person}
	}
	if a.Undoes != 0 {
		e.Undoes = hashID(a.Undoes)
	}
	return e
}

func hashID(h uint64) string {
	var b [8]byte
	for i := range b {
		b[i] = byte(h >> (8 * i))
	}
	return hex.EncodeToString(b[:])
}

// add keeps e unless it is kept already. It reports whether anything changed.
func (c *caseEntry) add(e *casework.Event) bool {
	if !takes(e) {
		return false
	}
	a := actOf(e)
	if slices.ContainsFunc(c.Acts, func(x act) bool { return x.ID == a.ID }) {
		return false
	}
	c.Acts = append(slices.Clip(c.Acts), a)
	return true
}

// fold returns the case as it stands.
func (c *caseEntry) fold() casework.Case {
	events := make([]casework.Event, len(c.Acts))
	for i, a := range c.Acts {
		events[i] = a.event()
	}
	return casework.Fold(events)
}

func (c *caseEntry) encode() ([]byte, error) { return json.Marshal(c) }

func decodeCase(b []byte) (*caseEntry, error) {
	c := &caseEntry{}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("read a case: %w", err)
	}
	return c, nil
}
