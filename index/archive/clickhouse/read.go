package clickhouse

import (
	"context"
	"fmt"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// records returns what is stored of mentions, in any order, with their cases.
func (s *Store) records(ctx context.Context, ids []string) ([]index.Record, error) {
	var out []index.Record
	err := inChunks(ids, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			rec, err := scanRecord(rows)
			out = append(out, rec)
			return err
		}, "SELECT gone, body FROM mentions FINAL WHERE id IN ?", part)
	})
	if err != nil {
		return nil, err
	}
	return out, s.addCases(ctx, out)
}

func scanRecord(rows driver.Rows) (index.Record, error) {
	var rec index.Record
	var gone, body string
	if err := rows.Scan(&gone, &body); err != nil {
		return rec, err
	}
	var err error
	if rec.Tagged, err = decodeTagged(body); err != nil {
		return rec, err
	}
	rec.Gone, err = goneOf(gone)
	return rec, err
}

func (s *Store) addCases(ctx context.Context, recs []index.Record) error {
	ids := make([]string, len(recs))
	for i := range recs {
		ids[i] = recs[i].Mention.ID
	}
	cases, _, err := s.casesOf(ctx, ids)
	for i := range recs {
		recs[i].Case = cases[ids[i]]
	}
	return err
}

func (s *Store) one(ctx context.Context, id string) (index.Record, error) {
	found, err := s.records(ctx, []string{id})
	switch {
	case err != nil:
		return index.Record{}, fmt.Errorf("read a mention: %w", err)
	case len(found) == 0:
		return index.Record{}, index.ErrNotFound
	}
	return found[0], nil
}

// Get implements index.Reader. The case is folded from the events read here, so that the two agree.
func (s *Store) Get(ctx context.Context, v casework.Viewer, id string) (index.Record, error) {
	rec, err := s.one(ctx, id)
	if err != nil {
		return index.Record{}, err
	}
	events, err := s.eventsOf(ctx, []string{id})
	if err != nil {
		return index.Record{}, fmt.Errorf("read a mention's casework: %w", err)
	}
	rec.Events = append([]casework.Event{}, events[id]...)
	if len(rec.Events) > 0 {
		rec.Case = casework.Fold(rec.Events)
	}
	rec, ok := rec.For(v)
	if !ok {
		return index.Record{}, index.ErrNotFound
	}
	return rec, nil
}

// GetMany implements index.Reader.
func (s *Store) GetMany(ctx context.Context, v casework.Viewer, ids []string) ([]index.Record, error) {
	found, err := s.records(ctx, unique(ids))
	if err != nil {
		return nil, fmt.Errorf("read %d mentions: %w", len(ids), err)
	}
	return archive.Shown(found, ids, v), nil
}

// Thread implements index.Reader. The ids are found without FINAL, because the index by thread may skip the newest row of a mention; the
// records are then read with it.
func (s *Store) Thread(ctx context.Context, v casework.Viewer, thread string, limit int) ([]index.Record, error) {
	var ids []string
	err := s.each(ctx, func(rows driver.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT DISTINCT id FROM mentions WHERE thread = ?", thread)
	if err != nil {
		return nil, fmt.Errorf("read a thread: %w", err)
	}
	found, err := s.records(ctx, unique(append(ids, thread)))
	if err != nil {
		return nil, fmt.Errorf("read a thread: %w", err)
	}
	return archive.ThreadOf(found, v, thread, limit), nil
}

// Versions implements archive.Historian.
func (s *Store) Versions(ctx context.Context, v casework.Viewer, id string) ([]classify.Tagged, error) {
	rec, err := s.one(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []classify.Tagged
	current := rec.Mention.Version()
	err = s.each(ctx, func(rows driver.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		t, err := decodeTagged(body)
		out = append(out, t)
		return err
	}, "SELECT body FROM versions FINAL WHERE id = ? AND body <> '' AND version <> ? ORDER BY seen", id, current)
	if err != nil {
		return nil, fmt.Errorf("read a mention's versions: %w", err)
	}
	return archive.VersionsFor(rec, out, v)
}

// Verdicts implements archive.Historian.
func (s *Store) Verdicts(ctx context.Context, v casework.Viewer, id string) ([]classify.Verdict, error) {
	rec, err := s.one(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []classify.Verdict
	err = s.each(ctx, func(rows driver.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var x classify.Verdict
		err := decode(body, &x)
		out = append(out, x)
		return err
	}, "SELECT body FROM verdicts FINAL WHERE id = ?", id)
	if err != nil {
		return nil, fmt.Errorf("read a mention's verdicts: %w", err)
	}
	return archive.VerdictsFor(rec, out, v)
}
