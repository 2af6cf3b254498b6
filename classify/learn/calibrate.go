package learn

import (
	"cmp"
	"math"
	"slices"

	"earshot/classify"
	"earshot/classify/judge"
)

// calibrate fits probability = sigmoid(a*z+b) by Newton's method (Platt 1999, with his smoothed targets) and chooses the thresholds
// for the head's purpose.
func calibrate(head string, z []float64, y []bool) judge.Calibration {
	a, b := platt(z, y)
	p := make([]float64, len(z))
	for i := range z {
		p[i] = 1 / (1 + math.Exp(-(a*z[i] + b)))
	}
	c := judge.Calibration{A: a, B: b}
	if isRisk(head) {
		c.Threshold = recallThreshold(p, y, riskRecall, riskPrecision)
		c.Low, c.High = c.Threshold, c.Threshold
		return c
	}
	c.Threshold = firm(p, y, slack(head))
	c.Low, c.High = c.Threshold*unsureBelow, c.Threshold+(1-c.Threshold)*unsureAbove
	return c
}

const (
	riskRecall    = 0.97 // wanted of each risk on unseen worlds
	riskPrecision = 0.40 // but no threshold below this precision
	unsureBelow   = 0.6  // of the threshold: from here a label not given is unsure
	unsureAbove   = 0.25 // of the way from threshold to one: up to here a label given is unsure
)

// slack is how much of a head's F1 is given up for fewer false alarms (docs/decisions/0017).
func slack(head string) float64 {
	switch classify.Label(head) {
	case classify.Complaint:
		return 0.02 // what falls below is mostly unsure, which asks a person
	case classify.Trolling:
		return 0.03 // only ever suggested, so silence costs little
	case classify.Inaccuracy:
		return 0.05 // telling somebody that they are wrong when they are right costs more than silence
	default:
		return 0.01
	}
}

func platt(z []float64, y []bool) (a, b float64) {
	pos := 0.0
	for _, t := range y {
		if t {
			pos++
		}
	}
	neg := float64(len(y)) - pos
	hi, lo := (pos+1)/(pos+2), 1/(neg+2)
	a, b = 1, math.Log((pos+1)/(neg+1))
	for range 100 {
		var ga, gb, haa, hab, hbb float64
		for i := range z {
			t := lo
			if y[i] {
				t = hi
			}
			p := 1 / (1 + math.Exp(-(a*z[i] + b)))
			d, w := p-t, math.Max(p*(1-p), 1e-12)
			ga += d * z[i]
			gb += d
			haa += w * z[i] * z[i]
			hab += w * z[i]
			hbb += w
		}
		haa, hbb = haa+1e-6, hbb+1e-6
		det := haa*hbb - hab*hab
		if det < 1e-12 {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		step := 1.0
		if m := math.Max(math.Abs(da), math.Abs(db)); m > 2 {
			step = 2 / m // Newton overshoots where the data are nearly separated
		}
		a, b = a-step*da, b-step*db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return a, b
}

// ranked is the order of p from high to low.
func ranked(p []float64) []int {
	at := make([]int, len(p))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return cmp.Compare(p[j], p[i]) })
	return at
}

// firm is the highest threshold whose F1 is within slack of the best: of two that are as good, the one that raises fewer false alarms.
func firm(p []float64, y []bool, slack float64) float64 {
	at := ranked(p)
	pos := 0.0
	for _, t := range y {
		if t {
			pos++
		}
	}
	f := make([]float64, len(at))
	tp, best := 0.0, 0.0
	for n, i := range at {
		if y[i] {
			tp++
		}
		f[n] = 2 * tp / (float64(n+1) + pos)
		best = math.Max(best, f[n])
	}
	for n, i := range at {
		if best > 0 && f[n] >= best-slack {
			return p[i]
		}
	}
	return 1
}

// recallThreshold is the highest threshold that reaches the recall, or the lowest that keeps the precision when that comes first.
func recallThreshold(p []float64, y []bool, recall, precision float64) float64 {
	at := ranked(p)
	pos := 0.0
	for _, t := range y {
		if t {
			pos++
		}
	}
	tp, last := 0.0, 1.0
	for n, i := range at {
		if y[i] {
			tp++
		}
		if n >= 10 && tp/float64(n+1) < precision {
			return last
		}
		last = p[i]
		if tp >= recall*pos {
			return last
		}
	}
	return last
}
