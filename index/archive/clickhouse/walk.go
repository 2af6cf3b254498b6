package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"earshot/casework"
	"earshot/index"
	"earshot/index/archive"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Scan implements archive.Walker: in the order of ids.
func (s *Store) Scan(ctx context.Context, after archive.Cursor, limit int) ([]index.Record, archive.Cursor, error) {
	from, ok := strings.CutPrefix(string(after), "m:")
	if after != "" && !ok {
		return nil, "", fmt.Errorf("archive: %w", index.ErrBadCursor)
	}
	out := make([]index.Record, 0, max(limit, 0))
	err := s.each(ctx, func(rows driver.Rows) error {
		rec, err := scanRecord(rows)
		out = append(out, rec)
		return err
	}, "SELECT gone, body FROM mentions FINAL WHERE id > ? ORDER BY id LIMIT ?", from, limit)
	if err == nil {
		err = s.addCases(ctx, out)
	}
	if err != nil {
		return nil, "", fmt.Errorf("walk through the record: %w", err)
	}
	if len(out) < limit || len(out) == 0 {
		return out, "", nil
	}
	return out, archive.Cursor("m:" + out[len(out)-1].Mention.ID), nil
}

// Events implements archive.Walker: in the order of mentions' ids.
func (s *Store) Events(ctx context.Context, after archive.Cursor, limit int) ([]casework.Event, archive.Cursor, error) {
	mention, n, err := eventPlace(after)
	if err != nil {
		return nil, "", err
	}
	out := make([]casework.Event, 0, max(limit, 0))
	var last uint64
	err = s.each(ctx, func(rows driver.Rows) error {
		var body string
		if err := rows.Scan(&last, &body); err != nil {
			return err
		}
		var e casework.Event
		err := decode(body, &e)
		out = append(out, e)
		return err
	}, "SELECT n, body FROM events FINAL WHERE mention >= ? AND (mention, n) > (?, ?) ORDER BY mention, n LIMIT ?", mention, mention, n, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walk through the casework: %w", err)
	}
	if len(out) < limit || len(out) == 0 {
		return out, "", nil
	}
	return out, archive.Cursor(fmt.Sprintf("e:%d:%s", last, out[len(out)-1].Mention)), nil
}

func eventPlace(c archive.Cursor) (mention string, n int64, err error) {
	if c == "" {
		return "", -1, nil
	}
	rest, ok := strings.CutPrefix(string(c), "e:")
	number, mention, both := strings.Cut(rest, ":")
	n, err = strconv.ParseInt(number, 10, 64)
	if !ok || !both || err != nil {
		return "", 0, fmt.Errorf("archive: %w", index.ErrBadCursor)
	}
	return mention, n, nil
}

// Deliveries implements archive.Walker.
func (s *Store) Deliveries(ctx context.Context, fn func(casework.Event) error) error {
	return s.each(ctx, func(rows driver.Rows) error {
		e, err := scanEvent(rows)
		if err != nil {
			return fmt.Errorf("read a delivery: %w", err)
		}
		return fn(e)
	}, "SELECT body FROM events FINAL WHERE type = 'delivered' ORDER BY mention, n")
}

// Identities implements archive.Walker.
func (s *Store) Identities(ctx context.Context, fn func(archive.Identity) error) error {
	return s.each(ctx, func(rows driver.Rows) error {
		var who archive.Identity
		var gone string
		err := rows.Scan(&who.ID, &gone, &who.Version)
		if err != nil {
			return fmt.Errorf("read the mentions' names: %w", err)
		}
		if who.Gone, err = goneOf(gone); err != nil {
			return err
		}
		return fn(who)
	}, "SELECT id, gone, version FROM mentions FINAL ORDER BY id")
}

// Erasures implements archive.Walker.
func (s *Store) Erasures(ctx context.Context) ([]archive.Erasure, error) {
	var out []archive.Erasure
	err := s.each(ctx, func(rows driver.Rows) error {
		var e archive.Erasure
		var at int64
		err := rows.Scan(&e.Hash, &at)
		e.At = archive.FromNanos(at)
		out = append(out, e)
		return err
	}, "SELECT hash, at FROM erasures FINAL ORDER BY at, hash")
	if err != nil {
		return nil, fmt.Errorf("read the erasures: %w", err)
	}
	return out, nil
}

// Stats implements archive.Store. Bytes is what the tables' parts take on disk, with what merges have not yet thrown away.
func (s *Store) Stats(ctx context.Context) (archive.Stats, error) {
	var st archive.Stats
	counts := []struct {
		into  *int64
		query string
	}{
		{&st.Mentions, "SELECT count() FROM mentions FINAL"},
		{&st.Deleted, "SELECT count() FROM mentions FINAL WHERE gone = 'deleted'"},
		{&st.Expired, "SELECT count() FROM mentions FINAL WHERE gone = 'expired'"},
		{&st.Versions, "SELECT count() FROM versions FINAL"},
		{&st.Verdicts, "SELECT count() FROM verdicts FINAL"},
		{&st.Events, "SELECT count() FROM events FINAL"},
		{&st.Settings, "SELECT count() FROM settings FINAL"},
		{&st.Erasures, "SELECT count() FROM erasures FINAL"},
		{&st.Bytes, "SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active"},
	}
	for _, c := range counts {
		var n uint64
		if err := s.conn.QueryRow(ctx, c.query).Scan(&n); err != nil {
			return st, fmt.Errorf("count the record: %w", err)
		}
		*c.into = int64(n)
	}
	return st, nil
}
