package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"earshot/casework"
	"earshot/cmd/internal/control"
	"earshot/cmd/triage/web"
	"earshot/index"
	"earshot/index/archive"
	"earshot/index/fulltext"
	"earshot/sources/topic"
)

// fulltextBatch is how many records are indexed together at most: each batch makes one small segment a month, and merging many small ones was
// 39 % of all time at 1,000 and 11 % at 5,000.
const fulltextBatch = 10_000

// fulltextWait is how long a batch is gathered while much comes: every mention may be that much later to find, and batches of thousands take the
// place of the 1,000 that come while one is indexed.
const fulltextWait = 500 * time.Millisecond

// checkpointEvery is how often the index is made durable and its offsets committed. What lies between is read again after a crash.
const checkpointEvery = 2 * time.Second

// fulltextStage keeps this node's search index and everything that must follow it: the overlay and the live stream.
type fulltextStage struct {
	client  *topic.Client
	decoder *decoder
	group   string
	dir     string // holds the index in use under current/ and one being built under next/
	cfg     fulltext.Config
	recent  *recent
	hub     *web.Hub
	log     *slog.Logger

	index   atomic.Pointer[fulltext.Index]
	untidy  atomic.Bool  // the index was written since it was last tidied
	flooded atomic.Int64 // when the last large batch was indexed, Unix nanoseconds
	mu      sync.RWMutex // held for writing while the index is swapped, for reading while it is searched or written
}

// open opens the index on disk. It reports whether it must be rebuilt: it is new, or unreadable and was set aside.
func (s *fulltextStage) open(ctx context.Context) (rebuild bool, err error) {
	dir := filepath.Join(s.dir, "current")
	ix, err := fulltext.Open(dir, s.cfg)
	if errors.Is(err, fulltext.ErrRebuild) {
		s.log.Warn("the search index is unreadable and will be built anew", "err", err)
		if err := os.RemoveAll(dir); err != nil {
			return false, fmt.Errorf("remove the unreadable index: %w", err)
		}
		ix, err = fulltext.Open(dir, s.cfg)
	}
	if err != nil {
		return false, fmt.Errorf("open the search index: %w", err)
	}
	s.index.Store(ix)
	return ix.Count() == 0, nil
}

// Search answers from the index in use.
func (s *fulltextStage) Search(ctx context.Context, r index.Request) (index.Result, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.Load().Search(ctx, r)
}

// consume follows the log into the index until ctx ends.
func (s *fulltextStage) consume(ctx context.Context) error {
	return s.client.Consume(ctx, topic.ConsumeConfig{Group: s.group, Topics: []string{topic.Triaged, topic.Casework},
		MaxBatch: fulltextBatch, BusyWait: fulltextWait, CommitEvery: checkpointEvery, Handle: s.handle, BeforeCommit: s.checkpoint})
}

func (s *fulltextStage) giveBack() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.Load().GiveBack()
}

func (s *fulltextStage) checkpoint(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.index.Load().Checkpoint(ctx); err != nil {
		return topic.Retry(fmt.Errorf("make the search index durable: %w", err))
	}
	s.untidy.Store(true)
	return nil
}

// tidyEvery is how often the index is looked after, and how long after the last batch of floodBatch records or more. Merging is put off
// meanwhile, since it takes half a processor.
const (
	tidyEvery  = 5 * time.Second
	floodBatch = 1000
)

// tidy merges the index's segments whenever no flood is being indexed, until ctx ends.
func (s *fulltextStage) tidy(ctx context.Context) error {
	for range every(ctx, tidyEvery) {
		if time.Since(time.Unix(0, s.flooded.Load())) < tidyEvery || !s.untidy.Swap(false) {
			continue
		}
		ix := s.index.Load() // without mu: a swap must not wait for a merge, and closing ends it
		if err := ix.Tidy(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, fulltext.ErrClosed) && !errors.Is(err, context.Canceled) {
			s.log.Warn("the search index stays in many files for now", "err", err)
		}
	}
	return nil
}

func (s *fulltextStage) handle(ctx context.Context, recs []topic.Record) error {
	items, err := s.decoder.sift(ctx, s.client, topic.GroupFulltext, recs)
	if err != nil {
		return topic.Retry(err)
	}
	if len(recs) >= floodBatch {
		s.flooded.Store(time.Now().UnixNano())
	}
	changes := make([]fulltext.Change, len(items))
	for i, it := range items {
		changes[i] = fulltext.Change{Tagged: it.tagged, Event: it.event}
	}
	s.mu.RLock()
	err = s.index.Load().Apply(ctx, changes)
	s.mu.RUnlock()
	if err != nil {
		return topic.Retry(fmt.Errorf("index %d changes: %w", len(changes), err))
	}
	s.recent.add(items)
	s.announce(items)
	return nil
}

// announceMost bounds how much of one batch goes to the live stream; in a flood nobody reads it one by one.
const announceMost = 100

func (s *fulltextStage) announce(items []tidings) {
	for _, it := range items[max(0, len(items)-announceMost):] {
		if it.tagged != nil {
			rec := index.Record{Tagged: *it.tagged}
			s.recent.merge(rec.Mention.ID, &rec, true, false)
			s.hub.Publish(web.Change{New: !it.tagged.Again, Record: rec})
			continue
		}
		rec := index.Record{}
		if s.recent.merge(it.event.Mention, &rec, false, false) {
			s.hub.Publish(web.Change{Record: rec})
		}
	}
}

// loadBatch is how many records one step of a rebuild takes.
const loadBatch = 2000

// rebuild builds a new index from the record beside the one in use, then puts it in its place. Nothing may write the index meanwhile: the
// caller has stopped consume, and has made sure that the record holds everything this group has committed.
func (s *fulltextStage) rebuild(ctx context.Context, store archive.Store, progress control.Progress) (n int64, err error) {
	stats, err := store.Stats(ctx)
	if err != nil {
		return 0, fmt.Errorf("ask the record for its size: %w", err)
	}
	next := filepath.Join(s.dir, "next")
	if err := os.RemoveAll(next); err != nil {
		return 0, err
	}
	ix, err := fulltext.Open(next, s.cfg)
	if err != nil {
		return 0, fmt.Errorf("open a new index: %w", err)
	}
	defer func() {
		if ix != nil {
			ix.Close()
		}
	}()
	var batch []fulltext.Change
	add := func(c fulltext.Change) error {
		if batch = append(batch, c); len(batch) < loadBatch {
			return nil
		}
		return flush(ctx, ix, &batch, &n, stats.Mentions+stats.Events, progress)
	}
	err = walk(ctx, store.Scan, func(r index.Record) error {
		if r.Gone != index.NotGone {
			n++
			return nil
		}
		return add(fulltext.Change{Tagged: &r.Tagged})
	})
	if err == nil {
		err = walk(ctx, store.Events, func(e casework.Event) error { return add(fulltext.Change{Event: &e}) })
	}
	if err == nil {
		err = flush(ctx, ix, &batch, &n, stats.Mentions+stats.Events, progress)
	}
	if err == nil {
		err = ix.Close() // checkpoints
		ix = nil
	}
	if err != nil {
		return n, fmt.Errorf("rebuild the search index: %w", err)
	}
	return n, s.swap(next)
}

func flush(ctx context.Context, ix *fulltext.Index, batch *[]fulltext.Change, n *int64, total int64, progress control.Progress) error {
	if len(*batch) == 0 {
		return nil
	}
	if err := ix.Apply(ctx, *batch); err != nil {
		return err
	}
	*n += int64(len(*batch))
	*batch = (*batch)[:0]
	progress(*n, total)
	return nil
}

// swap puts the index under next into use.
func (s *fulltextStage) swap(next string) error {
	current, old := filepath.Join(s.dir, "current"), filepath.Join(s.dir, "old")
	s.mu.Lock()
	defer s.mu.Unlock()
	if ix := s.index.Load(); ix != nil {
		if err := ix.Close(); err != nil {
			s.log.Warn("the old index did not close cleanly", "err", err)
		}
	}
	if err := errors.Join(os.RemoveAll(old), os.Rename(current, old), os.Rename(next, current)); err != nil {
		return fmt.Errorf("put the new index in its place: %w", err)
	}
	ix, err := fulltext.Open(current, s.cfg)
	if err != nil {
		return fmt.Errorf("open the new index: %w", err)
	}
	s.index.Store(ix)
	return os.RemoveAll(old)
}

func (s *fulltextStage) close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ix := s.index.Swap(nil); ix != nil {
		return ix.Close()
	}
	return nil
}

// apply writes changes that do not come from the log; the caller holds the stage.
func (s *fulltextStage) apply(ctx context.Context, changes []fulltext.Change) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ix := s.index.Load()
	return errors.Join(ix.Apply(ctx, changes), ix.Checkpoint(ctx))
}

func (s *fulltextStage) has(ids []string) []bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.Load().Has(ids)
}

// known says which mentions were ever taken in, for connectors that see a whole network's deletions.
func (s *fulltextStage) known(_ context.Context, ids []string) ([]bool, error) {
	return s.has(ids), nil
}

func (s *fulltextStage) all(ctx context.Context, fn func(id, version string) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.Load().All(ctx, fn)
}

func (s *fulltextStage) compact(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.Load().Compact(ctx)
}
