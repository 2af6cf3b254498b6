package escalate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/internal/mapped"

	"github.com/go-json-experiment/json"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// StateFile is the dispatcher's own memory inside Config.Dir.
const StateFile = "state.db"

// keepClosed is how long a closed incident stays in state.db: longer than the log keeps a verdict (30 days at most), so that no
// verdict that is delivered again opens it anew.
const keepClosed = 35 * 24 * time.Hour

// The buckets of state.db.
var (
	bucketEvents  = []byte("events")  // sequence: casework.Event, in the order of folding
	bucketPending = []byte("pending") // sequence: key in events; to be appended to the journal
	bucketCards   = []byte("cards")   // mention id: classify.Tagged, shortened; what a mail needs
	bucketPlans   = []byte("plans")   // inbox key: mailPlan
	bucketHeld    = []byte("held")    // mention id: waiting
	buckets       = [][]byte{bucketEvents, bucketPending, bucketCards, bucketPlans, bucketHeld}
)

// store is state.db: copies of the casework events of incidents not yet forgotten, and what has still to be done about them. Every
// method that writes is one fsynced transaction.
type store struct {
	db   *bolt.DB
	fail func(op string) error // a seam for tests; nil outside
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: make folder: %w", ErrState, err)
	}
	path := filepath.Join(dir, StateFile)
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 5 * time.Second, FreelistType: bolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%w: another program holds %s; stop it first", ErrState, path)
	case err != nil:
		return nil, fmt.Errorf("%w: %s cannot be read (%w); move it away and start again, it is rebuilt from the record", ErrState, path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucketIfNotExists(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: prepare %s: %w", ErrState, path, err), db.Close())
	}
	return &store{db: db}, nil
}

// giveBack makes what was read of the file not resident: hundreds of MiB where hundreds of thousands of incidents are open.
func (s *store) giveBack() error { return s.db.View(mapped.GiveBackBolt) }

func (s *store) close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

func (s *store) update(op string, fn func(*bolt.Tx) error) error {
	if s.fail != nil {
		if err := s.fail(op); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	if err := s.db.Update(fn); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// change is one transaction's worth of news.
type change struct {
	pending []casework.Event // to be kept and appended to the journal
	known   []casework.Event // to be kept; the journal has them
	cards   []classify.Tagged
	forget  []string            // cards of these mentions
	held    map[string]*waiting // by mention: to be kept, or nil to be forgotten
	plan    *mailPlan
	unplan  []string // inbox keys whose mail is done
	saved   []string // incidents whose mails may leave once this is saved
	flushed uint64   // pending events up to this sequence are in the journal
}

func (c *change) empty() bool {
	return len(c.pending)+len(c.known)+len(c.cards)+len(c.forget)+len(c.unplan)+len(c.held) == 0 && c.plan == nil
}

// hold keeps a mention waiting, or forgets it when w is nil.
func (c *change) hold(id string, w *waiting) {
	if c.held == nil {
		c.held = map[string]*waiting{}
	}
	c.held[id] = w
}

func (s *store) save(op string, c change) error {
	return s.update(op, func(tx *bolt.Tx) error {
		events, pending, cards, plans := tx.Bucket(bucketEvents), tx.Bucket(bucketPending), tx.Bucket(bucketCards), tx.Bucket(bucketPlans)
		if err := dropFlushed(pending, c.flushed); err != nil {
			return err
		}
		for _, e := range c.known {
			if _, err := putEvent(events, e); err != nil {
				return err
			}
		}
		for _, e := range c.pending {
			key, err := putEvent(events, e)
			if err != nil {
				return err
			}
			seq, err := pending.NextSequence()
			if err != nil {
				return err
			}
			if err := pending.Put(binary.BigEndian.AppendUint64(nil, seq), key); err != nil {
				return err
			}
		}
		for _, t := range c.cards {
			if err := putJSON(cards, []byte(t.Mention.ID), t); err != nil {
				return err
			}
		}
		for _, id := range c.forget {
			if err := cards.Delete([]byte(id)); err != nil {
				return err
			}
		}
		for _, key := range c.unplan {
			if err := plans.Delete([]byte(key)); err != nil {
				return err
			}
		}
		if err := saveHeld(tx.Bucket(bucketHeld), c.held); err != nil {
			return err
		}
		if c.plan != nil {
			return putJSON(plans, []byte(c.plan.Inbox), c.plan)
		}
		return nil
	})
}

func saveHeld(b *bolt.Bucket, changed map[string]*waiting) error {
	for id, w := range changed {
		var err error
		if w == nil {
			err = b.Delete([]byte(id))
		} else {
			err = putJSON(b, []byte(id), w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func dropFlushed(pending *bolt.Bucket, flushed uint64) error {
	cur := pending.Cursor()
	for k, _ := cur.First(); k != nil && binary.BigEndian.Uint64(k) <= flushed; k, _ = cur.First() {
		if err := pending.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// putEvent appends, so that a batch touches few pages and the order of folding is kept. An event kept twice is folded once.
func putEvent(b *bolt.Bucket, e casework.Event) ([]byte, error) {
	b.FillPercent = 1
	seq, err := b.NextSequence()
	if err != nil {
		return nil, err
	}
	key := binary.BigEndian.AppendUint64(nil, seq)
	return key, putJSON(b, key, e)
}

func putJSON(b *bolt.Bucket, key []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(key, raw)
}

// readAhead is how many events are read before what they lie on is given back.
const readAhead = 10_000

// each reads every event in order.
func (s *store) each(fn func(casework.Event)) error {
	return s.db.View(func(tx *bolt.Tx) error {
		n := 0
		return tx.Bucket(bucketEvents).ForEach(func(k, v []byte) error {
			if n++; n%readAhead == 0 {
				if err := mapped.GiveBackBolt(tx); err != nil {
					return err
				}
			}
			var e casework.Event
			if err := json.Unmarshal(v, &e); err != nil {
				return fmt.Errorf("%w: event %x: %w", ErrState, k, err)
			}
			fn(e)
			return nil
		})
	})
}

// pendingAfter returns up to limit events not yet known to be in the journal, in order, and the sequence of the last.
func (s *store) pendingAfter(after uint64, limit int) (out []casework.Event, last uint64, err error) {
	last = after
	err = s.db.View(func(tx *bolt.Tx) error {
		events := tx.Bucket(bucketEvents)
		cur := tx.Bucket(bucketPending).Cursor()
		for k, key := cur.Seek(binary.BigEndian.AppendUint64(nil, after+1)); k != nil && len(out) < limit; k, key = cur.Next() {
			var e casework.Event
			if err := json.Unmarshal(events.Get(key), &e); err != nil {
				return fmt.Errorf("%w: pending event %x: %w", ErrState, key, err)
			}
			out, last = append(out, e), binary.BigEndian.Uint64(k)
		}
		return nil
	})
	return out, last, err
}

// card returns what is kept of a mention, or false.
func (s *store) card(id string) (t classify.Tagged, ok bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		raw := tx.Bucket(bucketCards).Get([]byte(id))
		if raw == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(raw, &t)
	})
	return t, ok, err
}

// allHeld returns the mentions that wait for a considered verdict, longest first.
func (s *store) allHeld() (out []held, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketHeld).ForEach(func(k, v []byte) error {
			var w waiting
			if err := json.Unmarshal(v, &w); err != nil {
				return fmt.Errorf("%w: waiting mention %s: %w", ErrState, k, err)
			}
			out = append(out, held{string(k), w.Version, w.Until})
			return nil
		})
	})
	slices.SortFunc(out, func(a, b held) int { return cmp.Or(a.until.Compare(b.until), cmp.Compare(a.id, b.id)) })
	return out, err
}

// waiting returns what is kept of the mentions that wait.
func (s *store) waiting(ids []string) (out []waiting, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		for _, id := range ids {
			raw := tx.Bucket(bucketHeld).Get([]byte(id))
			if raw == nil {
				continue
			}
			var w waiting
			if err := json.Unmarshal(raw, &w); err != nil {
				return fmt.Errorf("%w: waiting mention %s: %w", ErrState, id, err)
			}
			out = append(out, w)
		}
		return nil
	})
	return out, err
}

// plans returns the mails planned and not known to be sent.
func (s *store) plans() (out []mailPlan, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketPlans).ForEach(func(_, v []byte) error {
			var p mailPlan
			if err := json.Unmarshal(v, &p); err != nil {
				return err
			}
			out = append(out, p)
			return nil
		})
	})
	return out, err
}

// forgetIncidents removes all that is kept about incidents long closed and already in the journal.
func (s *store) forgetIncidents(ids []string, cards []string) error {
	if len(ids) == 0 {
		return nil
	}
	gone := make(map[string]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	return s.update("forget closed incidents", func(tx *bolt.Tx) error {
		events, pending := tx.Bucket(bucketEvents), map[string]bool{}
		if err := tx.Bucket(bucketPending).ForEach(func(_, key []byte) error { pending[string(key)] = true; return nil }); err != nil {
			return err
		}
		var keys [][]byte
		err := events.ForEach(func(k, v []byte) error {
			var e casework.Event
			if err := json.Unmarshal(v, &e); err != nil {
				return err
			}
			if gone[e.Incident] && !pending[string(k)] {
				keys = append(keys, bytes.Clone(k))
			}
			return nil
		})
		for _, k := range keys {
			err = errors.Join(err, events.Delete(k))
		}
		for _, id := range cards {
			err = errors.Join(err, tx.Bucket(bucketCards).Delete([]byte(id)))
		}
		return err
	})
}
