package topic

import (
	"fmt"
	"slices"
)

// apply takes records into the view. It fails only when the topic holds more than a table may.
func (t *Table) apply(recs []Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range recs {
		if err := t.applyOne(&recs[i]); err != nil {
			return err
		}
	}
	close(t.moved)
	t.moved = make(chan struct{})
	return nil
}

func (t *Table) applyOne(r *Record) error {
	defer func() { t.next = r.Offset + 1 }()
	key := string(r.Key)
	if err := t.readable(r); err != nil {
		t.c.log.Error("unreadable entry, left out of the table", "topic", t.topic, "offset", r.Offset, "err", err)
		t.c.cfg.Metrics.setAside(stageOther, CauseOf(err))
		return nil
	}
	e := Entry{Key: key, Value: slices.Clone(r.Value), Offset: r.Origin(), Time: r.Time}
	old, had := t.entries[key]
	t.bytes -= len(old.Value)
	switch {
	case r.Value == nil:
		delete(t.entries, key)
		if had {
			t.bytes -= len(key)
		}
	default:
		if !had {
			t.bytes += len(key)
		}
		t.bytes += len(e.Value)
		t.entries[key] = e
	}
	if t.bytes > 2*maxTableBytes { // another node may be a little ahead of our own check
		return fmt.Errorf("topic: %s holds more than the %d MiB a table may", t.topic, maxTableBytes>>20)
	}
	if had && old.Offset == e.Offset || !had && r.Value == nil {
		return nil // nothing changed: compaction wrote it again, or it was gone already
	}
	for w := range t.watch {
		w.push(e)
	}
	return nil
}

// readable judges a record as Decode would, but takes a tombstone.
func (t *Table) readable(r *Record) error {
	if len(r.Key) == 0 {
		return Poison(CauseEmpty, fmt.Errorf("there is no key"))
	}
	if r.Value == nil {
		return nil
	}
	return checkWire(r, t.kind)
}

// reset empties the view before the topic is read again from its oldest record.
func (t *Table) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.entries)
	t.bytes, t.next = 0, 0
}
