package facts

import (
	_ "embed"
	"strings"
)

// stem cuts English endings so that "charge", "charged" and "charging" are one. It only cuts, so it needs no memory.
func stem(w string) string {
	if w == "" {
		return w
	}
	switch w[len(w)-1] {
	case 's', 'g', 'd', 'y', 'e':
	default: // the last letters of all endings
		return w
	}
	for _, suffix := range []string{"ings", "ing", "ies", "ied", "ed", "es", "s", "y", "e"} {
		if len(w)-len(suffix) >= 3 && strings.HasSuffix(w, suffix) {
			if suffix == "s" && strings.HasSuffix(w, "ss") {
				return w
			}
			w = w[:len(w)-len(suffix)]
			break
		}
	}
	if n := len(w); n > 3 && w[n-1] == 'e' {
		w = w[:n-1]
	}
	return w
}

//go:embed concepts.txt
var conceptsFile string

//go:embed opposites.txt
var oppositesFile string

// concept maps the stem of a word to the stem that stands for all words of the same meaning.
var concept = readConcepts(conceptsFile)

func readConcepts(s string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		head := stem(f[0])
		for _, w := range f {
			if _, ok := m[stem(w)]; !ok {
				m[stem(w)] = head
			}
		}
	}
	return m
}

// term is the form of a word under which facts and texts meet.
func term(w string) string {
	s := stem(w)
	if c, ok := concept[s]; ok {
		return c
	}
	return s
}

// opposites are pairs of sides: a text on one side and a fact on the other disagree. Each term holds the bits of its sides: side A
// of pair n is bit 2n, side B bit 2n+1.
var opposites = readOpposites(oppositesFile)

func readOpposites(s string) map[string]uint64 {
	m := map[string]uint64{}
	n := uint(0)
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		left, right, _ := strings.Cut(line, "|")
		for _, w := range strings.Fields(left) {
			m[stem(w)] |= 1 << (2 * n)
		}
		for _, w := range strings.Fields(right) {
			m[stem(w)] |= 1 << (2*n + 1)
		}
		n++
	}
	return m
}

// opposed counts the pairs on which a and b stand on different sides only.
func opposed(a, b uint64) int {
	const even = 0x5555555555555555
	aA, aB := a&even, a>>1&even
	bA, bB := b&even, b>>1&even
	x := aA&^aB&bB&^bA | aB&^aA&bA&^bB
	n := 0
	for ; x != 0; x &= x - 1 {
		n++
	}
	return n
}
