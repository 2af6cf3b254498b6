package learn

import (
	"math"
	"math/rand/v2"
	"slices"

	"earshot/classify/trees"
)

// BoostConfig says how to grow a forest.
type BoostConfig struct {
	Trees   int
	Rate    float64 // share of each tree's answer that counts
	L2      float64 // pull of leaves towards zero
	MinLeaf float64 // least sum of p(1-p) in a leaf
	Columns float64 // share of the features that a tree may ask about, drawn anew for each; 0: all
}

// What ships: DefaultBoost for the fast layer, ConsideredBoost for the one that reads an encoder's numbers too and is in less of a hurry.
var (
	DefaultBoost    = BoostConfig{Trees: 60, Rate: 0.1, L2: 2, MinLeaf: 3}
	ConsideredBoost = BoostConfig{Trees: 150, Rate: 0.06, L2: 4, MinLeaf: 5, Columns: 0.4}
)

// maxCuts bounds the places at which a feature is cut.
const maxCuts = 32

// Boost grows a forest on rows x with answers y by gradient boosting of the logistic loss, with second-order leaves.
func Boost(cfg BoostConfig, x [][]float32, y []bool) trees.Forest {
	pos := 0.0
	for _, t := range y {
		if t {
			pos++
		}
	}
	f := trees.Forest{Bias: float32(math.Log((pos + 1) / (float64(len(y)) - pos + 1)))}
	if len(x) == 0 {
		return f
	}
	b := booster{cfg: cfg, x: x, cuts: cutsOf(x), g: make([]float64, len(x)), h: make([]float64, len(x))}
	b.bins = binned(x, b.cuts)
	z := make([]float64, len(x))
	for i := range z {
		z[i] = float64(f.Bias)
	}
	r := rand.New(rand.NewPCG(boostSeed, uint64(len(x))))
	all := make([]int, len(x))
	for i := range all {
		all[i] = i
	}
	for range cfg.Trees {
		for i := range z {
			p := 1 / (1 + math.Exp(-z[i]))
			t := 0.0
			if y[i] {
				t = 1
			}
			b.g[i], b.h[i] = t-p, p*(1-p)
		}
		var t trees.Tree
		b.draw(r)
		b.grow(&t, 0, all)
		one := trees.Forest{Trees: []trees.Tree{t}}
		for i := range z {
			z[i] += float64(one.Score(x[i]))
		}
		f.Trees = append(f.Trees, t)
	}
	return f
}

// boostSeed is the seed of the features that trees may ask about.
const boostSeed = 11

// draw chooses the features that the next tree may ask about.
func (b *booster) draw(r *rand.Rand) {
	b.columns = b.columns[:0]
	for k := range b.cuts {
		if b.cfg.Columns == 0 || r.Float64() < b.cfg.Columns {
			b.columns = append(b.columns, k)
		}
	}
}

type booster struct {
	columns []int // that the tree may ask about
	cfg     BoostConfig
	x       [][]float32
	cuts    [][]float32 // by feature
	bins    [][]uint8   // by feature, by row: how many of the cuts lie below the value
	g, h    []float64
}

// binned looks every value up among its feature's cuts once, since every tree asks again.
func binned(x [][]float32, cuts [][]float32) [][]uint8 {
	out := make([][]uint8, len(cuts))
	for k := range out {
		out[k] = make([]uint8, len(x))
		for i := range x {
			at, _ := slices.BinarySearch(cuts[k], x[i][k])
			out[k][i] = uint8(at)
		}
	}
	return out
}

// cutsOf chooses, for each feature, at most maxCuts places between its values, spread over the rows.
func cutsOf(x [][]float32) [][]float32 {
	out := make([][]float32, len(x[0]))
	for k := range out {
		vs := make([]float32, len(x))
		for i := range x {
			vs[i] = x[i][k]
		}
		slices.Sort(vs)
		var cuts []float32
		for n := 1; n < maxCuts; n++ {
			v := vs[n*(len(vs)-1)/maxCuts]
			if len(cuts) == 0 || cuts[len(cuts)-1] != v {
				cuts = append(cuts, v)
			}
		}
		if distinct := slices.Compact(vs); len(distinct) <= maxCuts {
			cuts = distinct[:max(0, len(distinct)-1)]
		}
		out[k] = slices.Clone(cuts)
	}
	return out
}

func (b *booster) leaf(rows []int) (g, h float64) {
	for _, i := range rows {
		g += b.g[i]
		h += b.h[i]
	}
	return g, h
}

// grow fills node n and all below it.
func (b *booster) grow(t *trees.Tree, n int, rows []int) {
	const inner = 1<<trees.Depth - 1
	g, h := b.leaf(rows)
	if n >= inner {
		t.Value[n-inner] = float32(b.cfg.Rate * g / (h + b.cfg.L2))
		return
	}
	feature, cut := b.split(rows, g, h)
	t.Feature[n], t.Cut[n] = uint16(feature), cut
	var left, right []int
	for _, i := range rows {
		if b.x[i][feature] <= cut {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	b.grow(t, 2*n+1, left)
	b.grow(t, 2*n+2, right)
}

// split finds the question that helps most; when none does, one that sends every row left.
func (b *booster) split(rows []int, g, h float64) (feature int, cut float32) {
	best := 1e-6
	cut = math.MaxFloat32
	var gs, hs [maxCuts + 1]float64
	for _, k := range b.columns {
		cuts := b.cuts[k]
		if len(cuts) == 0 {
			continue
		}
		clear(gs[:])
		clear(hs[:])
		bins := b.bins[k]
		for _, i := range rows {
			gs[bins[i]] += b.g[i]
			hs[bins[i]] += b.h[i]
		}
		gl, hl := 0.0, 0.0
		for n, c := range cuts {
			gl += gs[n]
			hl += hs[n]
			gr, hr := g-gl, h-hl
			if hl < b.cfg.MinLeaf || hr < b.cfg.MinLeaf {
				continue
			}
			gain := gl*gl/(hl+b.cfg.L2) + gr*gr/(hr+b.cfg.L2) - g*g/(h+b.cfg.L2)
			if gain > best {
				best, feature, cut = gain, k, c
			}
		}
	}
	return feature, cut
}
