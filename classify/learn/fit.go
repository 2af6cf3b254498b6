package learn

import (
	"math"
	"math/rand/v2"
	"strings"

	"earshot/classify/linear"
)

// Example is one post as the model sees it: its features and, for each head, 1, 0 or Unknown.
type Example struct {
	Vector linear.Vector
	Y      []float32
	Weight float32
}

// Unknown marks a head that an example says nothing about.
const Unknown = -1

// Config says how to fit.
type Config struct {
	Bits   uint    // table size, 1<<Bits rows
	Epochs int     // passes over the examples
	Rate   float64 // AdaGrad's first step
	// ChoiceRate is the first step of the services.
	ChoiceRate float64
	L2         float64 // pull towards zero, per example
	MinSeen    int     // features seen in fewer examples are left out
	Seed       uint64
	Balance    float64 // power of neg/pos by which a head's positives weigh more; 0: not at all
	// HeadRate is the first step of single heads: common labels learn best slowly, rare risks do not.
	HeadRate map[string]float64
}

// Default is what ships.
var Default = Config{
	Bits: 17, Epochs: 12, Rate: 0.1, L2: 1e-4, MinSeen: 2, Seed: 1, Balance: 0.25, ChoiceRate: 0.04,
	HeadRate: map[string]float64{"complaint": 0.02, "trolling": 0.025, "abuse": 0.02, "inaccuracy": 0.02, "to:staff": 0.03, "to:member": 0.04},
}

// fitter holds one run.
type fitter struct {
	cfg   Config
	heads int
	w     []float32 // weights, row by row
	g     []float32 // AdaGrad's sums
	idf   []float32 // by bucket; 0: left out
	bias  []float32
	gb    []float32
	rate  []float32 // by head

	choice []bool // by head: one of a choice
	p      [linear.MaxHeads]float32

	active []int
}

// quiet is the gradient below which a head has nothing to learn from an example.
const quiet = 0.01

// Fit learns one model with the given heads.
func Fit(cfg Config, heads []string, examples []Example) *linear.Model {
	n := len(heads)
	f := &fitter{cfg: cfg, heads: n, w: make([]float32, n<<cfg.Bits), g: make([]float32, n<<cfg.Bits), bias: make([]float32, n), gb: make([]float32, n)}
	for _, h := range heads {
		rate := cfg.Rate
		if strings.HasPrefix(h, choicePrefix) {
			rate = cfg.ChoiceRate
		}
		if r, ok := cfg.HeadRate[h]; ok {
			rate = r
		}
		f.rate = append(f.rate, float32(rate))
		f.choice = append(f.choice, strings.HasPrefix(h, choicePrefix))
	}
	f.count(examples)
	pos := f.positives(examples)
	r := rand.New(rand.NewPCG(cfg.Seed, 7))
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	for range cfg.Epochs {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			f.step(&examples[i], pos)
		}
	}
	return f.quantise(heads)
}

// count finds how often each feature is seen and how much it should say: rarer features say more.
func (f *fitter) count(examples []Example) {
	seen := make([]int32, 1<<f.cfg.Bits)
	mark := make([]int32, 1<<f.cfg.Bits)
	for i := range examples {
		for _, fs := range examples[i].Vector {
			for _, x := range fs {
				if mark[x.Bucket] != int32(i+1) {
					mark[x.Bucket] = int32(i + 1)
					seen[x.Bucket]++
				}
			}
		}
	}
	f.idf = make([]float32, 1<<f.cfg.Bits)
	for b, n := range seen {
		if int(n) >= f.cfg.MinSeen {
			f.idf[b] = float32(math.Log(1 + float64(len(examples))/float64(n)))
		}
	}
}

func (f *fitter) positives(examples []Example) []float32 {
	out := make([]float32, f.heads)
	for k := range out {
		p, n := 1.0, 1.0
		for i := range examples {
			switch examples[i].Y[k] {
			case 1:
				p++
			case 0:
				n++
			}
		}
		out[k] = float32(math.Max(1, math.Pow(n/p, f.cfg.Balance)))
		if f.choice[k] {
			out[k] = 1
		}
	}
	return out
}

// step takes one example's gradient.
func (f *fitter) step(e *Example, pos []float32) {
	n := f.heads
	var z, grad [linear.MaxHeads]float32
	copy(z[:n], f.bias)
	for _, fs := range e.Vector {
		if len(fs) == 0 {
			continue
		}
		norm := linear.GroupNorm(len(fs))
		for _, x := range fs {
			v := f.idf[x.Bucket] * norm
			if v == 0 {
				continue
			}
			row := f.w[int(x.Bucket)*n:][:n]
			for k, w := range row {
				z[k] += w * v
			}
		}
	}
	f.softmax(z[:n])
	for k := range n {
		if e.Y[k] == Unknown {
			continue
		}
		p := f.p[k]
		grad[k] = (p - e.Y[k]) * e.Weight
		if e.Y[k] == 1 {
			grad[k] *= pos[k]
		}
		f.gb[k] += grad[k] * grad[k]
		f.bias[k] -= f.rate[k] * grad[k] / sqrt(f.gb[k])
	}
	// most heads are sure of most examples: only those with something to learn are touched
	active := f.active[:0]
	for k := range n {
		if g := grad[k]; g > quiet || g < -quiet {
			active = append(active, k)
		}
	}
	f.active = active
	l2 := float32(f.cfg.L2)
	for _, fs := range e.Vector {
		if len(fs) == 0 {
			continue
		}
		norm := linear.GroupNorm(len(fs))
		for _, x := range fs {
			v := f.idf[x.Bucket] * norm
			if v == 0 {
				continue
			}
			at := int(x.Bucket) * n
			row, sum := f.w[at:at+n], f.g[at:at+n]
			for _, k := range active {
				d := grad[k]*v + l2*row[k]
				sum[k] += d * d
				row[k] -= f.rate[k] * d / sqrt(sum[k])
			}
		}
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) + 1e-6 }

// softmax fills in the probability of every head: those of one choice (the services) against one another, the others each alone.
func (f *fitter) softmax(z []float32) {
	var top, sum float32
	for k, x := range z {
		if f.choice[k] {
			top = max(top, x)
		}
	}
	for k, x := range z {
		if f.choice[k] {
			f.p[k] = float32(math.Exp(float64(x - top)))
			sum += f.p[k]
			continue
		}
		f.p[k] = float32(1 / (1 + math.Exp(-float64(x))))
	}
	for k := range z {
		if f.choice[k] {
			f.p[k] /= sum
		}
	}
}

// choicePrefix begins the names of heads of which a mention has exactly one.
const choicePrefix = "service:"

// quantise folds the rarity of features into their weights and cuts those to bytes, one scale a head.
func (f *fitter) quantise(heads []string) *linear.Model {
	n := f.heads
	m := linear.New(f.cfg.Bits, heads, f.bias, make([]float32, n))
	for b, idf := range f.idf {
		for k := range n {
			f.w[b*n+k] *= idf
		}
	}
	for k := range n {
		var top float32
		for at := k; at < len(f.w); at += n {
			top = max(top, float32(math.Abs(float64(f.w[at]))))
		}
		if top == 0 {
			top = 1
		}
		m.Scale[k] = top / 127
		for row := range f.idf {
			m.SetByte(row, k, int8(math.Round(float64(f.w[row*n+k]/m.Scale[k]))))
		}
	}
	return m
}
