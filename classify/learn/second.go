package learn

import (
	"runtime"
	"slices"

	"earshot/classify"
	"earshot/classify/judge"
	"earshot/classify/trees"

	"golang.org/x/sync/errgroup"
)

// SecondFold is a world's posts judged by second-layer forests that learnt the other groups.
type SecondFold struct {
	rows    [][]float32
	truth   [][]bool // by forest, by post
	forests []trees.Forest
	logits  [][]float64 // by forest, by post
}

// SecondFolds holds each group out in turn. The logits that the forests read come from linear models that had not seen their world.
func SecondFolds(cfg BoostConfig, sets []Set, folds []Fold, view func(*Set) *View) []SecondFold {
	out := make([]SecondFold, len(sets))
	for i := range sets {
		out[i] = secondRows(&sets[i], &folds[i], view(&sets[i]))
	}
	for held := range min(Groups, len(out)) {
		x, y := gather(out, held)
		for _, forest := range each(len(judge.Second), func(k int) trees.Forest { return Boost(cfg, x, y[k]) }) {
			for i := range out {
				if f := &out[i]; Group(i) == held {
					f.forests, f.logits = append(f.forests, forest), append(f.logits, scores(&forest, f.rows))
				}
			}
		}
	}
	return out
}

// each calls f with 0 to n-1, as many at once as there are processors, and gives the answers in order.
func each[T any](n int, f func(int) T) []T {
	out := make([]T, n)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for k := range out {
		g.Go(func() error {
			out[k] = f(k)
			return nil
		})
	}
	_ = g.Wait() // none fails
	return out
}

func scores(f *trees.Forest, rows [][]float32) []float64 {
	z := make([]float64, len(rows))
	for i, row := range rows {
		z[i] = float64(f.Score(row))
	}
	return z
}

func secondRows(s *Set, f *Fold, v *View) SecondFold {
	out := SecondFold{truth: make([][]bool, len(judge.Second))}
	for i := range s.Examples {
		row := slices.Clone(v.Signs[i])
		copy(row, f.Logits[i][:judge.SignHeads])
		out.rows = append(out.rows, row)
		for k, name := range judge.Second {
			out.truth[k] = append(out.truth[k], s.Examples[i].Y[slices.Index(judge.Heads, name)] == 1)
		}
	}
	return out
}

// gather joins the rows of all worlds but the held group's; -1 holds none out.
func gather(folds []SecondFold, held int) (x [][]float32, y [][]bool) {
	y = make([][]bool, len(judge.Second))
	for i := range folds {
		if Group(i) == held {
			continue
		}
		x = append(x, folds[i].rows...)
		for k := range y {
			y[k] = append(y[k], folds[i].truth[k]...)
		}
	}
	return x, y
}

// SecondModel is the second layer that judges the held group, or the one that ships when held is -1; its calibration and thresholds
// come from the other groups, each judged by forests that had not seen it.
func SecondModel(cfg BoostConfig, sets []Set, folds []SecondFold, held int) []judge.Stacked {
	var out []judge.Stacked
	var forests []trees.Forest
	if held < 0 {
		x, y := gather(folds, held)
		forests = each(len(judge.Second), func(k int) trees.Forest { return Boost(cfg, x, y[k]) })
	} else {
		forests = folds[held].forests
	}
	for k, name := range judge.Second {
		s := judge.Stacked{Forest: forests[k]}
		var z []float64
		var t []bool
		for i := range folds {
			if Group(i) != held {
				z, t = append(z, folds[i].logits[k]...), append(t, folds[i].truth[k]...)
			}
		}
		s.Calibration = calibrate(name, z, t)
		out = append(out, s)
	}
	return out
}

// isRisk reports whether a head or forest is about a risk.
func isRisk(name string) bool { return slices.Contains(classify.Risks, classify.Risk(name)) }
