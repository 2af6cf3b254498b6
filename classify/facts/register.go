package facts

import (
	"math"
	"slices"
	"time"

	"earshot/classify/text"
	"earshot/settings"
)

// Register is an index of facts. It does not change after New; safe for concurrent use.
type Register struct {
	now      func() time.Time
	facts    []fact
	vocab    map[string]int32 // terms
	stems    map[string]known // what is known of a word, by its stem
	weight   []float32        // of a term: rarer terms say more
	postings [][]int32        // facts by term
}

// known is what a register and the language say of a word.
type known struct {
	sides uint64 // opposites
	term  int32  // 0: no fact holds it
}

type fact struct {
	id        string
	from, to  time.Time
	terms     []int32
	clauses   []clause
	total     float32 // weight of all terms
	elsewhere bool    // says that somebody else bears the duty
}

// clause is one sentence of a statement.
type clause struct {
	terms   []int32 // sorted
	denied  []int32 // terms behind a "no" or "not", sorted
	pairs   []int64 // terms that follow one another, sorted
	sides   uint64  // opposites
	negated bool
	numbers []quantity
	total   float32
}

// New indexes facts. now decides which of them hold; nil is time.Now.
func New(facts []settings.Fact, now func() time.Time) *Register {
	if now == nil {
		now = time.Now
	}
	r := &Register{now: now, vocab: map[string]int32{}, weight: []float32{0}, postings: [][]int32{nil}}
	for i := range facts {
		r.add(&facts[i], int32(i))
	}
	r.stems = r.known()
	n := float64(len(r.facts))
	for t := 1; t < len(r.weight); t++ {
		r.weight[t] *= float32(math.Log(1 + (n+1)/float64(len(r.postings[t]))))
	}
	for i := range r.facts {
		f := &r.facts[i]
		f.total = r.sum(f.terms)
		for k := range f.clauses {
			f.clauses[k].total = r.sum(f.clauses[k].terms)
		}
	}
	return r
}

// known is the stems of which anything is known.
func (r *Register) known() map[string]known {
	m := map[string]known{}
	for s, id := range r.vocab {
		m[s] = known{term: id}
	}
	for s, head := range concept {
		m[s] = known{term: r.vocab[head]}
	}
	for s, sides := range opposites {
		k := m[s]
		k.sides = sides
		m[s] = k
	}
	return m
}

func (r *Register) sum(terms []int32) float32 {
	var s float32
	for _, t := range terms {
		s += r.weight[t]
	}
	return s
}

func (r *Register) add(in *settings.Fact, at int32) {
	f := fact{id: in.ID, from: in.ValidFrom, to: in.ValidTo}
	d := text.Parse(in.Statement)
	items := d.Items(nil, nil)
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].Sentence == items[from].Sentence {
			to++
		}
		c := r.clause(items[from:to])
		for k := range c.numbers {
			q := &c.numbers[k]
			start, _ := d.Span(items[from+q.item].From, items[from+q.item].To)
			for n, to := range []int{q.number, q.end} {
				last := &items[from+to-1]
				_, end := d.Span(last.From, last.To)
				q.words[n] = in.Statement[start:end]
			}
		}
		f.clauses = append(f.clauses, c)
		f.terms = append(f.terms, c.terms...)
		for _, it := range items[from:to] {
			switch it.Text {
			case "duty", "responsible", "responsibility", "belong", "belongs", "owns", "owned", "run", "set", "kept", "decides", "decided", "provided":
				f.elsewhere = f.elsewhere || c.negated || it.Text == "duty" || it.Text == "responsible"
			}
		}
		from = to
	}
	slices.Sort(f.terms)
	f.terms = slices.Compact(f.terms)
	for _, t := range f.terms {
		r.postings[t] = append(r.postings[t], at)
	}
	r.facts = append(r.facts, f)
}

// everydayWeight is how much less an everyday word says about which fact is meant.
const everydayWeight = 0.75

func (r *Register) clause(items []text.Item) clause {
	does := rolesOf(items, nil)
	c := clause{numbers: quantities(items, does, nil)}
	var last int32
	scope := 0
	for i := range items {
		w := items[i].Text
		if scope--; does[i]&negates != 0 {
			c.negated = true
			scope = negationReach
		}
		c.sides |= opposites[stem(w)]
		if does[i]&stops != 0 || items[i].Kind == text.Number {
			continue
		}
		t := term(w)
		id, ok := r.vocab[t]
		if !ok {
			id = int32(len(r.weight))
			r.vocab[t] = id
			weight := float32(1)
			if text.Everyday(w) {
				weight = everydayWeight
			}
			r.weight = append(r.weight, weight)
			r.postings = append(r.postings, nil)
		}
		c.terms = append(c.terms, id)
		if scope >= 0 && c.negated {
			c.denied = append(c.denied, id)
		}
		if last != 0 {
			c.pairs = append(c.pairs, pair(last, id))
		}
		last = id
	}
	for i := range c.numbers {
		c.numbers[i].context = c.terms
	}
	slices.Sort(c.terms)
	c.terms = slices.Compact(c.terms)
	slices.Sort(c.pairs)
	slices.Sort(c.denied)
	return c
}

// negationReach is how many items behind a "no" or "not" it denies.
const negationReach = 5

func pair(a, b int32) int64 { return int64(a)<<32 | int64(b) }

// Holds reports whether the fact at the given position may be used now.
func (r *Register) Holds(at int) bool { return r.facts[at].holds(r.now()) }

// numbers yields the numbers of all clauses.
func (f *fact) numbers(yield func(*quantity) bool) {
	for k := range f.clauses {
		for n := range f.clauses[k].numbers {
			if !yield(&f.clauses[k].numbers[n]) {
				return
			}
		}
	}
}

// holds reports whether the fact may be used at the given time.
func (f *fact) holds(at time.Time) bool {
	return (f.from.IsZero() || !at.Before(f.from)) && (f.to.IsZero() || at.Before(f.to.AddDate(0, 0, 1)))
}
