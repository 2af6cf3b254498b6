package fulltext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

// loadedShard is a shard with the keys of its mentions by place; those of mentions that are gone are zero.
type loadedShard struct {
	shard *shard
	keys  []idKey
}

// empty reports whether every mention of the shard is gone.
func (l *loadedShard) empty() bool {
	return !slices.ContainsFunc(l.shard.chunks, func(c *chunk) bool { return c.liveN > 0 })
}

// removeEmpty deletes months all of whose mentions are gone, as retention leaves them behind: from the store first, so that a crash leaves a
// stray folder and not a missing one.
func (x *Index) removeEmpty(loaded []*loadedShard) error {
	for _, l := range loaded {
		if !l.empty() {
			continue
		}
		s := l.shard
		if err := errors.Join(s.close(), forget(x.db, s.name), os.RemoveAll(s.dir(x.dir))); err != nil {
			return fmt.Errorf("remove the empty shard %s: %w", s.name, err)
		}
	}
	return nil
}

func countDocs(ls []*loadedShard) int {
	n := 0
	for _, l := range ls {
		n += len(l.keys)
	}
	return n
}

func (x *Index) loadShards(tx *bolt.Tx) ([]*loadedShard, error) {
	names := map[string]int64{}
	err := tx.Bucket(bucketShards).ForEach(func(k, v []byte) error {
		size, n := binary.Uvarint(v)
		if n <= 0 {
			return fmt.Errorf("%w: shard %s", ErrRebuild, k)
		}
		names[string(k)] = int64(size)
		return nil
	})
	if err != nil {
		return nil, err
	}
	data, err := chunksByShard(tx)
	if err != nil {
		return nil, err
	}
	x.removeStray(names)
	loaded := make([]*loadedShard, len(names))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	sorted := slices.Sorted(func(yield func(string) bool) {
		for name := range names {
			if !yield(name) {
				return
			}
		}
	})
	for i, name := range sorted {
		g.Go(func() (err error) {
			loaded[i], err = x.loadShard(name, names[name], data[name])
			return err
		})
	}
	err = g.Wait()
	if err != nil {
		for _, l := range loaded {
			if l != nil {
				l.shard.close()
			}
		}
	}
	return loaded, err
}

// chunksByShard returns the chunks of each shard in order, as they lie in the store.
func chunksByShard(tx *bolt.Tx) (map[string][][]byte, error) {
	data := map[string][][]byte{}
	err := tx.Bucket(bucketChunks).ForEach(func(k, v []byte) error {
		if len(k) < 4 {
			return fmt.Errorf("%w: a chunk without a name", ErrRebuild)
		}
		name := string(k[:len(k)-4])
		if int(binary.BigEndian.Uint32(k[len(k)-4:])) != len(data[name]) {
			return fmt.Errorf("%w: chunk %d of %s is missing", ErrRebuild, len(data[name]), name)
		}
		data[name] = append(data[name], v)
		return nil
	})
	return data, err
}

// removeStray deletes shards that were made after the last checkpoint: nothing in them is known.
func (x *Index) removeStray(names map[string]int64) {
	entries, err := os.ReadDir(filepath.Join(x.dir, "shards"))
	if err != nil {
		return // openStore has made it; opening the shards says what is wrong
	}
	for _, e := range entries {
		if _, ok := names[e.Name()]; !ok {
			if err := os.RemoveAll(filepath.Join(x.dir, "shards", e.Name())); err != nil {
				x.cfg.Log.Warn("a stray shard stays", "shard", e.Name(), "err", err)
			}
		}
	}
}

// openShard opens the files of a shard of which idBytes of IDs are in use.
func (x *Index) openShard(name string, idBytes int64) (*shard, error) {
	s := &shard{name: name, dirty: map[int]bool{}, changed: true}
	dir := s.dir(x.dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if s.ids, err = openIDs(filepath.Join(dir, "ids"), idBytes); err != nil {
		return nil, err
	}
	if s.text, err = openText(filepath.Join(dir, "words"), x.heard); err != nil {
		s.ids.f.Close()
		return nil, err
	}
	return s, nil
}

// heard logs what went wrong in bleve's background.
func (x *Index) heard(err error) {
	x.cfg.Metrics.failed()
	x.cfg.Log.Error("the search index cannot be written; it is tried again", "err", err)
}

// loadShard opens a shard, decodes its chunks, reads its IDs and compares its words with what should be there.
func (x *Index) loadShard(name string, idBytes int64, data [][]byte) (*loadedShard, error) {
	s, err := x.openShard(name, idBytes)
	if err != nil {
		return nil, err
	}
	l := &loadedShard{shard: s}
	if err := l.read(data, x.dict); err != nil {
		s.close()
		return nil, fmt.Errorf("%w: %s: %w", ErrRebuild, name, err)
	}
	if err := l.compare(); err != nil {
		s.close()
		return nil, err
	}
	return l, nil
}

func (l *loadedShard) read(data [][]byte, words *dict) error {
	s := l.shard
	ids := make([]byte, s.ids.size)
	if _, err := s.ids.f.ReadAt(ids, 0); err != nil {
		return err
	}
	l.keys = make([]idKey, 0, len(data)*chunkDocs)
	for _, d := range data {
		c, err := decodeChunk(d)
		if err != nil {
			return err
		}
		if !words.knows(c) {
			return errors.New("a chunk names a value that is not in the dictionary")
		}
		if err := l.finish(c, ids); err != nil {
			return err
		}
	}
	return nil
}

// finish fills in the keys of c from the IDs, wipes those that should be gone, and adds c to the shard.
func (l *loadedShard) finish(c *chunk, ids []byte) error {
	s := l.shard
	base := uint32(len(s.chunks) * chunkDocs)
	c.key = make([]uint64, c.n())
	for i := range c.created {
		from, to := int(c.idAt[i]), int(c.idAt[i])+int(c.idLen[i])
		if to > len(ids) {
			return fmt.Errorf("an ID lies beyond the file")
		}
		key := idKey{}
		if c.live.has(uint16(i)) {
			key = keyOf(string(ids[from:to]))
		} else if ids[from] != 0 {
			s.dead = append(s.dead, base+uint32(i))
		}
		l.keys = append(l.keys, key)
		c.key[i] = key.half()
		c.thread[i] ^= c.key[i]
		s.fresh = append(s.fresh, base+uint32(i))
	}
	s.chunks = append(s.chunks, c)
	return nil
}

// compare pins the words of the shard and sorts it by time. It deletes the words of mentions that are not there, and fails when those of one
// that is there are missing.
func (l *loadedShard) compare() error {
	s := l.shard
	tv, err := s.text.view(nil)
	if err != nil {
		return err
	}
	s.view = tv // publish takes over what it knows of the segments
	s.order = s.order.with(s.chunks, s.fresh)
	s.fresh = nil
	b, found, stray := s.text.batch(), 0, 0
	for _, seg := range tv.segs {
		for d, ord := range seg.ords {
			switch {
			case ord == marker, seg.deleted != nil && seg.deleted.Contains(uint32(d)):
			case int(ord) < len(l.keys) && l.keys[ord] != (idKey{}):
				found++
			default:
				b.remove(ord)
				stray++
			}
		}
	}
	live := 0
	for _, c := range s.chunks {
		live += c.liveN
	}
	if found != live {
		return fmt.Errorf("%w: %s has the words of %d mentions out of %d", ErrRebuild, s.name, found, live)
	}
	if stray > 0 {
		if err := s.text.run(b); err != nil {
			return err
		}
	}
	return tv.giveBack() // the names of its documents, which stand among much else
}
