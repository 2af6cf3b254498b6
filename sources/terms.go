package sources

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"earshot/settings"
)

// CouncilTerm is the ID of the watch term that exists without being written: the council's own name and aliases.
const CouncilTerm = "council"

// MaxTerms bounds a council's watch terms.
const MaxTerms = 5000

// Terms are a council's watch terms, compiled: they decide what is a mention of this council. Case and accents do not matter, whole
// words only. One pass over the text finds every term, in time linear in the text whatever their number, and text that matches nothing
// costs no allocation. Safe for concurrent use; nil matches nothing.
type Terms struct {
	ids     []string // term IDs in their order, CouncilTerm first
	rules   []rule   // beside ids
	lexicon lexicon
	scratch sync.Pool // of *matching
}

// rule is one term: every group must be hit by one of its patterns, one of near unless it is empty, and none of without.
type rule struct {
	groups  [][]int32
	near    []int32
	without []int32
}

// CompileTerms reads the terms and adds the council's name and aliases. Its error joins one sentence for every fault.
func CompileTerms(terms []settings.Term, council settings.Council) (*Terms, error) {
	b := newLexiconBuilder()
	t := &Terms{}
	var faults []error
	if r, err := councilRule(b, council); err != nil {
		faults = append(faults, err)
	} else if len(r.groups) > 0 {
		t.ids, t.rules = append(t.ids, CouncilTerm), append(t.rules, r)
	}
	if len(terms) > MaxTerms {
		return nil, fmt.Errorf("there are %d watch terms, more than the %d allowed; join some of them", len(terms), MaxTerms)
	}
	seen := map[string]bool{}
	for i, term := range terms {
		r, err := compileTerm(b, term)
		switch {
		case term.ID == "":
			faults = append(faults, fmt.Errorf("watch term %d (%q) has no id; give it one such as bins", i+1, term.Query))
			continue
		case seen[term.ID]:
			faults = append(faults, fmt.Errorf("two watch terms have the id %q; give one of them another", term.ID))
			continue
		case err != nil:
			faults = append(faults, fmt.Errorf("watch term %q: %w", term.ID, err))
			continue
		}
		seen[term.ID] = true
		t.ids, t.rules = append(t.ids, term.ID), append(t.rules, r)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	t.lexicon = b.build(t.rules)
	return t, nil
}

// Match returns the IDs of the terms that text, the author's handle and links satisfy together, in the order of the terms; nil when none
// does. A word of a term may stand in the text or in a link; an @handle may also be the author.
func (t *Terms) Match(text, author string, links ...string) []string {
	if t == nil || len(t.rules) == 0 {
		return nil
	}
	m := t.matching()
	defer t.scratch.Put(m)
	m.scan(text)
	if author != "" {
		m.handle(strings.TrimPrefix(author, "@"))
	}
	for _, l := range links {
		m.scan(l)
	}
	return m.result()
}

// MatchBytes is Match over text that is still in a reader's buffer. It keeps nothing of text.
func (t *Terms) MatchBytes(text []byte, author string) []string {
	if len(text) == 0 {
		return t.Match("", author)
	}
	return t.Match(unsafe.String(&text[0], len(text)), author)
}

// MatchMention is Match over everything of m that people can read: title, text, links, alt texts and the author's handle.
func (t *Terms) MatchMention(m *Mention) []string {
	if t == nil || len(t.rules) == 0 {
		return nil
	}
	x := t.matching()
	defer t.scratch.Put(x)
	x.scan(m.Title)
	x.scan(m.Text)
	if m.Text == "" {
		x.scan(m.TextRaw)
	}
	if m.Author.Handle != "" {
		x.handle(strings.TrimPrefix(m.Author.Handle, "@"))
	}
	for _, l := range m.Links {
		x.scan(l)
	}
	for i := range m.Media {
		x.scan(m.Media[i].Alt)
	}
	return x.result()
}

// IDs returns the IDs of all terms.
func (t *Terms) IDs() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.ids)
}

func (t *Terms) matching() *matching {
	m, ok := t.scratch.Get().(*matching)
	if !ok {
		m = &matching{terms: t, hits: make([]uint32, t.lexicon.patterns), touched: make([]uint32, len(t.rules))}
	}
	m.begin()
	return m
}

// matching is the state of one Match: which patterns were hit, stamped with the number of the Match so that nothing need be cleared.
type matching struct {
	terms   *Terms
	stamp   uint32
	hits    []uint32 // by pattern
	touched []uint32 // by rule
	rules   []int32  // touched, in no order
	state   int32    // of the phrase automaton

	collect bool // only cut the text, into words
	words   []string
}

func (m *matching) begin() {
	if m.stamp++; m.stamp == 0 { // wrapped after 4 billion uses
		clear(m.hits)
		clear(m.touched)
		m.stamp = 1
	}
	m.rules = m.rules[:0]
	m.state = 0
}

func (m *matching) hit(patterns []int32) {
	for _, p := range patterns {
		if m.hits[p] == m.stamp {
			continue
		}
		m.hits[p] = m.stamp
		for _, r := range m.terms.lexicon.rulesOf[p] {
			if m.touched[r] != m.stamp {
				m.touched[r] = m.stamp
				m.rules = append(m.rules, r)
			}
		}
	}
}

func (m *matching) any(patterns []int32) bool {
	for _, p := range patterns {
		if m.hits[p] == m.stamp {
			return true
		}
	}
	return false
}

func (m *matching) satisfied(r *rule) bool {
	for _, g := range r.groups {
		if !m.any(g) {
			return false
		}
	}
	return (len(r.near) == 0 || m.any(r.near)) && !m.any(r.without)
}

func (m *matching) result() []string {
	var out []string
	slices.Sort(m.rules)
	for _, i := range m.rules {
		if id := m.terms.ids[i]; m.satisfied(&m.terms.rules[i]) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
