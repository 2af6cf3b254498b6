package fulltext

import (
	"slices"
	"time"

	"earshot/index"
)

// page collects the hits of one page out of what was found.
type page struct {
	x    *Index
	r    *index.Request
	cur  cursor
	hits []found // newest shard first
	out  []index.Hit
	last cursor
	more bool
}

func (p *page) collect() ([]index.Hit, string, error) {
	var err error
	switch p.r.Sort {
	case index.Best:
		err = p.best()
	case index.Oldest:
		for _, h := range slices.Backward(p.hits) {
			if err = p.shard(h, true); err != nil || p.more {
				break
			}
		}
	default:
		for _, h := range p.hits {
			if err = p.shard(h, false); err != nil || p.more {
				break
			}
		}
	}
	if err != nil || !p.more {
		return p.out, "", err
	}
	return p.out, p.last.String(p.r.Sort), nil
}

// add puts one hit on the page, or notes that there are more. It reports whether to go on.
func (p *page) add(s *shardView, ord uint32, at cursor) (bool, error) {
	if len(p.out) == p.r.Limit {
		p.more = true
		return false, nil
	}
	id, there, err := s.id(ord)
	if err != nil || !there {
		return err == nil, err // erased since the view was made
	}
	p.out = append(p.out, index.Hit{ID: id, CreatedAt: time.Unix(0, at.created).UTC(), Score: at.score})
	p.last = at
	return true, nil
}

// shard adds the hits of one shard in order of time.
func (p *page) shard(h found, oldest bool) error {
	if p.cur.set && (oldest && h.s.last < p.cur.created || !oldest && h.s.first > p.cur.created) {
		return nil
	}
	next := h.s.ordered(h, oldest)
	for {
		ord, ok := next()
		if !ok {
			return nil
		}
		c, i := h.s.chunks[ord/chunkDocs], ord%chunkDocs
		at := cursor{set: true, created: c.created[i], key: c.key[i]}
		if p.cur.set && p.cur.compare(at, p.r.Sort) >= 0 {
			continue
		}
		if on, err := p.add(h.s, ord, at); err != nil || !on {
			return err
		}
	}
}

// ordered returns the found places of a shard one by one in order of time. When few of many were found they are sorted; else the order
// of the shard is walked, which a page leaves early.
func (s *shardView) ordered(h found, oldest bool) func() (uint32, bool) {
	if all := len(s.order.main) + len(s.order.tail); h.n*32 < all {
		ords := make([]uint32, 0, h.n)
		eachBit(h.bits, func(i uint32) bool { ords = append(ords, i); return true })
		slices.SortFunc(ords, func(a, b uint32) int { return compareDocs(s.chunks, a, b) })
		return walk(s, order{main: ords}, nil, oldest)
	}
	return walk(s, s.order, h.bits, oldest)
}

// walk merges the two lists of o, forwards or backwards, leaving out places that are not in bits (nil: all are).
func walk(s *shardView, o order, bits []uint64, oldest bool) func() (uint32, bool) {
	a, b := o.main, o.tail
	return func() (uint32, bool) {
		for len(a)+len(b) > 0 {
			var ord uint32
			if oldest {
				ord = takeFirst(s.chunks, &a, &b)
			} else {
				ord = takeLast(s.chunks, &a, &b)
			}
			if bits == nil || bits[ord>>6]>>(ord&63)&1 == 1 {
				return ord, true
			}
		}
		return 0, false
	}
}

func takeFirst(chunks []*chunk, a, b *[]uint32) uint32 {
	if len(*b) == 0 || len(*a) > 0 && compareDocs(chunks, (*a)[0], (*b)[0]) < 0 {
		a, b = b, a
	}
	ord := (*b)[0]
	*b = (*b)[1:]
	return ord
}

func takeLast(chunks []*chunk, a, b *[]uint32) uint32 {
	if len(*b) == 0 || len(*a) > 0 && compareDocs(chunks, (*a)[len(*a)-1], (*b)[len(*b)-1]) > 0 {
		a, b = b, a
	}
	ord := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return ord
}
