package clickhouse

import (
	"context"
	"fmt"
	"time"

	"earshot/classify"
	"earshot/index/archive"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// PutTagged implements archive.Writer.
func (s *Store) PutTagged(ctx context.Context, batch []classify.Tagged) (archive.Result, error) {
	began := time.Now()
	result, err := s.putTagged(ctx, batch, began)
	s.cfg.Metrics.Mentions(result, began, err)
	if err != nil {
		return archive.Result{}, fmt.Errorf("archive %d mentions: %w", len(batch), err)
	}
	return result, nil
}

func (s *Store) putTagged(ctx context.Context, batch []classify.Tagged, now time.Time) (archive.Result, error) {
	var result archive.Result
	if err := ctx.Err(); err != nil {
		return result, err
	}
	ids := make([]string, len(batch))
	for i := range batch {
		ids[i] = batch[i].Mention.ID
	}
	erased, err := s.erasedAmong(ctx, ids)
	if err != nil {
		return result, err
	}
	entries, err := s.load(ctx, unique(ids))
	if err != nil {
		return result, err
	}
	var changed []*archive.Entry
	for i := range batch {
		id := batch[i].Mention.ID
		if erased[id] {
			result.Refused++
			continue
		}
		e := entries[id]
		if e == nil {
			e = &archive.Entry{}
			entries[id] = e
		}
		before := e.Changed
		result.Count(e.Merge(batch[i], now))
		if e.Changed && !before {
			changed = append(changed, e)
		}
	}
	return result, s.store(ctx, changed)
}

func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// store writes entries that Merge or Remove changed: first the past, then the present.
func (s *Store) store(ctx context.Context, entries []*archive.Entry) error {
	for _, e := range entries {
		e.Revision++
	}
	if err := s.wipePast(ctx, entries); err != nil {
		return err
	}
	err := s.insert(ctx, "INSERT INTO versions (id, version, revision, seen, body)", func(b driver.Batch) error {
		for _, e := range entries {
			for _, v := range e.OldVersions {
				body := ""
				if v.Tagged.Mention.ID != "" {
					var err error
					if body, err = encode(v.Tagged); err != nil {
						return err
					}
				}
				if err := b.Append(e.Mention.ID, v.Version, e.Revision, inRange(v.Seen), body); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = s.insert(ctx, "INSERT INTO verdicts (id, key, revision, wordless, body)", func(b driver.Batch) error {
		for _, e := range entries {
			for _, v := range e.OldVerdicts {
				body, err := encode(v.Verdict)
				if err != nil {
					return err
				}
				if err := b.Append(e.Mention.ID, v.Key, e.Revision, e.Wiped, body); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.insert(ctx, `INSERT INTO mentions (id, revision, gone, past, version, seen, kept, created, platform, source, kind, lang, thread,
		service, labels, risk, stage, model, body, author)`, func(b driver.Batch) error {
		for _, e := range entries {
			if err := appendMention(b, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func appendMention(b driver.Batch, e *archive.Entry) error {
	body, err := encode(e.Tagged)
	if err != nil {
		return err
	}
	m, v := &e.Mention, &e.Verdict
	author := ""
	if archive.IsDID(m.Author.ID) {
		author = m.Author.ID
	}
	past := len(e.PastVersions)+len(e.PastVerdicts) > 0
	return b.Append(m.ID, e.Revision, string(e.Gone), past, e.Version, inRange(e.Seen), inRange(e.Kept), inRange(m.CreatedAt), m.Platform, m.Source,
		string(m.Kind), m.Lang, m.Thread(), v.Service, texts(v.Labels), texts(v.Risk), string(v.Stage), v.Model, body, author)
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, x := range in {
		out[i] = string(x)
	}
	return out
}

// insert sends what fill appends as one insert, which ClickHouse takes whole or not at all; nothing when fill appends nothing.
func (s *Store) insert(ctx context.Context, into string, fill func(driver.Batch) error) error {
	b, err := s.conn.PrepareBatch(ctx, into)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := fill(b); err != nil {
		return err
	}
	if b.Rows() == 0 {
		return nil
	}
	return b.Send()
}

// wipePast replaces what was stored of wiped mentions' past by rows without words.
func (s *Store) wipePast(ctx context.Context, entries []*archive.Entry) error {
	revisions := map[string]uint64{}
	var ids []string
	for _, e := range entries {
		if e.Wiped && len(e.PastVersions)+len(e.PastVerdicts) > 0 {
			revisions[e.Mention.ID] = e.Revision
			ids = append(ids, e.Mention.ID)
		}
	}
	return inChunks(ids, func(part []string) error {
		err := s.rewrite(ctx, "SELECT id, version, seen FROM versions FINAL WHERE body <> '' AND id IN ?", part,
			"INSERT INTO versions (id, version, revision, seen, body)", func(rows driver.Rows, b driver.Batch) error {
				var id, version string
				var seen time.Time
				if err := rows.Scan(&id, &version, &seen); err != nil {
					return err
				}
				return b.Append(id, version, revisions[id], seen, "")
			})
		if err != nil {
			return err
		}
		return s.rewrite(ctx, "SELECT id, key, body FROM verdicts FINAL WHERE NOT wordless AND id IN ?", part,
			"INSERT INTO verdicts (id, key, revision, wordless, body)", func(rows driver.Rows, b driver.Batch) error {
				var id, key, body string
				if err := rows.Scan(&id, &key, &body); err != nil {
					return err
				}
				var v classify.Verdict
				if err := decode(body, &v); err != nil {
					return err
				}
				body, err := encode(archive.WithoutWords(v))
				if err != nil {
					return err
				}
				return b.Append(id, key, revisions[id], true, body)
			})
	})
}

// rewrite inserts what fn makes of every row of a query over ids.
func (s *Store) rewrite(ctx context.Context, query string, ids []string, into string, fn func(driver.Rows, driver.Batch) error) error {
	return s.insert(ctx, into, func(b driver.Batch) error {
		return s.each(ctx, func(rows driver.Rows) error { return fn(rows, b) }, query, ids)
	})
}
