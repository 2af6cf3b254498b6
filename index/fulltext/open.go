package fulltext

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Open opens the index in dir, making an empty one when there is none. It reads all attributes and pins the words: about a second for a
// million mentions. What a crash left behind the last checkpoint is thrown away; it comes again. Errors: ErrRebuild, wrapped, when
// the files cannot be trusted.
func Open(dir string, cfg Config) (*Index, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Zone == nil {
		zone, err := time.LoadLocation("Europe/London")
		if err != nil {
			return nil, err
		}
		cfg.Zone = zone
	}
	db, err := openStore(dir, cfg.Zone)
	if err != nil {
		return nil, err
	}
	x := &Index{cfg: cfg, dir: dir, db: db, gen: 1, shards: map[string]*shard{}, keys: newKeyTable(0), pending: map[idKey]struct{}{},
		cases: map[idKey]*caseEntry{}, erased: map[idKey]struct{}{}, erasedFresh: map[idKey]struct{}{}, dict: newDict()}
	x.life, x.end = context.WithCancel(context.Background())
	if err := x.load(); err != nil {
		x.closeFiles()
		return nil, err
	}
	if err := x.GiveBack(); err != nil { // reading has made the whole store resident, and much of the words
		x.closeFiles()
		return nil, err
	}
	return x, nil
}

func (x *Index) load() error {
	start := time.Now()
	var loaded []*loadedShard
	err := x.db.View(func(tx *bolt.Tx) error {
		var err error
		if err = x.loadDict(tx); err != nil {
			return err
		}
		loaded, err = x.loadShards(tx)
		if err != nil {
			return err
		}
		x.keys = newKeyTable(countDocs(loaded))
		for _, l := range loaded {
			if l.empty() {
				continue
			}
			x.adopt(l.shard)
			for ord, key := range l.keys {
				if key != (idKey{}) {
					x.keys.put(key, placeAt(l.shard.id, uint32(ord)))
				}
			}
		}
		return x.loadCases(tx)
	})
	if err != nil {
		return err
	}
	if err := x.removeEmpty(loaded); err != nil {
		return err
	}
	if err := x.publish(); err != nil {
		return err
	}
	x.cfg.Log.Info("search index opened", "mentions", x.Count(), "shards", len(x.shards), "took", time.Since(start))
	return nil
}

func (x *Index) loadDict(tx *bolt.Tx) error {
	return tx.Bucket(bucketDict).ForEach(func(k, v []byte) error {
		if len(k) != 5 || field(k[0]) >= numFields {
			return fmt.Errorf("%w: a value belongs to no field", ErrRebuild)
		}
		f, code := field(k[0]), binary.BigEndian.Uint32(k[1:])
		if int(code) != len(x.dict.words[f]) {
			return fmt.Errorf("%w: value %d of field %d is missing", ErrRebuild, len(x.dict.words[f]), f)
		}
		x.dict.words[f] = append(x.dict.words[f], string(v))
		x.dict.codes[f][string(v)] = code
		return nil
	})
}

func (x *Index) loadCases(tx *bolt.Tx) error {
	err := tx.Bucket(bucketErased).ForEach(func(k, _ []byte) error {
		x.erased[idKey(k)] = struct{}{}
		return nil
	})
	if err != nil {
		return err
	}
	return tx.Bucket(bucketCases).ForEach(func(k, _ []byte) error {
		if _, ok := x.keys.get(idKey(k)); !ok {
			x.pending[idKey(k)] = struct{}{}
		}
		return nil
	})
}
