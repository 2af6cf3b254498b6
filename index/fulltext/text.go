package fulltext

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
)

// text is the bleve index of one shard. A document's ID is the mention's place in the shard, four bytes big-endian: short, and
// the same place taken again after a crash replaces what was left there.
type text struct {
	idx     bleve.Index
	trouble *trouble
	dirty   bool // has changes since the last flush
}

// scorchConfig: unsafe batches, because Checkpoint waits for the disk and everything after it comes again; a nap of the persister lets small
// batches be merged in memory first. bleve by itself merges only to keep a shard within some sixty segments: while a backlog stands, merging
// was the largest part of all work, and most of it was done again a moment later. Tidy does it once there is time.
func scorchConfig() map[string]any {
	return map[string]any{
		"unsafe_batch":           true,
		"asyncErrorCallbackName": callbackName,
		"scorchPersisterOptions": map[string]any{"PersisterNapTimeMSec": 200, "PersisterNapUnderNumFiles": 500},
		"scorchMergePlanOptions": map[string]any{"MaxSegmentsPerTier": 30, "SegmentsPerMergeTask": 30, "TierGrowth": 30.0, "FloorSegmentSize": 1},
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

// whole makes one segment of a shard.
var whole = mergeplan.SingleSegmentMergePlanOptions

// tidy leaves about a dozen segments of a shard, the larger the older.
var tidy = mergeplan.MergePlanOptions{MaxSegmentsPerTier: 10, SegmentsPerMergeTask: 10, TierGrowth: 10, FloorSegmentSize: 2000,
	MaxSegmentSize: whole.MaxSegmentSize, MaxSegmentFileSize: whole.MaxSegmentFileSize, ReclaimDeletesWeight: whole.ReclaimDeletesWeight}

// merge merges segments until there are as few as the plan wants, or ctx ends.
func (t *text) merge(ctx context.Context, plan mergeplan.MergePlanOptions) error {
	adv, err := t.idx.Advanced()
	if err != nil {
		return err
	}
	s, ok := adv.(*scorch.Scorch)
	if !ok {
		return errors.New("bleve gave no scorch index")
	}
	return s.ForceMerge(ctx, &plan)
}
