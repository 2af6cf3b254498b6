package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index/archive"
)

// ByAuthor implements archive.Remover. It reads everything: such a request comes a few times a year.
func (s *Store) ByAuthor(ctx context.Context, author string) ([]string, error) {
	var out []string
	rows, err := s.read.QueryContext(ctx, recordColumns+"WHERE gone = 0 ORDER BY n")
	err = each(rows, err, func(scan scanner) error {
		rec, err := scanRecord(scan)
		if err == nil && archive.IsAuthor(rec.Mention.Author, author) {
			out = append(out, rec.Mention.ID)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for an author: %w", err)
	}
	return out, nil
}

// Erase implements archive.Remover.
func (s *Store) Erase(ctx context.Context, erasures []archive.Erasure) (int, error) {
	hashes := make([][32]byte, len(erasures))
	for i, e := range erasures {
		h, err := archive.ParseHash(e.Hash)
		if err != nil {
			return 0, err
		}
		hashes[i] = h
	}
	s.mu.Lock()
	defer s.mu.Unlock() // until the hashes are refused: no write may come between
	removed := 0
	err := s.writingLocked(ctx, func(tx *sql.Tx) error {
		for i, h := range hashes {
			n, err := erase(ctx, tx, h, erasures[i].At)
			if err != nil {
				return err
			}
			removed += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("erase %d mentions: %w", len(erasures), err)
	}
	for _, h := range hashes {
		s.erased[h] = true
	}
	s.emptyLog(ctx)
	s.cfg.Metrics.Removed("erased", removed)
	return removed, nil
}

// emptyLog folds the write-ahead log into the file and empties it, because words that were removed still stand in it.
func (s *Store) emptyLog(ctx context.Context) {
	var busy, frames, folded int
	err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &folded)
	if err != nil || busy != 0 {
		s.log.Warn("write-ahead log not emptied after removing words: somebody reads; a later checkpoint will", "err", err)
	}
}

func erase(ctx context.Context, tx *sql.Tx, h [32]byte, at time.Time) (int, error) {
	key, hash := archive.KeyOfHash(h), hex.EncodeToString(h[:])
	removed := 0
	rows, err := tx.QueryContext(ctx, "SELECT n, id FROM mentions WHERE key = ?", key)
	var victims []int64
	err = each(rows, err, func(scan scanner) error {
		var n int64
		var id string
		err := scan(&n, &id)
		if err == nil && archive.Hash(id) == hash {
			victims = append(victims, n)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, n := range victims {
		for _, q := range []string{"DELETE FROM mentions WHERE n = ?", "DELETE FROM versions WHERE n = ?", "DELETE FROM verdicts WHERE n = ?"} {
			if _, err := tx.ExecContext(ctx, q, n); err != nil {
				return 0, err
			}
		}
		removed++
	}
	if err := eraseEvents(ctx, tx, key, hash); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO erasures (hash, at) VALUES (?, ?) ON CONFLICT DO NOTHING", h[:], archive.Nanos(at))
	return removed, err
}

func eraseEvents(ctx context.Context, tx *sql.Tx, key int64, hash string) error {
	type stored struct {
		n int64
		e casework.Event
	}
	var found []stored
	rows, err := tx.QueryContext(ctx, "SELECT n, id, body FROM events WHERE mention = ?", key)
	err = each(rows, err, func(scan scanner) error {
		var x stored
		e, err := scanEvent(func(dest ...any) error { return scan(append([]any{&x.n}, dest...)...) })
		if err == nil && archive.Hash(e.Mention) == hash {
			x.e = archive.EraseEvent(e, hash)
			found = append(found, x)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range found {
		x.e.ID = ""
		body, err := archive.PackValue(x.e)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE events SET body = ? WHERE n = ?", body, x.n); err != nil {
			return err
		}
	}
	return nil
}

// wipePast removes the words of a mention's old versions and verdicts.
func wipePast(ctx context.Context, tx *sql.Tx, n int64) error {
	if _, err := tx.ExecContext(ctx, "UPDATE versions SET body = NULL WHERE n = ?", n); err != nil {
		return err
	}
	old := map[string]classify.Verdict{}
	rows, err := tx.QueryContext(ctx, "SELECT key, body FROM verdicts WHERE n = ?", n)
	err = each(rows, err, func(scan scanner) error {
		var key, body []byte
		if err := scan(&key, &body); err != nil {
			return err
		}
		var v classify.Verdict
		err := archive.UnpackValue(body, &v)
		old[string(key)] = archive.WithoutWords(v)
		return err
	})
	if err != nil {
		return err
	}
	for key, v := range old {
		body, err := archive.PackValue(v)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE verdicts SET body = ? WHERE n = ? AND key = ?", body, n, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}
