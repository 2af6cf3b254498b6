package topic

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// CursorStore keeps, on the Cursors table, how far each source has been read and how it is.
type CursorStore struct{ t *Table }

// Keys of the Cursors table.
const (
	cursorKey = "cursor/"
	healthKey = "health/"
	pushKey   = "push/"
	sweepKey  = "sweep/"
)

// place is the value under a cursor's key.
type place struct {
	Cursor sources.Cursor `json:"cursor"`
}

var _ sources.Forgetter = (*CursorStore)(nil)

// NewCursorStore keeps cursors on t, which must be a table of Cursors.
func NewCursorStore(t *Table) *CursorStore { return &CursorStore{t} }

// Load returns the cursor saved for a source; the zero Cursor when there is none.
func (s *CursorStore) Load(_ context.Context, source string) (sources.Cursor, error) {
	e, ok := s.t.Get(cursorKey + source)
	if !ok {
		return "", nil
	}
	var p place
	if err := json.Unmarshal(e.Value, &p); err != nil {
		return "", fmt.Errorf("topic: cursor of %s: %w", source, describe(err))
	}
	return p.Cursor, nil
}

// Save returns once the log has the cursor.
func (s *CursorStore) Save(ctx context.Context, source string, c sources.Cursor) error {
	return s.put(ctx, cursorKey+source, place{c})
}

// Forget removes what is kept of a source that is configured no more. Whose things it read stays: a later source of its ID that reads somebody else's must
// not take what the record still holds of the first one for deleted.
func (s *CursorStore) Forget(ctx context.Context, source string) error {
	for _, key := range []string{cursorKey + source, healthKey + source, pushKey + source} {
		if _, ok := s.t.Get(key); !ok {
			continue
		}
		if err := s.t.Delete(ctx, key); err != nil {
			return err
		}
	}
	return s.forgetSweep(ctx, source)
}

func (s *CursorStore) forgetSweep(ctx context.Context, source string) error {
	if _, ok := s.t.Get(sweepKey + source); !ok {
		return nil
	}
	p, err := s.LoadSweep(ctx, source)
	left := sources.SweepPlace{Whose: p.Whose, Since: p.Since}
	switch {
	case err != nil, left == (sources.SweepPlace{}):
		return s.t.Delete(ctx, sweepKey+source)
	case p == left:
		return nil
	}
	return s.SaveSweep(ctx, source, left)
}

// ForgetOthers forgets every source but those of keep.
func (s *CursorStore) ForgetOthers(ctx context.Context, keep []string) error {
	gone := map[string]bool{}
	for _, prefix := range []string{cursorKey, healthKey, pushKey, sweepKey} {
		for _, e := range s.t.All(prefix) {
			if id := strings.TrimPrefix(e.Key, prefix); !slices.Contains(keep, id) {
				gone[id] = true
			}
		}
	}
	for id := range gone {
		if err := s.Forget(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// SaveHealth returns once the log has h.
func (s *CursorStore) SaveHealth(ctx context.Context, h sources.Health) error {
	return s.put(ctx, healthKey+h.Source, h)
}

// SavePush returns once the log has when a platform last pushed to a source.
func (s *CursorStore) SavePush(ctx context.Context, source string, p sources.Pushed) error {
	return s.put(ctx, pushKey+source, p)
}

// LastPush returns when a platform last pushed to a source; zero when it never did, and when that cannot be read.
func (s *CursorStore) LastPush(source string) (p sources.Pushed) {
	if e, ok := s.t.Get(pushKey + source); ok {
		_ = json.Unmarshal(e.Value, &p) // the next push writes it anew
	}
	return p
}

// LoadSweep returns how far the sweep of a source has come; the zero SweepPlace when there was none.
func (s *CursorStore) LoadSweep(_ context.Context, source string) (p sources.SweepPlace, err error) {
	e, ok := s.t.Get(sweepKey + source)
	if !ok {
		return p, nil
	}
	if err := json.Unmarshal(e.Value, &p); err != nil {
		return sources.SweepPlace{}, fmt.Errorf("topic: sweep of %s: %w", source, describe(err))
	}
	return p, nil
}

// SaveSweep returns once the log has p.
func (s *CursorStore) SaveSweep(ctx context.Context, source string, p sources.SweepPlace) error {
	return s.put(ctx, sweepKey+source, p)
}

func (s *CursorStore) put(ctx context.Context, key string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("topic: %s: %w", key, err)
	}
	_, err = s.t.Put(ctx, key, value)
	return err
}

// LastHealth returns the latest health of a source; the zero Health when it never told any.
func (s *CursorStore) LastHealth(_ context.Context, source string) (h sources.Health, err error) {
	e, ok := s.t.Get(healthKey + source)
	if !ok {
		return h, nil
	}
	if err := json.Unmarshal(e.Value, &h); err != nil {
		return sources.Health{}, fmt.Errorf("topic: health of %s: %w", source, describe(err))
	}
	s.LastPush(source).Lay(&h)
	return h, nil
}

// Health returns the latest health of every source, ordered by source.
func (s *CursorStore) Health() []sources.Health {
	var all []sources.Health
	for _, e := range s.t.All(healthKey) {
		h := sources.Health{}
		if err := json.Unmarshal(e.Value, &h); err != nil {
			h = sources.Health{State: "unreadable", Sentence: "The state of this source cannot be read: " + describe(err).Error() + "."}
		}
		h.Source = strings.TrimPrefix(e.Key, healthKey)
		s.LastPush(h.Source).Lay(&h)
		if p, err := s.LoadSweep(context.Background(), h.Source); err == nil {
			h.Sweep = p.Sentence
		}
		all = append(all, h)
	}
	return all
}
