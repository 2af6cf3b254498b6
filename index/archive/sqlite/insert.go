package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"

	"earshot/index"
	"earshot/index/archive"

	"golang.org/x/sync/errgroup"
)

// rowsPerInsert is where a longer statement stopped being faster.
const rowsPerInsert = 64

// insert writes new rows, many to a statement.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, rows []*row) error {
	bodies, err := packAll(rows)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		n := 1
		if len(rows) >= rowsPerInsert {
			n = rowsPerInsert
		}
		args := make([]any, 0, n*13)
		for i, r := range rows[:n] {
			args = append(args, r.n, archive.Key(r.Mention.ID), r.Mention.ID, threadKey(r), goneNumber(r.Gone), hasPast(r), r.Seen.UnixMilli(),
				r.Kept.UnixMilli(), unhex(r.Version), r.folded, bodies[i], sourceKey(&r.Mention), authorKey(&r.Mention))
		}
		if _, err := tx.StmtContext(ctx, s.inserts[n]).ExecContext(ctx, args...); err != nil {
			return err
		}
		for _, r := range rows[:n] {
			r.stored = true
		}
		rows, bodies = rows[n:], bodies[n:]
	}
	return nil
}

// packAll packs rows on all processors: it is a quarter of recording, which is otherwise the work of one.
func packAll(rows []*row) ([][]byte, error) {
	bodies := make([][]byte, len(rows))
	var g errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(rows); i += workers {
				var err error
				if bodies[i], err = archive.Pack(rows[i].Tagged); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return bodies, g.Wait()
}

// prepare prepares what is written most, before any transaction holds the only connection.
func (s *Store) prepare(ctx context.Context) error {
	s.inserts = map[int]*sql.Stmt{}
	for _, n := range []int{1, rowsPerInsert} {
		st, err := s.write.PrepareContext(ctx, "INSERT INTO mentions (n, key, id, thread, gone, past, seen, kept, version, folded, body, source, author) VALUES "+
			strings.Repeat("(?,?,?,?,?,?,?,?,?,?,?,?,?),", n-1)+"(?,?,?,?,?,?,?,?,?,?,?,?,?)")
		if err != nil {
			return err
		}
		s.inserts[n] = st
	}
	var err error
	if s.putEvent, err = s.write.PrepareContext(ctx, "INSERT INTO events (n, key, mention, id, type, body) VALUES (?, ?, ?, ?, ?, ?)"); err != nil {
		return err
	}
	s.putCase, err = s.write.PrepareContext(ctx, "UPDATE mentions SET folded = ? WHERE key = ? AND id = ?")
	return err
}

func threadKey(r *row) any {
	if t := r.Mention.Thread(); t != r.Mention.ID {
		return archive.Key(t)
	}
	return nil
}

func hasPast(r *row) int {
	if len(r.PastVersions)+len(r.PastVerdicts) > 0 {
		return 1
	}
	return 0
}

// The numbers of gone in the table.
var goneNumbers = []index.Gone{index.NotGone, index.GoneDeleted, index.GoneExpired}

func goneNumber(g index.Gone) int {
	for i, x := range goneNumbers {
		if x == g {
			return i
		}
	}
	panic("archive: unknown reason for removal " + string(g)) // only our own constants get here
}

func goneOf(n int) (index.Gone, error) {
	if n < 0 || n >= len(goneNumbers) {
		return "", fmt.Errorf("archive: stored reason for removal %d is unknown", n)
	}
	return goneNumbers[n], nil
}

// unhex returns the bytes of a hash that we wrote as hex.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("archive: not a hash: " + s)
	}
	return b
}
