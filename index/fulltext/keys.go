package fulltext

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// place says where a mention is: its shard and its number there.
type place uint64

const (
	ordBits   = 26 // 67 million mentions a shard
	shardBits = 10
	placeBits = ordBits + shardBits
	maxOrd    = 1<<ordBits - 2
)

func placeAt(shard, ord uint32) place { return place(shard)<<ordBits | place(ord) }
func (p place) shard() uint32         { return uint32(p >> ordBits) }
func (p place) ord() uint32           { return uint32(p & (1<<ordBits - 1)) }

// keyTable finds mentions by the first 92 bits of their keys, in 16 bytes each: half of what a map takes, which matters at a million
// (two of a million IDs agree by chance once in 10^16 tables). Slots are probed one after the other. Safe for concurrent use.
type keyTable struct {
	mu    sync.RWMutex
	slots []slot
	n     int
}

// slot holds 64 bits of a key, then 28 more of it and the place plus one; all zero is empty.
type slot struct{ head, tail uint64 }

func slotOf(k idKey, p place) slot {
	return slot{head: binary.BigEndian.Uint64(k[:8]), tail: binary.BigEndian.Uint64(k[8:])>>placeBits<<placeBits | uint64(p+1)}
}

func (s slot) place() place { return place(s.tail&(1<<placeBits-1)) - 1 }
func (s slot) is(other slot) bool {
	return s.head == other.head && s.tail>>placeBits == other.tail>>placeBits
}
func (s slot) empty() bool         { return s.tail == 0 }
func (s slot) home(n int) int      { h, _ := bits.Mul64(s.head, uint64(n)); return int(h) }
func newKeyTable(n int) *keyTable  { return &keyTable{slots: make([]slot, n+n/3+64)} }
func (t *keyTable) step(i int) int { return (i + 1) % len(t.slots) }

func (t *keyTable) get(k idKey) (place, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	i, ok := t.find(slotOf(k, 0))
	if !ok {
		return 0, false
	}
	return t.slots[i].place(), true
}

// find returns where s is, or the empty slot where it would be.
func (t *keyTable) find(s slot) (int, bool) {
	for i := s.home(len(t.slots)); ; i = t.step(i) {
		if t.slots[i].empty() {
			return i, false
		}
		if t.slots[i].is(s) {
			return i, true
		}
	}
}

func (t *keyTable) put(k idKey, p place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n*4 >= len(t.slots)*3 {
		old := t.slots
		t.slots = make([]slot, len(old)*3/2)
		for _, s := range old {
			if !s.empty() {
				i, _ := t.find(s)
				t.slots[i] = s
			}
		}
	}
	s := slotOf(k, p)
	i, there := t.find(s)
	if !there {
		t.n++
	}
	t.slots[i] = s
}

// drop takes k out and moves up what was pushed behind it.
func (t *keyTable) drop(k idKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hole, there := t.find(slotOf(k, 0))
	if !there {
		return
	}
	t.n--
	n := len(t.slots)
	for i := t.step(hole); !t.slots[i].empty(); i = t.step(i) {
		// The slot at i may move to the hole when its home is not between the two.
		if (i-t.slots[i].home(n)+n)%n >= (i-hole+n)%n {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = slot{}
}
