package fulltext

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"earshot/classify"
	"earshot/index"
	"earshot/sources"

	bolt "go.etcd.io/bbolt"
)

// plan decides what o changes, and changes nothing itself but for opening a shard.
func (x *Index) plan(tx *bolt.Tx, o *op, next map[*shard]uint32) error {
	if _, ok := x.erased[o.key]; ok {
		o.erased = true // an erasure is final: what comes after it, or again, is not kept
	}
	at, known := x.keys.get(o.key)
	o.at = at
	if o.erased {
		o.kill, o.save = known, true
		return nil
	}
	old, err := x.known(tx, o, known)
	if err != nil {
		return err
	}
	entry := &caseEntry{}
	if old != nil && !o.forget {
		*entry = *old
	}
	o.save = old != nil && o.forget
	for _, e := range o.events {
		o.save = entry.add(e) || o.save
	}
	if o.tagged != nil && o.tagged.Again && (!known || o.forget || !x.holds(at, o.tagged)) {
		o.tagged = nil // of a version that was edited since, or of a mention that was taken away
	}
	switch {
	case o.tagged != nil:
		if err := x.planMention(o, at, known, entry, old, next); err != nil {
			return err
		}
	case o.gone, o.forget:
		o.kill, o.save = known, o.save || entry.base != nil
		entry.base = nil
	case known && o.save:
		x.planCase(o, at, entry)
	}
	if len(entry.acts) > 0 {
		o.entry = entry
	} else {
		o.save = old != nil
	}
	return nil
}

// known returns the casework kept of o's mention. Most mentions are new and no case waits for them: these cost no look-up.
func (x *Index) known(tx *bolt.Tx, o *op, known bool) (*caseEntry, error) {
	if _, waits := x.pending[o.key]; !known && !waits {
		return nil, nil
	}
	return x.caseOf(tx, o.key)
}

func (x *Index) planMention(o *op, at place, known bool, entry, old *caseEntry, next map[*shard]uint32) error {
	a, b := describe(o.tagged, x.cfg.Zone)
	outranked := known && !o.forget && classify.Considered.Outranks(o.tagged.Verdict.Stage) && x.considered(at) && x.holds(at, o.tagged)
	if outranked { // what stands was weighed with more care
		a, b = x.keptVerdict(at, a, old)
	}
	if len(entry.acts) > 0 {
		o.save = o.save || entry.base == nil || !entry.base.equal(b)
		entry.base = &b
	}
	o.attrs, o.update = a.withCase(b, entry.fold()), true
	o.doc = docOf(o.tagged, o.key)
	if known && (outranked || x.same(at, &o.doc)) {
		o.shard, o.ord = x.byID[at.shard()], at.ord()
		return nil
	}
	s, err := x.shardFor(o.tagged.Mention.CreatedAt)
	if err != nil {
		return err
	}
	if _, ok := next[s]; !ok {
		next[s] = s.n()
	}
	o.kill, o.add, o.shard, o.ord = known, true, s, next[s]
	next[s]++
	return nil
}

// planCase puts the state of casework on a mention that is there. The first act on it takes its tags, as they stand, for the verdict's.
func (x *Index) planCase(o *op, at place, entry *caseEntry) {
	o.shard, o.ord = x.byID[at.shard()], at.ord()
	a := x.read(o.shard, o.ord)
	if entry.base == nil {
		b := baseOf(a)
		entry.base = &b
	}
	o.attrs, o.update = a.withCase(*entry.base, entry.fold()), true
}

// baseOf returns what the verdict of a mention without casework says.
func baseOf(a attrs) base {
	b := base{labels: a.values[fTag], risk: a.values[fRisk], unsure: a.values[fUnsure]}
	if s := a.values[fService]; len(s) > 0 {
		b.service = s[0]
	}
	return b
}

// holds reports whether the mention at p is the version that t is about.
func (x *Index) holds(p place, t *classify.Tagged) bool {
	c, i := x.byID[p.shard()].at(p.ord())
	return c.version[i] == versionOf(&t.Mention)
}

// considered reports whether the verdict on the mention at p is a considered one.
func (x *Index) considered(p place) bool {
	code, ok := x.dict.find(fFlag, flagConsidered)
	if !ok {
		return false
	}
	c, i := x.byID[p.shard()].at(p.ord())
	return slices.Contains(c.codes(fFlag, i), code)
}

// keptVerdict returns a, what a mention says of itself, with what is already known of its verdict.
func (x *Index) keptVerdict(p place, a attrs, old *caseEntry) (attrs, base) {
	a.mark(fFlag, flagConsidered, true)
	if old != nil && old.base != nil {
		return a, *old.base
	}
	return a, baseOf(x.read(x.byID[p.shard()], p.ord()))
}

// read returns the attributes that the mention at ord carries.
func (x *Index) read(s *shard, ord uint32) attrs {
	var a attrs
	c, i := s.at(ord)
	for f := range numFields {
		words := x.dict.list(f)
		for _, code := range c.codes(f, i) {
			a.add(f, words[code])
		}
	}
	for _, d := range c.due {
		if d.doc == i {
			a.due = time.Unix(0, d.at)
		}
	}
	return a
}

// docOf returns what is kept of a mention for good.
func docOf(t *classify.Tagged, key idKey) doc {
	m := &t.Mention
	d := doc{created: m.CreatedAt.UnixNano(), key: key.half(), author: hashAuthor(Author(m)), version: versionOf(m), idLen: uint16(len(m.ID))}
	d.thread = keyOf(m.Thread()).half()
	if names := index.JuniorNames(&t.Verdict, m.Text); len(names) > 0 {
		d.names = uint32(keyOf(fmt.Sprint(names, t.Verdict.Officers)).half()) | 1
	}
	return d
}

// Author is the name that from: looks for: the handle, else the name, else the platform's ID of the author.
func Author(m *sources.Mention) string {
	for _, s := range []string{m.Author.Handle, m.Author.Name, m.Author.ID} {
		if s = index.FoldHandle(s); s != "" {
			return s
		}
	}
	return ""
}

func hashAuthor(folded string) uint64 {
	if folded == "" {
		return 0
	}
	return keyOf(folded).half() | 1
}

func versionOf(m *sources.Mention) uint64 {
	b, err := hex.DecodeString(m.Version())
	if err != nil || len(b) != 8 {
		panic("fulltext: sources.Mention.Version is not 16 hex digits any more")
	}
	return binary.BigEndian.Uint64(b)
}

// same reports whether the mention at p has the words, the author and the place in time that d has.
func (x *Index) same(p place, d *doc) bool {
	c, i := x.byID[p.shard()].at(p.ord())
	return c.created[i] == d.created && c.version[i] == d.version && c.names[i] == d.names && c.author[i] == d.author && c.thread[i] == d.thread
}
