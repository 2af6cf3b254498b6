package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/index"
	"earshot/index/archive"
	"earshot/settings"
)

// expireBatch bounds how long one transaction of ExpireText holds up the writer.
const expireBatch = 500

// ExpireText implements archive.Remover.
func (s *Store) ExpireText(ctx context.Context, now time.Time, r settings.Retention, before func(ids []string) error) (archive.Expired, error) {
	x := expiry{store: s, now: now.UTC().Truncate(time.Millisecond), retention: r, before: before, kept: -1 << 62}
	for more := true; more; {
		var err error
		if more, err = x.step(ctx); err != nil {
			return x.total, fmt.Errorf("remove old text: %w", err)
		}
	}
	if x.total.Removed > 0 {
		s.mu.Lock()
		s.emptyLog(ctx)
		s.mu.Unlock()
	}
	return x.total, nil
}

// expiry is one run of ExpireText; kept and n are how far it has come through mentions_kept.
type expiry struct {
	store     *Store
	now       time.Time
	retention settings.Retention
	before    func([]string) error
	kept, n   int64
	total     archive.Expired
}

// step removes the text of one batch. It looks first, tells the caller, and looks again when it holds the writer: a case may have been
// opened meanwhile.
func (x *expiry) step(ctx context.Context) (more bool, err error) {
	ids, more, err := x.find(ctx)
	if err != nil || len(ids) == 0 {
		return more, err
	}
	if x.before != nil {
		if err := x.before(ids); err != nil {
			return false, err
		}
	}
	removed := 0
	err = x.store.writing(ctx, func(tx *sql.Tx) error {
		rows, err := load(ctx, tx, ids)
		if err != nil {
			return err
		}
		var old []*row
		for _, r := range rows {
			due, _, err := x.due(r)
			if err != nil {
				return err
			}
			if due {
				r.Remove(index.GoneExpired, x.now)
				old = append(old, r)
			}
		}
		removed = len(old)
		return x.store.store(ctx, tx, old)
	})
	if err == nil {
		x.total.Removed += removed
		x.store.cfg.Metrics.Removed("expired", removed)
	}
	return more, err
}

func (x *expiry) find(ctx context.Context) (ids []string, more bool, err error) {
	looked := 0
	rows, err := x.store.read.QueryContext(ctx, `SELECT n, id, gone, 0, seen, kept, version, folded, body FROM mentions INDEXED BY mentions_kept
		WHERE gone = 0 AND (kept, n) > (?, ?) AND kept <= ? ORDER BY kept, n LIMIT ?`,
		x.kept, x.n, x.now.Add(-archive.ShortestLife(x.retention)).UnixMilli(), expireBatch)
	err = each(rows, err, func(scan scanner) error {
		r, err := scanRow(scan)
		if err != nil {
			return err
		}
		looked++
		x.kept, x.n = r.Kept.UnixMilli(), r.n
		due, held, err := x.due(r)
		if due {
			ids = append(ids, r.Mention.ID)
		}
		if held {
			x.total.Kept++
		}
		return err
	})
	return ids, looked == expireBatch, err
}

// due reports whether the text must go, or must be held although it is old enough.
func (x *expiry) due(r *row) (due, held bool, err error) {
	if r == nil || r.Gone != index.NotGone || x.now.Sub(r.Kept) < x.retention.TextOf(r.Mention.Platform) {
		return false, false, nil
	}
	var c casework.Case
	if r.folded != nil {
		if err := archive.UnpackValue(r.folded, &c); err != nil {
			return false, false, err
		}
	}
	return !archive.Open(c), archive.Open(c), nil
}
