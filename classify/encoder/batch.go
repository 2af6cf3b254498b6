package encoder

import (
	"cmp"
	"slices"

	"earshot/classify/encoder/onnx"
)

// row is an Input as the model reads it.
type row struct {
	at    int     // its place among the inputs
	ids   []int32 // [CLS] text [SEP], or [CLS] text [SEP] fact [SEP]
	split int     // where the fact begins; len(ids) without one
}

// rows cuts every input into pieces; rows of one length come to stand together.
func (e *Encoder) rows(inputs []Input) []row {
	rows := make([]row, len(inputs))
	ids := make([]int32, 0, 48*len(inputs)) // one array for all of them, grown where the guess is short
	buf := make([]Piece, 0, MaxPieces)
	for i := range inputs {
		first := len(ids)
		split := 0
		ids, split = e.tokenizer.appendIDs(ids, buf, &inputs[i])
		rows[i] = row{at: i, ids: ids[first:len(ids):len(ids)], split: split - first}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(len(a.ids), len(b.ids)) })
	return rows
}

// maxTogether bounds the pieces of a batch, padding included, and with them the memory of a run.
const maxTogether = 2048

// together says how many of rows, shortest first, make the next batch of at most limit.
func together(rows []row, limit int) int {
	n := 1
	for n < min(limit, len(rows)) && (n+1)*len(rows[n].ids) <= maxTogether {
		n++
	}
	return n
}

// appendIDs appends what the model reads of in to ids, and says where the fact begins.
func (t *Tokenizer) appendIDs(ids []int32, buf []Piece, in *Input) (out []int32, split int) {
	v := t.v
	limit := MaxPieces - 2
	if in.Fact.Text != "" {
		limit = MaxPairPieces
	}
	ids = append(ids, v.start)
	for _, p := range t.Append(buf[:0], in.Text, limit) {
		ids = append(ids, p.ID)
	}
	ids = append(ids, v.end)
	split = len(ids)
	if in.Fact.Text != "" {
		for _, p := range t.Append(buf[:0], in.Fact, MaxFactPieces) {
			ids = append(ids, p.ID)
		}
		ids = append(ids, v.end)
	}
	return ids, split
}

// batch holds the arrays of one run, used again for the next.
type batch struct {
	rows, width int
	shape       [2]int64
	ids         []int64
	mask        []int64
	types       []int64
	numbers     []float32
}

// fill lays rows side by side, as wide as the widest.
func (b *batch) fill(rows []row, v *vocabulary) {
	b.rows, b.width = len(rows), 0
	for i := range rows {
		b.width = max(b.width, len(rows[i].ids))
	}
	n := b.rows * b.width
	b.shape = [2]int64{int64(b.rows), int64(b.width)}
	b.ids, b.mask, b.types = zeros(b.ids, n), zeros(b.mask, n), zeros(b.types, n)
	for i := range rows {
		at := i * b.width
		for k, id := range rows[i].ids {
			b.ids[at+k], b.mask[at+k] = int64(id), 1
			if k >= rows[i].split {
				b.types[at+k] = 1
			}
		}
		for k := at + len(rows[i].ids); k < at+b.width; k++ {
			b.ids[k] = int64(v.pad)
		}
	}
}

func zeros[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// run runs the model on what fill laid down and hands each row its numbers.
func (b *batch) run(s *onnx.Session, m *Manifest, rows []row, out []Output) error {
	tags, pairs, dim := len(m.Heads), len(m.Pairs), m.Dim
	b.numbers = zeros(b.numbers, b.rows*(tags+pairs+dim))
	t, p, e := b.numbers[:b.rows*tags], b.numbers[b.rows*tags:b.rows*(tags+pairs)], b.numbers[b.rows*(tags+pairs):]
	shape := b.shape[:]
	err := s.Run(
		[]onnx.Tensor{{Shape: shape, Int64: b.ids}, {Shape: shape, Int64: b.mask}, {Shape: shape, Int64: b.types}},
		[]onnx.Tensor{
			{Shape: []int64{shape[0], int64(tags)}, Float32: t}, {Shape: []int64{shape[0], int64(pairs)}, Float32: p},
			{Shape: []int64{shape[0], int64(dim)}, Float32: e},
		})
	if err != nil {
		return err
	}
	for i, r := range rows {
		n := make([]float32, 0, tags+pairs+dim) // one array for the three
		n = append(append(append(n, t[i*tags:(i+1)*tags]...), p[i*pairs:(i+1)*pairs]...), e[i*dim:(i+1)*dim]...)
		out[r.at] = Output{Tags: n[:tags:tags], Pair: n[tags : tags+pairs : tags+pairs], Embedding: n[tags+pairs:]}
	}
	return nil
}
