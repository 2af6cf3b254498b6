package fulltext

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// flushes is how many shards are flushed at a time: most of a flush is waiting for bleve and for the disk.
const flushes = 16

// Checkpoint returns once everything applied so far is on disk for good: the words first, then the IDs, then the attributes that make
// them count, in one transaction. Offsets may be committed after it. After an error (a full disk) it may be called again.
func (x *Index) Checkpoint(ctx context.Context) error {
	x.wmu.Lock()
	defer x.wmu.Unlock()
	if x.closed {
		return ErrClosed
	}
	return x.checkpoint(ctx)
}

func (x *Index) checkpoint(ctx context.Context) error {
	start := time.Now()
	var g errgroup.Group
	g.SetLimit(flushes)
	for _, s := range x.shards {
		g.Go(func() error {
			if err := s.text.flush(ctx); err != nil {
				return fmt.Errorf("flush the words of %s: %w", s.name, err)
			}
			if err := s.ids.sync(); err != nil {
				return fmt.Errorf("flush the IDs of %s: %w", s.name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if x.shardsMade {
		if err := syncDir(filepath.Join(x.dir, "shards")); err != nil {
			return err
		}
		x.shardsMade = false
	}
	if x.unsaved() {
		if err := x.save(); err != nil {
			return err
		}
	}
	if err := x.bury(); err != nil {
		return err
	}
	x.cfg.Metrics.checkpointed(time.Since(start))
	return x.refresh()
}

// unsaved reports whether a save would write anything.
func (x *Index) unsaved() bool {
	if len(x.cases) > 0 || len(x.erasedFresh) > 0 {
		return true
	}
	for _, s := range x.shards {
		if len(s.dirty) > 0 {
			return true
		}
	}
	return false
}

// bury takes the words and IDs of mentions that are gone for good off bleve and the files. It comes after the save: before it, a
// crash would bring these mentions back. What a crash leaves lying Open buries.
func (x *Index) bury() error {
	for _, s := range x.shards {
		if len(s.dead) == 0 {
			continue
		}
		b := s.text.batch()
		for _, ord := range s.dead {
			b.remove(ord)
			c, i := s.at(ord)
			if err := s.ids.wipe(c.idAt[i], c.idLen[i]); err != nil {
				return fmt.Errorf("wipe an ID of %s: %w", s.name, err)
			}
		}
		if err := s.text.run(b); err != nil {
			return fmt.Errorf("delete from %s: %w", s.name, err)
		}
		s.dead, s.changed = nil, true
	}
	return nil
}

// refresh lets searches see the files that bleve has written and merged meanwhile, so that what they replace can go.
func (x *Index) refresh() error {
	for _, s := range x.shards {
		if s.changed || s.view == nil {
			continue
		}
		current, err := s.text.current(s.view)
		if err != nil {
			return err
		}
		s.changed = !current
	}
	for _, s := range x.shards {
		if s.changed {
			return x.publish()
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Close makes a last Checkpoint and closes the files, in whatever state that leaves them: what is not on disk comes again. Searches that
// run are waited for.
func (x *Index) Close() error {
	x.end() // merging, which may take minutes, is left for another day
	x.compacting.Lock()
	defer x.compacting.Unlock()
	x.wmu.Lock()
	defer x.wmu.Unlock()
	if x.closed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := x.checkpoint(ctx)
	x.closed = true
	x.running.Lock()
	defer x.running.Unlock()
	x.swap(nil)
	return errors.Join(err, x.closeFiles())
}

// closeTimeout bounds the last checkpoint.
const closeTimeout = 20 * time.Second

func (x *Index) closeFiles() error {
	var errs []error
	for _, s := range x.sorted() {
		errs = append(errs, s.close())
	}
	if x.db != nil {
		errs = append(errs, x.db.Close())
	}
	return errors.Join(errs...)
}

func (s *shard) close() error {
	if s.view != nil {
		s.view.release()
		s.view = nil
	}
	return errors.Join(s.text.close(), s.ids.f.Close())
}
