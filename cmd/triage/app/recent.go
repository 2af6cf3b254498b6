package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

// recentMentions bounds the overlay; at 3 KiB a mention that is 60 MiB. Once the record has caught up, recentKept of them stay, for a record that
// goes away.
const (
	recentMentions = 20_000
	recentKept     = 2_000
)

// recent is what passed this node lately and may not be in the record yet. It is filled by the follower that fills the search index, so
// that whatever search finds can be read, and answers those who wait for their own act to have passed.
type recent struct {
	mu      sync.Mutex
	entries map[string]*passed
	order   []string // ring of IDs, oldest at next
	next    int
	waiting map[string]chan struct{} // event ID -> closed once applied
}

type passed struct {
	at     time.Time // last
	tagged *classify.Tagged
	events []casework.Event
}

func newRecent() *recent {
	return &recent{entries: map[string]*passed{}, order: make([]string, recentMentions), waiting: map[string]chan struct{}{}}
}

func (r *recent) entry(id string) *passed {
	p := r.entries[id]
	if p == nil {
		if old := r.order[r.next]; old != "" {
			delete(r.entries, old)
		}
		p = &passed{}
		r.entries[id] = p
		r.order[r.next] = id
		r.next = (r.next + 1) % len(r.order)
	}
	return p
}

// add keeps what passed and wakes those who wait for its events. It is called after the search index has applied it.
func (r *recent) add(items []tidings) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, it := range items {
		if it.tagged != nil {
			p := r.entry(it.tagged.Mention.ID)
			p.take(it.tagged)
			p.at = now
		} else {
			r.addEvent(it.event, now)
		}
	}
}

func (r *recent) addEvent(e *casework.Event, now time.Time) {
	p := r.entry(e.Mention)
	p.at = now
	if !slices.ContainsFunc(p.events, func(x casework.Event) bool { return x.ID == e.ID }) {
		p.events = append(p.events, *e)
	}
	if ch, ok := r.waiting[e.ID]; ok {
		close(ch)
		delete(r.waiting, e.ID)
	}
}

// await registers an interest in an event before it is published; the channel closes once it has passed.
func (r *recent) await(id string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	ch, ok := r.waiting[id]
	if !ok {
		ch = make(chan struct{})
		r.waiting[id] = ch
	}
	return ch
}

func (r *recent) giveUp(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, id)
}

// merge lays what passed lately over rec. It reports whether anything is known about the mention at all.
func (r *recent) merge(id string, rec *index.Record, known, events bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.entries[id]
	if p == nil {
		return known
	}
	if p.tagged != nil && (!known && !p.tagged.Again || known && newer(p.tagged, &rec.Tagged)) {
		rec.Tagged = *p.tagged
		rec.Again = false
		known = true
	}
	if !known {
		return false
	}
	if events {
		rec.Events = union(rec.Events, p.events)
		rec.Case = casework.Fold(rec.Events)
		return true
	}
	for _, e := range p.events {
		if e.At.After(rec.Case.Updated) {
			rec.Case = rec.Case.Apply(e)
		}
	}
	return true
}

// take keeps t unless what is kept stands against it.
func (p *passed) take(t *classify.Tagged) {
	switch {
	case p.tagged == nil:
		p.tagged = t
	case t.Again && !p.tagged.Again && t.Supersedes(p.tagged):
		fresh := *t
		fresh.Again = false // its text passed too, so that the record is not needed to show it
		p.tagged = &fresh
	case t.Supersedes(p.tagged):
		p.tagged = t
	}
}

// newer reports whether a, which passed, stands above b, which the record holds.
func newer(a, b *classify.Tagged) bool {
	switch {
	case a.Mention.Version() != b.Mention.Version():
		return !a.Again && a.Verdict.At.After(b.Verdict.At)
	case a.Verdict.Stage != b.Verdict.Stage:
		return a.Verdict.Stage.Outranks(b.Verdict.Stage)
	}
	return a.Verdict.At.After(b.Verdict.At)
}

// union returns the events of both, once each, oldest first; order within one instant is that of first sight.
func union(a, b []casework.Event) []casework.Event {
	out := slices.Clone(a)
	for _, e := range b {
		if !slices.ContainsFunc(out, func(x casework.Event) bool { return x.ID == e.ID }) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(x, y casework.Event) int { return cmp.Compare(x.At.UnixNano(), y.At.UnixNano()) })
	return out
}

// overlay reads the record with what passed lately laid over it.
type overlay struct {
	record index.Reader
	recent *recent
}

var _ index.Reader = overlay{}

var system = casework.Viewer{Role: casework.System}

// Get returns one mention as v may see it. When the record cannot be asked, what passed lately still answers.
func (o overlay) Get(ctx context.Context, v casework.Viewer, id string) (index.Record, error) {
	rec, err := o.record.Get(ctx, system, id)
	if ok := o.recent.merge(id, &rec, err == nil, true); !ok {
		return index.Record{}, cmp.Or(err, index.ErrNotFound)
	}
	if rec, ok := rec.For(v); ok {
		return rec, nil
	}
	return index.Record{}, index.ErrNotFound
}

// GetMany returns what v may see of ids, in their order.
func (o overlay) GetMany(ctx context.Context, v casework.Viewer, ids []string) ([]index.Record, error) {
	recs, err := o.record.GetMany(ctx, system, ids)
	byID := make(map[string]*index.Record, len(recs))
	for i := range recs {
		byID[recs[i].Mention.ID] = &recs[i]
	}
	out := make([]index.Record, 0, len(ids))
	for _, id := range ids {
		rec := index.Record{}
		found := byID[id]
		if found != nil {
			rec = *found
		}
		if !o.recent.merge(id, &rec, found != nil, false) {
			continue
		}
		if rec, ok := rec.For(v); ok {
			out = append(out, rec)
		}
	}
	if len(out) > 0 {
		return out, nil // the record's outage shows where nothing at all can be read
	}
	return out, err
}

// Thread reads the record alone and merges what passed lately over each of its mentions.
func (o overlay) Thread(ctx context.Context, v casework.Viewer, thread string, limit int) ([]index.Record, error) {
	recs, err := o.record.Thread(ctx, system, thread, limit)
	if err != nil && !errors.Is(err, index.ErrNotFound) {
		return nil, err
	}
	out := recs[:0]
	for _, rec := range recs {
		o.recent.merge(rec.Mention.ID, &rec, true, false)
		if rec, ok := rec.For(v); ok {
			out = append(out, rec)
		}
	}
	return out, nil
}

// forget lets go of what passed before then, because the record has it, but for the last recentKept mentions.
func (r *recent) forget(then time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.order {
		if len(r.entries) <= recentKept {
			return
		}
		slot := (r.next + i) % len(r.order)
		id := r.order[slot]
		if p := r.entries[id]; p != nil && p.at.Before(then) {
			delete(r.entries, id)
			r.order[slot] = ""
		}
	}
}

// drop takes a mention out, because it was erased.
func (r *recent) drop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.entries[id]; p != nil {
		*p = passed{}
	}
}
