package fulltext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// textView is one unchanging sight of a shard's words. It is counted: the files behind it stay mapped until the last search lets go.
type textView struct {
	refs atomic.Int64
	snap *scorch.IndexSnapshot
	segs []segView
	maps map[uint64][]uint32 // by segment
}

type segView struct {
	seg     segment.Segment
	deleted *roaring.Bitmap
	ords    []uint32 // place in the shard, by the segment's document number
}

// view pins the newest state. It works out the places of documents of segments that prev does not know.
func (t *text) view(prev *textView) (*textView, error) {
	adv, err := t.idx.Advanced()
	if err != nil {
		return nil, err
	}
	r, err := adv.Reader()
	if err != nil {
		return nil, err
	}
	snap, ok := r.(*scorch.IndexSnapshot)
	if !ok || snap == nil {
		return nil, errors.New("bleve gave no snapshot")
	}
	v := &textView{snap: snap, maps: map[uint64][]uint32{}}
	v.refs.Store(1)
	for _, s := range snap.Segments() {
		ords, ok := []uint32(nil), false
		if prev != nil {
			ords, ok = prev.maps[s.Id()]
		}
		if !ok {
			if ords, err = places(s.Segment()); err != nil {
				snap.Close()
				return nil, err
			}
		}
		v.maps[s.Id()] = ords
		v.segs = append(v.segs, segView{seg: s.Segment(), deleted: s.Deleted(), ords: ords})
	}
	return v, nil
}

// current reports whether v is still the newest state.
func (t *text) current(v *textView) (bool, error) {
	adv, err := t.idx.Advanced()
	if err != nil {
		return false, err
	}
	r, err := adv.Reader()
	if err != nil {
		return false, err
	}
	defer r.Close()
	return r == bleveindex.IndexReader(v.snap), nil
}

// loose reports whether merging would gain anything; of a shard that grows, only whether words would go.
func (v *textView) loose(grows bool) bool {
	for _, s := range v.segs {
		if s.deleted != nil && !s.deleted.IsEmpty() {
			return true
		}
	}
	return len(v.segs) > 1 && !grows
}

func places(s segment.Segment) ([]uint32, error) {
	ords := make([]uint32, s.Count())
	for i := range ords {
		id, err := s.DocID(uint64(i))
		if err != nil {
			return nil, err
		}
		if len(id) != 4 {
			return nil, fmt.Errorf("%w: a document has a foreign name", ErrRebuild)
		}
		ords[i] = binary.BigEndian.Uint32(id)
	}
	return ords, nil
}

func (v *textView) acquire() *textView {
	v.refs.Add(1)
	return v
}

func (v *textView) release() {
	if v.refs.Add(-1) == 0 {
		v.snap.Close()
	}
}
