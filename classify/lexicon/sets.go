package lexicon

import (
	"iter"
	"math/bits"
)

// wordSet is a set of word numbers: most looks into it find nothing and must cost nothing.
type wordSet []uint64

func (s *wordSet) add(id int32) {
	for int(id/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[id/64] |= 1 << (id % 64)
}

func (s wordSet) has(id int32) bool {
	at := int(id / 64)
	return at < len(s) && s[at]>>(id%64)&1 != 0
}

// all yields the numbers in order.
func (s wordSet) all() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for at, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(int32(at*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
