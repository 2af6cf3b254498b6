package fulltext

import (
	"slices"

	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/index"
)

// slotReader reads where the words of one slot stand, document by document in ascending order.
type slotReader []*placeReader

// placeReader reads the places of one term of one field.
type placeReader struct {
	it  segment.PostingsIterator
	cur segment.Posting // nil at the end
}

// placeReaders opens the places of every term of every slot.
func (sv *segView) placeReaders(dicts []segment.TermDictionary, v []index.Slot) ([]slotReader, error) {
	out := make([]slotReader, len(v))
	for i, slot := range v {
		for _, d := range dicts {
			for _, t := range slot {
				pl, err := d.PostingsList([]byte(t), sv.deleted, nil)
				if err != nil {
					return nil, err
				}
				r := &placeReader{it: pl.Iterator(true, true, true, nil)}
				if r.cur, err = r.it.Next(); err != nil {
					return nil, err
				}
				if r.cur != nil {
					out[i] = append(out[i], r)
				}
			}
		}
	}
	return out, nil
}

// at returns the positions of the slot in document d, ascending, appended to buf.
func (s slotReader) at(d uint32, buf []int) ([]int, error) {
	for _, r := range s {
		if r.cur != nil && r.cur.Number() < uint64(d) {
			var err error
			if r.cur, err = r.it.Advance(uint64(d)); err != nil {
				return nil, err
			}
		}
		if r.cur == nil || r.cur.Number() != uint64(d) {
			continue
		}
		for _, l := range r.cur.Locations() {
			buf = append(buf, int(l.Pos()))
		}
	}
	if len(s) > 1 || !slices.IsSorted(buf) {
		slices.Sort(buf)
		buf = slices.Compact(buf)
	}
	return buf, nil
}
