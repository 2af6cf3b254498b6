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
		{"quiet for long", 4 * quietGarbage, 100, 20, true},
		{"quiet goes on", quietGarbage, 100, 100, false},
		{"busy again", busyGarbage, second, 100, false},
	} {
		if c.rest {
			for range quietLooks - 1 { // pauses
				if got, rest := h.fit(busyGarbage, h.allocated+100); got != 100 || rest {
					t.Errorf("in a pause: %d, %v", got, rest)
				}
			}
		}
		if got, rest := h.fit(c.live, h.allocated+c.allocated); got != c.want || rest != c.rest {
			t.Errorf("%s: %d, %v; want %d, %v", c.name, got, rest, c.want, c.rest)
		}
	}
}
