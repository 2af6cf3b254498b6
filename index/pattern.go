package index

import (
	"slices"
	"strings"
)

// Pattern is what a clause of words asks of a text, in terms of Analyse. Exactly one of Prefix and Variants is set.
type Pattern struct {
	Prefix   string
	Variants [][]Slot // any of these
	Slop     int      // 0: slots stand side by side in this order; else in any order, with at most Slop other words between them
}

// Slot is one word of a pattern: any of these terms.
type Slot []string

// Pattern returns what c.Words asks for. Words that hold nothing searchable give a pattern that nothing matches.
func (c *Clause) Pattern() Pattern {
	units := unitsOf(c.Words)
	if c.Prefix {
		return Pattern{Prefix: prefixOf(units)}
	}
	joined, parts, both := []Slot(nil), []Slot(nil), false
	for _, u := range units {
		joined = append(joined, u.slot())
		if u.kind != hyphenated {
			parts = append(parts, u.slot())
			continue
		}
		both = true
		for _, p := range u.parts {
			parts = append(parts, wordSlot(p))
		}
	}
	p := Pattern{Variants: [][]Slot{joined}, Slop: c.Slop}
	if both {
		p.Variants = append(p.Variants, parts)
	}
	return p
}

func unitsOf(words string) []unit {
	var out []unit
	for s := (scanner{text: words}); s.next(); {
		if s.unit.term != "" {
			out = append(out, s.unit)
		}
	}
	return out
}

func prefixOf(units []unit) string {
	if len(units) != 1 {
		return ""
	}
	return units[0].slot()[0]
}

// slot is what a unit of a query stands for: the term as written, and its stem.
func (u *unit) slot() Slot {
	switch u.kind {
	case aHashtag:
		return Slot{"#" + u.term}
	case aHandle:
		return Slot{"@" + u.term}
	case anAmount, anEmoji, aPostcode:
		return Slot{u.term}
	}
	return wordSlot(u.term)
}

func wordSlot(w string) Slot {
	if st := stem(w); st != w {
		return Slot{w, st}
	}
	return Slot{w}
}

// Terms lists every term of the pattern once.
func (p *Pattern) Terms() []string {
	var out []string
	for _, v := range p.Variants {
		for _, s := range v {
			out = append(out, s...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// MatchSlots reports whether one variant fits a text in which positions holds, for each of its slots, where that slot's words
// stand, ascending.
func MatchSlots(variant []Slot, slop int, positions [][]int) bool {
	found := false
	eachMatch(variant, slop, positions, func(_, _ int) bool { found = true; return false })
	return found
}

// eachMatch calls fn with the first and last position of each place where variant fits, until fn returns false.
func eachMatch(variant []Slot, slop int, positions [][]int, fn func(from, to int) bool) {
	for _, p := range positions {
		if len(p) == 0 {
			return
		}
	}
	if len(variant) == 0 {
		return
	}
	if slop > 0 {
		eachNear(variant, slop, positions, fn)
		return
	}
	for _, at := range positions[0] {
		fits := true
		for i := 1; i < len(variant) && fits; i++ {
			_, fits = slices.BinarySearch(positions[i], at+i)
		}
		if fits && !fn(at, at+len(variant)-1) {
			return
		}
	}
}

// eachNear looks at the window that begins at each word found. A word asked for twice must stand there twice.
func eachNear(variant []Slot, slop int, positions [][]int, fn func(from, to int) bool) {
	width := len(variant) - 1 + slop
	var starts []int
	for _, p := range positions {
		starts = append(starts, p...)
	}
	slices.Sort(starts)
	for _, from := range slices.Compact(starts) {
		fits := true
		for i := range variant {
			want := 0
			for j := range variant {
				if slices.Equal(variant[i], variant[j]) {
					want++
				}
			}
			lo, _ := slices.BinarySearch(positions[i], from)
			hi, _ := slices.BinarySearch(positions[i], from+width+1)
			fits = fits && hi-lo >= want
		}
		if fits && !fn(from, from+width) {
			return
		}
	}
}

// hasPrefix reports whether a term answers to the prefix p.
func hasPrefix(term, p string) bool { return p != "" && strings.HasPrefix(term, p) }
