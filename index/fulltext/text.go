package fulltext

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// text is the bleve index of one shard. A document's ID is the mention's place in the shard, four bytes big-endian: short, and
// the same place taken again after a crash replaces what was left there.
type text struct {
	idx     bleve.Index
	trouble *trouble
	dirty   bool // has changes since the last flush
}

// scorchConfig: unsafe batches, because Checkpoint waits for the disk and everything after it comes again; a nap of the persister lets small
// batches be merged in memory first; few segments per tier keep words in few places.
func scorchConfig() map[string]any {
	return map[string]any{
		"unsafe_batch":           true,
		"asyncErrorCallbackName": callbackName,
		"scorchPersisterOptions": map[string]any{"PersisterNapTimeMSec": 100, "PersisterNapUnderNumFiles": 500},
		"scorchMergePlanOptions": map[string]any{"MaxSegmentsPerTier": 4, "SegmentsPerMergeTask": 8, "FloorSegmentSize": 2000},
	}
}

func openText(dir string, note func(error)) (*text, error) {
	t := &text{trouble: listen(filepath.Join(dir, "store"), note)}
	var err error
	if t.idx, t.dirty, err = openBleve(dir); err != nil {
		t.trouble.close()
		return nil, err
	}
	return t, nil
}

// openBleve opens the index in dir or makes it; made says which.
func openBleve(dir string) (idx bleve.Index, made bool, err error) {
	name := filepath.Base(filepath.Dir(dir))
	_, err = os.Stat(filepath.Join(dir, "index_meta.json"))
	if !errors.Is(err, os.ErrNotExist) {
		if idx, err = bleve.OpenUsing(dir, scorchConfig()); err != nil {
			return nil, false, fmt.Errorf("%w: %s: %w", ErrRebuild, name, err)
		}
		return idx, false, nil
	}
	if err := os.RemoveAll(dir); err != nil { // a shard whose making was cut short
		return nil, false, err
	}
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = AnalyserName
	if idx, err = bleve.NewUsing(dir, m, scorch.Name, scorch.Name, scorchConfig()); err != nil {
		return nil, false, fmt.Errorf("make %s: %w", name, err)
	}
	return idx, true, nil
}

func docName(ord uint32) string {
	return string(binary.BigEndian.AppendUint32(nil, ord))
}

// textBatch gathers what one Apply changes in one shard.
type textBatch struct {
	b *bleve.Batch
}

func (t *text) batch() *textBatch { return &textBatch{b: t.idx.NewBatch()} }

func (b *textBatch) add(ord uint32, w words) error {
	d := document.NewDocument(docName(ord))
	for _, f := range w.fields() {
		if f != nil {
			d.AddField(f)
		}
	}
	return b.b.IndexAdvanced(d)
}

func (b *textBatch) remove(ord uint32) { b.b.Delete(docName(ord)) }

func (t *text) run(b *textBatch) error {
	t.dirty = true
	return t.idx.Batch(b.b)
}

// flush returns once everything run so far is on disk, or with what keeps it from getting there; it may be called again.
func (t *text) flush(ctx context.Context) error {
	if err := t.trouble.fatal(); err != nil {
		return err
	}
	if !t.dirty {
		return nil
	}
	t.trouble.forget()
	done := make(chan error, 1)
	b := t.idx.NewBatch()
	b.SetPersistedCallback(func(err error) { done <- err })
	if err := t.idx.Batch(b); err != nil {
		return err
	}
	select {
	case err := <-done:
		if err == nil {
			t.dirty = false
		}
		return err
	case err := <-t.trouble.errs:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *text) close() error {
	t.trouble.close()
	return t.idx.Close()
}

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

// marker is the place of a document without words that no mention ever takes.
const marker = ^uint32(0)

// pair brings a second segment to disk, one document that replaces itself: bleve never merges a segment that is alone, whatever was
// deleted from it.
func (t *text) pair(ctx context.Context) error {
	b := t.batch()
	if err := b.b.IndexAdvanced(document.NewDocument(docName(marker))); err != nil {
		return err
	}
	if err := t.run(b); err != nil {
		return err
	}
	return t.flush(ctx)
}

// merge makes one segment of the shard.
func (t *text) merge(ctx context.Context) error {
	adv, err := t.idx.Advanced()
	if err != nil {
		return err
	}
	s, ok := adv.(*scorch.Scorch)
	if !ok {
		return errors.New("bleve gave no scorch index")
	}
	return s.ForceMerge(ctx, nil)
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
