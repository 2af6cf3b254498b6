package fulltext

import (
	"math/bits"
	"slices"
)

// chunkDocs is how many mentions share one chunk: small enough to copy a changed set, large enough for fast counting.
const (
	chunkDocs  = 4096
	chunkWords = chunkDocs / 64
)

// bitset holds one bit per mention of a chunk.
type bitset [chunkWords]uint64

func (b *bitset) has(i uint16) bool { return b[i>>6]&(1<<(i&63)) != 0 }
func (b *bitset) add(i uint16)      { b[i>>6] |= 1 << (i & 63) }
func (b *bitset) remove(i uint16)   { b[i>>6] &^= 1 << (i & 63) }

func (b *bitset) count() int { return countWords(b[:]) }

func countWords(ws []uint64) int {
	n := 0
	for _, w := range ws {
		n += bits.OnesCount64(w)
	}
	return n
}

// eachBit calls fn for every bit set in ws, ascending, until fn returns false.
func eachBit(ws []uint64, fn func(i uint32) bool) {
	for k, w := range ws {
		for w != 0 {
			if !fn(uint32(k<<6 + bits.TrailingZeros64(w))) {
				return
			}
			w &= w - 1
		}
	}
}

// fewMax is the size up to which a valueSet is a list (256 bytes) and beyond which it is a bitset (512 bytes).
const fewMax = 128

// valueSet is the set of a chunk's mentions that carry one value of one field. It belongs to the writer generation gen; a later
// generation copies it before changing it, so that views keep what they saw.
type valueSet struct {
	code uint32
	n    uint32
	gen  uint64
	few  []uint16 // ascending; nil when all is set
	all  *bitset
}

func (s *valueSet) has(i uint16) bool {
	if s.all != nil {
		return s.all.has(i)
	}
	_, ok := slices.BinarySearch(s.few, i)
	return ok
}

// own makes s safe to change by generation gen.
func (s *valueSet) own(gen uint64) {
	if s.gen == gen {
		return
	}
	s.gen = gen
	if s.all != nil {
		c := *s.all
		s.all = &c
		return
	}
	s.few = slices.Clone(s.few)
}

func (s *valueSet) add(i uint16, gen uint64) {
	if s.has(i) {
		return
	}
	s.own(gen)
	s.n++
	if s.all != nil {
		s.all.add(i)
		return
	}
	at, _ := slices.BinarySearch(s.few, i)
	s.few = slices.Insert(s.few, at, i)
	if len(s.few) > fewMax {
		s.all = new(bitset)
		for _, j := range s.few {
			s.all.add(j)
		}
		s.few = nil
	}
}

func (s *valueSet) remove(i uint16, gen uint64) {
	if !s.has(i) {
		return
	}
	s.own(gen)
	s.n--
	if s.all != nil {
		s.all.remove(i)
		return
	}
	at, _ := slices.BinarySearch(s.few, i)
	s.few = slices.Delete(s.few, at, at+1)
}

// orInto adds the set to ws, the chunk's words of a shard's bits.
func (s *valueSet) orInto(ws []uint64) {
	if s.all != nil {
		for k := range s.all {
			ws[k] |= s.all[k]
		}
		return
	}
	for _, i := range s.few {
		ws[i>>6] |= 1 << (i & 63)
	}
}

// andCount counts the set's mentions in ws; busy lists the words of ws that are not zero.
func (s *valueSet) andCount(ws []uint64, busy []uint8) int {
	n := 0
	if s.all != nil {
		for _, k := range busy {
			n += bits.OnesCount64(ws[k] & s.all[k])
		}
		return n
	}
	for _, i := range s.few {
		n += int(ws[i>>6] >> (i & 63) & 1)
	}
	return n
}
