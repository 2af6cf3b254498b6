package indextest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"
)

// Scan answers searches by looking at every mention it was given, one after the other: slow, and short enough to be believed. Pages
// are not its business: it answers with all hits at once, whatever Limit and Cursor say, and gives no scores. It is not safe for
// concurrent use.
type Scan struct {
	zone   *time.Location
	now    func() time.Time
	docs   map[string]*scanned
	erased map[string]bool
}

// scanned is one mention with everything that happened to it. tagged is nil while the mention is not there.
type scanned struct {
	tagged *classify.Tagged
	events []casework.Event
	state  casework.Case
	tokens []index.MentionToken
}

// NewScan returns a Scan that counts days in zone.
func NewScan(zone *time.Location, now func() time.Time) *Scan {
	return &Scan{zone: zone, now: now, docs: map[string]*scanned{}, erased: map[string]bool{}}
}

// Apply follows changes in their order.
func (s *Scan) Apply(_ context.Context, changes []index.Change) error {
	for _, c := range changes {
		switch {
		case c.Tagged != nil:
			s.mention(*c.Tagged)
		case c.Event != nil:
			s.event(*c.Event)
		default:
			delete(s.docs, c.Remove)
		}
	}
	return nil
}

func (s *Scan) doc(id string) *scanned {
	d := s.docs[id]
	if d == nil {
		d = &scanned{}
		s.docs[id] = d
	}
	return d
}

func (s *Scan) mention(t classify.Tagged) {
	if s.erased[t.Mention.ID] {
		return
	}
	d := s.doc(t.Mention.ID)
	d.tokens = nil
	if t.Mention.State == sources.Deleted {
		d.tagged = nil
		return
	}
	d.tagged = &t
	index.MentionTokens(&t, func(tok index.MentionToken) { d.tokens = append(d.tokens, tok) })
}

func (s *Scan) event(e casework.Event) {
	if e.Type == casework.Erased {
		s.erased[e.Mention] = true
		delete(s.docs, e.Mention)
	}
	if s.erased[e.Mention] {
		return
	}
	d := s.doc(e.Mention)
	d.events = append(d.events, e)
	d.state = casework.Fold(d.events)
}

// Search answers r over everything.
func (s *Scan) Search(_ context.Context, r index.Request) (index.Result, error) {
	var res index.Result
	counts := map[string]map[string]int{}
	for _, name := range index.Facets {
		counts[name] = map[string]int{}
	}
	for id, d := range s.docs {
		if d.tagged == nil || !s.visible(r.Viewer, d) || !within(r, d.tagged.Mention.CreatedAt) || !s.query(&r.Query, r.Viewer, d) {
			continue
		}
		res.Total++
		res.Hits = append(res.Hits, index.Hit{ID: id, CreatedAt: d.tagged.Mention.CreatedAt.UTC()})
		for _, name := range index.Facets {
			for _, v := range s.values(name, d) {
				counts[name][v]++
			}
		}
	}
	slices.SortFunc(res.Hits, func(a, b index.Hit) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	if r.Sort == index.Oldest {
		slices.Reverse(res.Hits)
	}
	if r.Facets {
		res.Facets = map[string][]index.Count{}
		for name, c := range counts {
			res.Facets[name] = ranked(name, c)
		}
	}
	return res, nil
}

func within(r index.Request, t time.Time) bool {
	return (r.From.IsZero() || !t.Before(r.From)) && (r.To.IsZero() || t.Before(r.To))
}

func ranked(name string, counts map[string]int) []index.Count {
	out := []index.Count{}
	for v, n := range counts {
		out = append(out, index.Count{Value: v, Count: n})
	}
	slices.SortFunc(out, func(a, b index.Count) int {
		if name == "day" {
			return strings.Compare(b.Value, a.Value)
		}
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
	})
	if name == "day" {
		out = out[:min(60, len(out))]
	}
	return out
}

func (s *Scan) visible(v casework.Viewer, d *scanned) bool {
	r := index.Record{Tagged: *d.tagged, Case: d.state}
	return r.VisibleTo(v)
}

func (s *Scan) query(q *index.Query, v casework.Viewer, d *scanned) bool {
	for i := range q.Clauses {
		if s.clause(&q.Clauses[i], v, d) == q.Clauses[i].Not {
			return false
		}
	}
	return true
}

func (s *Scan) clause(c *index.Clause, v casework.Viewer, d *scanned) bool {
	if c.Or != nil {
		return slices.ContainsFunc(c.Or, func(q index.Query) bool { return s.query(&q, v, d) })
	}
	if c.Field != "" {
		return s.field(c, v, d)
	}
	p := c.Pattern()
	if p.Prefix != "" {
		return slices.ContainsFunc(d.tokens, func(t index.MentionToken) bool {
			return strings.HasPrefix(t.Term, p.Prefix) && (!t.Masked || v.SeesNames())
		})
	}
	return slices.ContainsFunc(p.Variants, func(slots []index.Slot) bool {
		positions := make([][]int, len(slots))
		for i, slot := range slots {
			for _, t := range d.tokens {
				if slices.Contains(slot, t.Term) && (!t.Masked || v.SeesNames()) {
					positions[i] = append(positions[i], t.Pos)
				}
			}
			slices.Sort(positions[i])
			positions[i] = slices.Compact(positions[i])
		}
		return index.MatchSlots(slots, p.Slop, positions)
	})
}
