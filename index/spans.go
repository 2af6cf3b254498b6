package index

import (
	"slices"
)

// Spans returns the byte ranges of text that q looks for, for pages to mark: sorted, without overlap. Words of clauses that must not
// match are not marked; text is read as English.
func Spans(q Query, text string) [][2]int {
	var tokens []Token
	Analyse(text, true, func(t Token) { tokens = append(tokens, t) })
	var out [][2]int
	q.eachWords(func(c *Clause) { out = append(out, c.spans(tokens)...) })
	return merge(out)
}

// eachWords calls fn for every clause of words that a match may be owed to.
func (q *Query) eachWords(fn func(*Clause)) {
	for i := range q.Clauses {
		c := &q.Clauses[i]
		switch {
		case c.Not:
		case c.Or != nil:
			for j := range c.Or {
				c.Or[j].eachWords(fn)
			}
		case c.Words != "":
			fn(c)
		}
	}
}

func (c *Clause) spans(tokens []Token) [][2]int {
	var out [][2]int
	p := c.Pattern()
	if p.Prefix != "" {
		for _, t := range tokens {
			if hasPrefix(t.Term, p.Prefix) {
				out = append(out, [2]int{t.Start, t.End})
			}
		}
		return out
	}
	for _, v := range p.Variants {
		positions := make([][]int, len(v))
		for i, slot := range v {
			positions[i] = slot.positions(tokens)
		}
		eachMatch(v, p.Slop, positions, func(from, to int) bool {
			first, _ := slices.BinarySearchFunc(tokens, from, func(t Token, pos int) int { return t.Pos - pos })
			for _, t := range tokens[first:] {
				if t.Pos > to {
					break
				}
				if slices.ContainsFunc(v, func(s Slot) bool { return slices.Contains(s, t.Term) }) {
					out = append(out, [2]int{t.Start, t.End})
				}
			}
			return true
		})
	}
	return out
}

func (s Slot) positions(tokens []Token) []int {
	var out []int
	for _, t := range tokens {
		if slices.Contains(s, t.Term) {
			out = append(out, t.Pos)
		}
	}
	return slices.Compact(out)
}

func merge(spans [][2]int) [][2]int {
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	var out [][2]int
	for _, s := range spans {
		if n := len(out); n > 0 && s[0] < out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], s[1])
			continue
		}
		out = append(out, s)
	}
	return out
}
