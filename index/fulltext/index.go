package fulltext

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"earshot/index"

	bolt "go.etcd.io/bbolt"
)

// Stats are figures of an Index for health pages.
type Stats struct {
	Mentions int   // that can be found
	Shards   int   // months
	Pending  int   // cases whose mention is not there
	Bytes    int64 // on disk
}

// Index is the search index. Apply, Checkpoint and Compact wait for one another; everything is safe for concurrent use.
type Index struct {
	cfg Config
	dir string
	db  *bolt.DB

	wmu         sync.Mutex // the writer's state: everything up to erasedFresh
	closed      bool
	gen         uint64
	shards      map[string]*shard
	byID        []*shard
	keys        *keyTable
	pending     map[idKey]struct{} // cases whose mention is not there
	cases       map[idKey]*caseEntry
	erased      map[idKey]struct{}
	erasedFresh map[idKey]struct{}
	shardsMade  bool // since the last checkpoint

	compacting sync.Mutex         // taken before wmu
	life       context.Context    // of merging
	end        context.CancelFunc // of life

	dict *dict

	vmu  sync.RWMutex
	view *view

	running sync.RWMutex // held for reading by searches, for writing by Close
}

var _ index.Searcher = (*Index)(nil)

// shardFor returns the shard of mentions created at t, opening it when there is none.
func (x *Index) shardFor(t time.Time) (*shard, error) {
	name := shardName(t)
	if s, ok := x.shards[name]; ok {
		return s, nil
	}
	left := filepath.Join(x.dir, "shards", name) // of a try that was cut short, by a full disk perhaps: nothing in it is known
	if err := os.RemoveAll(left); err != nil {
		return nil, err
	}
	s, err := x.openShard(name, 0)
	if err != nil {
		return nil, err
	}
	x.adopt(s)
	x.shardsMade = true
	return s, nil
}

func (x *Index) adopt(s *shard) {
	s.id = uint32(len(x.byID))
	x.byID = append(x.byID, s)
	x.shards[s.name] = s
}

// Has reports for each of ids whether it can be found.
func (x *Index) Has(ids []string) []bool {
	out := make([]bool, len(ids))
	for i, id := range ids {
		_, out[i] = x.keys.get(keyOf(id))
	}
	return out
}

// All calls fn with the ID and version (sources.Mention.Version) of every mention that can be found, in no order, until fn fails.
func (x *Index) All(ctx context.Context, fn func(id, version string) error) error {
	x.running.RLock()
	defer x.running.RUnlock()
	v, err := x.acquire()
	if err != nil {
		return err
	}
	defer v.release()
	for _, s := range v.shards {
		for k, c := range s.chunks {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := error(nil)
			eachBit(c.live[:], func(i uint32) bool {
				id, there, e := s.id(uint32(k*chunkDocs) + i)
				if err = e; err == nil && there {
					err = fn(id, fmt.Sprintf("%016x", c.version[i]))
				}
				return err == nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// id returns the ID of the mention at ord, and false when it was taken away since.
func (s *shardView) id(ord uint32) (string, bool, error) {
	c, i := s.chunks[ord/chunkDocs], ord%chunkDocs
	return s.ids.read(c.idAt[i], c.idLen[i], c.key[i])
}

// Count returns how many mentions can be found.
func (x *Index) Count() int {
	v, err := x.acquire()
	if err != nil {
		return 0
	}
	defer v.release()
	return v.n
}

// Stats returns figures for health pages.
func (x *Index) Stats() Stats {
	x.wmu.Lock()
	st := Stats{Shards: len(x.shards), Pending: len(x.pending)}
	x.wmu.Unlock()
	st.Mentions = x.Count()
	_ = filepath.WalkDir(x.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a file may go while segments are merged
		}
		if info, err := d.Info(); err == nil {
			st.Bytes += info.Size()
		}
		return nil
	})
	return st
}

// sorted returns the shards by name.
func (x *Index) sorted() []*shard {
	return slices.SortedFunc(maps.Values(x.shards), func(a, b *shard) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
}
