package sources

import "hash/maphash"

// recentIDs is how many accepted mentions an Intake remembers, 16 bytes each: a deletion often follows within minutes, before
// the record has the mention.
const recentIDs = 65_536

// Recent remembers the last n IDs it was given, as 64-bit hashes. Used by one goroutine at a time.
type Recent struct {
	seed  maphash.Seed
	order []uint64
	next  int
	set   map[uint64]struct{}
}

// NewRecent makes a Recent for n IDs, 16 bytes each.
func NewRecent(n int) *Recent {
	return &Recent{seed: maphash.MakeSeed(), order: make([]uint64, 0, n), set: map[uint64]struct{}{}}
}

// Has says whether id is among them.
func (r *Recent) Has(id string) bool {
	_, ok := r.set[maphash.String(r.seed, id)]
	return ok
}

// Add remembers id and forgets the oldest when there are more than n.
func (r *Recent) Add(id string) {
	h := maphash.String(r.seed, id)
	if _, ok := r.set[h]; ok {
		return
	}
	r.set[h] = struct{}{}
	if len(r.order) < cap(r.order) {
		r.order = append(r.order, h)
		return
	}
	delete(r.set, r.order[r.next])
	r.order[r.next] = h
	r.next = (r.next + 1) % len(r.order)
}
