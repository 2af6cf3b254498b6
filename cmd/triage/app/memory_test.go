package app

import "testing"

func TestGCPercent(t *testing.T) {
	for _, c := range []struct {
		name string
		live uint64
		want int
	}{
		{"before the first collection", 0, gcMost},
		{"little lives", 10 << 20, gcMost},
		{"as much as may be garbage", heapGarbage, 100},
		{"in steps", heapGarbage*100/123 + 1, 120},
		{"much lives", 4 << 30, gcLeast},
	} {
		if got := gcPercent(c.live); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
