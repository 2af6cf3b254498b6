package fulltext

import (
	"encoding/binary"
	"errors"
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

// idle are the events that never change what search shows; Received and Classified never travel.
var idle = []casework.Type{casework.Received, casework.Classified, casework.Delivered, casework.Confirmed, casework.Noted, casework.Drafted,
	casework.Approved, casework.Referred, casework.Refused}

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

// A case on disk: the number of acts, each act, and the base with its lists, after a byte that says whether there is one. Words that are
// shared by many cases (people, incidents, labels, services) are numbers of the dictionary, 0 being none.

func (c *caseEntry) encode(d *dict) []byte {
	b := binary.AppendUvarint(nil, uint64(len(c.acts)))
	for _, a := range c.acts {
		kind := byte(slices.Index(casework.Types, a.kind))
		if a.asks {
			kind += asksBit
		}
		b = append(b, kind)
		b = binary.LittleEndian.AppendUint64(b, a.id)
		b = binary.AppendVarint(b, a.at)
		b = binary.AppendVarint(b, a.due)
		b = binary.AppendUvarint(b, a.undoes)
		b = d.appendWord(b, fWall, string(a.wall))
		b = d.appendWord(b, fOwner, a.person)
		b = d.appendWord(b, fIncident, a.incident)
		b = d.appendWord(b, fService, a.service)
		b = d.appendWord(b, fOwner, a.owner)
		b = d.appendWords(b, fTag, texts(a.labels))
		b = d.appendWords(b, fRisk, texts(a.risk))
	}
	if c.base == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	b = d.appendWords(b, fTag, c.base.labels)
	b = d.appendWords(b, fRisk, c.base.risk)
	b = d.appendWords(b, fUnsure, c.base.unsure)
	return d.appendWord(b, fService, c.base.service)
}

func texts[T ~string](xs []T) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = string(x)
	}
	return out
}

func (d *dict) appendWord(b []byte, f field, w string) []byte {
	if w == "" {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(d.code(f, w))+1)
}

func (d *dict) appendWords(b []byte, f field, ws []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(ws)))
	for _, w := range ws {
		b = d.appendWord(b, f, w)
	}
	return b
}

func decodeCase(data []byte, words *dict) (*caseEntry, error) {
	r := caseReader{decoder{b: data}, words}
	c := &caseEntry{}
	for range r.uvarint() {
		if r.err != nil {
			break
		}
		c.acts = append(c.acts, r.act())
	}
	if r.uvarint() == 1 {
		c.base = &base{labels: r.list(fTag), risk: r.list(fRisk), unsure: r.list(fUnsure), service: r.word(fService)}
	}
	return c, r.err
}

// caseReader reads what encode wrote.
type caseReader struct {
	decoder
	dict *dict
}

func (r *caseReader) act() act {
	kind := int(r.uvarint())
	asks := kind >= asksBit
	if asks {
		kind -= asksBit
	}
	if kind >= len(casework.Types) {
		r.err = errors.New("a case holds an act of unknown type")
		return act{}
	}
	return act{kind: casework.Types[kind], asks: asks, id: r.fixed64(), at: r.varint(), due: r.varint(), undoes: r.uvarint(),
		wall: casework.Wall(r.word(fWall)), person: r.word(fOwner), incident: r.word(fIncident), service: r.word(fService), owner: r.word(fOwner),
		labels: typed[classify.Label](r.list(fTag)), risk: typed[classify.Risk](r.list(fRisk))}
}

func typed[T ~string](xs []string) []T {
	var out []T
	for _, x := range xs {
		out = append(out, T(x))
	}
	return out
}

func (r *caseReader) word(f field) string {
	n := r.uvarint()
	if n == 0 {
		return ""
	}
	words := r.dict.list(f)
	if n > uint64(len(words)) {
		r.err = errors.New("a case names a value that is not in the dictionary")
		return ""
	}
	return words[n-1]
}

func (r *caseReader) list(f field) []string {
	var out []string
	for range r.uvarint() {
		if r.err != nil {
			break
		}
		out = append(out, r.word(f))
	}
	return out
}
