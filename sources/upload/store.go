package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"earshot/sources"
)

// Config says what a Store works with.
type Config struct {
	Bucket    Bucket
	Publisher sources.Publisher
	Key       []byte           // secret of at least 16 bytes: references of repeated reports and status secrets derive from it
	Reader    Reader           // reads the text of pictures; nil: none is read
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: silent
	Metrics   *Metrics
}

// Store takes reports and keeps their pictures.
type Store struct {
	cfg     Config
	erasing sync.RWMutex  // held for writing by Erase
	decode  chan struct{} // one picture at a time is decoded: up to 320 MiB
	wake    chan struct{} // tells Run that pictures wait to be read
}

// New returns a Store. It fails when Config lacks something.
func New(cfg Config) (*Store, error) {
	switch {
	case cfg.Bucket == nil || cfg.Publisher == nil:
		return nil, errors.New("upload: a store needs a bucket and a publisher")
	case len(cfg.Key) < 16:
		return nil, errors.New("upload: the key needs at least 16 bytes")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Store{cfg: cfg, decode: make(chan struct{}, 1), wake: make(chan struct{}, 1)}, nil
}

// Keys of the bucket.
func originalKey(hash string) string { return "original/" + hash[:2] + "/" + hash }
func shownKey(hash string) string    { return "shown/" + hash[:2] + "/" + hash }
func usesPrefix(hash string) string  { return "uses/" + hash + "/" }
func useKey(hash, ref string) string { return usesPrefix(hash) + lower(ref) }
func receiptKey(ref string) string   { return "report/" + lower(ref) }
func unreadKey(ref string) string    { return unreadPrefix + lower(ref) }
func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && s == lower(s)
}

const unreadPrefix = "unread/"

// Kept lists the prefixes of what cannot be made again and belongs in a backup; shown copies are made from the originals.
var Kept = []string{"original/", "uses/", "report/", unreadPrefix}

// Original opens the evidence: the bytes exactly as they were handed in. They are for download by the roles that act, never for showing.
func (s *Store) Original(ctx context.Context, hash string) (io.ReadCloser, error) {
	if !isHash(hash) {
		return nil, ErrNoBlob
	}
	return s.cfg.Bucket.Get(ctx, originalKey(hash))
}

// Erase removes a report's pictures, receipt and marks, for an erasure on request and for the end of their retention. A picture that
// another report uses too stays. Mentions that are no reports are left alone. It may be repeated.
func (s *Store) Erase(ctx context.Context, m *sources.Mention) error {
	ref, ok := Reference(m.ID)
	if !ok {
		return nil
	}
	s.erasing.Lock()
	defer s.erasing.Unlock()
	b := s.cfg.Bucket
	hashes, err := s.blobsOf(ctx, ref, m)
	if err != nil {
		return fmt.Errorf("erase report: %w", err)
	}
	if err := b.Delete(ctx, unreadKey(ref)); err != nil {
		return fmt.Errorf("erase report: %w", err)
	}
	for _, hash := range hashes {
		if err := s.release(ctx, hash, ref); err != nil {
			return fmt.Errorf("erase report: %w", err)
		}
	}
	if err := b.Delete(ctx, receiptKey(ref)); err != nil {
		return fmt.Errorf("erase report: %w", err)
	}
	return nil
}

// blobsOf lists a report's pictures, from its receipt where it is still there: the mention may have lost its media already.
func (s *Store) blobsOf(ctx context.Context, ref string, m *sources.Mention) ([]string, error) {
	rec, err := s.receipt(ctx, ref)
	if err != nil && !errors.Is(err, ErrNoReport) {
		return nil, err
	}
	hashes := rec.Pictures
	for _, x := range m.Media {
		if isHash(x.Blob) {
			hashes = append(hashes, x.Blob)
		}
	}
	return hashes, nil
}

// release takes back a report's use of a picture and deletes the picture when nobody else uses it.
func (s *Store) release(ctx context.Context, hash, ref string) error {
	b := s.cfg.Bucket
	if err := b.Delete(ctx, useKey(hash, ref)); err != nil {
		return err
	}
	others, err := b.List(ctx, usesPrefix(hash))
	if err != nil || len(others) > 0 {
		return err
	}
	return errors.Join(b.Delete(ctx, shownKey(hash)), b.Delete(ctx, originalKey(hash)))
}
