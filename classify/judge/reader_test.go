package judge

import (
	"slices"
	"testing"

	"earshot/classify/encoder"
	"earshot/classify/facts"
)

// TestTheLessATextClaimsTheFewerFactsAreReadBesideIt: reading a fact costs more than reading the text.
func TestTheLessATextClaimsTheFewerFactsAreReadBesideIt(t *testing.T) {
	r := &reader{vectors: [][]float32{{0.6}, {0.4}, {0.2}}, holds: func(int) bool { return true }}
	for _, x := range []struct {
		claims float32 // the encoder's logit of inaccuracy for the text alone
		word   []int
		want   []int
	}{
		{-2, nil, []int{0, 1}},
		{-2, []int{2}, []int{0, 1, 2}}, // however far the first found by words lies
		{-6, []int{2}, []int{0}},
		{-9, []int{2}, nil},
	} {
		alone := &encoder.Output{Embedding: []float32{1}, Tags: make([]float32, len(Heads))}
		alone.Tags[encodedInaccuracy] = x.claims
		var got []int
		for _, f := range r.near(alone, x.word) {
			got = append(got, f.Fact)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("logit %v, words %v: got the facts %v, want %v", x.claims, x.word, got, x.want)
		}
	}
}

// TestCandidatesAreComparedWithOneAnother: what a forest reads of a fact beside the others that were found.
func TestCandidatesAreComparedWithOneAnother(t *testing.T) {
	near := make([]facts.Candidate, 3)
	for i, x := range [][2]float32{{2, -1}, {-1, 3}, {-6, -6}} { // logits: contradicts, agrees
		near[i].Features[facts.FeatureContradicts], near[i].Features[facts.FeatureAgrees] = x[0], x[1]
	}
	compare(near)
	for i, want := range [][2]float32{{3, -1}, {-3, 1}, {-8, -9}} {
		x := &near[i].Features
		if got := [2]float32{x[facts.FeatureAgainstLead], x[facts.FeatureTouchesLead]}; got != want {
			t.Errorf("candidate %d: leads %v, want %v", i, got, want)
		}
		if x[facts.FeatureCandidates] != 3 || x[facts.FeatureOthers] <= 0 || x[facts.FeatureOthers] >= 2 {
			t.Errorf("candidate %d: %v found, %v others touched", i, x[facts.FeatureCandidates], x[facts.FeatureOthers])
		}
	}
}
