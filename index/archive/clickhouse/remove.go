package clickhouse

import (
	"context"
	"fmt"

	"earshot/index/archive"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ByAuthor implements archive.Remover. It reads everything: such a request comes a few times a year.
func (s *Store) ByAuthor(ctx context.Context, author string) ([]string, error) {
	var out []string
	err := s.each(ctx, func(rows driver.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		t, err := decodeTagged(body)
		if err == nil && archive.IsAuthor(t.Mention.Author, author) {
			out = append(out, t.Mention.ID)
		}
		return err
	}, "SELECT body FROM mentions FINAL WHERE gone = '' ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("look for an author: %w", err)
	}
	return out, nil
}

// Erase implements archive.Remover. The hashes come first, so that from then on every writer refuses; the words go by mutations that have
// ended when Erase returns. Interrupted, it is repeated whole.
func (s *Store) Erase(ctx context.Context, erasures []archive.Erasure) (int, error) {
	hashes := make([]string, len(erasures))
	for i, e := range erasures {
		if _, err := archive.ParseHash(e.Hash); err != nil {
			return 0, err
		}
		hashes[i] = e.Hash
	}
	removed, err := s.erase(ctx, erasures, hashes)
	if err != nil {
		return 0, fmt.Errorf("erase %d mentions: %w", len(erasures), err)
	}
	s.cfg.Metrics.Removed("erased", removed)
	return removed, nil
}

func (s *Store) erase(ctx context.Context, erasures []archive.Erasure, hashes []string) (int, error) {
	known := map[string]bool{}
	list, err := s.Erasures(ctx)
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		known[e.Hash] = true
	}
	err = s.insert(ctx, "INSERT INTO erasures (hash, at)", func(b driver.Batch) error {
		for _, e := range erasures {
			if !known[e.Hash] {
				known[e.Hash] = true
				if err := b.Append(e.Hash, archive.Nanos(e.At)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return s.eraseHashes(ctx, hashes)
}

// eraseHashes removes what is stored of the mentions with these hashes and returns how many mentions there were.
func (s *Store) eraseHashes(ctx context.Context, hashes []string) (int, error) {
	removed := 0
	return removed, inChunks(hashes, func(part []string) error {
		mentions, err := s.idsByHash(ctx, "SELECT DISTINCT id FROM mentions WHERE lower(hex(SHA256(id))) IN ?", part)
		if err != nil {
			return err
		}
		acted, err := s.idsByHash(ctx, "SELECT DISTINCT mention FROM events WHERE lower(hex(SHA256(mention))) IN ?", part)
		if err != nil {
			return err
		}
		removed += len(mentions)
		if err := s.eraseEvents(ctx, acted); err != nil {
			return err
		}
		return inChunks(unique(append(mentions, acted...)), func(ids []string) error {
			for _, q := range []string{"mentions DELETE WHERE id IN ?", "versions DELETE WHERE id IN ?", "verdicts DELETE WHERE id IN ?",
				"cases DELETE WHERE id IN ?", "events DELETE WHERE mention IN ?"} {
				if err := s.mutate(ctx, q, ids); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *Store) idsByHash(ctx context.Context, query string, args ...any) ([]string, error) {
	var out []string
	return out, s.each(ctx, func(rows driver.Rows) error {
		var id string
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, query, args...)
}

// eraseEvents copies the events of mentions under the hash, without their words.
func (s *Store) eraseEvents(ctx context.Context, mentions []string) error {
	all, err := s.eventsOf(ctx, mentions)
	if err != nil {
		return err
	}
	return s.insert(ctx, insertEvents, func(b driver.Batch) error {
		for id, events := range all {
			for n, e := range events {
				if err := appendEvent(b, archive.EraseEvent(e, archive.Hash(id)), uint64(n)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// mutate rewrites the parts of a table on disk and waits for it, on every replica.
func (s *Store) mutate(ctx context.Context, what string, args ...any) error {
	return s.conn.Exec(ctx, "ALTER TABLE "+what+" SETTINGS mutations_sync = 2", args...)
}
