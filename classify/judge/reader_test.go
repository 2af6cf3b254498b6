package judge

import (
	"testing"

	"earshot/classify/encoder"
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
		got := r.near(alone, x.word)
		if len(got) != len(x.want) {
			t.Fatalf("logit %v, words %v: got %v, want the facts %v", x.claims, x.word, got, x.want)
		}
		for i, f := range got {
			if f.Fact != x.want[i] {
				t.Errorf("logit %v, words %v: got %v, want the facts %v", x.claims, x.word, got, x.want)
			}
		}
	}
}
