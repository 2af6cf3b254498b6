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

// PutEvents implements archive.Writer.
func (s *Store) PutEvents(ctx context.Context, events []casework.Event) (int, error) {
	began := time.Now()
	added, err := s.putEvents(ctx, events)
	s.cfg.Metrics.Events(added, began, err)
	if err != nil {
		return 0, fmt.Errorf("archive %d events: %w", len(events), err)
	}
	return added, nil
}

func (s *Store) putEvents(ctx context.Context, events []casework.Event) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	mentions := make([]string, len(events))
	for i := range events {
		mentions[i] = events[i].Mention
	}
	erased, err := s.erasedAmong(ctx, mentions)
	if err != nil {
		return 0, err
	}
	for i, id := range mentions {
		if erased[id] {
			mentions[i] = archive.ErasedID(archive.Hash(id))
		}
	}
	mentions = unique(mentions)
	all, err := s.eventsOf(ctx, mentions)
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, stored := range all {
		for _, e := range stored {
			known[e.ID] = true
		}
	}
	added := 0
	err = s.insert(ctx, insertEvents, func(b driver.Batch) error {
		for _, e := range events {
			if known[e.ID] {
				continue
			}
			known[e.ID] = true
			if erased[e.Mention] {
				e = archive.EraseEvent(e, archive.Hash(e.Mention))
			}
			if err := appendEvent(b, e, uint64(len(all[e.Mention]))); err != nil {
				return err
			}
			all[e.Mention] = append(all[e.Mention], e)
			added++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return added, s.refold(ctx, mentions, all)
}

const insertEvents = "INSERT INTO events (mention, id, n, at, type, incident, actor, body)"

func appendEvent(b driver.Batch, e casework.Event, n uint64) error {
	body, err := encode(e)
	if err != nil {
		return err
	}
	return b.Append(e.Mention, e.ID, n, inRange(e.At), string(e.Type), e.Incident, e.By.Kind, body)
}

// refold brings the cases up to date: also of mentions whose events are all known, because a crash may have come between the two inserts.
func (s *Store) refold(ctx context.Context, mentions []string, all map[string][]casework.Event) error {
	_, folded, err := s.casesOf(ctx, mentions)
	if err != nil {
		return err
	}
	return s.insert(ctx, "INSERT INTO cases (id, n, state, body)", func(b driver.Batch) error {
		for _, id := range mentions {
			n := uint64(len(all[id]))
			if n == folded[id] {
				continue
			}
			c := casework.Fold(all[id])
			body, err := encode(c)
			if err != nil {
				return err
			}
			if err := b.Append(id, n, string(c.State), body); err != nil {
				return err
			}
		}
		return nil
	})
}

// PutSettings implements archive.Writer.
func (s *Store) PutSettings(ctx context.Context, versions []index.SettingVersion) error {
	began := time.Now()
	err := s.putSettings(ctx, versions)
	s.cfg.Metrics.Settings(began, err)
	if err != nil {
		return fmt.Errorf("archive %d settings: %w", len(versions), err)
	}
	return nil
}

func (s *Store) putSettings(ctx context.Context, versions []index.SettingVersion) error {
	type key struct {
		name    string
		version int64
	}
	known := map[key]bool{}
	err := s.each(ctx, func(rows driver.Rows) error {
		var k key
		err := rows.Scan(&k.name, &k.version)
		known[k] = true
		return err
	}, "SELECT name, version FROM settings")
	if err != nil {
		return err
	}
	return s.insert(ctx, "INSERT INTO settings (name, version, at, by, why, value)", func(b driver.Batch) error {
		for _, v := range versions {
			if k := (key{v.Key, v.Version}); known[k] {
				continue
			} else {
				known[k] = true
			}
			if err := b.Append(v.Key, v.Version, archive.Nanos(v.At), v.By, v.Why, string(v.Value)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Settings implements archive.Historian.
func (s *Store) Settings(ctx context.Context, key string) ([]index.SettingVersion, error) {
	var out []index.SettingVersion
	err := s.each(ctx, func(rows driver.Rows) error {
		var v index.SettingVersion
		var at int64
		var value string
		err := rows.Scan(&v.Key, &v.Version, &at, &v.By, &v.Why, &value)
		v.At, v.Value = archive.FromNanos(at), []byte(value)
		out = append(out, v)
		return err
	}, "SELECT name, version, at, by, why, value FROM settings FINAL WHERE ? = '' OR name = ? ORDER BY name, version", key, key)
	if err != nil {
		return nil, fmt.Errorf("read settings from the record: %w", err)
	}
	return out, nil
}
