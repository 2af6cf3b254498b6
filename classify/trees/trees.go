// Package trees is a small sum of decision trees over a few dozen numbers: it weighs signs that mean something only together. Learning
// is in package learn.
package trees

import "slices"

// Depth is how many questions a tree asks.
const Depth = 3

// Tree asks Depth questions and has a value for each way of answering. Node i's children are nodes 2i+1 (at most Cut) and 2i+2.
type Tree struct {
	Feature [1<<Depth - 1]uint16  `json:"f"`
	Cut     [1<<Depth - 1]float32 `json:"c"`
	Value   [1 << Depth]float32   `json:"v"`
}

// Forest is a sum of trees; its value is a logit.
type Forest struct {
	Bias  float32 `json:"bias"`
	Trees []Tree  `json:"trees"`

	rest []float32 // the most that the trees from each on can add; nil until Prepare
}

// Prepare lets ScoreFrom stop early. It is called before the forest is shared, and again when trees were added.
func (f *Forest) Prepare() {
	f.rest = make([]float32, len(f.Trees))
	var most float32
	for i := len(f.Trees) - 1; i >= 0; i-- {
		most += slices.Max(f.Trees[i].Value[:])
		f.rest[i] = most
	}
}

const (
	together = 6    // trees asked before it is seen whether the others can still matter
	rounding = 1e-3 // far more than additions in another order can differ by
)

// ScoreFrom is Score where that may reach least; else it returns false, as a rule after a few trees.
func (f *Forest) ScoreFrom(x []float32, least float32) (z float32, reached bool) {
	z = f.Bias
	for from := 0; from < len(f.Trees); from += together {
		if f.rest != nil && z+f.rest[from] < least-rounding {
			return 0, false
		}
		z = add(z, f.Trees[from:min(from+together, len(f.Trees))], x)
	}
	return z, true
}

// Score is the logit of x.
func (f *Forest) Score(x []float32) float32 { return add(f.Bias, f.Trees, x) }

// add adds to z what each tree says of x.
func add(z float32, trees []Tree, x []float32) float32 {
	for i := range trees {
		t := &trees[i]
		n := uint(0)
		for range Depth {
			n = 2*n + 1 + above(x[t.Feature[n]], t.Cut[n])
		}
		z += t.Value[n-(1<<Depth-1)]
	}
	return z
}

// above is 0 where x is at most cut, else 1. It compiles to a comparison without a jump: which way a tree goes cannot be guessed, and a
// wrong guess costs more than the whole tree.
func above(x, cut float32) uint {
	n := uint(1)
	if x <= cut {
		n = 0
	}
	return n
}

// Fits reports whether every question is about one of n numbers.
func (f *Forest) Fits(n int) bool {
	for i := range f.Trees {
		for _, k := range f.Trees[i].Feature {
			if int(k) >= n {
				return false
			}
		}
	}
	return true
}
