package clickhouse

import (
	"context"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/index"
	"earshot/index/archive"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// maxListBytes keeps the ids written into one statement well under the server's max_query_size, 256 KiB by default.
const maxListBytes = 96 << 10

// inChunks calls fn with parts of ids that fit into one statement.
func inChunks(ids []string, fn func([]string) error) error {
	for len(ids) > 0 {
		n, bytes := 0, 0
		for n < len(ids) && (n == 0 || bytes+len(ids[n]) < maxListBytes) {
			bytes += len(ids[n]) + 3
			n++
		}
		if err := fn(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// each runs a query and passes every row to fn.
func (s *Store) each(ctx context.Context, fn func(driver.Rows) error, query string, args ...any) error {
	rows, err := s.conn.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load returns the stored entries of mentions, by id, with what Merge must know of their past.
func (s *Store) load(ctx context.Context, ids []string) (map[string]*archive.Entry, error) {
	out := make(map[string]*archive.Entry, len(ids))
	var withPast []string
	err := inChunks(ids, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			e := &archive.Entry{}
			var id, body, gone string
			var past bool
			if err := rows.Scan(&id, &e.Revision, &gone, &past, &e.Version, &e.Seen, &e.Kept, &body); err != nil {
				return err
			}
			var err error
			if e.Tagged, err = decodeTagged(body); err != nil {
				return err
			}
			if e.Gone, err = goneOf(gone); err != nil {
				return err
			}
			if past {
				withPast = append(withPast, id)
			}
			e.PastVersions, e.PastVerdicts = map[string]bool{}, map[string]bool{}
			out[id] = e
			return nil
		}, "SELECT id, revision, gone, past, version, seen, kept, body FROM mentions FINAL WHERE id IN ?", part)
	})
	if err != nil {
		return nil, err
	}
	return out, inChunks(withPast, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			var id, hash string
			var verdict bool
			if err := rows.Scan(&id, &hash, &verdict); err != nil {
				return err
			}
			if verdict {
				out[id].PastVerdicts[hash] = true
			} else {
				out[id].PastVersions[hash] = true
			}
			return nil
		}, "SELECT id, version, false FROM versions WHERE id IN ? UNION ALL SELECT id, key, true FROM verdicts WHERE id IN ?", part, part)
	})
}

// eventsOf returns the events of mentions by their id, each mention's in the order of the log.
func (s *Store) eventsOf(ctx context.Context, mentions []string) (map[string][]casework.Event, error) {
	out := map[string][]casework.Event{}
	return out, inChunks(mentions, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			e, err := scanEvent(rows)
			if err == nil {
				out[e.Mention] = append(out[e.Mention], e)
			}
			return err
		}, "SELECT body FROM events FINAL WHERE mention IN ? ORDER BY mention, n, id", part)
	})
}

func scanEvent(rows driver.Rows) (casework.Event, error) {
	var body string
	var e casework.Event
	if err := rows.Scan(&body); err != nil {
		return e, err
	}
	return e, decode(body, &e)
}

// casesOf returns the folded cases of mentions that have one, and how many events each folds.
func (s *Store) casesOf(ctx context.Context, ids []string) (map[string]casework.Case, map[string]uint64, error) {
	cases, counts := map[string]casework.Case{}, map[string]uint64{}
	return cases, counts, inChunks(ids, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			var id, body string
			var n uint64
			if err := rows.Scan(&id, &n, &body); err != nil {
				return err
			}
			var c casework.Case
			err := decode(body, &c)
			cases[id], counts[id] = c, n
			return err
		}, "SELECT id, n, body FROM cases FINAL WHERE id IN ?", part)
	})
}

// erasedAmong returns which of ids were erased.
func (s *Store) erasedAmong(ctx context.Context, ids []string) (map[string]bool, error) {
	byHash := make(map[string]string, len(ids))
	hashes := make([]string, 0, len(ids))
	for _, id := range ids {
		h := archive.Hash(id)
		if _, twice := byHash[h]; !twice {
			byHash[h] = id
			hashes = append(hashes, h)
		}
	}
	out := map[string]bool{}
	return out, inChunks(hashes, func(part []string) error {
		return s.each(ctx, func(rows driver.Rows) error {
			var h string
			err := rows.Scan(&h)
			out[byHash[h]] = true
			return err
		}, "SELECT DISTINCT hash FROM erasures WHERE hash IN ?", part)
	})
}

func goneOf(s string) (index.Gone, error) {
	switch g := index.Gone(s); g {
	case index.NotGone, index.GoneDeleted, index.GoneExpired:
		return g, nil
	}
	return "", fmt.Errorf("archive: stored reason for removal %q is unknown", s)
}

// inRange brings a time into what DateTime64 can hold: years 1900 to 2299. The exact time is in the body.
func inRange(t time.Time) time.Time {
	switch {
	case t.Year() < 1970:
		return time.Unix(0, 0).UTC()
	case t.Year() > 2261:
		return time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t.UTC()
}
