package quality

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// Decision is one mention on which a person decided about every label, beside what the classifier had said.
type Decision struct {
	Event   string
	Mention string
	Type    casework.Type // audited, relabelled or confirmed
	At      time.Time
	By      string           // the person's account
	Labels  []classify.Label // the person's
	Judged  casework.Judged
	Sample  *casework.Sampled // of audited
}

// Book holds decisions. Its zero value is empty. Events may come in any order and more than once; an undone one does not count, nor does
// any about a mention that was erased on request. Safe for
// concurrent use.
type Book struct {
	mu      sync.Mutex
	byEvent map[string]Decision
	undone  map[string]bool
	erased  map[string]bool // mentions
}

// Add takes what events say. Acts of the program itself and events of other types are left out.
func (b *Book) Add(events []casework.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byEvent == nil {
		b.byEvent, b.undone, b.erased = map[string]Decision{}, map[string]bool{}, map[string]bool{}
	}
	for i := range events {
		e := &events[i]
		switch e.Type {
		case casework.Undone:
			b.undone[e.Undoes] = true
		case casework.Erased:
			b.erased[e.Mention] = true
		}
		labels, ok := e.Person()
		if !ok || e.Judged == nil || e.By.Kind == "system" {
			continue
		}
		b.byEvent[e.ID] = Decision{Event: e.ID, Mention: e.Mention, Type: e.Type, At: e.At, By: e.By.ID, Labels: labels, Judged: *e.Judged, Sample: e.Sample}
	}
}

// Decisions returns what people said, oldest first.
func (b *Book) Decisions() []Decision {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Decision, 0, len(b.byEvent))
	for id, d := range b.byEvent {
		if !b.undone[id] && !b.erased[d.Mention] {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(x, y Decision) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Event, y.Event)) })
	return out
}

// Erased lists the mentions that were erased on request.
func (b *Book) Erased() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.erased))
}

// Item is one mention as a measurement: both verdicts, and how many mentions it stands for.
type Item struct {
	Mention string
	At      time.Time // of the decision
	Stratum string
	Census  bool // decided on before the draw: it stands for itself and nothing is left to chance
	Weight  float64
	Judged  *casework.Judged
	Right   []classify.Label // the person's
}

// Said reports whether the classifier gave l.
func (x *Item) Said(l classify.Label) bool { return slices.Contains(x.Judged.Labels, l) }

// Is reports whether the person gave l.
func (x *Item) Is(l classify.Label) bool { return slices.Contains(x.Right, l) }

// Weigh makes measurements of decisions. Of each draw, every answer stands for the mentions of its stratum shared among the answers, and
// a mention decided on before the draw for itself. A draw counts once each of its strata has an answer; waiting is how many answers stand
// in draws that do not count yet. Decisions outside every draw are left out: a person chose them, so they stand for nothing but
// themselves.
func Weigh(draws []Draw, decisions []Decision) (items []Item, waiting int) {
	audited, other := map[string]*Decision{}, map[string][]*Decision{}
	for i := range decisions {
		d := &decisions[i]
		if d.Type == casework.Audited && d.Sample != nil {
			audited[d.Sample.Week+" "+d.Mention] = d // the newest counts
		} else {
			other[d.Mention] = append(other[d.Mention], d)
		}
	}
	for i := range draws {
		got, answers := weighDraw(&draws[i], audited, other)
		items = append(items, got...)
		if got == nil {
			waiting += answers
		}
	}
	return items, waiting
}

func weighDraw(d *Draw, audited map[string]*Decision, other map[string][]*Decision) (items []Item, answers int) {
	answered := map[string]int{}
	for _, p := range d.Picks {
		if audited[d.Week+" "+p.ID] != nil {
			answered[p.Stratum]++
			answers++
		}
	}
	for _, s := range d.Strata {
		if answered[s.Name] == 0 {
			return nil, answers
		}
	}
	for _, p := range d.Picks {
		if a := audited[d.Week+" "+p.ID]; a != nil {
			items = append(items, Item{Mention: p.ID, At: a.At, Stratum: p.Stratum, Judged: &a.Judged, Right: a.Labels,
				Weight: float64(d.Stratum(p.Stratum).Of) / float64(answered[p.Stratum])})
		}
	}
	for _, id := range d.Decided {
		for _, x := range slices.Backward(other[id]) { // the last word before the draw
			if !x.At.After(d.At) {
				items = append(items, Item{Mention: id, At: x.At, Census: true, Weight: 1, Judged: &x.Judged, Right: x.Labels})
				break
			}
		}
	}
	return items, answers
}
