package encoder

import (
	"slices"
	"testing"
)

func TestFill(t *testing.T) {
	b := &batch{ids: []int64{9, 9, 9, 9, 9, 9, 9, 9, 9, 9}} // left over from another run
	b.fill([]row{{ids: []int32{1, 5, 2}, split: 3}, {ids: []int32{1, 5, 2, 6, 2}, split: 3}}, &vocabulary{pad: 7})
	if b.shape != [2]int64{2, 5} {
		t.Errorf("shape %v", b.shape)
	}
	for name, c := range map[string]struct{ got, want []int64 }{
		"ids":   {b.ids, []int64{1, 5, 2, 7, 7, 1, 5, 2, 6, 2}},
		"mask":  {b.mask, []int64{1, 1, 1, 0, 0, 1, 1, 1, 1, 1}},
		"types": {b.types, []int64{0, 0, 0, 0, 0, 0, 0, 0, 1, 1}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s %v, want %v", name, c.got, c.want)
		}
	}
}

func TestTogether(t *testing.T) {
	rows := func(lengths ...int) (out []row) {
		for _, n := range lengths {
			out = append(out, row{ids: make([]int32, n)})
		}
		return out
	}
	for name, c := range map[string]struct {
		rows  []row
		limit int
		want  int
	}{
		"one by one":       {rows(5, 5, 5), 1, 1},
		"as many as allow": {rows(5, 5, 5), 2, 2},
		"all there are":    {rows(5, 6, 7), 32, 3},
		"long ones fewer":  {rows(slices.Repeat([]int{128}, 40)...), 32, maxTogether / 128},
		"the widest rules": {rows(1, 1, maxTogether), 32, 2},
		"one too long":     {rows(2 * maxTogether), 32, 1},
	} {
		if got := together(c.rows, c.limit); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
