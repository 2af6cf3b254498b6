package facts

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"earshot/classify/text"
)

// Finder compares texts with a register, using its memory again. Not safe for concurrent use.
type Finder struct {
	r         *Register
	score     []float32 // by fact
	touched   []int32
	words     []known // by item; of a stop word, a number or a picture without its term
	does      []role  // by item
	sentences []sentence
	distinct  []int32 // terms of all sentences
	numbers   []quantity
	out       []Candidate
	seen      marks
	of        marks // terms of the clause that is compared
}

// sentence is a stretch of items with its terms, each once and in order.
type sentence struct {
	from, to int
	terms    []int32
}

// marks is a set of terms that is emptied without touching its memory.
type marks struct {
	at  []uint32
	now uint32
}

func (m *marks) reset() {
	if m.now++; m.now == 0 {
		clear(m.at)
		m.now = 1
	}
}

func (m *marks) has(t int32) bool { return m.at[t] == m.now }

func (m *marks) add(t int32) { m.at[t] = m.now }

// Finder returns a finder over r.
func (r *Register) Finder() *Finder {
	n := len(r.weight)
	return &Finder{r: r, score: make([]float32, len(r.facts)), seen: marks{at: make([]uint32, n)}, of: marks{at: make([]uint32, n)}}
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
	f.read(items)
	for i := range f.out {
		f.compare(items, i)
	}
	return f.out
}

// Also compares the text of the last Candidates, given by its items again, with further facts and returns all candidates. The result is
// valid until the next call of Candidates.
func (f *Finder) Also(items []text.Item, more []int) []Candidate {
	if len(items) == 0 || len(more) == 0 { // of an empty register the items were not even looked at
		return f.out
	}
	if len(items) > maxItems {
		items = items[:maxItems]
	}
	if len(f.out) == 0 {
		f.read(items)
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

// Reworded returns, for each of some facts, masks that put the fact's own words where the text says the same number in others: "4.99%" for "a
// twentieth", "£42 a year" for "£3.50 a month"; another sum or share than the fact's stands in digits. Who compares the two then sees where they
// agree. Of a text without numbers it returns nil.
func (f *Finder) Reworded(items []text.Item, facts []int) [][]text.Mask {
	if len(items) == 0 || len(f.r.facts) == 0 {
		return nil
	}
	items = items[:min(maxItems, len(items))]
	f.resolve(items)
	f.read(items)
	if len(f.numbers) == 0 {
		return nil
	}
	out := make([][]text.Mask, len(facts))
	for i, at := range facts {
		for n := range f.numbers {
			if m, ok := f.reworded(items, &f.numbers[n], &f.r.facts[at]); ok {
				out[i] = append(out[i], m)
			}
		}
	}
	return out
}

// reworded is the mask for one number; false where nothing need change.
func (f *Finder) reworded(items []text.Item, q *quantity, fa *fact) (text.Mask, bool) {
	var best *quantity
	var score float32
	compared := false
	for known := range fa.numbers {
		if known.of != q.of || !comparable(q, known) {
			continue
		}
		if compared = true; !q.agrees(known) {
			continue
		}
		if s := f.context(items, q, known); best == nil || s > score {
			best, score = known, s
		}
	}
	to, words := q.number, ""
	switch {
	case best != nil && q.per > 0 && best.per > 0:
		to, words = q.end, best.words[1]
	case best != nil:
		words = best.words[0]
	case compared && q.of == money:
		words = q.sum()
	case compared && q.of == percent:
		words = strconv.FormatFloat(math.Round(10*q.value)/10, 'f', -1, 64) + "%"
	default:
		return text.Mask{}, false
	}
	said := items[q.item].Text
	for i := q.item + 1; i < to; i++ {
		said += " " + items[i].Text
	}
	if said == strings.ToLower(words) {
		return text.Mask{}, false
	}
	return text.Mask{From: items[q.item].From, To: items[to-1].To, Text: words}, true
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
	f.touched, f.words, f.does = f.touched[:0], f.words[:0], rolesOf(items, f.does[:0])
	f.seen.reset()
	for i := range items {
		w := f.word(&items[i], f.does[i])
		f.words = append(f.words, w)
		if w.term == 0 || f.seen.has(w.term) {
			continue
		}
		f.seen.add(w.term)
		weight := f.r.weight[w.term]
		for _, at := range f.r.postings[w.term] {
			if f.score[at] == 0 {
				f.touched = append(f.touched, at)
			}
			f.score[at] += weight
		}
	}
}

func (f *Finder) word(it *text.Item, does role) known {
	w := f.r.stems[stem(it.Text)]
	if it.Kind == text.Number || it.Kind == text.Emoji || does&stops != 0 {
		w.term = 0
	}
	return w
}

// read finds the numbers and sentences of items, once it is known that a fact may be meant.
func (f *Finder) read(items []text.Item) {
	f.numbers = quantities(items, f.does, f.numbers[:0])
	f.sentences = f.sentences[:0]
	f.distinct = slices.Grow(f.distinct[:0], len(items)) // never moves, so that sentences may share it
	for from := 0; from < len(items); {
		to, first := from, len(f.distinct)
		f.seen.reset()
		for ; to < len(items) && items[to].Sentence == items[from].Sentence; to++ {
			if t := f.words[to].term; t != 0 && !f.seen.has(t) {
				f.seen.add(t)
				f.distinct = append(f.distinct, t)
			}
		}
		f.sentences = append(f.sentences, sentence{from: from, to: to, terms: f.distinct[first:]})
		from = to
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
	FeatureEncoded     // the encoder's logit for an inaccuracy in the text alone
	FeatureAgainstLead // by how much the text contradicts this fact more than any other
	FeatureTouchesLead // by how much it touches this fact more than any other
	FeatureOthers      // how many others it touches: the sum of their probabilities
	FeatureCandidates  // how many facts were found for the text
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
	f.mark(cl)
	x[featPairs] = f.sharedPairs(cl, from, to)
	f.readWords(cand, cl, from, to)
	f.compareNumbers(items, cand, fa, from, to)
	x[featLength] = float32(len(items))
	x[featNumbers] = float32(len(f.numbers))
	x[featFactNumbers] = float32(len(cl.numbers))
	if fa.elsewhere {
		x[featElsewhere] = 1
	}
}

// bestClause finds the clause of the fact and the sentence of the text that share most.
func (f *Finder) bestClause(items []text.Item, fa *fact) (best, from, to int, shared float32) {
	from, to = 0, len(items)
	first := len(f.sentences)
	for k := range fa.clauses {
		f.mark(&fa.clauses[k])
		for n := range f.sentences {
			s := &f.sentences[n]
			var sum float32
			for _, t := range s.terms {
				if f.of.has(t) {
					sum += f.r.weight[t]
				}
			}
			// of equal ones the first sentence stands, and there the first clause
			if sum > shared || sum == shared && n < first && sum > 0 {
				best, from, to, shared, first = k, s.from, s.to, sum, n
			}
		}
	}
	return best, from, to, shared
}

// mark makes f.of the terms of a clause.
func (f *Finder) mark(cl *clause) {
	f.of.reset()
	for _, t := range cl.terms {
		f.of.add(t)
	}
}

// sharedPairs counts the neighbours in the text that are neighbours in the clause marked.
func (f *Finder) sharedPairs(cl *clause, from, to int) float32 {
	var n float32
	last := int32(0)
	for i := from; i < to; i++ {
		t := f.words[i].term
		if t == 0 {
			continue
		}
		if last != 0 && f.of.has(last) && f.of.has(t) {
			if _, ok := slices.BinarySearch(cl.pairs, pair(last, t)); ok {
				n++
			}
		}
		last = t
	}
	return n
}

// readWords reads the small words of the stretch: questions, hearsay, negation, opposites, whom it charges.
func (f *Finder) readWords(cand *Candidate, cl *clause, from, to int) {
	x := &cand.Features
	var sides uint64
	negated := 0
	for i := from; i < to; i++ {
		sides |= f.words[i].sides
		does := f.does[i]
		if does&^(stops|measures) == 0 {
			continue
		}
		if does&negates != 0 {
			negated++
		}
		if does&asks != 0 {
			x[featAsking] = 1
		}
		for _, c := range counted {
			if does&c.role != 0 {
				x[c.feature]++
			}
		}
	}
	for i := max(0, from-12); i < from; i++ {
		if f.does[i]&wonders != 0 {
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
	f.readScopes(x, cl, from, to)
}

// counted are the roles whose words are counted.
var counted = [...]struct {
	role    role
	feature int
}{{hedges, featHedged}, {corrects, featQuoting}, {universal, featUniversal}, {plans, featPlan}, {charges, featChargesUs}, {addresses, featSecondPerson}}

// readScopes weighs the words that the stretch and the clause marked share by which of the two denies them.
func (f *Finder) readScopes(x *[FeatureCount]float32, cl *clause, from, to int) {
	scope, denies := 0, false
	for i := from; i < to; i++ {
		if scope--; f.does[i]&negates != 0 {
			scope, denies = negationReach, true
		}
		t := f.words[i].term
		if t == 0 || !f.of.has(t) {
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
		for known := range fa.numbers {
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
	for known := range fa.numbers {
		if known.value == value {
			return true
		}
	}
	return false
}

// comparable reports whether two quantities count the same thing.
func comparable(a, b *quantity) bool {
	if a.of != b.of {
		switch {
		case a.of == span && b.of == rhythm || a.of == rhythm && b.of == span, a.of == month && b.of == date || a.of == date && b.of == month:
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
	f.seen.reset()
	var sum float32
	for i := max(0, q.item-reach); i < min(len(items), q.end+reach); i++ {
		t := f.words[i].term
		if t == 0 || f.seen.has(t) {
			continue
		}
		f.seen.add(t)
		if slices.Contains(known.context, t) {
			sum += f.r.weight[t]
		}
	}
	return sum
}
