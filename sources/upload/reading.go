package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"time"

	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// unread is the mark that a report's pictures wait to be read; it is deleted afterwards. It holds the report's whole mention, which Run
// hands to the log again before those of the pictures, so that none of them ever stands without it. A report that is handed in again is
// marked again: reading twice finds the same words.
type unread struct {
	Report sources.Mention `json:"report"`
}

// rescan is how often Run looks for marks nobody told it of: those of another node, or whose mentions the log would not take.
const rescan = time.Minute

func (s *Store) markUnread(ctx context.Context, rec Receipt, r Report) error {
	j, err := json.Marshal(unread{rec.mention(r)})
	if err != nil {
		return err
	}
	return s.cfg.Bucket.Put(ctx, unreadKey(rec.Reference), bytes.NewReader(j))
}

func (s *Store) poke() {
	select {
	case s.wake <- struct{}{}:
	default: // Run has been told already
	}
}

// Run reads the pictures of reports, one after the other, and hands what it finds to the log as mentions of their own, until ctx ends; it
// then returns nil. Without a Reader it only waits.
func (s *Store) Run(ctx context.Context) error {
	if s.cfg.Reader == nil {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(rescan)
	defer ticker.Stop()
	for {
		if err := s.readAll(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("pictures wait to be read", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-ticker.C:
		}
	}
}

func (s *Store) readAll(ctx context.Context) error {
	keys, err := s.cfg.Bucket.List(ctx, unreadPrefix)
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range keys {
		if ctx.Err() != nil {
			break
		}
		if err := s.readReport(ctx, key); err != nil {
			errs = append(errs, fmt.Errorf("report %s: %w", path.Base(key), err))
		}
	}
	return errors.Join(errs...)
}

// readReport reads one report's pictures. A picture that cannot be read is counted and passed over: its report stands without its text.
func (s *Store) readReport(ctx context.Context, key string) error {
	b, err := s.load(ctx, key)
	if errors.Is(err, ErrNoBlob) {
		return nil // erased, or read by another node
	}
	if err != nil {
		return err
	}
	var u unread
	if err := json.Unmarshal(b, &u); err != nil {
		return fmt.Errorf("the mark cannot be read: %w", err)
	}
	found := []sources.Mention{u.Report}
	for i, m := range u.Report.Media {
		text, err := s.readPicture(ctx, m.Blob)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.cfg.Metrics.pictureRead("failed")
			s.cfg.Log.Warn("a picture cannot be read", "report", u.Report.ID, "picture", i+1, "err", err)
			continue
		}
		if text == "" {
			s.cfg.Metrics.pictureRead("empty")
			continue
		}
		s.cfg.Metrics.pictureRead("text")
		found = append(found, u.mention(i, text))
	}
	return s.tell(ctx, key, found)
}

// tell publishes what was read, unless the report was erased meanwhile, and takes the mark away.
func (s *Store) tell(ctx context.Context, key string, found []sources.Mention) error {
	s.erasing.RLock()
	defer s.erasing.RUnlock()
	if ok, err := s.cfg.Bucket.Has(ctx, key); err != nil || !ok {
		return err
	}
	if err := s.cfg.Publisher.PublishMentions(ctx, found); err != nil {
		return err
	}
	return s.cfg.Bucket.Delete(ctx, key)
}

func (s *Store) readPicture(ctx context.Context, hash string) (string, error) {
	b, err := s.shown(ctx, hash) // never the original: the program that reads gets pixels of our own encoding
	if err != nil {
		return "", err
	}
	return s.cfg.Reader.Read(ctx, b)
}

// mention is the post read from picture i, counted from 0. When it was written, nobody knows.
func (u unread) mention(i int, text string) sources.Mention {
	m := u.Report
	m.ID, m.ParentID = u.Report.ID+"/"+strconv.Itoa(i+1), u.Report.ID
	m.Text, m.CreatedPrecision = text, "unknown"
	m.Media = []sources.Media{{Type: "image", Blob: u.Report.Media[i].Blob, Alt: text}}
	return m
}
