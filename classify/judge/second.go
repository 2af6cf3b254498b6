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
	signSelf      = SignHeads + 8 // "council" or its name
	signFact      = SignHeads + 9 // highest score of retrieval in the register
	signFirstRule = SignHeads + 10
)

// maxCounted bounds how often one rule counts.
const maxCounted = 4

// Second names what the second layer decides, in the order of Model.Second.
var Second = func() []string {
	out := []string{string(classify.Complaint), string(classify.Trolling), string(classify.Abuse)}
	for _, r := range classify.Risks {
		out = append(out, string(r))
	}
	return out
}()

// sign fills x, but for the logits, with what the second layer reads.
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
	for _, h := range a.hits {
		if n := &x[signFirstRule+h.Rule.Index]; *n < maxCounted {
			*n++
		}
	}
}

// second is the probability that the second layer gives label or risk number k of Second.
func (d *decision) second(k int) float64 {
	if k >= len(d.c.model.Second) {
		return 0
	}
	s := &d.c.model.Second[k]
	return s.Probability(s.Forest.Score(d.a.signs))
}
