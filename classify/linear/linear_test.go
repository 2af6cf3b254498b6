package linear_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"earshot/classify/linear"
	"earshot/classify/text"
)

func vector(s string, masks ...text.Mask) *linear.Vector {
	var v linear.Vector
	v.AddItems(text.Parse(s).Items(nil, masks), 16)
	return &v
}

// buckets are the features of one group as a set.
func buckets(v *linear.Vector, group int) map[uint32]bool {
	m := map[uint32]bool{}
	for _, f := range v[group] {
		m[f.Bucket] = true
	}
	return m
}

func same(a, b map[uint32]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestNamesAreNoFeatures(t *testing.T) {
	a := vector("tell Ros Tibbald now", text.Mask{From: 1, To: 3, Text: "<member>"})
	b := vector("tell Omar Baker now", text.Mask{From: 1, To: 3, Text: "<member>"})
	for g := range a {
		if !same(buckets(a, g), buckets(b, g)) {
			t.Errorf("group %d differs by the name", g)
		}
	}
	if c := vector("tell Omar Baker now"); same(buckets(a, linear.Words), buckets(c, linear.Words)) {
		t.Error("the mask changed nothing")
	}
}

func TestNumbersByShapeAndHandlesAsHandles(t *testing.T) {
	if !same(buckets(vector("costs £1,240 a year @one_town"), linear.Words), buckets(vector("costs £2,130 a year @other_place"), linear.Words)) {
		t.Error("an amount or a handle is a feature")
	}
}

func TestScoreIsTheSumOfWeights(t *testing.T) {
	m := linear.New(4, []string{"a", "b"}, []float32{0.5, -1}, []float32{0.1, 0.01})
	m.SetByte(3, 0, 100)
	m.SetByte(3, 1, -50)
	m.SetByte(5, 0, 20)
	var v linear.Vector
	v[linear.Words] = []linear.Feature{{Bucket: 3, From: 0, To: 1}, {Bucket: 5, From: 1, To: 3}, {Bucket: 7}, {Bucket: 7}}
	var z [2]float32
	m.Score(&v, z[:])
	if math.Abs(float64(z[0])-(0.5+12*0.5)) > 1e-5 || math.Abs(float64(z[1])-(-1-0.5*0.5)) > 1e-5 {
		t.Errorf("logits %v", z)
	}
	w := make([]float32, 3)
	m.Explain(&v, 0, w)
	if math.Abs(float64(w[0])-5) > 1e-5 || math.Abs(float64(w[1])-0.5) > 1e-5 || math.Abs(float64(w[2])-0.5) > 1e-5 {
		t.Errorf("weights of the items %v", w)
	}
	if m.Head("b") != 1 || m.Head("c") != -1 {
		t.Error("heads are not found by name")
	}
}

// TestManyRowsAndHeads adds up more extreme weights than one word of sums holds, over more heads than one word has.
func TestManyRowsAndHeads(t *testing.T) {
	const heads, features = 19, 1000
	scale := slices.Repeat([]float32{1}, heads)
	m := linear.New(4, make([]string, heads), make([]float32, heads), scale)
	want := make([]float32, heads)
	var v linear.Vector
	for i := range features {
		v[linear.Letters] = append(v[linear.Letters], linear.Feature{Bucket: uint32(i % 16)})
	}
	for head := range heads {
		w := []int8{127, -128, 0, -1}[head%4]
		for row := range 16 {
			m.SetByte(row, head, w)
			if m.Byte(row, head) != w {
				t.Fatalf("row %d of head %d holds %d, not %d", row, head, m.Byte(row, head), w)
			}
		}
		want[head] = float32(int(w)*features) * linear.GroupNorm(features)
	}
	got := make([]float32, heads)
	m.Score(&v, got)
	if !slices.Equal(got, want) {
		t.Errorf("logits %v, not %v", got, want)
	}
}

func TestLongTextsAreBounded(t *testing.T) {
	v := vector(strings.Repeat("bin ", 50_000))
	n := 0
	for g := range v {
		n += len(v[g])
	}
	if n > 40_000 {
		t.Errorf("%d features", n)
	}
}

func BenchmarkAddItemsAndScore(b *testing.B) {
	items := text.Parse("Brown bin missed again on Tansey Road, thats twice this month. Reported both times and nobody has been back for it.").Items(nil, nil)
	m := linear.New(17, make([]string, 29), make([]float32, 29), make([]float32, 29))
	var v linear.Vector
	var z [29]float32
	b.ReportAllocs()
	for b.Loop() {
		v.Reset()
		v.AddItems(items, m.Bits)
		m.Score(&v, z[:])
	}
}
