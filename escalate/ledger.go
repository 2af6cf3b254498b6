package escalate

import (
	"cmp"
	"context"
	"fmt"
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
	incidents map[string]*incident
	byMention map[uint64][]*incident
	byGroup   map[uint64]*incident // the open one to join
	persons   map[uint64]personAct
	order     []*incident // by time of creation, when sorted
	sorted    bool
	strings   map[string]string
	settled   uint64 // rises with every change after which a queued mail may be wanted no more
}

// personAct is the last time a person decided about a mention, so that an older verdict does not undo it.
type personAct struct {
	at         int64
	relabelled bool
}

// NewLedger returns an empty Ledger.
func NewLedger() *Ledger {
	return &Ledger{incidents: map[string]*incident{}, byMention: map[uint64][]*incident{}, byGroup: map[uint64]*incident{},
		persons: map[uint64]personAct{}, strings: map[string]string{}}
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
		if e.Incident == "" || e.Audience == "" {
			return false
		}
		i := l.incident(e.Incident)
		shaped, created := i.shaped(), i.created
		if !i.take(e, l.intern) {
			return false
		}
		l.index(i, e.Mention, !shaped, created)
		if i.acked != 0 || i.closed != 0 { // by an act that overtook it
			l.settled++
		}
		return true
	case casework.Delivered, casework.Refused:
		if e.Incident == "" || e.MessageID == "" {
			return false
		}
		return l.settle(l.incident(e.Incident).mark(e, l.intern))
	case casework.Reconsidered:
		return e.Incident != "" && l.settle(l.incident(e.Incident).doubt(e))
	}
	return l.settle(l.person(e))
}

// settle counts a change that may settle incidents.
func (l *Ledger) settle(changed bool) bool {
	if changed {
		l.settled++
	}
	return changed
}

// index keeps the ways to an incident after it took a mention.
func (l *Ledger) index(i *incident, mention string, fresh bool, created int64) {
	key := hash64(mention)
	if !slices.Contains(l.byMention[key], i) {
		l.byMention[key] = append(l.byMention[key], i)
	}
	if fresh {
		l.sorted = l.sorted && (len(l.order) == 0 || l.order[len(l.order)-1].created <= i.created)
		l.order = append(l.order, i)
	} else if created != i.created {
		l.sorted = false
	}
	i.settle()
	g := groupKey(i.audience, i.wall, i.group)
	if old := l.byGroup[g]; old == nil || old.closed != 0 || i.closed == 0 && cmp.Or(cmp.Compare(i.created, old.created), cmp.Compare(i.id, old.id)) > 0 {
		l.byGroup[g] = i
	}
}

func groupKey(audience string, wall casework.Wall, group string) uint64 {
	return hash64(audience, string(wall), group)
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
		return l.incident(e.Incident).act(e)
	}
	for _, i := range l.byMention[key] {
		if e.Type == casework.Undone || e.Type == casework.Erased || i.wall == e.Wall {
			changed = i.act(e) || changed
		}
	}
	return changed
}

// incident returns the incident, made empty when an act on it overtook the event that opens it.
func (l *Ledger) incident(id string) *incident {
	i := l.incidents[id]
	if i == nil {
		i = &incident{id: id}
		l.incidents[id] = i
	}
	return i
}

func (l *Ledger) intern(s string) string {
	if v, ok := l.strings[s]; ok {
		return v
	}
	if len(l.strings) < 10_000 {
		l.strings[s] = s
	}
	return s
}

// List returns the incidents v may see, newest first.
func (l *Ledger) List(v casework.Viewer, f Filter) []Incident {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.sorted {
		slices.SortFunc(l.order, func(a, b *incident) int { return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.id, b.id)) })
		l.sorted = true
	}
	var out []Incident
	for _, i := range slices.Backward(l.order) {
		if !sees(v, i) || f.Audience != "" && i.audience != f.Audience || (f.Open || f.Waiting) && i.closed != 0 || f.Waiting && i.acked != 0 {
			continue
		}
		if out = append(out, i.view()); len(out) == f.Limit {
			break
		}
	}
	return out
}

// sees decides by the Viewer alone: its walls, its service, and whether it may read mentions at all.
func sees(v casework.Viewer, i *incident) bool {
	return i.shaped() && v.SeesMentions() && v.SeesWall(i.wall) && v.SeesService(i.service)
}

// Get returns one incident, or ErrNoIncident.
func (l *Ledger) Get(v casework.Viewer, id string) (Incident, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.incidents[id]
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
	for _, i := range l.byMention[hash64(mention)] {
		if sees(v, i) && i.member(mention) != nil {
			out = append(out, i.view())
		}
	}
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
	for id, i := range l.incidents {
		if s, ok := t.next(i, progress{}); ok && s.step == 0 && len(i.mails) == 0 && s.at.Before(now) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Count returns how many incidents there are and how many of them are open.
func (l *Ledger) Count() (all, open int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range l.incidents {
		if i.shaped() && i.closed == 0 {
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
	for _, i := range l.byMention[hash64(mention)] {
		if m := i.member(mention); m != nil {
			out[i.audience] |= m.reasons
		}
	}
	return out
}

// doubts returns the beginning of an event for each incident that holds the mention for reasons of a verdict, where those that found no longer
// names differ from those it is known to doubt: Reasons is what it has to doubt now.
func (l *Ledger) doubts(mention string, found reasonSet) (out []casework.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range l.byMention[hash64(mention)] {
		m := i.member(mention)
		if m == nil {
			continue
		}
		if lost := m.reasons & ofVerdict &^ found; lost != m.doubted {
			out = append(out, casework.Event{Mention: mention, Incident: i.id, Audience: i.audience, Wall: i.wall, Reasons: lost.strings()})
		}
	}
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
	i := l.byGroup[groupKey(d.Audience, d.Wall, d.Group)]
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
	for _, i := range l.byMention[hash64(e.Mention)] {
		if e.Type == casework.Undone || e.Type == casework.Erased || i.wall == e.Wall {
			own := e
			own.Incident = i.id
			out = append(out, own)
		}
	}
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
		is := l.byMention[hash64(e.Mention)]
		if len(is) > 0 && !slices.ContainsFunc(is, func(i *incident) bool { return i.closed == 0 }) {
			out = append(out, e.Mention)
		}
	}
	return out
}

// unmailed reports whether an open incident of the mention has not been mailed yet.
func (l *Ledger) unmailed(mention string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.byMention[hash64(mention)], func(i *incident) bool { return i.closed == 0 && len(i.mails) == 0 })
}

// closedBefore returns the incidents closed before then, and their mentions.
func (l *Ledger) closedBefore(then time.Time) (ids, mentions []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, i := range l.incidents {
		if i.closed != 0 && i.closed < then.UnixNano() {
			ids = append(ids, id)
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
	for id, i := range l.incidents {
		if i.shaped() && i.acked == 0 && i.closed == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// nextSend is Table.next under the lock.
func (l *Ledger) nextSend(t *Table, id string, done progress) (send, bool, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.incidents[id]
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
	i := l.incidents[id]
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
	i := l.incidents[id]
	if i == nil || !i.shaped() {
		return Incident{}, false
	}
	return i.view(), true
}

// mailsSince returns every mail since then with whether its incident is urgent, to know after a restart what an inbox has been sent.
func (l *Ledger) mailsSince(then time.Time) (out []pastMail) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range l.incidents {
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
