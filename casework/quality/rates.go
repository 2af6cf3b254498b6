package quality

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"earshot/classify"
)

// Rate is a share with its 95 % interval. N is how many mentions a person tagged it rests on; under Enough it says too little to show.
type Rate struct {
	Value, Low, High float64
	N                int
}

// Enough is the least number of tagged mentions under a Rate that is shown.
const Enough = 10

// Shown reports whether the rate rests on enough.
func (r Rate) Shown() bool { return r.N >= Enough }

// TagRates are how well one label is given.
type TagRates struct {
	Label             classify.Label
	Precision, Recall Rate
}

// Rates returns precision and recall of every label.
func Rates(items []Item) []TagRates {
	var out []TagRates
	for _, l := range classify.Labels {
		p, r := rates(items, func(x *Item) bool { return x.Said(l) }, func(x *Item) bool { return x.Is(l) })
		out = append(out, TagRates{l, p, r})
	}
	return out
}

// Dismissed is the share of complaints that were tagged trolling and not complaint: somebody with a grievance, called a troll.
func Dismissed(items []Item) (share Rate, mentions []string) {
	said := func(x *Item) bool { return x.Said(classify.Trolling) && !x.Said(classify.Complaint) }
	is := func(x *Item) bool { return x.Is(classify.Complaint) }
	_, share = rates(items, said, is)
	for i := range items {
		if said(&items[i]) && is(&items[i]) {
			mentions = append(mentions, items[i].Mention)
		}
	}
	return share, mentions
}

// cell is the part of a stratum about which the classifier said the same.
type cell struct {
	stratum string
	census  bool
	said    bool
	sum     float64 // of weights: mentions it stands for
	squares float64
	yes     float64 // weight of those that are so
}

// rates are, weighted, the share right among what was said and the share said among what is right. The intervals come from simulating
// each cell's share of "is so" from its Jeffreys posterior, Beta(yes+1/2, no+1/2) of its effective number of answers: a cell in which no
// answer was yes still tells how many may have been missed, which a bootstrap of the answers alone would not.
func rates(items []Item, said, is func(*Item) bool) (precision, recall Rate) {
	cells, rightN, saidN := cellsOf(items, said, is)
	tp, fp, fn := 0.0, 0.0, 0.0
	for _, c := range cells {
		tp, fp, fn = c.add(tp, fp, fn, c.yes/c.sum)
	}
	precision, recall = Rate{Value: ratio(tp, fp), N: saidN}, Rate{Value: ratio(tp, fn), N: rightN}
	rng := rand.New(rand.NewPCG(1, 9)) // the same figures each time the page is opened
	ps, rs := make([]float64, simulations), make([]float64, simulations)
	for k := range simulations {
		tp, fp, fn = 0, 0, 0
		for _, c := range cells {
			share := c.yes / c.sum
			if !c.census {
				n := c.sum * c.sum / c.squares
				share = beta(rng, share*n+0.5, (1-share)*n+0.5)
			}
			tp, fp, fn = c.add(tp, fp, fn, share)
		}
		ps[k], rs[k] = ratio(tp, fp), ratio(tp, fn)
	}
	precision.Low, precision.High = interval(ps, precision.Value)
	recall.Low, recall.High = interval(rs, recall.Value)
	return precision, recall
}

// simulations make the ends of an interval steady to about half a point.
const simulations = 2000

func (c *cell) add(tp, fp, fn, share float64) (float64, float64, float64) {
	if c.said {
		return tp + c.sum*share, fp + c.sum*(1-share), fn
	}
	return tp, fp, fn + c.sum*share
}

func cellsOf(items []Item, said, is func(*Item) bool) (cells []cell, right, saidN int) {
	for i := range items {
		x := &items[i]
		s, yes := said(x), is(x)
		at := slices.IndexFunc(cells, func(c cell) bool { return c.stratum == x.Stratum && c.census == x.Census && c.said == s })
		if at < 0 {
			at = len(cells)
			cells = append(cells, cell{stratum: x.Stratum, census: x.Census, said: s})
		}
		c := &cells[at]
		c.sum += x.Weight
		c.squares += x.Weight * x.Weight
		if yes {
			c.yes += x.Weight
			right++
		}
		if s {
			saidN++
		}
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.stratum, b.stratum), cmp.Compare(b2i(a.said), b2i(b.said)))
	})
	return cells, right, saidN
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ratio(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return a / (a + b)
}

// interval is the middle 95 % of xs, stretched to hold the value itself.
func interval(xs []float64, value float64) (low, high float64) {
	slices.Sort(xs)
	at := func(q float64) float64 { return xs[int(math.Round(q*float64(len(xs)-1)))] }
	return min(at(0.025), value), max(at(0.975), value)
}

// beta draws from Beta(a, b).
func beta(rng *rand.Rand, a, b float64) float64 {
	x, y := gamma(rng, a), gamma(rng, b)
	return x / (x + y)
}

// gamma draws from Gamma(a, 1) by the method of Marsaglia and Tsang (2000).
func gamma(rng *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(rng, a+1) * math.Pow(rng.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
