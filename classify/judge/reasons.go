package judge

import (
	"slices"
	"strings"

	"earshot/classify"
)

// TestSentence is a harmless sentence that anybody may hand in to see the whole way of a mention: it is judged a complaint with the
// reason TestReason, so that it travels through record, search, routes and mail, where TestReason marks it as a test.
const (
	TestSentence = "EARSHOT-TEST-MENTION-PLEASE-IGNORE"
	TestReason   = "This is Earshot's test sentence: nobody needs to act."
)

// maxReasons bounds the reasons of one label, so that a long text stays readable.
const maxReasons = 3

func (d *decision) reason(label string, start, end int, why string) {
	n := 0
	for i := range d.v.Reasons {
		if r := &d.v.Reasons[i]; r.Label == label {
			n++
			if r.Start == start && r.End == end {
				return
			}
		}
	}
	if n < maxReasons {
		d.v.Reasons = append(d.v.Reasons, classify.Reason{Label: label, Start: start, End: end, Why: why})
	}
}

// itemSpan is the span of items from..to in the original.
func (d *decision) itemSpan(from, to int) (start, end int) {
	if from >= to || to > len(d.a.items) {
		return 0, 0
	}
	return d.a.doc.Span(d.a.items[from].From, d.a.items[to-1].To)
}

// because explains a label of the model: the rules that speak for it first, then the words that weighed most.
func (d *decision) because(l classify.Label, head int) {
	before := len(d.v.Reasons)
	for _, h := range d.a.hits {
		if len(d.v.Reasons)-before >= maxReasons-1 {
			break
		}
		if h.Rule.Has(string(l)) {
			start, end := d.itemSpan(h.From, h.To)
			d.reason(string(l), start, end, h.Rule.Why)
		}
	}
	d.becauseWords(string(l), head, "These words weighed most.")
}

// becauseWords adds the run of items that gave the head most.
func (d *decision) becauseWords(label string, head int, why string) {
	if head < 0 || len(d.a.items) == 0 {
		return
	}
	w := slices.Grow(d.a.weights[:0], len(d.a.items))[:len(d.a.items)]
	clear(w)
	d.a.weights = w
	d.c.model.Linear.Explain(&d.a.vector, head, w)
	from, to := bestRun(w)
	if to <= from { // no word weighs more than another
		from, to = 0, len(w)
	}
	start, end := d.itemSpan(from, to)
	d.reason(label, start, end, why)
}

// bestRun is the run of at most eight items with the greatest sum above the mean.
func bestRun(w []float32) (from, to int) {
	const most = 8
	var mean float32
	for _, x := range w {
		mean += x / float32(len(w))
	}
	var best float32
	for i := range w {
		var sum float32
		for j := i; j < min(len(w), i+most); j++ {
			if sum += w[j] - mean; sum > best {
				best, from, to = sum, i, j+1
			}
		}
	}
	return from, to
}

// test gives the test sentence its verdict.
func (d *decision) test(s string) {
	at := strings.Index(s, TestSentence)
	if at < 0 {
		return
	}
	if !d.v.Has(classify.Complaint) {
		d.give(classify.Complaint)
	}
	d.v.Unsure = slices.DeleteFunc(d.v.Unsure, func(l classify.Label) bool { return l == classify.Complaint })
	d.v.Scores[classify.Complaint] = 1
	d.v.Reasons = append([]classify.Reason{{Label: string(classify.Complaint), Start: at, End: at + len(TestSentence), Why: TestReason}}, d.v.Reasons...)
}
