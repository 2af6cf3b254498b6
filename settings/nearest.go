package settings

import (
	"slices"
	"strings"
)

// Nearest returns the name of known that differs from name by the fewest letters, or "" when none is close: at most one letter in
// three of the longer one, and never more than three. Case, hyphens, underscores and spaces do not count.
func Nearest(name string, known []string) string {
	best, bestAt := "", 4
	for _, k := range slices.Sorted(slices.Values(known)) {
		a, b := fold(name), fold(k)
		if d := distance(a, b); d < bestAt && d <= max(1, max(len(a), len(b))/3) {
			best, bestAt = k, d
		}
	}
	return best
}

// didYouMean is "" or "; did you mean X?"-like words that end a Problem.
func didYouMean(name string, known []string) string {
	if n := Nearest(name, known); n != "" {
		return "; did you mean " + n
	}
	return "; known are " + list(known)
}

func list(names []string) string { return strings.Join(slices.Sorted(slices.Values(names)), ", ") }

func fold(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, prev, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(y)]
}
