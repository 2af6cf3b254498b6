package lexicon

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"earshot/classify/text"
)

// Rule is one compiled rule.
type Rule struct {
	Name  string
	Tags  []string
	Why   string
	Index int // position in Book.Rules
}

// Has reports whether the rule carries the tag.
func (r *Rule) Has(tag string) bool { return slices.Contains(r.Tags, tag) }

// Hit is one place where a rule matched: items From..To, To not included.
type Hit struct {
	Rule     *Rule
	From, To int
}

// Book is a compiled set of rules. Safe for concurrent use.
type Book struct {
	Rules    []*Rule
	words    map[string]int32
	prefixes map[threeLetters][]prefix // by how they begin
	patterns []pattern
	begins   [][]int32 // pattern numbers by the word that may begin them
	classes  map[string]map[int32]bool
}

type prefix struct {
	text string
	id   int32
}

// threeLetters are the first three bytes of a word, as a number: a map finds those sooner than a string.
type threeLetters uint32

func beginning(w string) threeLetters {
	return threeLetters(w[0]) | threeLetters(w[1])<<8 | threeLetters(w[2])<<16
}

type pattern struct {
	rule   int32
	unless bool
	anchor bool // must begin its sentence
	steps  []step
}

type step struct {
	words    wordSet
	gap      int
	optional bool
	end      bool
}

// Compile reads files, name to text, in the order of names.
func Compile(files map[string]string) (*Book, error) {
	src := source{classes: map[string][]string{}}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if err := src.read(n, files[n]); err != nil {
			return nil, err
		}
	}
	if err := src.resolve(); err != nil {
		return nil, err
	}
	b := &Book{words: map[string]int32{}, prefixes: map[threeLetters][]prefix{}, classes: map[string]map[int32]bool{}}
	b.begins = append(b.begins, nil) // word 0: unknown
	for name, words := range src.classes {
		set := map[int32]bool{}
		for _, w := range words {
			set[b.word(w)] = true
		}
		b.classes[name] = set
	}
	var errs []error
	seen := map[string]bool{}
	for _, r := range src.rules {
		if seen[r.name] {
			errs = append(errs, fmt.Errorf("lexicon: %s line %d: rule %s is there twice", r.file, r.line, r.name))
		}
		seen[r.name] = true
		if r.why == "" || len(r.match) == 0 {
			errs = append(errs, fmt.Errorf("lexicon: %s line %d: rule %s needs why and match", r.file, r.line, r.name))
		}
		n := int32(len(b.Rules))
		b.Rules = append(b.Rules, &Rule{Name: r.name, Tags: r.tags, Why: r.why, Index: int(n)})
		for k, p := range append(slices.Clone(r.match), r.unless...) {
			es, err := src.parsePattern(p)
			if err != nil {
				errs = append(errs, fmt.Errorf("lexicon: %s, rule %s: %w", r.file, r.name, err))
				continue
			}
			b.add(n, k >= len(r.match), es)
		}
	}
	return b, errors.Join(errs...)
}

func (b *Book) add(rule int32, unless bool, es []element) {
	p := pattern{rule: rule, unless: unless}
	for _, e := range es {
		if e.start {
			p.anchor = true
			continue
		}
		s := step{gap: e.gap, optional: e.optional, end: e.end}
		for _, w := range e.words {
			s.words.add(b.word(w))
		}
		p.steps = append(p.steps, s)
	}
	n := int32(len(b.patterns))
	b.patterns = append(b.patterns, p)
	for w := range p.steps[0].words.all() {
		b.begins[w] = append(b.begins[w], n)
	}
}

// word numbers a word or a beginning ("idiot*").
func (b *Book) word(w string) int32 {
	if id, ok := b.words[w]; ok {
		return id
	}
	id := int32(len(b.begins))
	b.begins = append(b.begins, nil)
	b.words[w] = id
	if p, ok := strings.CutSuffix(w, "*"); ok && len(p) >= minPrefix {
		at := beginning(p)
		b.prefixes[at] = append(b.prefixes[at], prefix{p, id})
	}
	return id
}

// maxIDs bounds the words one item can be at once: itself, its Alt, and the beginnings that fit.
const maxIDs = 6

// ids are the word numbers of one item.
type ids struct {
	id [maxIDs]int32
	n  int
}

func (x *ids) add(id int32) {
	if x.n < maxIDs {
		x.id[x.n] = id
		x.n++
	}
}

// Reader matches a Book against item sequences, using its memory again. Not safe for concurrent use.
type Reader struct {
	b    *Book
	ids  []ids
	hits []Hit
	veto []Hit
}

// Reader returns a reader of b.
func (b *Book) Reader() *Reader { return &Reader{b: b} }

// Read finds every hit in items, ordered by where it begins; at most one per rule and beginning. The result is valid until the
// next call.
func (r *Reader) Read(items []text.Item) []Hit {
	r.resolve(items)
	r.hits, r.veto = r.hits[:0], r.veto[:0]
	for i := range items {
		x := &r.ids[i]
		for k := range x.n {
			for _, n := range r.b.begins[x.id[k]] {
				p := &r.b.patterns[n]
				if p.anchor && i > 0 && items[i-1].Sentence == items[i].Sentence {
					continue
				}
				end := r.match(items, p.steps[1:], i+1, items[i].Sentence, i+1)
				if end == 0 {
					continue
				}
				h := Hit{Rule: r.b.Rules[p.rule], From: i, To: end}
				if p.unless {
					r.veto = append(r.veto, h)
				} else if l := len(r.hits); l == 0 || r.hits[l-1].Rule != h.Rule || r.hits[l-1].From != i {
					r.hits = append(r.hits, h)
				}
			}
		}
	}
	if len(r.veto) > 0 {
		r.hits = slices.DeleteFunc(r.hits, func(h Hit) bool {
			return slices.ContainsFunc(r.veto, func(v Hit) bool {
				return v.Rule == h.Rule && items[v.From].Sentence == items[h.From].Sentence
			})
		})
	}
	return r.hits
}

// In reports whether item i of the sequence last read belongs to the class.
func (r *Reader) In(class string, i int) bool {
	set := r.b.classes[class]
	x := &r.ids[i]
	for k := range x.n {
		if set[x.id[k]] {
			return true
		}
	}
	return false
}

func (r *Reader) resolve(items []text.Item) {
	r.ids = slices.Grow(r.ids[:0], len(items))[:len(items)]
	for i := range items {
		x := &r.ids[i]
		x.n = 0
		r.look(x, items[i].Text)
		if items[i].Alt != "" {
			r.look(x, items[i].Alt)
		}
		if items[i].Kind == text.Number {
			r.look(x, "<num>")
		}
	}
}

func (r *Reader) look(x *ids, w string) {
	if id, ok := r.b.words[w]; ok {
		x.add(id)
	}
	if len(w) >= minPrefix {
		for _, p := range r.b.prefixes[beginning(w)] {
			if strings.HasPrefix(w, p.text) {
				x.add(p.id)
			}
		}
	}
}

// match says where the rest of a pattern ends when it fits from item i on, or 0. Patterns are short and gaps bounded, so the
// recursion is too.
func (r *Reader) match(items []text.Item, steps []step, i, sentence, end int) int {
	if len(steps) == 0 {
		return end
	}
	s := &steps[0]
	if s.end {
		if i >= len(items) || items[i].Sentence != sentence || items[i].Text == "?" {
			return r.match(items, steps[1:], i, sentence, end)
		}
		return 0
	}
	if s.gap > 0 {
		for n := 0; n <= s.gap; n++ {
			if e := r.match(items, steps[1:], i+n, sentence, end); e > 0 {
				return e
			}
			if i+n >= len(items) || items[i+n].Sentence != sentence {
				return 0
			}
		}
		return 0
	}
	if i < len(items) && items[i].Sentence == sentence && r.fits(s, i) {
		if e := r.match(items, steps[1:], i+1, sentence, i+1); e > 0 {
			return e
		}
	}
	if s.optional {
		return r.match(items, steps[1:], i, sentence, end)
	}
	return 0
}

func (r *Reader) fits(s *step, i int) bool {
	x := &r.ids[i]
	for k := range x.n {
		if s.words.has(x.id[k]) {
			return true
		}
	}
	return false
}
