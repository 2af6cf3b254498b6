package fulltext

import (
	"cmp"
	"slices"
	"strings"

	"earshot/index"
)

// maxDays bounds the day facet to the newest days with a mention.
const maxDays = 60

// facets counts every value of every facet over what was found. Where everything in a chunk was found, the counts it keeps are taken.
func (x *Index) facets(hits []found) map[string][]index.Count {
	out := map[string][]index.Count{}
	var busy [chunkWords]uint8
	counts := map[field][]int{}
	for _, f := range facetFields {
		counts[f] = make([]int, len(x.dict.list(f)))
	}
	for _, h := range hits {
		for k, c := range h.s.chunks {
			ws := h.bits[k*chunkWords : (k+1)*chunkWords]
			n, list := busyWords(ws, busy[:0])
			if n == 0 {
				continue
			}
			for f, sums := range counts {
				c.sum(f, sums, ws, list, n == c.liveN)
			}
		}
	}
	for name, f := range facetFields {
		out[name] = ranked(x.dict.list(f), counts[f])
	}
	out["day"] = newestDays(out["day"])
	return out
}

// busyWords counts the bits of ws and lists the words that are not zero.
func busyWords(ws []uint64, list []uint8) (int, []uint8) {
	for k, w := range ws {
		if w != 0 {
			list = append(list, uint8(k))
		}
	}
	return countWords(ws), list
}

// sum adds to sums how often each value of f occurs in ws.
func (c *chunk) sum(f field, sums []int, ws []uint64, busy []uint8, whole bool) {
	for k := range c.fields[f] {
		s := &c.fields[f][k]
		if int(s.code) >= len(sums) {
			continue // cannot be: views are no newer than the dictionary
		}
		if whole {
			sums[s.code] += int(s.n)
		} else {
			sums[s.code] += s.andCount(ws, busy)
		}
	}
}

// ranked lists the values that occur, most frequent first, equals by name.
func ranked(words []string, counts []int) []index.Count {
	out := []index.Count{}
	for code, n := range counts {
		if n > 0 {
			out = append(out, index.Count{Value: words[code], Count: n})
		}
	}
	slices.SortFunc(out, func(a, b index.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return out
}

func newestDays(days []index.Count) []index.Count {
	slices.SortFunc(days, func(a, b index.Count) int { return strings.Compare(b.Value, a.Value) })
	return days[:min(len(days), maxDays)]
}
