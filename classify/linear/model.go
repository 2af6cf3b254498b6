package linear

import "math"

// Model is a set of linear heads over one table. The zero value is not useful; see New, judge.ReadModel and package learn. Safe for
// concurrent use once it is made.
type Model struct {
	Bits  uint      // the table has 1<<Bits rows
	Heads []string  // names of the heads
	Bias  []float32 // of each head
	Scale []float32 // of each head: a weight is its byte times Scale
	words int       // of one row
	table []uint64  // rows of words, a byte for each head; bytes behind the last head are zero
}

// New returns a model all of whose weights are zero. It has at most MaxHeads heads.
func New(bits uint, heads []string, bias, scale []float32) *Model {
	words := (len(heads) + 7) / 8
	return &Model{Bits: bits, Heads: heads, Bias: bias, Scale: scale, words: words, table: make([]uint64, words<<bits)}
}

// Byte is the weight of one head in a row, before Scale.
func (m *Model) Byte(row, head int) int8 {
	return int8(m.table[row*m.words+head/8] >> (head % 8 * 8))
}

// SetByte sets what Byte returns.
func (m *Model) SetByte(row, head int, w int8) {
	word, shift := &m.table[row*m.words+head/8], head%8*8
	*word = *word&^(0xFF<<shift) | uint64(uint8(w))<<shift
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
	copy(out, m.Bias)
	for g := range v {
		fs := v[g]
		if len(fs) == 0 {
			continue
		}
		var sums [MaxHeads]int32
		for from := 0; from < len(fs); from += maxAdded {
			m.add(fs[from:min(from+maxAdded, len(fs))], &sums)
		}
		norm := GroupNorm(len(fs))
		for k := range out[:len(m.Heads)] {
			out[k] += float32(sums[k]) * m.Scale[k] * norm
		}
	}
}

// maxAdded is how many bytes fit into 16 bits when added up: 256 times 255.
const maxAdded = 256

// add adds the rows of at most maxAdded features to sums. Four heads share a word of four sums of 16 bits; a weight counts from 128, so that
// no sum borrows from its neighbour.
func (m *Model) add(fs []Feature, sums *[MaxHeads]int32) {
	const (
		from128 = 0x8080808080808080
		apart   = 0x00FF00FF00FF00FF
	)
	below := 128 * int32(len(fs))
	for w := range m.words {
		var even, odd uint64
		for i := range fs {
			x := m.table[int(fs[i].Bucket)*m.words+w] ^ from128
			even += x & apart
			odd += x >> 8 & apart
		}
		s := sums[8*w : 8*w+8]
		for k := 0; k < 8; k += 2 {
			s[k] += int32(even&0xFFFF) - below
			s[k+1] += int32(odd&0xFFFF) - below
			even, odd = even>>16, odd>>16
		}
	}
}

// MaxHeads bounds the heads of one model.
const MaxHeads = 64

// GroupNorm is the factor by which the features of a group of n count.
func GroupNorm(n int) float32 { return float32(1 / math.Sqrt(float64(n))) }

// Explain adds what each item gave to one head into dst, which has one place per item.
func (m *Model) Explain(v *Vector, head int, dst []float32) {
	scale := m.Scale[head]
	for g := range v {
		norm := GroupNorm(max(1, len(v[g])))
		for _, f := range v[g] {
			if f.To <= f.From || int(f.To) > len(dst) {
				continue
			}
			w := float32(m.Byte(int(f.Bucket), head)) * scale * norm
			if f.To == f.From+1 { // nearly all; a division less
				dst[f.From] += w
				continue
			}
			w /= float32(f.To - f.From)
			for k := f.From; k < f.To; k++ {
				dst[k] += w
			}
		}
	}
}

// Sigmoid turns a logit into a probability.
func Sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
