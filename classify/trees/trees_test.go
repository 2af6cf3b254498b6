package trees_test

import (
	"math/rand/v2"
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

// TestScoreFrom holds it against Score: what it leaves out is truly below.
func TestScoreFrom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := trees.Forest{Bias: -1}
	for range 40 {
		var tree trees.Tree
		for i := range tree.Feature {
			tree.Feature[i], tree.Cut[i] = uint16(r.IntN(8)), r.Float32()
		}
		for i := range tree.Value {
			tree.Value[i] = r.Float32()/4 - 0.125
		}
		f.Trees = append(f.Trees, tree)
	}
	stopped, passed := 0, 0
	for _, prepared := range []bool{false, true} {
		if prepared {
			f.Prepare()
		}
		for range 1000 {
			x := make([]float32, 8)
			for i := range x {
				x[i] = r.Float32()
			}
			want, least := f.Score(x), r.Float32()*2-2
			z, reached := f.ScoreFrom(x, least)
			switch {
			case reached && z != want:
				t.Fatalf("%v is not %v", z, want)
			case reached:
				passed++
			case !prepared || want >= least:
				t.Fatalf("%v was left out as below %v", want, least)
			default:
				stopped++
			}
		}
	}
	if stopped < 100 || passed < 100 {
		t.Errorf("%d were left out and %d not: that proves nothing", stopped, passed)
	}
}
