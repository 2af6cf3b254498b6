package clickhouse

import (
	"context"
	"fmt"
	"time"

	"earshot/index"
	"earshot/index/archive"
	"earshot/settings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// expireBatch is how many mentions ExpireText looks at in one step.
const expireBatch = 1000

// ExpireText implements archive.Remover. It also takes off the disk what deletions have replaced, and erases again what a writer
// that did not yet know of an erasure may have put back.
func (s *Store) ExpireText(ctx context.Context, now time.Time, r settings.Retention, before func(ids []string) error) (archive.Expired, error) {
	var total archive.Expired
	now = now.UTC().Truncate(time.Millisecond)
	for after, more := "", true; more; {
		ids, held, last, err := s.aged(ctx, after, now, r)
		if err != nil {
			return total, fmt.Errorf("look for old text: %w", err)
		}
		total.Kept += held
		if len(ids) > 0 && before != nil {
			if err := before(ids); err != nil {
				return total, fmt.Errorf("remove old text: %w", err)
			}
		}
		removed, err := s.expire(ctx, ids, now, r)
		if err != nil {
			return total, fmt.Errorf("remove old text: %w", err)
		}
		total.Removed += removed
		s.cfg.Metrics.Removed("expired", removed)
		after, more = last, last != ""
	}
	if err := s.purge(ctx); err != nil {
		return total, fmt.Errorf("take removed text off the disk: %w", err)
	}
	return total, nil
}

// aged returns the next mentions whose text must go, how many are held for their cases, and where to go on; empty after the last.
func (s *Store) aged(ctx context.Context, after string, now time.Time, r settings.Retention) (ids []string, held int, last string, err error) {
	type candidate struct {
		id, platform string
		kept         time.Time
	}
	var found []candidate
	var all []string
	err = s.each(ctx, func(rows driver.Rows) error {
		var c candidate
		err := rows.Scan(&c.id, &c.platform, &c.kept)
		found, all = append(found, c), append(all, c.id)
		return err
	}, "SELECT id, platform, kept FROM mentions FINAL WHERE gone = '' AND id > ? AND kept <= fromUnixTimestamp64Milli(?, 'UTC') ORDER BY id LIMIT ?",
		after, now.Add(-archive.ShortestLife(r)).UnixMilli(), expireBatch)
	if err != nil {
		return nil, 0, "", err
	}
	cases, _, err := s.casesOf(ctx, all)
	if err != nil {
		return nil, 0, "", err
	}
	for _, c := range found {
		switch {
		case now.Sub(c.kept) < r.TextOf(c.platform):
		case archive.Open(cases[c.id]):
			held++
		default:
			ids = append(ids, c.id)
		}
	}
	if len(found) == expireBatch {
		last = found[len(found)-1].id
	}
	return ids, held, last, nil
}

// expire removes the text of mentions, unless a case was opened or the text replaced since they were found.
func (s *Store) expire(ctx context.Context, ids []string, now time.Time, r settings.Retention) (int, error) {
	entries, err := s.load(ctx, ids)
	if err != nil {
		return 0, err
	}
	cases, _, err := s.casesOf(ctx, ids)
	if err != nil {
		return 0, err
	}
	var old []*archive.Entry
	for id, e := range entries {
		if e.Gone == index.NotGone && now.Sub(e.Kept) >= r.TextOf(e.Mention.Platform) && !archive.Open(cases[id]) {
			e.Remove(index.GoneExpired, now)
			old = append(old, e)
		}
	}
	return len(old), s.store(ctx, old)
}

// purge takes off the disk what newer rows have replaced by nothing, and what stands under an erased id.
func (s *Store) purge(ctx context.Context) error {
	for _, p := range []struct{ table, rows string }{
		{"mentions", "gone = '' AND id IN (SELECT id FROM mentions FINAL WHERE gone <> '')"},
		{"versions", "body <> '' AND (id, version) IN (SELECT id, version FROM versions FINAL WHERE body = '')"},
		{"verdicts", "NOT wordless AND (id, key) IN (SELECT id, key FROM verdicts FINAL WHERE wordless)"},
	} {
		var n uint64
		if err := s.conn.QueryRow(ctx, "SELECT count() FROM "+p.table+" WHERE "+p.rows).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			continue // a mutation reads and rewrites: not without need
		}
		if err := s.mutate(ctx, p.table+" DELETE WHERE "+p.rows); err != nil {
			return err
		}
	}
	stragglers, err := s.idsByHash(ctx, "SELECT DISTINCT lower(hex(SHA256(id))) FROM mentions WHERE lower(hex(SHA256(id))) IN (SELECT hash FROM erasures)")
	if err != nil {
		return err
	}
	_, err = s.eraseHashes(ctx, stragglers)
	return err
}
