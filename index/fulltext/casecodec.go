package fulltext

import (
	"encoding/binary"
	"errors"
	"slices"

	"earshot/casework"
	"earshot/classify"
)

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
