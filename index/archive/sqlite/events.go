package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/index"
	"earshot/index/archive"
)

// PutEvents implements archive.Writer.
func (s *Store) PutEvents(ctx context.Context, events []casework.Event) (int, error) {
	began, added := time.Now(), 0
	err := s.writing(ctx, func(tx *sql.Tx) error {
		var err error
		added, err = s.putEvents(ctx, tx, events)
		return err
	})
	s.cfg.Metrics.Events(added, began, err)
	if err != nil {
		return 0, fmt.Errorf("archive %d events: %w", len(events), err)
	}
	return added, nil
}

func (s *Store) putEvents(ctx context.Context, tx *sql.Tx, events []casework.Event) (int, error) {
	known, err := knownEvents(ctx, tx, events)
	if err != nil {
		return 0, err
	}
	added := 0
	touched := map[string]int64{}
	for _, e := range events {
		if known[e.ID] {
			continue
		}
		known[e.ID] = true
		mention := archive.Key(e.Mention)
		if h := sha256.Sum256([]byte(e.Mention)); s.erased[h] {
			e = archive.EraseEvent(e, archive.Hash(e.Mention))
		} else {
			touched[e.Mention] = mention
		}
		if err := s.insertEvent(ctx, tx, mention, e); err != nil {
			return 0, err
		}
		added++
	}
	return added, s.refold(ctx, tx, touched)
}

func (s *Store) insertEvent(ctx context.Context, tx *sql.Tx, mention int64, e casework.Event) error {
	id := e.ID
	e.ID = ""
	body, err := archive.PackValue(e)
	if err != nil {
		return err
	}
	_, err = tx.StmtContext(ctx, s.putEvent).ExecContext(ctx, s.nextEvent, archive.Key(id), mention, id, string(e.Type), body)
	s.nextEvent++
	return err
}

// knownEvents returns which of the events are recorded already.
func knownEvents(ctx context.Context, tx *sql.Tx, events []casework.Event) (map[string]bool, error) {
	keys := make([]int64, len(events))
	for i := range events {
		keys[i] = archive.Key(events[i].ID)
	}
	known := map[string]bool{}
	rows, err := tx.QueryContext(ctx, "SELECT id FROM events WHERE key IN (SELECT value FROM json_each(?))", jsonArray(keys))
	return known, each(rows, err, func(scan scanner) error {
		var id string
		err := scan(&id)
		known[id] = true
		return err
	})
}

// refold brings the cases of mentions up to date. All events of a mention are folded again, because one may undo another.
func (s *Store) refold(ctx context.Context, tx *sql.Tx, mentions map[string]int64) error {
	keys := make([]int64, 0, len(mentions))
	for _, k := range mentions {
		keys = append(keys, k)
	}
	events, err := eventsOf(ctx, tx, keys)
	if err != nil {
		return err
	}
	put := tx.StmtContext(ctx, s.putCase)
	for id, key := range mentions {
		folded, err := fold(events[id])
		if err != nil {
			return err
		}
		if _, err := put.ExecContext(ctx, folded, key, id); err != nil {
			return err
		}
	}
	return nil
}

// PutSettings implements archive.Writer.
func (s *Store) PutSettings(ctx context.Context, versions []index.SettingVersion) error {
	began := time.Now()
	err := s.writing(ctx, func(tx *sql.Tx) error {
		for _, v := range versions {
			_, err := tx.ExecContext(ctx, "INSERT INTO settings (name, version, at, by, why, value) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
				v.Key, v.Version, archive.Nanos(v.At), v.By, v.Why, v.Value)
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.cfg.Metrics.Settings(began, err)
	if err != nil {
		return fmt.Errorf("archive %d settings: %w", len(versions), err)
	}
	return nil
}

// Settings implements archive.Historian.
func (s *Store) Settings(ctx context.Context, key string) ([]index.SettingVersion, error) {
	var out []index.SettingVersion
	rows, err := s.read.QueryContext(ctx, "SELECT name, version, at, by, why, value FROM settings WHERE ?1 = '' OR name = ?1 ORDER BY name, version", key)
	err = each(rows, err, func(scan scanner) error {
		var v index.SettingVersion
		var at int64
		err := scan(&v.Key, &v.Version, &at, &v.By, &v.Why, &v.Value)
		v.At = archive.FromNanos(at)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read settings from the record: %w", err)
	}
	return out, nil
}
