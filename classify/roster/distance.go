package roster

// maxName is the longest word that distance compares; anything longer is not a name.
const maxName = 32

// distance is the number of edits (a letter put in, left out, changed, or two neighbours swapped) that lead from a to b, or
// limit+1 when there are more.
func distance(a, b string, limit int) int {
	if len(a) > maxName || len(b) > maxName {
		return limit + 1
	}
	var rows [3][maxName + 1]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			v := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				v = min(v, prev2[j-2]+1)
			}
			cur[j] = v
			least = min(least, v)
		}
		if least > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
