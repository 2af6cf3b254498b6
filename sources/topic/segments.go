package topic

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// segment is one file of a partition: record batches as they are on the wire, one after the other.
type segment struct {
	base        int64     // offset of its first record
	bytes       int64     // on disk
	first, last time.Time // the least and the greatest time of its records
	mark        bool      // it holds one mark and nothing else
}

// shelf knows the segments of the embedded broker. What has been read of a file is remembered, since files only grow.
type shelf struct {
	dir  string
	read map[string]segment // by path
}

func newShelf(dir string) *shelf { return &shelf{dir: dir, read: map[string]segment{}} }

// segments lists a partition's files, oldest first. Files without a whole batch are left out.
func (s *shelf) segments(topic string, partition int) ([]segment, error) {
	folder := filepath.Join(logDir(s.dir), "partitions", url.PathEscape(topic)+"-"+strconv.Itoa(partition))
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("topic: list segments: %w", err)
	}
	s.forget(folder, entries)
	var all []segment
	for _, en := range entries {
		name, ok := strings.CutSuffix(en.Name(), ".dat")
		if !ok {
			continue
		}
		base, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			continue
		}
		seg, err := s.grown(filepath.Join(folder, en.Name()), base)
		if err != nil {
			return nil, err
		}
		if seg.bytes > 0 {
			all = append(all, seg)
		}
	}
	slices.SortFunc(all, func(a, b segment) int { return int(min(1, max(-1, a.base-b.base))) })
	return all, nil
}

// forget drops what is remembered of files that are gone.
func (s *shelf) forget(folder string, entries []os.DirEntry) {
	for path := range s.read {
		if filepath.Dir(path) == folder && !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == filepath.Base(path) }) {
			delete(s.read, path)
		}
	}
}

// Places in the head of a record batch.
const (
	atLength   = 8 // of what follows the length itself
	atFirst    = 27
	atLast     = 35
	atRecords  = 57
	headBytes  = 61
	beforeBody = 12
)

// markTail is how a segment with a mark ends: the wire header, lengths as zigzag varints.
const markTail = "\x08" + HeaderWire + "\x0c" + markWire

// grown reads what was added to a file since it was last looked at.
func (s *shelf) grown(path string, base int64) (segment, error) {
	seg, ok := s.read[path]
	if !ok {
		seg = segment{base: base}
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return segment{}, nil // removed since it was listed
	}
	if err != nil {
		return seg, fmt.Errorf("topic: read segment: %w", err)
	}
	defer f.Close()
	var head [headBytes]byte
	for {
		if _, err := f.ReadAt(head[:], seg.bytes); err != nil {
			break // the end, or a batch that is being written
		}
		first := time.UnixMilli(int64(binary.BigEndian.Uint64(head[atFirst:])))
		last := time.UnixMilli(int64(binary.BigEndian.Uint64(head[atLast:])))
		if seg.bytes == 0 {
			seg.first, seg.last = first, last
			seg.mark = s.isMark(f, head[:])
		} else {
			seg.mark = false
		}
		if first.Before(seg.first) {
			seg.first = first
		}
		if last.After(seg.last) {
			seg.last = last
		}
		seg.bytes += beforeBody + int64(binary.BigEndian.Uint32(head[atLength:]))
	}
	s.read[path] = seg
	return seg, nil
}

// isMark says whether the first batch of a file is a mark.
func (s *shelf) isMark(f *os.File, head []byte) bool {
	size := beforeBody + int(binary.BigEndian.Uint32(head[atLength:]))
	if binary.BigEndian.Uint32(head[atRecords:]) != 1 || size > 200 {
		return false
	}
	batch := make([]byte, size)
	if _, err := f.ReadAt(batch, 0); err != nil {
		return false
	}
	return bytes.HasSuffix(batch, []byte(markTail))
}
