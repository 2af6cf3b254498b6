package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"

	"earshot/index"
	"earshot/index/archive"
	"earshot/sources"

	"modernc.org/sqlite"
)

// The migration that made the columns source and author fills them from the packed bodies.
func init() {
	for name, key := range map[string]func(*sources.Mention) any{"held_source": sourceKey, "held_author": authorKey} {
		sqlite.MustRegisterDeterministicScalarFunction(name, 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			body, _ := args[0].([]byte)
			t, err := archive.Unpack(body, "")
			if err != nil {
				return nil, nil // such a row is reported where it is read; it must not keep the record from opening
			}
			return key(&t.Mention), nil
		})
	}
}

func sourceKey(m *sources.Mention) any {
	if m.Source == "" {
		return nil
	}
	return archive.Key(m.Source)
}

func authorKey(m *sources.Mention) any {
	if !archive.IsDID(m.Author.ID) {
		return nil
	}
	return archive.Key(m.Platform + ":" + m.Author.ID)
}

// Held implements archive.Walker.
func (s *Store) Held(ctx context.Context, source string, from time.Time, after archive.Cursor, limit int) ([]archive.Holding, error) {
	kept, n, err := heldPlace(from, after)
	if err != nil {
		return nil, err
	}
	out := make([]archive.Holding, 0, max(limit, 0))
	rows, err := s.read.QueryContext(ctx, `SELECT n, id, kept FROM mentions INDEXED BY mentions_source
		WHERE gone = 0 AND source = ? AND (kept, n) > (?, ?) ORDER BY kept, n LIMIT ?`, archive.Key(source), kept, n, limit)
	err = each(rows, err, func(scan scanner) error {
		var h archive.Holding
		err := scan(&n, &h.ID, &kept)
		h.Kept, h.Cursor = time.UnixMilli(kept).UTC(), archive.Cursor(fmt.Sprintf("%d:%d", kept, n))
		out = append(out, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what a source brought: %w", err)
	}
	return out, nil
}

func heldPlace(from time.Time, c archive.Cursor) (kept, n int64, err error) {
	if c == "" {
		return from.UnixMilli(), 0, nil
	}
	first, second, _ := strings.Cut(string(c), ":")
	if kept, err = strconv.ParseInt(first, 10, 64); err == nil {
		n, err = strconv.ParseInt(second, 10, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("archive: %w", index.ErrBadCursor)
	}
	return kept, n, nil
}

// Holds implements archive.Walker.
func (s *Store) Holds(ctx context.Context, source string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM mentions INDEXED BY mentions_source WHERE gone = 0 AND source = ?", archive.Key(source)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what a source brought: %w", err)
	}
	return n, nil
}

// OfAuthors implements archive.Walker.
func (s *Store) OfAuthors(ctx context.Context, platform string, authors []string) (map[string][]string, error) {
	wanted, keys := map[string]bool{}, make([]int64, len(authors))
	for i, a := range authors {
		wanted[a], keys[i] = true, archive.Key(platform+":"+a)
	}
	found, err := records(ctx, s.read, recordColumns+`INDEXED BY mentions_author WHERE gone = 0 AND author IN (SELECT value FROM json_each(?)) ORDER BY n`,
		jsonArray(keys))
	if err != nil {
		return nil, fmt.Errorf("look for what %d authors wrote: %w", len(authors), err)
	}
	out := map[string][]string{}
	for i := range found {
		if m := &found[i].Mention; m.Platform == platform && wanted[m.Author.ID] { // and not another with the same key
			out[m.Author.ID] = append(out[m.Author.ID], m.ID)
		}
	}
	return out, nil
}
