package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"strconv"
	"time"

	"earshot/casework"
	"earshot/index/archive"
)

// load returns the stored rows of mentions, by id, with what Merge must know of their past; nil for those not stored.
func load(ctx context.Context, tx *sql.Tx, ids []string) (map[string]*row, error) {
	wanted := make(map[string]*row, len(ids))
	keys := make([]int64, 0, len(ids))
	for _, id := range ids {
		if _, twice := wanted[id]; !twice {
			wanted[id] = nil
			keys = append(keys, archive.Key(id))
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT n, id, gone, past, seen, kept, version, folded, body FROM mentions
		WHERE key IN (SELECT value FROM json_each(?))`, jsonArray(keys))
	err = each(rows, err, func(scan scanner) error {
		r, err := scanRow(scan)
		if err != nil {
			return err
		}
		if _, ours := wanted[r.Mention.ID]; ours { // and not another id with the same key
			wanted[r.Mention.ID] = r
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, r := range wanted {
		if r != nil && r.PastVersions != nil {
			if err := loadPast(ctx, tx, r); err != nil {
				return nil, err
			}
		}
	}
	return wanted, nil
}

// scanRow reads one row. PastVersions is not nil when there is a past to load.
func scanRow(scan scanner) (*row, error) {
	r := &row{stored: true}
	var (
		id            string
		gone, past    int
		seen, kept    int64
		version, body []byte
	)
	if err := scan(&r.n, &id, &gone, &past, &seen, &kept, &version, &r.folded, &body); err != nil {
		return nil, err
	}
	var err error
	if r.Tagged, err = archive.Unpack(body, id); err != nil {
		return nil, err
	}
	if r.Gone, err = goneOf(gone); err != nil {
		return nil, err
	}
	r.Version, r.Seen, r.Kept = hex.EncodeToString(version), time.UnixMilli(seen).UTC(), time.UnixMilli(kept).UTC()
	if past != 0 {
		r.PastVersions, r.PastVerdicts = map[string]bool{}, map[string]bool{}
	}
	return r, nil
}

func loadPast(ctx context.Context, tx *sql.Tx, r *row) error {
	rows, err := tx.QueryContext(ctx, "SELECT 0, version FROM versions WHERE n = ?1 UNION ALL SELECT 1, key FROM verdicts WHERE n = ?1", r.n)
	return each(rows, err, func(scan scanner) error {
		var verdict bool
		var hash []byte
		if err := scan(&verdict, &hash); err != nil {
			return err
		}
		if verdict {
			r.PastVerdicts[hex.EncodeToString(hash)] = true
		} else {
			r.PastVersions[hex.EncodeToString(hash)] = true
		}
		return nil
	})
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// eventsOf returns the events of mentions by their id, each mention's in the order of the log. Events of an erased mention stand
// under archive.ErasedID.
func eventsOf(ctx context.Context, q querier, mentions []int64) (map[string][]casework.Event, error) {
	out := map[string][]casework.Event{}
	rows, err := q.QueryContext(ctx, "SELECT id, body FROM events WHERE mention IN (SELECT value FROM json_each(?)) ORDER BY n", jsonArray(mentions))
	err = each(rows, err, func(scan scanner) error {
		e, err := scanEvent(scan)
		if err == nil {
			out[e.Mention] = append(out[e.Mention], e)
		}
		return err
	})
	return out, err
}

func scanEvent(scan scanner) (casework.Event, error) {
	var id string
	var body []byte
	if err := scan(&id, &body); err != nil {
		return casework.Event{}, err
	}
	e, err := archive.UnpackEvent(body)
	e.ID = id
	return e, err
}

// jsonArray writes numbers as json_each reads them: one bound value, one prepared statement, however many there are.
func jsonArray(keys []int64) string {
	b := make([]byte, 0, len(keys)*21+2)
	b = append(b, '[')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, k, 10)
	}
	return string(append(b, ']'))
}
