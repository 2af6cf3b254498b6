package escalate

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"earshot/casework"
)

// Ledger is the fold of casework events into incidents, the same on every node. Safe for concurrent use.
//
// The casework log keeps order within a mention, not between mentions, so the fold gives the same incidents for every interleaving
// that keeps each mention's order, and an event delivered again changes nothing.
type Ledger struct {
	mu        sync.Mutex
	packed    []string           // the incidents by slot, see pack.go
	words     words              // of the packed
	large     map[slot]*incident // those of many mentions, which would be packed anew with each
	byID      slots
	byMention slots // each of its incidents
	byGroup   slots // the open one to join
	seed      maphash.Seed
	persons   map[uint64]personAct
	order     []slot // by time of creation, when sorted
	sorted    bool
	settled   uint64   // rises with every change after which a queued mail may be wanted no more
	look      incident // what read unpacked last
	bytes     []byte   // what keep packed last
}

// slot is an incident's number in a Ledger, counted up from 0.
type slot uint32

// personAct is the last time a person decided about a mention, so that an older verdict does not undo it.
type personAct struct {
	at         int64
	relabelled bool
}

// NewLedger returns an empty Ledger.
func NewLedger() *Ledger {
	return &Ledger{words: words{codes: map[string]int{}}, seed: maphash.MakeSeed(), large: map[slot]*incident{}, persons: map[uint64]personAct{}}
}

// Load folds the record's casework. Events that also arrive by Apply, before or after, change nothing.
func (l *Ledger) Load(ctx context.Context, h History) error {
	const chunk = 1000
	batch := make([]casework.Event, 0, chunk)
	err := h.Events(ctx, func(e casework.Event) error {
		if batch = append(batch, e); len(batch) == chunk {
			l.Apply(batch)
			batch = batch[:0]
		}
		return ctx.Err()
	})
	l.Apply(batch)
	if err != nil {
		return fmt.Errorf("read casework from the record: %w", err)
	}
	return nil
}

// Apply folds events. Order must be kept within a mention only; applying an event again changes nothing.
func (l *Ledger) Apply(events []casework.Event) { l.apply(events) }

// apply returns the events that changed something.
func (l *Ledger) apply(events []casework.Event) (news []casework.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		if l.fold(&events[i]) {
			news = append(news, events[i])
		}
	}
	return news
}

func (l *Ledger) fold(e *casework.Event) bool {
	switch e.Type {
	case casework.Escalated, casework.Joined:
		return e.Incident != "" && e.Audience != "" && l.take(e)
	case casework.Delivered, casework.Refused:
		return e.Incident != "" && e.MessageID != "" && l.settle(l.change(e.Incident, func(i *incident) bool { return i.mark(e) }))
	case casework.Reconsidered:
		return e.Incident != "" && l.settle(l.change(e.Incident, func(i *incident) bool { return i.doubt(e) }))
	}
	return l.settle(l.person(e))
}

// take folds an escalated or joined event.
func (l *Ledger) take(e *casework.Event) bool {
	n, i := l.incident(e.Incident)
	shaped, created := i.shaped(), i.created
	if !i.take(e) {
		return false
	}
	i.settle()
	l.keep(n, i)
	l.index(n, i, e.Mention)
	if !shaped {
		l.sorted = l.sorted && (len(l.order) == 0 || packedCreated(l.packed[l.order[len(l.order)-1]]) <= i.created)
		l.order = append(l.order, n)
	} else if created != i.created {
		l.sorted = false
	}
	if i.acked != 0 || i.closed != 0 { // by an act that overtook it
		l.settled++
	}
	return true
}

// settle counts a change that may settle incidents.
func (l *Ledger) settle(changed bool) bool {
	if changed {
		l.settled++
	}
	return changed
}

// index keeps the ways to an incident after it took a mention.
func (l *Ledger) index(n slot, i *incident, mention string) {
	key := l.hash(mention)
	known := false
	for k := range l.byMention.find(key) {
		known = known || k == n
	}
	if !known {
		l.byMention.add(key, n)
	}
	key = l.groupKey(i.audience, i.wall, i.group)
	switch old, o := l.group(i.audience, i.wall, i.group); {
	case o == nil:
		l.byGroup.add(key, n)
	case o.closed != 0, i.closed == 0 && cmp.Or(cmp.Compare(i.created, o.created), cmp.Compare(i.id, o.id)) > 0:
		l.byGroup.replace(key, old, n)
	}
}

// hash finds strings in the tables.
func (l *Ledger) hash(s string) uint32 { return uint32(maphash.String(l.seed, s)) }

func (l *Ledger) groupKey(audience string, wall casework.Wall, group string) uint32 {
	return l.hash(audience + "\x00" + string(wall) + "\x00" + group)
}

// group returns the newest open incident of a group, or else its newest, to be looked at like one that read returns; nil when there is none.
func (l *Ledger) group(audience string, wall casework.Wall, group string) (slot, *incident) {
	for n := range l.byGroup.find(l.groupKey(audience, wall, group)) {
		if i := l.read(n); i.audience == audience && i.wall == wall && i.group == group {
			return n, i
		}
	}
	return 0, nil
}

// read returns an incident to be looked at until the next call that reads one.
func (l *Ledger) read(n slot) *incident {
	if i := l.large[n]; i != nil {
		return i
	}
	l.words.unpack(l.packed[n], &l.look)
	return &l.look
}

// find is read by ID; nil when there is none.
func (l *Ledger) find(id string) (slot, *incident) {
	for n := range l.byID.find(l.hash(id)) {
		if i := l.read(n); i.id == id {
			return n, i
		}
	}
	return 0, nil
}

// of calls fn with each incident that holds the mention, first taken first. They are to be looked at until fn returns.
func (l *Ledger) of(mention string, fn func(slot, *incident, *member)) {
	for n := range l.byMention.find(l.hash(mention)) {
		i := l.read(n)
		if m := i.member(mention); m != nil {
			fn(n, i, m)
		}
	}
}

// incident returns the incident to be changed and then kept, made empty when an act on it overtook the event that opens it.
func (l *Ledger) incident(id string) (slot, *incident) {
	n, i := l.find(id)
	switch {
	case i == nil:
		n, i = slot(len(l.packed)), &incident{id: id}
		l.packed = append(l.packed, "")
		l.byID.add(l.hash(id), n)
		l.keep(n, i)
	case i == &l.look: // which the next who reads takes for himself
		i = &incident{}
		l.words.unpack(l.packed[n], i)
	}
	return n, i
}

// mostPacked is how many mentions an incident may have to be packed.
const mostPacked = 50

// keep packs an incident that was changed. Of a large one only the head is packed, for lists.
func (l *Ledger) keep(n slot, i *incident) {
	head := *i
	if len(i.members) > mostPacked {
		l.large[n] = i
		head = incident{created: i.created, audience: i.audience, wall: i.wall, service: i.service, acked: i.acked, closed: i.closed}
	}
	l.bytes = l.words.pack(l.bytes[:0], &head)
	l.packed[n] = string(l.bytes)
}

// change keeps an incident if fn changed it.
func (l *Ledger) change(id string, fn func(*incident) bool) bool {
	n, i := l.incident(id)
	changed := fn(i)
	if changed {
		l.keep(n, i)
	}
	return changed
}

// person folds an act on a case into the incidents it is about: the one it names, else every one of the mention's behind the same wall.
func (l *Ledger) person(e *casework.Event) (changed bool) {
	if !takes(e.Type) && !slices.Contains([]casework.Type{casework.Reopened, casework.Undone, casework.Erased}, e.Type) {
		return false
	}
	key := hash64(e.Mention)
	switch e.Type {
	case casework.Relabelled, casework.Closed, casework.Replied:
		p := l.persons[key]
		l.persons[key] = personAct{at: max(p.at, e.At.UnixNano()), relabelled: p.relabelled || e.Type == casework.Relabelled}
	}
	if e.Incident != "" && e.Type != casework.Undone {
		return l.change(e.Incident, func(i *incident) bool { return i.act(e) })
	}
	l.of(e.Mention, func(n slot, i *incident, _ *member) {
		if touches(e, i) && i.act(e) {
			l.keep(n, i)
			changed = true
		}
	})
	return changed
}

// touches reports whether an act on a mention that names no incident is about i.
func touches(e *casework.Event, i *incident) bool {
	return e.Type == casework.Undone || e.Type == casework.Erased || i.wall == e.Wall
}

// List returns the incidents v may see, newest first.
func (l *Ledger) List(v casework.Viewer, f Filter) []Incident {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sort()
	var out []Incident
	for _, n := range slices.Backward(l.order) {
		p, i := l.packed[n], &l.look
		if (f.Open || f.Waiting) && packedClosed(p) || f.Waiting && packedAcked(p) {
			continue
		}
		if l.words.head(p, i); !sees(v, i) || f.Audience != "" && i.audience != f.Audience {
			continue
		}
		if out = append(out, l.read(n).view()); len(out) == f.Limit {
			break
		}
	}
	return out
}

func (l *Ledger) sort() {
	if l.sorted {
		return
	}
	slices.SortFunc(l.order, func(a, b slot) int {
		return cmp.Or(cmp.Compare(packedCreated(l.packed[a]), packedCreated(l.packed[b])), l.compareIDs(a, b))
	})
	l.sorted = true
}

func (l *Ledger) compareIDs(a, b slot) int {
	id := l.read(a).id
	return cmp.Compare(id, l.read(b).id)
}

// sees decides by the Viewer alone: its walls, its service, and whether it may read mentions at all.
func sees(v casework.Viewer, i *incident) bool {
	return i.shaped() && v.SeesMentions() && v.SeesWall(i.wall) && v.SeesService(i.service)
}

// Get returns one incident, or ErrNoIncident.
func (l *Ledger) Get(v casework.Viewer, id string) (Incident, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, i := l.find(id)
	if i == nil || !sees(v, i) {
		return Incident{}, ErrNoIncident
	}
	return i.view(), nil
}

// Of returns the incidents that v may see and that hold the mention, oldest first.
func (l *Ledger) Of(v casework.Viewer, mention string) []Incident {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Incident
	l.of(mention, func(_ slot, i *incident, _ *member) {
		if sees(v, i) {
			out = append(out, i.view())
		}
	})
	slices.SortFunc(out, func(a, b Incident) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Act makes the events of one act on an incident, one for each of its mentions (an act on an incident acts on each of its cases): like
// is the act, with Type, At, By and what belongs to the type; ID, Mention, Incident, Audience and Wall are filled in. The same act
// by the same actor at the same instant has the same IDs. ErrNoIncident when v may not see it. Nothing is stored: append them to the
// Journal.
func (l *Ledger) Act(v casework.Viewer, id string, like casework.Event) ([]casework.Event, error) {
	i, err := l.Get(v, id)
	if err != nil {
		return nil, err
	}
	out := make([]casework.Event, 0, len(i.Mentions))
	for _, m := range i.Mentions {
		e := like
		e.ID = casework.DerivedID("act", i.ID, m, string(like.Type), like.By.ID, like.At.UTC().Format(time.RFC3339Nano))
		e.Mention, e.Incident, e.Audience, e.Wall = m, i.ID, i.Audience, i.Wall
		if err := e.Validate(); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Unsent returns the ids of incidents that nobody has acknowledged or closed, whose first mail was due before now and that no recipient
// has been sent. `triage verify` shows them.
func (l *Ledger) Unsent(t *Table, now time.Time) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for n := range l.packed {
		i := l.read(slot(n))
		if s, ok := t.next(i, progress{}); ok && s.step == 0 && len(i.mails) == 0 && s.at.Before(now) {
			out = append(out, i.id)
		}
	}
	slices.Sort(out)
	return out
}

// Count returns how many incidents there are and how many of them are open.
func (l *Ledger) Count() (all, open int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.order {
		if !packedClosed(l.packed[n]) {
			open++
		}
	}
	return len(l.order), open
}

// known returns, for each audience, the reasons for which it was ever told of the mention.
func (l *Ledger) known(mention string) map[string]reasonSet {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]reasonSet{}
	l.of(mention, func(_ slot, i *incident, m *member) { out[i.audience] |= m.reasons })
	return out
}

// doubts returns the beginning of an event for each incident that holds the mention for reasons of a verdict, where those that found no longer
// names differ from those it is known to doubt: Reasons is what it has to doubt now.
func (l *Ledger) doubts(mention string, found reasonSet) (out []casework.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(mention, func(_ slot, i *incident, m *member) {
		if lost := m.reasons & ofVerdict &^ found; lost != m.doubted {
			out = append(out, casework.Event{Mention: mention, Incident: i.id, Audience: i.audience, Wall: i.wall, Reasons: lost.strings()})
		}
	})
	return out
}

// personOf returns what a person last decided about a mention.
func (l *Ledger) personOf(mention string) personAct {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.persons[hash64(mention)]
}

// joinable returns the incident that a decision's mention joins: the group's, while it is open. A risk joins only while nobody has
// acknowledged, for somebody who has must be told of a new one.
func (l *Ledger) joinable(d Decision, reasons reasonSet) (id string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, i := l.group(d.Audience, d.Wall, d.Group)
	if i == nil || i.closed != 0 || i.acked != 0 && reasons.urgent() {
		return "", false
	}
	return i.id, true
}

// owned returns e once for each incident it was folded into, naming it, so that state.db keeps it beside that incident.
func (l *Ledger) owned(e casework.Event) []casework.Event {
	if e.Incident != "" {
		return []casework.Event{e}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []casework.Event
	l.of(e.Mention, func(_ slot, i *incident, _ *member) {
		if touches(&e, i) {
			own := e
			own.Incident = i.id
			out = append(out, own)
		}
	})
	return out
}

// finished returns the mentions of events none of whose incidents is open any more: no mail will quote them.
func (l *Ledger) finished(events []casework.Event) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, e := range events {
		if e.Type != casework.Closed && e.Type != casework.Replied {
			continue
		}
		all, open := 0, 0
		l.of(e.Mention, func(_ slot, i *incident, _ *member) {
			all++
			if i.closed == 0 {
				open++
			}
		})
		if all > 0 && open == 0 {
			out = append(out, e.Mention)
		}
	}
	return out
}

// unmailed reports whether an open incident of the mention has not been mailed yet.
func (l *Ledger) unmailed(mention string) (some bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(mention, func(_ slot, i *incident, _ *member) { some = some || i.closed == 0 && len(i.mails) == 0 })
	return some
}

// closedBefore returns the incidents closed before then, and their mentions.
func (l *Ledger) closedBefore(then time.Time) (ids, mentions []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n, p := range l.packed {
		if !packedClosed(p) {
			continue
		}
		if i := l.read(slot(n)); i.closed < then.UnixNano() {
			ids = append(ids, i.id)
			for _, m := range i.members {
				mentions = append(mentions, m.id)
			}
		}
	}
	return ids, mentions
}

// waiting returns the incidents that nobody has acknowledged or closed.
func (l *Ledger) waiting() (ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n, p := range l.packed {
		if packedAcked(p) || packedClosed(p) {
			continue
		}
		if i := l.read(slot(n)); i.shaped() {
			ids = append(ids, i.id)
		}
	}
	return ids
}

// nextSend is Table.next under the lock.
func (l *Ledger) nextSend(t *Table, id string, done progress) (send, bool, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, i := l.find(id)
	if i == nil || !i.shaped() {
		return send{}, false, false
	}
	s, ok := t.next(i, done)
	return s, i.reasons.urgent(), ok
}

// wants reports whether a queued mail should still leave: nobody has the incident and the mail has not been sent.
func (l *Ledger) wants(id, to string, step int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, i := l.find(id)
	return i != nil && i.shaped() && i.acked == 0 && i.closed == 0 && !i.sentTo(to, step) && !i.unfounded()
}

// settlings says whether it is worth asking wants again: while it stays the same, what was wanted is.
func (l *Ledger) settlings() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

// view returns an incident for the dispatcher, which sees everything but one of which only a later event is known: there is nothing to say of it yet.
func (l *Ledger) view(id string) (Incident, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, i := l.find(id)
	if i == nil || !i.shaped() {
		return Incident{}, false
	}
	return i.view(), true
}

// mailsSince returns every mail since then with whether its incident is urgent, to know after a restart what an inbox has been sent.
func (l *Ledger) mailsSince(then time.Time) (out []pastMail) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.packed {
		i := l.read(slot(n))
		for _, m := range i.mails {
			if m.at >= then.UnixNano() && m.refused == "" {
				out = append(out, pastMail{key: m.key, to: m.to, at: instant(m.at), urgent: i.reasons.urgent()})
			}
		}
	}
	return out
}

type pastMail struct {
	key    [16]byte
	to     string
	at     time.Time
	urgent bool
}
