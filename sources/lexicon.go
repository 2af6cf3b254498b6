package sources

import "strings"

// lexicon is the automaton behind Terms: a vocabulary of the folded words that occur in any term, an Aho-Corasick automaton over
// sequences of such words (phrases), and a table of @handles and #tags. A word that no term holds sends the automaton back to its start.
type lexicon struct {
	words    map[string]int32
	shapes   [256]uint64 // by first byte: bit n is set when a word of n bytes (63: or more) begins with it
	next     map[uint64]int32
	fail     []int32
	out      [][]int32 // by state: patterns that end here
	marks    map[string][]int32
	patterns int
	rulesOf  [][]int32 // by pattern
}

// step moves the automaton over one folded word and returns the new state.
func (x *lexicon) step(state int32, word []byte) int32 {
	n := len(word)
	if x.shapes[word[0]]&(1<<min(n, 63)) == 0 {
		return 0
	}
	w, ok := x.words[string(word)]
	if !ok {
		return 0
	}
	for {
		if s, ok := x.next[edge(state, w)]; ok {
			return s
		}
		if state == 0 {
			return 0
		}
		state = x.fail[state]
	}
}

func edge(state, word int32) uint64 { return uint64(uint32(state))<<32 | uint64(uint32(word)) }

// lexiconBuilder collects patterns; equal patterns share a number.
type lexiconBuilder struct {
	x       lexicon
	byText  map[string]int32
	parents []parent // by state
}

type parent struct{ state, word int32 }

func newLexiconBuilder() *lexiconBuilder {
	return &lexiconBuilder{
		x: lexicon{words: map[string]int32{}, next: map[uint64]int32{}, marks: map[string][]int32{},
			out: [][]int32{nil}},
		byText:  map[string]int32{},
		parents: []parent{{}},
	}
}

func (b *lexiconBuilder) number(key string) (int32, bool) {
	if p, ok := b.byText[key]; ok {
		return p, false
	}
	p := int32(b.x.patterns)
	b.x.patterns++
	b.byText[key] = p
	return p, true
}

// mark adds an @handle or #tag, folded.
func (b *lexiconBuilder) mark(text string) int32 {
	p, isNew := b.number(text)
	if isNew {
		b.x.marks[text] = append(b.x.marks[text], p)
	}
	return p
}

// phrase adds a sequence of folded words.
func (b *lexiconBuilder) phrase(words []string) int32 {
	p, isNew := b.number(strings.Join(words, " "))
	if !isNew {
		return p
	}
	var state int32
	for _, w := range words {
		id, ok := b.x.words[w]
		if !ok {
			id = int32(len(b.x.words))
			b.x.words[w] = id
			b.x.shapes[w[0]] |= 1 << min(len(w), 63)
		}
		to, ok := b.x.next[edge(state, id)]
		if !ok {
			to = int32(len(b.x.out))
			b.x.next[edge(state, id)] = to
			b.x.out = append(b.x.out, nil)
			b.parents = append(b.parents, parent{state, id})
		}
		state = to
	}
	b.x.out[state] = append(b.x.out[state], p)
	return p
}

// build sets the failure links, level by level, and the way from patterns back to the rules that need them.
func (b *lexiconBuilder) build(rules []rule) lexicon {
	x := b.x
	x.fail = make([]int32, len(x.out))
	for _, s := range b.byDepth() {
		at := b.parents[s]
		if at.state == 0 {
			continue
		}
		f := x.fail[at.state]
		for {
			if to, ok := x.next[edge(f, at.word)]; ok {
				x.fail[s] = to
				break
			}
			if f == 0 {
				break
			}
			f = x.fail[f]
		}
		x.out[s] = append(x.out[s], x.out[x.fail[s]]...)
	}
	x.rulesOf = make([][]int32, x.patterns)
	for i, r := range rules {
		for _, g := range r.groups {
			for _, p := range g {
				x.rulesOf[p] = append(x.rulesOf[p], int32(i))
			}
		}
	}
	return x
}

// byDepth returns the states after the first, shallow ones before deep ones.
func (b *lexiconBuilder) byDepth() []int32 {
	depth := make([]int, len(b.parents))
	deepest := 0
	for s := 1; s < len(b.parents); s++ { // a parent always has the smaller number
		depth[s] = depth[b.parents[s].state] + 1
		deepest = max(deepest, depth[s])
	}
	order := make([]int32, 0, len(depth))
	for d := 1; d <= deepest; d++ {
		for s := range depth {
			if s > 0 && depth[s] == d {
				order = append(order, int32(s))
			}
		}
	}
	return order
}
