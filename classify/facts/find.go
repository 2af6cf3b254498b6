package facts

import (
	"math"
	"math/bits"
	"slices"

	"earshot/classify/text"
)

// Finder compares texts with a register, using its memory again. Not safe for concurrent use.
type Finder struct {
	r       *Register
	score   []float32 // by fact
	touched []int32
	terms   []int32 // by item; 0: says nothing
	seen    map[int32]bool
	numbers []quantity
	out     []Candidate
}

// Finder returns a finder over r.
func (r *Register) Finder() *Finder {
	return &Finder{r: r, score: make([]float32, len(r.facts)), seen: map[int32]bool{}}
}

const (
	maxCandidates = 4
	minScore      = 2.0 // of the terms shared; below it no fact is meant
	maxItems      = 400 // of one text; what lies behind is not compared
)

// Candidates returns the facts that the text touches most, the nearest first. The result is valid until the next call.
func (f *Finder) Candidates(d *text.Doc, items []text.Item) []Candidate {
	f.out = f.out[:0]
	if len(f.r.facts) == 0 {
		return f.out
	}
	if len(items) > maxItems {
		items = items[:maxItems]
	}
	f.resolve(items)
	now := f.r.now()
	for _, at := range f.touched {
		if f.score[at] >= minScore && f.r.facts[at].holds(now) {
			f.keep(at)
		}
	}
	if len(f.out) == 0 {
		return f.out
	}
	f.numbers = quantities(items, f.numbers[:0])
	for i := range f.out {
		f.compare(items, i)
	}
	return f.out
}

// Also compares the text of the last Candidates, given by its items again, with further facts and returns all candidates. The result is
// valid until the next call of Candidates.
func (f *Finder) Also(items []text.Item, more []int) []Candidate {
	if len(items) == 0 {
		return f.out
	}
	if len(items) > maxItems {
		items = items[:maxItems]
	}
	if len(f.out) == 0 {
		f.numbers = quantities(items, f.numbers[:0])
	}
	for _, at := range more {
		if slices.ContainsFunc(f.out, func(c Candidate) bool { return c.Fact == at }) {
			continue
		}
		f.out = append(f.out, Candidate{Fact: at, ID: f.r.facts[at].id})
		f.compare(items, len(f.out)-1)
	}
	return f.out
}

// keep puts a fact among the best, in order; equal ones stand as in the register.
func (f *Finder) keep(at int32) {
	i := len(f.out)
	for i > 0 {
		before := int32(f.out[i-1].Fact)
		if f.score[before] > f.score[at] || f.score[before] == f.score[at] && before < at {
			break
		}
		i--
	}
	if i >= maxCandidates {
		return
	}
	if len(f.out) < maxCandidates {
		f.out = append(f.out, Candidate{})
	}
	copy(f.out[i+1:], f.out[i:])
	f.out[i] = Candidate{Fact: int(at), ID: f.r.facts[at].id}
}

// resolve finds the register's terms in items and scores the facts that hold them.
func (f *Finder) resolve(items []text.Item) {
	for _, at := range f.touched {
		f.score[at] = 0
	}
	f.touched, f.terms = f.touched[:0], f.terms[:0]
	clear(f.seen)
	for i := range items {
		w := items[i].Text
		var id int32
		if items[i].Kind != text.Number && items[i].Kind != text.Emoji && !stopWords[w] {
			id = f.r.vocab[term(w)]
		}
		f.terms = append(f.terms, id)
		if id == 0 || f.seen[id] {
			continue
		}
		f.seen[id] = true
		for _, at := range f.r.postings[id] {
			if f.score[at] == 0 {
				f.touched = append(f.touched, at)
			}
			f.score[at] += f.r.weight[id]
		}
	}
}

// Features of a candidate, in the order of Candidate.Features.
const (
	featScore = iota
	featRank
	featLead // over the next fact
	featClause
	featCover
	featPairs
	featSentence
	featAsking
	featQuoting
	featHedged
	featAgreeing    // numbers that agree
	featDiffering   // numbers of the same measure that do not
	featDifferScore // how near the words around the worst of them are
	featDifferRatio
	featNearNumber // a number stands near the shared words
	featNegatedText
	featNegatedFact
	featPolarity // one of them negated
	featOpposed
	featElsewhere
	featChargesUs
	featUniversal
	featPlan
	featLength
	featNumbers
	featFactNumbers
	featScopeDiffers // weight of shared words that one side denies and the other does not
	featScopeSame    // weight of shared words that both deny
	featAgreeScore   // how near the words around the best agreeing number are
	featSameSide     // opposites on which both stand on one side
	featNumberLeft   // numbers of the fact's best sentence that the text does not give
	featSecondPerson
	FeatureText = iota // from here the decision layer fills in what the linear model says
	FeatureComplaint
	FeatureTrolling
	FeatureNear        // from here on what an encoder says, zero where none was asked: how near text and fact are, as a cosine
	FeatureContradicts // logits of the stances
	FeatureAgrees
	FeatureAsks
	FeatureQuotes
	FeatureEncoded // the encoder's logit for an inaccuracy in the text alone
	FeatureCount
)

// compare fills in candidate c's features.
func (f *Finder) compare(items []text.Item, c int) {
	cand := &f.out[c]
	fa := &f.r.facts[cand.Fact]
	x := &cand.Features
	x[featScore] = f.score[cand.Fact]
	x[featRank] = float32(c)
	if c+1 < len(f.out) {
		x[featLead] = f.score[cand.Fact] - f.score[f.out[c+1].Fact]
	} else {
		x[featLead] = f.score[cand.Fact]
	}
	if c > 0 {
		x[featLead] = f.score[cand.Fact] - f.score[f.out[0].Fact]
	}
	best, from, to, shared := f.bestClause(items, fa)
	cl := &fa.clauses[best]
	x[featClause] = shared
	x[featCover] = shared / max(cl.total, 1)
	x[featSentence] = float32(to - from)
	cand.From, cand.To = items[from].From, items[to-1].To
	x[featPairs] = f.sharedPairs(cl, from, to)
	f.words(items, cand, cl, from, to)
	f.compareNumbers(items, cand, fa, from, to)
	x[featLength] = float32(len(items))
	x[featNumbers] = float32(len(f.numbers))
	x[featFactNumbers] = float32(len(cl.numbers))
	if fa.elsewhere {
		x[featElsewhere] = 1
	}
}

// bestClause finds the clause of the fact and the stretch of the text (a sentence and the one behind it) that share most.
func (f *Finder) bestClause(items []text.Item, fa *fact) (best, from, to int, shared float32) {
	to = len(items)
	for s := 0; s < len(items); {
		e := s + 1
		for e < len(items) && items[e].Sentence == items[s].Sentence {
			e++
		}
		for k := range fa.clauses {
			clear(f.seen)
			var sum float32
			for _, t := range f.terms[s:e] {
				if t == 0 || f.seen[t] {
					continue
				}
				f.seen[t] = true
				if _, ok := slices.BinarySearch(fa.clauses[k].terms, t); ok {
					sum += f.r.weight[t]
				}
			}
			if sum > shared {
				best, from, to, shared = k, s, e, sum
			}
		}
		s = e
	}
	return best, from, to, shared
}

func (f *Finder) sharedPairs(cl *clause, from, to int) float32 {
	var n float32
	last := int32(0)
	for _, t := range f.terms[from:to] {
		if t == 0 {
			continue
		}
		if last != 0 {
			if _, ok := slices.BinarySearch(cl.pairs, pair(last, t)); ok {
				n++
			}
		}
		last = t
	}
	return n
}

// words reads the small words of the stretch: questions, hearsay, negation, opposites, whom it charges.
func (f *Finder) words(items []text.Item, cand *Candidate, cl *clause, from, to int) {
	x := &cand.Features
	var sides uint64
	negated := 0
	for i := from; i < to; i++ {
		w := items[i].Text
		sides |= opposites[stem(w)]
		if negations[w] {
			negated++
		}
		switch w {
		case "?":
			x[featAsking] = 1
		case "apparently", "heard", "reckon", "rumour", "someone", "allegedly", "says", "said", "claims", "claim", "told", "saying", "reckons":
			x[featHedged]++
		case "myth", "untrue", "nonsense", "rubbish", "actually", "wrong", "correction", "false", "debunk", "isnt", "fyi", "psa":
			x[featQuoting]++
		case "all", "every", "everyone", "whole", "always", "entire", "none", "nobody", "never", "any", "anybody", "anyone", "nothing", "single":
			x[featUniversal]++
		case "plan", "plans", "planning", "going", "will", "soon", "next", "gonna", "theyll":
			x[featPlan]++
		case "council", "<council>", "they", "them", "theyre", "theyve", "town", "hall":
			x[featChargesUs]++
		case "you", "your", "youre", "youve", "u", "ur":
			x[featSecondPerson]++
		}
	}
	for i := max(0, from-12); i < from; i++ {
		switch items[i].Text {
		case "true", "truth", "wondering", "anyone", "know":
			x[featAsking] += 0.5
		}
	}
	cand.Asking, cand.Quoting = x[featAsking] >= 1, x[featQuoting] > 0
	x[featNegatedText] = float32(negated)
	if cl.negated {
		x[featNegatedFact] = 1
	}
	if cl.negated != (negated%2 == 1) {
		x[featPolarity] = 1
	}
	x[featOpposed] = float32(opposed(sides, cl.sides))
	x[featSameSide] = float32(bits.OnesCount64(sides & cl.sides))
	scope, denies := 0, false
	for i := from; i < to; i++ {
		if scope--; negations[items[i].Text] {
			scope, denies = negationReach, true
		}
		t := f.terms[i]
		if t == 0 {
			continue
		}
		if _, ok := slices.BinarySearch(cl.terms, t); !ok {
			continue
		}
		_, denied := slices.BinarySearch(cl.denied, t)
		switch here := denies && scope >= 0; {
		case here != denied:
			x[featScopeDiffers] += f.r.weight[t]
		case here:
			x[featScopeSame] += f.r.weight[t]
		}
	}
}

// compareNumbers sets every number of the text against the fact's numbers of the same measure.
func (f *Finder) compareNumbers(items []text.Item, cand *Candidate, fa *fact, from, to int) {
	x := &cand.Features
	worst := float32(-1)
	for i := range f.numbers {
		q := &f.numbers[i]
		near := q.item >= from-2 && q.item < to+8
		agrees, compared := q.value >= telling && f.given(fa, q.value), false
		var best *quantity
		var score float32
		for k := range fa.clauses {
			for n := range fa.clauses[k].numbers {
				known := &fa.clauses[k].numbers[n]
				if !comparable(q, known) {
					continue
				}
				compared = true
				if q.agrees(known) {
					agrees = true
					x[featAgreeScore] = max(x[featAgreeScore], f.context(items, q, known))
					continue
				}
				if s := f.context(items, q, known); best == nil || s > score {
					best, score = known, s
				}
			}
		}
		switch {
		case agrees:
			x[featAgreeing]++
		case compared && near:
			x[featDiffering]++
			if score > worst {
				worst = score
				x[featDifferScore] = score
				x[featDifferRatio] = float32(math.Min(5, math.Abs(math.Log((q.value+0.01)/(best.value+0.01)))))
				cand.said, cand.known = q, best
			}
		}
		if near {
			x[featNearNumber] = 1
		}
	}
}

// telling is the number from which two equal numbers are hardly chance, whatever they count.
const telling = 40

// given reports whether the fact holds exactly that value.
func (f *Finder) given(fa *fact, value float64) bool {
	for k := range fa.clauses {
		for n := range fa.clauses[k].numbers {
			if fa.clauses[k].numbers[n].value == value {
				return true
			}
		}
	}
	return false
}

// comparable reports whether two quantities count the same thing.
func comparable(a, b *quantity) bool {
	if a.of != b.of {
		switch {
		case a.of == span && b.of == rhythm || a.of == rhythm && b.of == span:
			return true
		case a.of == count && b.of == money: // "twelve and a half thousand a year"
			return a.value >= 1000
		}
		return false
	}
	if a.of != count {
		return true
	}
	for _, u := range a.units {
		if u != "" && slices.Contains(b.units[:], u) {
			return true
		}
	}
	return false
}

// context is the weight of the words around the text's number that also stand in the fact's sentence.
func (f *Finder) context(items []text.Item, q, known *quantity) float32 {
	const reach = 8
	clear(f.seen)
	var sum float32
	for i := max(0, q.item-reach); i < min(len(items), q.end+reach); i++ {
		t := f.terms[i]
		if t == 0 || f.seen[t] {
			continue
		}
		f.seen[t] = true
		if slices.Contains(known.context, t) {
			sum += f.r.weight[t]
		}
	}
	return sum
}
