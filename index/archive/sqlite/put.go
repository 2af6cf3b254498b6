package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index/archive"
)

// row is an entry with its place in the table.
type row struct {
	archive.Entry
	n      int64
	stored bool // there is a row already
	folded []byte
}

// PutTagged implements archive.Writer.
func (s *Store) PutTagged(ctx context.Context, batch []classify.Tagged) (archive.Result, error) {
	began := time.Now()
	var result archive.Result
	err := s.writing(ctx, func(tx *sql.Tx) error {
		var err error
		result, err = s.putTagged(ctx, tx, batch, began)
		return err
	})
	s.cfg.Metrics.Mentions(result, began, err)
	if err != nil {
		return archive.Result{}, fmt.Errorf("archive %d mentions: %w", len(batch), err)
	}
	return result, nil
}

// writing runs fn in one transaction on the only writing connection.
func (s *Store) writing(ctx context.Context, fn func(*sql.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writingLocked(ctx, fn)
}

func (s *Store) writingLocked(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return full(err)
	}
	defer tx.Rollback()
	row, event := s.nextRow, s.nextEvent
	if err = fn(tx); err == nil {
		err = tx.Commit()
	}
	if err != nil {
		s.nextRow, s.nextEvent = row, event
	}
	return full(err)
}

func (s *Store) putTagged(ctx context.Context, tx *sql.Tx, batch []classify.Tagged, now time.Time) (archive.Result, error) {
	var result archive.Result
	ids := make([]string, len(batch))
	for i := range batch {
		ids[i] = batch[i].Mention.ID
	}
	rows, err := load(ctx, tx, ids)
	if err != nil {
		return result, err
	}
	var order []*row
	for i := range batch {
		id := batch[i].Mention.ID
		if s.erased[sha256.Sum256([]byte(id))] {
			result.Refused++
			continue
		}
		r := rows[id]
		if r == nil {
			r = &row{n: s.nextRow}
			s.nextRow++
			rows[id] = r
		}
		if !r.Changed {
			order = append(order, r)
		}
		result.Count(r.Merge(batch[i], now))
	}
	return result, s.store(ctx, tx, order)
}

// store writes the rows that Merge changed. A row may stand in order more than once.
func (s *Store) store(ctx context.Context, tx *sql.Tx, order []*row) error {
	var fresh []*row
	for _, r := range order {
		if !r.Changed {
			continue
		}
		r.Changed = false
		if err := s.storePast(ctx, tx, r); err != nil {
			return err
		}
		if !r.stored {
			fresh = append(fresh, r)
			continue
		}
		if err := update(ctx, tx, r); err != nil {
			return err
		}
	}
	if err := s.foldEarly(ctx, tx, fresh); err != nil {
		return err
	}
	return s.insert(ctx, tx, fresh)
}

func (s *Store) storePast(ctx context.Context, tx *sql.Tx, r *row) error {
	if r.Wiped && r.stored {
		if err := wipePast(ctx, tx, r.n); err != nil {
			return err
		}
	}
	for _, v := range r.OldVersions {
		var body []byte
		if v.Tagged.Mention.ID != "" {
			var err error
			if body, err = archive.Pack(v.Tagged); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO versions (n, version, seen, body) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET seen = excluded.seen, body = excluded.body`, r.n, unhex(v.Version), v.Seen.UnixMilli(), body)
		if err != nil {
			return err
		}
	}
	for _, v := range r.OldVerdicts {
		body, err := archive.PackValue(v.Verdict)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO verdicts (n, key, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", r.n, unhex(v.Key), body)
		if err != nil {
			return err
		}
	}
	return nil
}

func update(ctx context.Context, tx *sql.Tx, r *row) error {
	body, err := archive.Pack(r.Tagged)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE mentions SET thread = ?, gone = ?, past = ?, seen = ?, kept = ?, version = ?, body = ?, source = ?, author = ? WHERE n = ?",
		threadKey(r), goneNumber(r.Gone), hasPast(r), r.Seen.UnixMilli(), r.Kept.UnixMilli(), unhex(r.Version), body, sourceKey(&r.Mention), authorKey(&r.Mention), r.n)
	return err
}

// foldEarly finds the cases of new mentions whose events came first.
func (s *Store) foldEarly(ctx context.Context, tx *sql.Tx, fresh []*row) error {
	if s.nextEvent == 1 || len(fresh) == 0 {
		return nil
	}
	keys := make([]int64, len(fresh))
	for i, r := range fresh {
		keys[i] = archive.Key(r.Mention.ID)
	}
	events, err := eventsOf(ctx, tx, keys)
	if err != nil {
		return err
	}
	for _, r := range fresh {
		if r.folded, err = fold(events[r.Mention.ID]); err != nil {
			return err
		}
	}
	return nil
}

func fold(events []casework.Event) ([]byte, error) {
	if len(events) == 0 {
		return nil, nil
	}
	return archive.PackValue(casework.Fold(events))
}
