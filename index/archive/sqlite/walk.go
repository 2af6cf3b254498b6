package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"

	"earshot/casework"
	"earshot/index"
	"earshot/index/archive"

	"github.com/sourcegraph/conc/iter"
)

// Scan implements archive.Walker: in the order in which mentions were first recorded. Unpacking is most of the work and is shared among
// the processors.
func (s *Store) Scan(ctx context.Context, after archive.Cursor, limit int) ([]index.Record, archive.Cursor, error) {
	from, err := place(after)
	if err != nil {
		return nil, "", err
	}
	var last int64
	packed := make([]packedRecord, 0, max(limit, 0))
	rows, err := s.read.QueryContext(ctx, "SELECT n, id, gone, folded, body FROM mentions WHERE n > ? ORDER BY n LIMIT ?", from, limit)
	err = each(rows, err, func(scan scanner) error {
		var p packedRecord
		err := scan(&last, &p.id, &p.gone, &p.folded, &p.body)
		packed = append(packed, p)
		return err
	})
	var out []index.Record
	if err == nil {
		out, err = iter.MapErr(packed, func(p *packedRecord) (index.Record, error) { return p.unpack() })
	}
	if err != nil {
		return nil, "", fmt.Errorf("walk through the record: %w", err)
	}
	return out, next(len(out), limit, last), nil
}

// Events implements archive.Walker: in the order of the log.
func (s *Store) Events(ctx context.Context, after archive.Cursor, limit int) ([]casework.Event, archive.Cursor, error) {
	from, err := place(after)
	if err != nil {
		return nil, "", err
	}
	out := make([]casework.Event, 0, max(limit, 0))
	var last int64
	rows, err := s.read.QueryContext(ctx, "SELECT n, id, body FROM events WHERE n > ? ORDER BY n LIMIT ?", from, limit)
	err = each(rows, err, func(scan scanner) error {
		e, err := scanEvent(func(dest ...any) error { return scan(append([]any{&last}, dest...)...) })
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("walk through the casework: %w", err)
	}
	return out, next(len(out), limit, last), nil
}

func place(c archive.Cursor) (int64, error) {
	if c == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(c), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("archive: %w", index.ErrBadCursor)
	}
	return n, nil
}

func next(got, limit int, last int64) archive.Cursor {
	if got < limit || got == 0 {
		return ""
	}
	return archive.Cursor(strconv.FormatInt(last, 10))
}

// Deliveries implements archive.Walker.
func (s *Store) Deliveries(ctx context.Context, fn func(casework.Event) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT id, body FROM events WHERE type = 'delivered' ORDER BY n")
	return each(rows, err, func(scan scanner) error {
		e, err := scanEvent(scan)
		if err != nil {
			return fmt.Errorf("read a delivery: %w", err)
		}
		return fn(e)
	})
}

// Identities implements archive.Walker.
func (s *Store) Identities(ctx context.Context, fn func(archive.Identity) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT id, gone, version FROM mentions ORDER BY n")
	var version sql.RawBytes
	return each(rows, err, func(scan scanner) error {
		var who archive.Identity
		var gone int
		err := scan(&who.ID, &gone, &version)
		if err != nil {
			return fmt.Errorf("read the mentions' names: %w", err)
		}
		if who.Gone, err = goneOf(gone); err != nil {
			return err
		}
		who.Version = hex.EncodeToString(version)
		return fn(who)
	})
}

// Erasures implements archive.Walker.
func (s *Store) Erasures(ctx context.Context) ([]archive.Erasure, error) {
	var out []archive.Erasure
	rows, err := s.read.QueryContext(ctx, "SELECT hash, at FROM erasures ORDER BY at, hash")
	err = each(rows, err, func(scan scanner) error {
		var hash []byte
		var at int64
		err := scan(&hash, &at)
		out = append(out, archive.Erasure{Hash: hex.EncodeToString(hash), At: archive.FromNanos(at)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the erasures: %w", err)
	}
	return out, nil
}

// Stats implements archive.Store. Bytes is the size of the file with its write-ahead log.
func (s *Store) Stats(ctx context.Context) (archive.Stats, error) {
	var st archive.Stats
	// count(*) alone is answered from the smallest index; the rows whose text is here are those of mentions_kept.
	var here int64
	err := s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM mentions), (SELECT count(*) FROM mentions WHERE gone = 0),
		(SELECT count(*) FROM versions), (SELECT count(*) FROM verdicts), (SELECT count(*) FROM events), (SELECT count(*) FROM settings),
		(SELECT count(*) FROM erasures)`).Scan(&st.Mentions, &here, &st.Versions, &st.Verdicts, &st.Events, &st.Settings, &st.Erasures)
	if err == nil && here < st.Mentions {
		err = s.read.QueryRowContext(ctx, "SELECT coalesce(sum(gone = 1), 0), coalesce(sum(gone = 2), 0) FROM mentions").Scan(&st.Deleted, &st.Expired)
	}
	if err != nil {
		return st, fmt.Errorf("count the record: %w", err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.cfg.Path + suffix); err == nil {
			st.Bytes += info.Size()
		}
	}
	return st, nil
}
