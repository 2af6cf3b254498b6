package fulltext

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Shards are months from firstMonthly to lastMonthly, years before that and one for all that is older or newer than either, so
// that dates out of their mind cannot make more than 256 shards.
const (
	firstYearly  = 2006
	firstMonthly = 2020
	lastMonthly  = 2039
)

// shardName says which shard a mention created at t belongs to. Names sort by time.
func shardName(t time.Time) string {
	y, m, _ := t.UTC().Date()
	switch {
	case y < firstYearly:
		return "0000-00"
	case y < firstMonthly:
		return fmt.Sprintf("%04d-00", y)
	case y <= lastMonthly:
		return fmt.Sprintf("%04d-%02d", y, m)
	}
	return "9999-00"
}

// shard is the writer's side of one month.
type shard struct {
	id     uint32
	name   string
	text   *text
	ids    *idFile
	chunks []*chunk
	order  order
	dirty  map[int]bool // chunks that the store does not have as they are

	fresh   []uint32 // places taken since the last view
	dead    []uint32 // places of mentions that went since the last checkpoint
	changed bool     // since the last view
	view    *textView
}

// n is the number of places taken.
func (s *shard) n() uint32 {
	if len(s.chunks) == 0 {
		return 0
	}
	last := len(s.chunks) - 1
	return uint32(last*chunkDocs + s.chunks[last].n())
}

func (s *shard) at(ord uint32) (*chunk, uint16) {
	return s.chunks[ord/chunkDocs], uint16(ord % chunkDocs)
}

// own returns the chunk of ord for changing in generation gen.
func (s *shard) own(ord uint32, gen uint64) (*chunk, uint16) {
	k := int(ord / chunkDocs)
	s.dirty[k], s.changed = true, true
	if s.chunks[k].gen != gen {
		s.chunks[k] = s.chunks[k].clone(gen)
	}
	return s.chunks[k], uint16(ord % chunkDocs)
}

// add takes the next place for d.
func (s *shard) add(d doc, gen uint64) (*chunk, uint16) {
	ord := s.n()
	if ord%chunkDocs == 0 {
		s.chunks = append(s.chunks, &chunk{gen: gen})
	}
	c, _ := s.own(ord, gen)
	s.fresh = append(s.fresh, ord)
	return c, c.append(d)
}

func (s *shard) dir(root string) string { return filepath.Join(root, "shards", s.name) }

// order lists the places of a shard by time. Views share main; tail is short and copied.
type order struct {
	main, tail []uint32 // each ascending by created, key
}

// less orders places of chunks by time of creation.
func compareDocs(chunks []*chunk, a, b uint32) int {
	x, y := chunks[a/chunkDocs], chunks[b/chunkDocs]
	i, j := a%chunkDocs, b%chunkDocs
	return cmp.Or(cmp.Compare(x.created[i], y.created[j]), cmp.Compare(x.key[i], y.key[j]), cmp.Compare(a, b))
}

// with returns o with fresh places added. Its lists are new where they differ.
func (o order) with(chunks []*chunk, fresh []uint32) order {
	if len(fresh) == 0 {
		return o
	}
	fresh = slices.Clone(fresh)
	slices.SortFunc(fresh, func(a, b uint32) int { return compareDocs(chunks, a, b) })
	tail := mergeOrders(chunks, o.tail, fresh)
	if len(tail) < 1024+len(o.main)/16 {
		return order{main: o.main, tail: tail}
	}
	return order{main: mergeOrders(chunks, o.main, tail)}
}

func mergeOrders(chunks []*chunk, a, b []uint32) []uint32 {
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compareDocs(chunks, a[0], b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
