package escalate

import "iter"

// slots finds incidents by a hash in eight bytes each, a third of what a map takes; what it finds has to be looked at, since hashes may agree.
// Cells are probed one after the other. Nothing is ever taken out.
type slots struct {
	cells []cell
	n     int
}

// cell is empty when next is 0, else it says slot next-1.
type cell struct{ hash, next uint32 }

// home is where the search for a hash begins.
func (t *slots) home(hash uint32) int { return int(uint64(hash) * uint64(len(t.cells)) >> 32) }

// find yields what was added under hash, first added first.
func (t *slots) find(hash uint32) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		if len(t.cells) == 0 {
			return
		}
		for i := t.home(hash); t.cells[i].next != 0; i = (i + 1) % len(t.cells) {
			if t.cells[i].hash == hash && !yield(slot(t.cells[i].next-1)) {
				return
			}
		}
	}
}

func (t *slots) add(hash uint32, s slot) {
	if t.n*4 >= len(t.cells)*3 {
		old := t.cells
		t.cells = make([]cell, 64+len(old)*3/2)
		start := 0 // behind an empty cell, so that equal hashes keep their order
		for start < len(old) && old[start].next != 0 {
			start++
		}
		for i := range old {
			if c := old[(start+i)%len(old)]; c.next != 0 {
				t.put(c)
			}
		}
	}
	t.n++
	t.put(cell{hash, uint32(s) + 1})
}

func (t *slots) put(c cell) {
	i := t.home(c.hash)
	for t.cells[i].next != 0 {
		i = (i + 1) % len(t.cells)
	}
	t.cells[i] = c
}

// replace puts another slot in the place of old under hash.
func (t *slots) replace(hash uint32, old, by slot) {
	for i := t.home(hash); t.cells[i].next != 0; i = (i + 1) % len(t.cells) {
		if t.cells[i].hash == hash && t.cells[i].next == uint32(old)+1 {
			t.cells[i].next = uint32(by) + 1
			return
		}
	}
}
