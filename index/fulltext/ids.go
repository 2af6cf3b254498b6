package fulltext

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
)

// idKey is the name by which the index knows a mention: 128 bits of SHA-256 of its ID.
type idKey [16]byte

func keyOf(id string) idKey {
	h := sha256.Sum256([]byte(id))
	return idKey(h[:16])
}

// half orders mentions of one instant, and checks IDs that are read back.
func (k idKey) half() uint64 { return binary.BigEndian.Uint64(k[:8]) }

// idFile keeps the IDs of one shard one after the other. It is written at the end only, but for the IDs of mentions that are gone,
// which are overwritten by zeros.
type idFile struct {
	f     *os.File
	size  int64 // bytes in use
	dirty bool
}

func openIDs(path string, size int64) (*idFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() < size {
		err = fmt.Errorf("%w: %s holds %d bytes of %d", ErrRebuild, path, st.Size(), size)
	}
	if err == nil {
		err = f.Truncate(size) // what was written after the last checkpoint comes again
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &idFile{f: f, size: size}, nil
}

// write puts data behind what is in use. It is in use only once the caller adds it to size.
func (f *idFile) write(data []byte) error {
	f.dirty = true
	_, err := f.f.WriteAt(data, f.size)
	return err
}

// read returns the ID at place at, and false when it is no longer there.
func (f *idFile) read(at uint32, n uint16, key uint64) (string, bool, error) {
	b := make([]byte, n)
	if _, err := f.f.ReadAt(b, int64(at)); err != nil {
		return "", false, fmt.Errorf("read an ID: %w", err)
	}
	id := string(b)
	return id, keyOf(id).half() == key, nil
}

func (f *idFile) wipe(at uint32, n uint16) error {
	f.dirty = true
	_, err := f.f.WriteAt(make([]byte, n), int64(at))
	return err
}

func (f *idFile) sync() error {
	if !f.dirty {
		return nil
	}
	if err := f.f.Sync(); err != nil {
		return err
	}
	f.dirty = false
	return nil
}
