package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"
)

const recordColumns = "SELECT id, gone, folded, body FROM mentions "

// packedRecord is one row as it is stored.
type packedRecord struct {
	id           string
	gone         int
	folded, body []byte
}

func (p *packedRecord) unpack() (rec index.Record, err error) {
	if rec.Tagged, err = archive.Unpack(p.body, p.id); err != nil {
		return rec, err
	}
	if rec.Gone, err = goneOf(p.gone); err != nil {
		return rec, err
	}
	if p.folded != nil {
		err = archive.UnpackValue(p.folded, &rec.Case)
	}
	return rec, err
}

func scanRecord(scan scanner) (index.Record, error) {
	var p packedRecord
	if err := scan(&p.id, &p.gone, &p.folded, &p.body); err != nil {
		return index.Record{}, err
	}
	return p.unpack()
}

// Get implements index.Reader.
func (s *Store) Get(ctx context.Context, v casework.Viewer, id string) (index.Record, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return index.Record{}, err
	}
	defer tx.Rollback()
	rec, err := one(ctx, tx, id)
	if err != nil {
		return index.Record{}, err
	}
	events, err := eventsOf(ctx, tx, []int64{archive.Key(id)})
	if err != nil {
		return index.Record{}, fmt.Errorf("read a mention's casework: %w", err)
	}
	rec.Events = events[id]
	if rec.Events == nil {
		rec.Events = []casework.Event{}
	}
	rec, ok := rec.For(v)
	if !ok {
		return index.Record{}, index.ErrNotFound
	}
	return rec, nil
}

// snapshot begins a read whose queries all see the same state.
func (s *Store) snapshot(ctx context.Context) (*sql.Tx, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return tx, nil
}

func one(ctx context.Context, q querier, id string) (index.Record, error) {
	found, err := records(ctx, q, recordColumns+"WHERE key = ? AND id = ?", archive.Key(id), id)
	switch {
	case err != nil:
		return index.Record{}, fmt.Errorf("read a mention: %w", err)
	case len(found) == 0:
		return index.Record{}, index.ErrNotFound
	}
	return found[0], nil
}

func records(ctx context.Context, q querier, query string, args ...any) ([]index.Record, error) {
	var out []index.Record
	rows, err := q.QueryContext(ctx, query, args...)
	err = each(rows, err, func(scan scanner) error {
		rec, err := scanRecord(scan)
		out = append(out, rec)
		return err
	})
	return out, err
}

// GetMany implements index.Reader.
func (s *Store) GetMany(ctx context.Context, v casework.Viewer, ids []string) ([]index.Record, error) {
	keys := make([]int64, len(ids))
	for i, id := range ids {
		keys[i] = archive.Key(id)
	}
	found, err := records(ctx, s.read, recordColumns+"WHERE key IN (SELECT value FROM json_each(?))", jsonArray(keys))
	if err != nil {
		return nil, fmt.Errorf("read %d mentions: %w", len(ids), err)
	}
	return archive.Shown(found, ids, v), nil
}

// Thread implements index.Reader.
func (s *Store) Thread(ctx context.Context, v casework.Viewer, thread string, limit int) ([]index.Record, error) {
	key := archive.Key(thread)
	found, err := records(ctx, s.read, recordColumns+"WHERE key = ?1 UNION ALL "+recordColumns+"WHERE thread = ?1", key)
	if err != nil {
		return nil, fmt.Errorf("read a thread: %w", err)
	}
	return archive.ThreadOf(found, v, thread, limit), nil
}

// Versions implements archive.Historian.
func (s *Store) Versions(ctx context.Context, v casework.Viewer, id string) ([]classify.Tagged, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	rec, err := one(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	var out []classify.Tagged
	rows, err := tx.QueryContext(ctx, `SELECT v.body FROM versions v JOIN mentions m USING (n) WHERE m.key = ? AND m.id = ?
		AND v.body IS NOT NULL AND v.version <> m.version ORDER BY v.seen`, archive.Key(id), id)
	err = each(rows, err, func(scan scanner) error {
		var body []byte
		if err := scan(&body); err != nil {
			return err
		}
		t, err := archive.Unpack(body, id)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a mention's versions: %w", err)
	}
	return archive.VersionsFor(rec, out, v)
}

// Verdicts implements archive.Historian.
func (s *Store) Verdicts(ctx context.Context, v casework.Viewer, id string) ([]classify.Verdict, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	rec, err := one(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	var out []classify.Verdict
	rows, err := tx.QueryContext(ctx, "SELECT v.body FROM verdicts v JOIN mentions m USING (n) WHERE m.key = ? AND m.id = ?", archive.Key(id), id)
	err = each(rows, err, func(scan scanner) error {
		var body []byte
		if err := scan(&body); err != nil {
			return err
		}
		var x classify.Verdict
		err := archive.UnpackValue(body, &x)
		out = append(out, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a mention's verdicts: %w", err)
	}
	return archive.VerdictsFor(rec, out, v)
}
