package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"earshot/index"
	"earshot/index/archive"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Held implements archive.Walker. It reads the small columns of all mentions for each page, so a page is asked for once in many batches.
func (s *Store) Held(ctx context.Context, source string, from time.Time, after archive.Cursor, limit int) ([]archive.Holding, error) {
	kept, id, err := heldPlace(from, after)
	if err != nil {
		return nil, err
	}
	out := make([]archive.Holding, 0, max(limit, 0))
	err = s.each(ctx, func(rows driver.Rows) error {
		var h archive.Holding
		err := rows.Scan(&h.ID, &h.Kept)
		h.Kept = h.Kept.UTC()
		h.Cursor = archive.Cursor(fmt.Sprintf("h:%d:%s", h.Kept.UnixMilli(), h.ID))
		out = append(out, h)
		return err
	}, "SELECT id, kept FROM mentions FINAL WHERE gone = '' AND source <> '' AND source = ? AND (kept, id) > (fromUnixTimestamp64Milli(?, 'UTC'), ?) ORDER BY kept, id LIMIT ?",
		source, kept, id, limit)
	if err != nil {
		return nil, fmt.Errorf("list what a source brought: %w", err)
	}
	return out, nil
}

func heldPlace(from time.Time, c archive.Cursor) (kept int64, id string, err error) {
	if c == "" {
		return inRange(from).UnixMilli(), "", nil
	}
	rest, ok := strings.CutPrefix(string(c), "h:")
	number, id, both := strings.Cut(rest, ":")
	kept, err = strconv.ParseInt(number, 10, 64)
	if !ok || !both || err != nil {
		return 0, "", fmt.Errorf("archive: %w", index.ErrBadCursor)
	}
	return kept, id, nil
}

// Holds implements archive.Walker.
func (s *Store) Holds(ctx context.Context, source string) (int, error) {
	var n uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM mentions FINAL WHERE gone = '' AND source <> '' AND source = ?", source).Scan(&n); err != nil {
		return 0, fmt.Errorf("count what a source brought: %w", err)
	}
	return int(n), nil
}

// OfAuthors implements archive.Walker. As in Thread, the ids are found without FINAL and the records read with it.
func (s *Store) OfAuthors(ctx context.Context, platform string, authors []string) (map[string][]string, error) {
	out, wanted := map[string][]string{}, map[string]bool{}
	for _, a := range authors {
		wanted[a] = archive.IsDID(a)
	}
	var ids []string
	err := inChunks(authors, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, "SELECT DISTINCT id FROM mentions WHERE author IN ? AND platform = ? ORDER BY id", part, platform)
	})
	if err == nil {
		err = inChunks(ids, func(part []string) error {
			return s.each(ctx, func(rows driver.Rows) error {
				rec, err := scanRecord(rows)
				if m := &rec.Mention; err == nil && rec.Gone == index.NotGone && wanted[m.Author.ID] {
					out[m.Author.ID] = append(out[m.Author.ID], m.ID)
				}
				return err
			}, "SELECT gone, body FROM mentions FINAL WHERE id IN ? ORDER BY id", part)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look for what %d authors wrote: %w", len(authors), err)
	}
	return out, nil
}
