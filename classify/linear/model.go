package linear

import "math"

// Model is a set of linear heads over one table. The zero value is not useful; see Read and package learn. Safe for concurrent use.
type Model struct {
	Bits  uint      // the table has 1<<Bits rows
	Heads []string  // names of the heads
	Bias  []float32 // of each head
	Scale []float32 // of each head: a weight is its byte times Scale
	Table []int8    // rows of len(Heads) bytes
}

// Head is the position of a head, or -1.
func (m *Model) Head(name string) int {
	for i, h := range m.Heads {
		if h == name {
			return i
		}
	}
	return -1
}

// Score adds up the logits of every head for v into out, which has len(m.Heads).
func (m *Model) Score(v *Vector, out []float32) {
	n := len(m.Heads)
	copy(out, m.Bias)
	var sums [MaxHeads]int32
	for g := range v {
		fs := v[g]
		if len(fs) == 0 {
			continue
		}
		acc := sums[:n]
		clear(acc)
		for i := range fs {
			at := int(fs[i].Bucket) * n
			row := m.Table[at : at+n]
			for k, w := range row {
				acc[k] += int32(w)
			}
		}
		norm := GroupNorm(len(fs))
		for k := range out[:n] {
			out[k] += float32(acc[k]) * m.Scale[k] * norm
		}
	}
}

// MaxHeads bounds the heads of one model.
const MaxHeads = 64

// GroupNorm is the factor by which the features of a group of n count.
func GroupNorm(n int) float32 { return float32(1 / math.Sqrt(float64(n))) }

// Explain adds what each item gave to one head into dst, which has one place per item.
func (m *Model) Explain(v *Vector, head int, dst []float32) {
	n := len(m.Heads)
	for g := range v {
		norm := GroupNorm(max(1, len(v[g])))
		for _, f := range v[g] {
			if f.To <= f.From || int(f.To) > len(dst) {
				continue
			}
			w := float32(m.Table[int(f.Bucket)*n+head]) * m.Scale[head] * norm / float32(f.To-f.From)
			for k := f.From; k < f.To; k++ {
				dst[k] += w
			}
		}
	}
}

// Sigmoid turns a logit into a probability.
func Sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
