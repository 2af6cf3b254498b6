package fulltext

import (
	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/index"
)

// words returns the mentions whose words fit c.
func (e *eval) words(c *index.Clause, acc []uint64) ([]uint64, error) {
	p := c.Pattern()
	out := e.none()
	for i := range e.s.text.segs {
		if err := e.segment(&e.s.text.segs[i], &p, acc, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// textFields are the fields that the viewer may find mentions by.
func (e *eval) textFields() []string {
	if e.viewer.SeesNames() {
		return []string{textField, nameField}
	}
	return []string{textField}
}

// segment adds to out what fits p in one segment.
func (e *eval) segment(sv *segView, p *index.Pattern, acc, out []uint64) error {
	if p.Prefix != "" {
		dicts, err := sv.dictionaries(append(e.textFields(), writtenField))
		if err != nil {
			return err
		}
		return sv.prefix(dicts, p.Prefix, out)
	}
	dicts, err := sv.dictionaries(e.textFields())
	if err != nil {
		return err
	}
	for _, v := range p.Variants {
		if len(v) == 1 {
			err = sv.terms(dicts, v[0], out)
		} else {
			err = sv.phrase(dicts, v, p.Slop, acc, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (sv *segView) dictionaries(fields []string) ([]segment.TermDictionary, error) {
	var out []segment.TermDictionary
	for _, f := range fields {
		d, err := sv.seg.Dictionary(f)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// set adds the documents of bm to out.
func (sv *segView) set(bm *roaring.Bitmap, out []uint64) {
	var buf [512]uint32
	it := bm.ManyIterator()
	for n := it.NextMany(buf[:]); n > 0; n = it.NextMany(buf[:]) {
		for _, d := range buf[:n] {
			sv.mark(d, out)
		}
	}
}

func (sv *segView) mark(d uint32, out []uint64) {
	if ord := sv.ords[d]; int(ord>>6) < len(out) {
		out[ord>>6] |= 1 << (ord & 63)
	}
}

// terms adds the documents that hold one of terms.
func (sv *segView) terms(dicts []segment.TermDictionary, terms []string, out []uint64) error {
	for _, d := range dicts {
		for _, t := range terms {
			bm, one, err := sv.postings(d, t)
			switch {
			case err != nil:
				return err
			case bm != nil:
				sv.set(bm, out)
			case one >= 0:
				sv.mark(uint32(one), out)
			}
		}
	}
	return nil
}

// postings returns the documents that hold term: several, or just one (-1: none).
func (sv *segView) postings(d segment.TermDictionary, term string) (*roaring.Bitmap, int64, error) {
	pl, err := d.PostingsList([]byte(term), sv.deleted, nil)
	if err != nil {
		return nil, -1, err
	}
	it, ok := pl.Iterator(false, false, false, nil).(segment.OptimizablePostingsIterator)
	if !ok {
		return nil, -1, nil // the segment does not have the field
	}
	if bm := it.ActualBitmap(); bm != nil {
		return bm, -1, nil
	}
	if n, ok := it.DocNum1Hit(); ok {
		return nil, int64(n), nil
	}
	return nil, -1, nil
}

// prefix adds the documents that hold a term beginning with p.
func (sv *segView) prefix(dicts []segment.TermDictionary, p string, out []uint64) error {
	end := []byte(p)
	end[len(end)-1]++ // never overflows: no UTF-8 byte is 0xff
	for _, d := range dicts {
		it := d.AutomatonIterator(nil, []byte(p), end)
		for {
			entry, err := it.Next()
			if err != nil {
				return err
			}
			if entry == nil {
				break
			}
			if err := sv.terms([]segment.TermDictionary{d}, []string{entry.Term}, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// phrase adds the documents of acc in which the slots of v stand as they should.
func (sv *segView) phrase(dicts []segment.TermDictionary, v []index.Slot, slop int, acc, out []uint64) error {
	var both *roaring.Bitmap
	for _, slot := range v {
		bm := roaring.New()
		for _, d := range dicts {
			for _, t := range slot {
				many, one, err := sv.postings(d, t)
				if err != nil {
					return err
				}
				if many != nil {
					bm.Or(many)
				} else if one >= 0 {
					bm.Add(uint32(one))
				}
			}
		}
		if both == nil {
			both = bm
		} else {
			both.And(bm)
		}
		if both.IsEmpty() {
			return nil
		}
	}
	readers, err := sv.placeReaders(dicts, v)
	if err != nil {
		return err
	}
	positions := make([][]int, len(v))
	for it := both.Iterator(); it.HasNext(); {
		d := it.Next()
		ord := sv.ords[d]
		if int(ord>>6) >= len(acc) || acc[ord>>6]>>(ord&63)&1 == 0 {
			continue
		}
		for i, slot := range readers {
			if positions[i], err = slot.at(d, positions[i][:0]); err != nil {
				return err
			}
		}
		if index.MatchSlots(v, slop, positions) {
			sv.mark(d, out)
		}
	}
	return nil
}
