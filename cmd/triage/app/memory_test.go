package app

import "testing"

func TestHeap(t *testing.T) {
	const second = 1 << 30 // allocated between two looks: much
	h := heap{}
	for _, c := range []struct {
		name            string
		live, allocated uint64
		want            int
		rest            bool
	}{
		{"before the first collection", 0, second, gcMost, false},
		{"little lives", 10 << 20, second, gcMost, false},
		{"as much as may be garbage", busyGarbage, second, 100, false},
		{"in steps", busyGarbage*100/123 + 1, second, 120, false},
		{"much lives", 4 << 30, second, gcLeast, false},
		{"a pause", busyGarbage, 100, 100, false},
		{"is over", busyGarbage, second, 100, false},
		{"quiet 1", busyGarbage, 100, 100, false},
		{"quiet 2", busyGarbage, 100, 100, false},
		{"quiet 3", busyGarbage, 100, 100, false},
		{"quiet 4", busyGarbage, 100, 100, false},
		{"quiet for long", 4 * quietGarbage, 100, 20, true},
		{"quiet goes on", quietGarbage, 100, 100, false},
		{"busy again", busyGarbage, second, 100, false},
	} {
		if got, rest := h.fit(c.live, h.allocated+c.allocated); got != c.want || rest != c.rest {
			t.Errorf("%s: %d, %v; want %d, %v", c.name, got, rest, c.want, c.rest)
		}
	}
}
