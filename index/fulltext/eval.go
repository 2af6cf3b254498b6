package fulltext

import (
	"slices"
	"time"

	"earshot/casework"
	"earshot/index"
)

// eval answers one query for one shard, in bits: one per place of the shard. acc holds the mentions still in question.
type eval struct {
	x      *Index
	viewer casework.Viewer
	now    time.Time
	s      *shardView
}

// span is a time of creation, from inclusive, to exclusive, in Unix nanoseconds.
type span struct{ from, to int64 }

const (
	minTime = -1 << 63
	maxTime = 1<<63 - 1
)

// bounds returns the times in question: those of the request, narrowed by the dates that the query asks for at its top.
func bounds(r *index.Request) span {
	b := span{minTime, maxTime}
	if !r.From.IsZero() {
		b.from = r.From.UnixNano()
	}
	if !r.To.IsZero() {
		b.to = r.To.UnixNano()
	}
	for i := range r.Query.Clauses {
		if c := &r.Query.Clauses[i]; !c.Not && dateField(c.Field) {
			d := dates(c)
			b.from, b.to = max(b.from, d.from), min(b.to, d.to)
		}
	}
	return b
}

func dateField(f string) bool { return f == "before" || f == "after" || f == "on" }

func dates(c *index.Clause) span {
	switch c.Field {
	case "before":
		return span{minTime, c.Time.UnixNano()}
	case "after":
		return span{c.Time.UnixNano(), maxTime}
	}
	return span{c.Time.UnixNano(), c.Until.UnixNano()}
}

// start returns the mentions of the shard that the viewer may see and that were created in b.
func (e *eval) start(b span) []uint64 {
	acc := make([]uint64, len(e.s.chunks)*chunkWords)
	for k, c := range e.s.chunks {
		copy(acc[k*chunkWords:], c.live[:])
	}
	e.within(acc, b)
	e.permit(acc)
	return acc
}

// within clears what was not created in b.
func (e *eval) within(acc []uint64, b span) {
	for k, c := range e.s.chunks {
		if c.first >= b.from && c.last < b.to {
			continue
		}
		ws := acc[k*chunkWords : (k+1)*chunkWords]
		if c.last < b.from || c.first >= b.to {
			clear(ws)
			continue
		}
		for i, t := range c.created {
			if t < b.from || t >= b.to {
				ws[i>>6] &^= 1 << (i & 63)
			}
		}
	}
}

// permit clears what the viewer may not know of: mentions behind walls, and other services' mentions.
func (e *eval) permit(acc []uint64) {
	for _, w := range []casework.Wall{casework.HRWall, casework.MonitoringWall} {
		if !e.viewer.SeesWall(w) {
			andNot(acc, e.value(fWall, string(w)))
		}
	}
	if e.viewer.Role == casework.ServiceMan {
		and(acc, e.value(fService, e.viewer.Service))
	}
}

func and(a, b []uint64) {
	for i := range a {
		a[i] &= b[i]
	}
}

func andNot(a, b []uint64) {
	for i := range a {
		a[i] &^= b[i]
	}
}

func or(a, b []uint64) {
	for i := range a {
		a[i] |= b[i]
	}
}

func empty(ws []uint64) bool {
	for _, w := range ws {
		if w != 0 {
			return false
		}
	}
	return true
}

func (e *eval) none() []uint64 { return make([]uint64, len(e.s.chunks)*chunkWords) }

// value returns the mentions that carry one of words in field f.
func (e *eval) value(f field, words ...string) []uint64 {
	out := e.none()
	for _, w := range words {
		code, ok := e.x.dict.find(f, w)
		if !ok {
			continue
		}
		for k, c := range e.s.chunks {
			if s := c.set(f, code); s != nil {
				s.orInto(out[k*chunkWords : (k+1)*chunkWords])
			}
		}
	}
	return out
}

// anyValue returns the mentions that carry any value in field f.
func (e *eval) anyValue(f field) []uint64 {
	out := e.none()
	for k, c := range e.s.chunks {
		for i := range c.fields[f] {
			c.fields[f][i].orInto(out[k*chunkWords : (k+1)*chunkWords])
		}
	}
	return out
}

// query narrows acc to what matches q: the cheap conditions first, phrases last and only where everything else holds.
func (e *eval) query(q *index.Query, acc []uint64) error {
	clauses := make([]*index.Clause, len(q.Clauses))
	for i := range q.Clauses {
		clauses[i] = &q.Clauses[i]
	}
	slices.SortStableFunc(clauses, func(a, b *index.Clause) int { return cost(a) - cost(b) })
	for _, c := range clauses {
		if empty(acc) {
			return nil
		}
		found, err := e.clause(c, acc)
		if err != nil {
			return err
		}
		if c.Not {
			andNot(acc, found)
		} else {
			and(acc, found)
		}
	}
	return nil
}

func cost(c *index.Clause) int {
	switch {
	case c.Field != "":
		return 0
	case c.Or != nil:
		return 4
	case c.Prefix:
		return 2
	case c.Phrase, c.Slop > 0:
		return 3
	}
	return 1
}

// clause returns a set of mentions that agrees with the condition wherever acc has a bit; elsewhere it may say anything.
func (e *eval) clause(c *index.Clause, acc []uint64) ([]uint64, error) {
	switch {
	case c.Or != nil:
		out := e.none()
		for i := range c.Or {
			part := slices.Clone(acc)
			if err := e.query(&c.Or[i], part); err != nil {
				return nil, err
			}
			or(out, part)
		}
		return out, nil
	case c.Field != "":
		return e.field(c)
	}
	return e.words(c, acc)
}
