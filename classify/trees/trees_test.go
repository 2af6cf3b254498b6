package trees_test

import (
	"testing"

	"earshot/classify/trees"
)

// TestScore walks one tree to each of its leaves.
func TestScore(t *testing.T) {
	f := trees.Forest{Bias: 10, Trees: []trees.Tree{{
		Feature: [7]uint16{0, 1, 1, 2, 2, 2, 2}, Cut: [7]float32{0, 0, 0, 0, 0, 0, 0}, Value: [8]float32{0, 1, 2, 3, 4, 5, 6, 7},
	}}}
	for leaf := range 8 {
		x := []float32{float32(leaf>>2&1)*2 - 1, float32(leaf>>1&1)*2 - 1, float32(leaf&1)*2 - 1}
		if got := f.Score(x); got != 10+float32(leaf) {
			t.Errorf("%v scores %v, not %d", x, got, 10+leaf)
		}
	}
	if f.Score([]float32{0, 0, 0}) != 10 {
		t.Error("a value at the cut goes left")
	}
	if !f.Fits(3) || f.Fits(2) {
		t.Error("Fits does not see which numbers are asked about")
	}
}
