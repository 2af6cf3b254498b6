package sources

import "hash/maphash"

// recentIDs is how many accepted mentions a supervisor remembers, 16 bytes each: a deletion often follows within minutes, before
// the record has the mention.
const recentIDs = 65_536

// idRing remembers the last n IDs it was given, as 64-bit hashes.
type idRing struct {
	seed  maphash.Seed
	order []uint64
	next  int
	set   map[uint64]struct{}
}

func newIDRing(n int) *idRing {
	return &idRing{seed: maphash.MakeSeed(), order: make([]uint64, 0, n), set: map[uint64]struct{}{}}
}

func (r *idRing) has(id string) bool {
	_, ok := r.set[maphash.String(r.seed, id)]
	return ok
}

func (r *idRing) add(ms []Mention) {
	for i := range ms {
		h := maphash.String(r.seed, ms[i].ID)
		if _, ok := r.set[h]; ok {
			continue
		}
		r.set[h] = struct{}{}
		if len(r.order) < cap(r.order) {
			r.order = append(r.order, h)
			continue
		}
		delete(r.set, r.order[r.next])
		r.order[r.next] = h
		r.next = (r.next + 1) % len(r.order)
	}
}
