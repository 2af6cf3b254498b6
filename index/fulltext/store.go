package fulltext

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// formatVersion is the form of the files and of the words in them: it is raised with every change of either, index.Analyse included, and an
// index of another form is made again from the record.
const formatVersion = "1"

// Buckets of the store. All that one checkpoint writes is written in one transaction.
var (
	bucketMeta   = []byte("meta")   // format, zone
	bucketShards = []byte("shards") // name -> bytes of IDs in use
	bucketChunks = []byte("chunks") // name, number -> chunk
	bucketDict   = []byte("dict")   // field, code -> value
	bucketCases  = []byte("cases")  // idKey -> caseEntry
	bucketErased = []byte("erased") // idKey -> nothing
	buckets      = [][]byte{bucketMeta, bucketShards, bucketChunks, bucketDict, bucketCases, bucketErased}
)

func openStore(dir string, zone *time.Location) (*bolt.DB, error) {
	if err := os.MkdirAll(filepath.Join(dir, "shards"), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the search index: %w", err)
	}
	opt := &bolt.Options{Timeout: 5 * time.Second, FreelistType: bolt.FreelistMapType}
	db, err := bolt.Open(filepath.Join(dir, "attributes.db"), 0o600, opt)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open the search index: another program has it open: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: attributes: %w", ErrRebuild, err)
	}
	if err := prepare(db, zone); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// prepare makes the buckets of a new store, and refuses one of another form or zone.
func prepare(db *bolt.DB, zone *time.Location) error {
	return db.Update(func(tx *bolt.Tx) error {
		if m := tx.Bucket(bucketMeta); m != nil {
			if f := string(m.Get([]byte("format"))); f != formatVersion {
				return fmt.Errorf("%w: it has form %q, this program reads %q", ErrRebuild, f, formatVersion)
			}
			if z := string(m.Get([]byte("zone"))); z != zone.String() {
				return fmt.Errorf("%w: its days are those of %s, the council's are now those of %s", ErrRebuild, z, zone)
			}
		}
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		m := tx.Bucket(bucketMeta)
		if err := m.Put([]byte("format"), []byte(formatVersion)); err != nil {
			return err
		}
		return m.Put([]byte("zone"), []byte(zone.String()))
	})
}

func chunkKey(shard string, k int) []byte {
	return binary.BigEndian.AppendUint32([]byte(shard), uint32(k))
}

func dictKey(e dictEntry) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(e.field)}, e.code)
}

// save writes everything that changed since the last save, in one transaction.
func (x *Index) save() error {
	saved := 0
	err := x.db.Update(func(tx *bolt.Tx) error {
		if err := saveCases(tx.Bucket(bucketCases), x.cases, x.dict); err != nil { // before the dictionary, which it may add to
			return err
		}
		fresh := x.dict.takeFresh()
		saved = len(fresh)
		shards, chunks := tx.Bucket(bucketShards), tx.Bucket(bucketChunks)
		for _, s := range x.shards {
			for k := range s.dirty {
				if err := chunks.Put(chunkKey(s.name, k), s.chunks[k].encode()); err != nil {
					return err
				}
			}
			if len(s.dirty) > 0 {
				if err := shards.Put([]byte(s.name), binary.AppendUvarint(nil, uint64(s.ids.size))); err != nil {
					return err
				}
			}
		}
		for _, e := range fresh {
			if err := tx.Bucket(bucketDict).Put(dictKey(e), []byte(e.word)); err != nil {
				return err
			}
		}
		for key := range x.erasedFresh {
			if err := tx.Bucket(bucketErased).Put(key[:], nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the attributes of mentions: %w", err)
	}
	x.dict.saved(saved)
	clear(x.erasedFresh)
	clear(x.cases)
	for _, s := range x.shards {
		clear(s.dirty)
	}
	return nil
}

// forget takes a shard out of the store.
func forget(db *bolt.DB, name string) error {
	return db.Update(func(tx *bolt.Tx) error {
		cur := tx.Bucket(bucketChunks).Cursor()
		for k, _ := cur.Seek([]byte(name)); bytes.HasPrefix(k, []byte(name)); k, _ = cur.Next() {
			if err := cur.Delete(); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketShards).Delete([]byte(name))
	})
}

// saveCases writes cases; nil entries are those to forget.
func saveCases(b *bolt.Bucket, cases map[idKey]*caseEntry, words *dict) error {
	for key, c := range cases {
		if c == nil {
			if err := b.Delete(key[:]); err != nil {
				return err
			}
			continue
		}
		if err := b.Put(key[:], c.encode(words)); err != nil {
			return err
		}
	}
	return nil
}

// caseOf returns what is kept of a mention's casework, nil when there is nothing. The result is not to be changed.
func (x *Index) caseOf(tx *bolt.Tx, key idKey) (*caseEntry, error) {
	if c, ok := x.cases[key]; ok {
		return c, nil
	}
	data := tx.Bucket(bucketCases).Get(key[:])
	if data == nil {
		return nil, nil
	}
	c, err := decodeCase(data, x.dict)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRebuild, err)
	}
	return c, nil
}
