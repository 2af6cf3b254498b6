package fulltext

import (
	"slices"
	"time"
)

// chunk holds the attributes of up to chunkDocs mentions of one shard, by their place. What is set when a mention is added never
// changes and is shared between generations; sets and the list of clocks are copied before a change.
type chunk struct {
	gen uint64 // writer generation that may change this copy

	// One entry per mention, appended only.
	created []int64  // Unix nanoseconds
	key     []uint64 // first half of idKey: order among equals, and a check on what is read back
	author  []uint64 // hash of the folded handle; 0: none
	thread  []uint64 // hash of the thread's ID
	version []uint64 // sources.Mention.Version
	names   []uint32 // hash of the junior officers' names that were kept apart
	idAt    []uint32 // place of the ID in the shard's file of IDs
	idLen   []uint16

	live   bitset // mentions that can be found
	liveN  int
	due    []clock
	fields [numFields][]valueSet

	first, last int64 // created, of all mentions
}

// clock says by when a mention wants an answer.
type clock struct {
	doc uint16
	at  int64 // Unix nanoseconds
}

func (c *chunk) n() int { return len(c.created) }

// clone returns a copy that generation gen may change.
func (c *chunk) clone(gen uint64) *chunk {
	d := *c
	d.gen = gen
	d.due = slices.Clone(c.due)
	for f := range d.fields {
		d.fields[f] = slices.Clone(c.fields[f])
	}
	return &d
}

// set returns the set of value code, nil when no mention of the chunk carries it.
func (c *chunk) set(f field, code uint32) *valueSet {
	for i := range c.fields[f] {
		if c.fields[f][i].code == code {
			return &c.fields[f][i]
		}
	}
	return nil
}

// codes lists the values that mention i carries.
func (c *chunk) codes(f field, i uint16) []uint32 {
	var out []uint32
	for k := range c.fields[f] {
		if c.fields[f][k].has(i) {
			out = append(out, c.fields[f][k].code)
		}
	}
	return out
}

// put makes codes the values of mention i.
func (c *chunk) put(f field, i uint16, codes []uint32) {
	for k := range c.fields[f] {
		if s := &c.fields[f][k]; !slices.Contains(codes, s.code) {
			s.remove(i, c.gen)
		}
	}
	c.fill(f, i, codes)
	c.fields[f] = slices.DeleteFunc(c.fields[f], func(s valueSet) bool { return s.n == 0 })
}

// fill is put for a mention that was just added and carries nothing.
func (c *chunk) fill(f field, i uint16, codes []uint32) {
	for _, code := range codes {
		s := c.set(f, code)
		if s == nil {
			c.fields[f] = append(c.fields[f], valueSet{code: code, gen: c.gen})
			s = &c.fields[f][len(c.fields[f])-1]
		}
		s.add(i, c.gen)
	}
}

func (c *chunk) putDue(i uint16, at time.Time) {
	c.due = slices.DeleteFunc(c.due, func(d clock) bool { return d.doc == i })
	if !at.IsZero() {
		c.due = append(c.due, clock{doc: i, at: at.UnixNano()})
	}
}

// kill takes mention i out of everything that counts.
func (c *chunk) kill(i uint16) {
	if !c.live.has(i) {
		return
	}
	c.live.remove(i)
	c.liveN--
	for f := range c.fields {
		c.put(field(f), i, nil)
	}
	c.putDue(i, time.Time{})
}

// doc is what a chunk keeps of one mention for good.
type doc struct {
	created int64
	key     uint64
	author  uint64
	thread  uint64
	version uint64
	names   uint32
	idAt    uint32
	idLen   uint16
}

// append adds a mention and returns its place.
func (c *chunk) append(d doc) uint16 {
	i := uint16(c.n())
	if i == 0 || d.created < c.first {
		c.first = d.created
	}
	if i == 0 || d.created > c.last {
		c.last = d.created
	}
	c.created = append(c.created, d.created)
	c.key = append(c.key, d.key)
	c.author = append(c.author, d.author)
	c.thread = append(c.thread, d.thread)
	c.version = append(c.version, d.version)
	c.names = append(c.names, d.names)
	c.idAt = append(c.idAt, d.idAt)
	c.idLen = append(c.idLen, d.idLen)
	c.live.add(i)
	c.liveN++
	return i
}
