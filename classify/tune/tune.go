package tune

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"earshot/classify"
	"earshot/classify/judge"
	"earshot/classify/linear"
	"earshot/settings"
)

// Example is one mention: the scores of the model as it came, what a person said, and how many mentions it stands for.
type Example struct {
	Scores map[classify.Label]float64
	Is     []classify.Label
	Weight float64
}

// Enough is the least number of examples with a label, and of those without it, from which its tuning is learnt.
const Enough = 10

// Standard deviations of the prior around the correction that changes nothing.
const (
	scaleSpread = 0.3  // of A around 1: the order of scores is the model's, how far they lie apart is nearly so
	shiftSpread = 1.0  // of B around 0: how common a label is differs from council to council
	mixSpread   = 0.15 // of each Mix around 0
)

// thresholdPrior is how many examples with a label the threshold as it came weighs.
const thresholdPrior = 20

// Fit returns the tuning of every label in cuts, which gives the thresholds as they came. Labels with too few examples keep what they
// have and are left out.
func Fit(examples []Example, cuts map[string]settings.Tuning) map[string]settings.Tuning {
	out := map[string]settings.Tuning{}
	weights := effective(examples)
	for _, label := range slices.Sorted(maps.Keys(cuts)) {
		l := classify.Label(label)
		rows, is := rowsOf(examples, l)
		yes := 0
		for _, t := range is {
			if t {
				yes++
			}
		}
		if yes < Enough || len(is)-yes < Enough {
			continue
		}
		theta := regress(rows, is, weights)
		t := settings.Tuning{A: theta[0], B: theta[1], Mix: map[string]float64{}}
		for k, other := range others(l) {
			t.Mix[string(other)] = theta[2+k]
		}
		out[label] = cut(t, cuts[label], rows, is, weights, theta)
	}
	return out
}

// effective scales weights so that they add up to the number of examples that count as much unweighted (Kish): a hundred answers that
// stand for very different numbers of mentions must not outweigh the prior as if they were a thousand.
func effective(examples []Example) []float64 {
	sum, squares := 0.0, 0.0
	for i := range examples {
		sum += examples[i].Weight
		squares += examples[i].Weight * examples[i].Weight
	}
	out := make([]float64, len(examples))
	for i := range out {
		out[i] = examples[i].Weight * sum / squares
	}
	return out
}

func others(l classify.Label) []classify.Label {
	var out []classify.Label
	for _, t := range settings.Tuned {
		if classify.Label(t) != l {
			out = append(out, classify.Label(t))
		}
	}
	return out
}

// rowsOf are, for each example, the log-odds of l, one, and the log-odds of the other labels.
func rowsOf(examples []Example, l classify.Label) (rows [][]float64, is []bool) {
	for i := range examples {
		x := &examples[i]
		row := []float64{judge.LogOdds(x.Scores[l]), 1}
		for _, o := range others(l) {
			row = append(row, judge.LogOdds(x.Scores[o]))
		}
		rows, is = append(rows, row), append(is, slices.Contains(x.Is, l))
	}
	return rows, is
}

// regress finds the most likely correction under the prior by Newton's method.
func regress(rows [][]float64, is []bool, weights []float64) []float64 {
	n := len(rows[0])
	mean, theta, precision := make([]float64, n), make([]float64, n), make([]float64, n)
	for k := range precision {
		precision[k] = 1 / (mixSpread * mixSpread)
	}
	mean[0], theta[0] = 1, 1
	precision[0], precision[1] = 1/(scaleSpread*scaleSpread), 1/(shiftSpread*shiftSpread)
	for range 50 {
		hessian, gradient := make([][]float64, n), make([]float64, n)
		for k := range hessian {
			hessian[k] = make([]float64, n)
			hessian[k][k] = precision[k]
			gradient[k] = precision[k] * (theta[k] - mean[k])
		}
		for i, row := range rows {
			p := linear.Sigmoid(dot(theta, row))
			y := 0.0
			if is[i] {
				y = 1
			}
			for k := range row {
				gradient[k] += weights[i] * (p - y) * row[k]
				for j := range row {
					hessian[k][j] += weights[i] * p * (1 - p) * row[k] * row[j]
				}
			}
		}
		step, most := solve(hessian, gradient), 0.0
		for _, s := range step {
			most = math.Max(most, math.Abs(s))
		}
		for k := range theta {
			theta[k] -= step[k] / math.Max(1, most) // Newton overshoots far from the end
		}
		if most < 1e-9 {
			break
		}
	}
	theta[0] = math.Max(theta[0], leastScale)
	return theta
}

// leastScale keeps a higher score from ever making a label less likely.
const leastScale = 0.1

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// solve returns x with m*x = y for a positive definite m, which it destroys.
func solve(m [][]float64, y []float64) []float64 {
	n := len(y)
	for k := range n {
		for i := k + 1; i < n; i++ {
			f := m[i][k] / m[k][k]
			for j := k; j < n; j++ {
				m[i][j] -= f * m[k][j]
			}
			y[i] -= f * y[k]
		}
	}
	for k := n - 1; k >= 0; k-- {
		for j := k + 1; j < n; j++ {
			y[k] -= m[k][j] * y[j]
		}
		y[k] /= m[k][k]
	}
	return y
}

// cut chooses the thresholds of t: between the one as it came and the one with the best F1 to be expected from the corrected scores, by
// how many examples with the label speak for the latter. The bands of doubt keep their proportions.
func cut(t, came settings.Tuning, rows [][]float64, is []bool, weights, theta []float64) settings.Tuning {
	p := make([]float64, len(rows))
	yes := 0.0
	for i, row := range rows {
		p[i] = linear.Sigmoid(dot(theta, row))
		if is[i] {
			yes += weights[i]
		}
	}
	z := (yes*judge.LogOdds(bestExpected(p, weights)) + thresholdPrior*judge.LogOdds(came.Threshold)) / (yes + thresholdPrior)
	t.Threshold = linear.Sigmoid(z)
	t.Low = t.Threshold * came.Low / came.Threshold
	t.High = t.Threshold + (1-t.Threshold)*(came.High-came.Threshold)/(1-came.Threshold)
	return t
}

// bestExpected is the threshold with the best F1 to be expected if the probabilities are right, which needs no answers and so cannot
// be fitted to their noise.
func bestExpected(p, weights []float64) float64 {
	at := make([]int, len(p))
	all := 0.0
	for i := range p {
		at[i] = i
		all += weights[i] * p[i]
	}
	slices.SortFunc(at, func(i, j int) int { return cmp.Compare(p[j], p[i]) })
	tp, given, best, threshold := 0.0, 0.0, 0.0, 0.5
	for _, i := range at {
		tp += weights[i] * p[i]
		given += weights[i]
		if f := 2 * tp / (given + all); f > best {
			best, threshold = f, p[i]
		}
	}
	return threshold
}
