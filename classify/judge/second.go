package judge

import (
	"earshot/classify"
	"earshot/classify/text"
)

// The second layer reads, for each mention: the logits of the first heads, a few numbers about its form, and how often each rule
// matched. A forest for each label of the model and each risk weighs them together.
const (
	// SignHeads is how many logits come first.
	SignHeads     = 11 // logits of Heads[:SignHeads]: labels, targets and risks
	signItems     = SignHeads
	signQuestions = SignHeads + 1
	signEmojis    = SignHeads + 2
	signShouts    = SignHeads + 3
	signNumbers   = SignHeads + 4
	signStaffs    = SignHeads + 5
	signMembers   = SignHeads + 6
	signSeniors   = SignHeads + 7
	signSelf      = SignHeads + 8  // "council" or its name
	signFact      = SignHeads + 9  // highest score of retrieval in the register
	signOther     = SignHeads + 10 // another language than English
	signFirstRule = SignHeads + 11
)

// maxCounted bounds how often one rule counts.
const maxCounted = 4

// Second names what the second layer decides, in the order of Layer.Second.
var Second = func() []string {
	out := []string{string(classify.Complaint), string(classify.Trolling), string(classify.Abuse)}
	for _, r := range classify.Risks {
		out = append(out, string(r))
	}
	return append(out, headStaff, headMember, headOther)
}()

// Where the parts of Second begin.
const (
	firstLabel  = 0
	firstRisk   = 3
	secondStaff = firstRisk + 4
)

// What the considered layer reads behind the fast layer's signs: the encoder's logits of Heads[:SignHeads], its highest logit of each
// stance over the facts read beside the text, and the highest cosine.
const (
	encodedStances = SignHeads
	encodedNear    = SignHeads + 4
	encodedSigns   = SignHeads + 5
)

// noStance stands where no fact was read beside a text.
const noStance = -6

// signRead fills x with what the reading says; len(x) is encodedSigns.
func signRead(r *Reading, x []float32) {
	copy(x, r.Tags[:SignHeads])
	for k := range r.Facts[:min(1, len(r.Facts))] {
		copy(x[encodedStances:], r.Facts[k].Stances[:])
		x[encodedNear] = r.Facts[k].Near
	}
	if len(r.Facts) == 0 {
		for k := range 4 {
			x[encodedStances+k] = noStance
		}
		x[encodedNear] = 0
	}
	for _, f := range r.Facts {
		for k, z := range f.Stances {
			x[encodedStances+k] = max(x[encodedStances+k], z)
		}
		x[encodedNear] = max(x[encodedNear], f.Near)
	}
}

// sign fills x, which has c.signs places, but for the logits, with what the second layer reads.
func (c *Classifier) sign(a *analysis, x []float32) {
	clear(x)
	x[signItems] = float32(len(a.items))
	for i := range a.items {
		it := &a.items[i]
		switch {
		case it.Kind == text.Emoji:
			x[signEmojis]++
		case it.Kind == text.Number:
			x[signNumbers]++
		case it.Text == "?":
			x[signQuestions]++
		case it.Text == councilMask || it.Text == "council":
			x[signSelf]++
		}
		if it.Flags&text.Shouted != 0 && !it.Masked && len(it.Text) > 2 {
			x[signShouts]++
		}
	}
	for i := range a.people {
		switch a.people[i].Grade {
		case "member":
			x[signMembers]++
		case "senior":
			x[signSeniors]++
		default:
			x[signStaffs]++
		}
	}
	if len(a.near) > 0 {
		x[signFact] = a.near[0].Features[0]
	}
	if a.other {
		x[signOther] = 1
	}
	for _, h := range a.hits {
		if n := &x[signFirstRule+h.Rule.Index]; *n < maxCounted {
			*n++
		}
	}
}

// second is the probability that the layer gives number k of Second.
func (d *decision) second(k int) float64 {
	if k >= len(d.layer.Second) {
		return 0
	}
	s := &d.layer.Second[k]
	return s.Probability(s.Forest.Score(d.a.signs))
}

// passes reports whether number k of Second reaches its threshold, or at least floor. Most mentions are nowhere near a risk, which shows
// after a few trees.
func (d *decision) passes(k int, floor float64) bool {
	s := &d.layer.Second[k]
	threshold := max(s.Threshold, floor)
	z, reached := s.Forest.ScoreFrom(d.a.signs, s.logit(threshold))
	return reached && s.Probability(z) >= threshold
}
