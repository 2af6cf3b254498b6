package text

import (
	_ "embed"
	"strings"
)

//go:embed disguised.txt
var disguisedFile string

// disguised holds the words that people hide from filters. Which of them offend whom is not known here.
var disguised = readDisguised(disguisedFile)

// maxDisguised is the longest of those words, in bytes.
const maxDisguised = 16

type disguises struct {
	words   map[string]string        // each word by itself
	respelt map[string]string        // a usual other spelling to the word
	begins  [maxDisguised + 1]uint32 // by length, the first letters of those spellings
	byLen   [maxDisguised + 1][]string
}

// readDisguised reads lines of a word and the other ways in which it is often spelt. Where a hidden letter leaves a choice, the word that
// stands first is meant.
func readDisguised(file string) disguises {
	d := disguises{words: map[string]string{}, respelt: map[string]string{}}
	for line := range strings.Lines(file) {
		f := strings.Fields(line)
		w := f[0]
		d.words[w] = w
		d.byLen[len(w)] = append(d.byLen[len(w)], w)
		for _, other := range f[1:] {
			d.respelt[other] = w
			d.begins[len(other)] |= letterBit(other[0])
		}
	}
	return d
}

// letterBit has a bit for each letter, and one for all that is none.
func letterBit(c byte) uint32 { return 1 << min(c-'a', 31) }

// respelling is the word of which s is a usual other spelling, or empty. It is asked about every word.
func (d *disguises) respelling(s []byte) string {
	if len(s) == 0 || len(s) > maxDisguised || d.begins[len(s)]&letterBit(s[0]) == 0 {
		return ""
	}
	return d.respelt[string(s)]
}

// word is the disguised word that s is, by itself or in another spelling, or empty.
func (d *disguises) word(s string) string {
	if w := d.words[s]; w != "" {
		return w
	}
	return d.respelt[s]
}

// unstar is the word of which some letters were written as *, one for one, or empty. Its first letter must be there, or three others.
func (d *disguises) unstar(s string) string {
	letters := len(s) - strings.Count(s, "*")
	if len(s) > maxDisguised || letters == len(s) || letters < 1 || s[0] == '*' && letters < 3 {
		return ""
	}
	for _, w := range d.byLen[len(s)] {
		if starred(s, w) {
			return w
		}
	}
	return ""
}

func starred(s, w string) bool {
	for i := range len(s) {
		if s[i] != '*' && s[i] != w[i] {
			return false
		}
	}
	return true
}

// known reports whether w is a word that people write every day or hide.
func known(w string) bool { return everyday[w] || disguised.words[w] != "" }

// undisguise is the word behind a folded spelling with signs and digits for letters, or empty.
func undisguise(s string) string {
	if len(s) > maxDisguised {
		return ""
	}
	read := string(unleet([]byte(s)))
	if strings.Contains(read, "*") {
		return disguised.unstar(read)
	}
	if w := disguised.word(read); w != "" {
		return w
	}
	if strings.Contains(s, "1") { // 1 is an l as often as an i
		return disguised.word(string(unleet([]byte(strings.ReplaceAll(s, "1", "l")))))
	}
	return ""
}

// shorten cuts the drawn-out letters of b, which has no run of more than two: to one each, unless a word comes of leaving one of them
// doubled (kiiilll is kill).
func shorten(b []byte) []byte {
	one := single(b)
	if known(string(one)) {
		return one
	}
	for i := 1; i < len(b) && i < maxDisguised; i++ {
		if b[i] != b[i-1] {
			continue
		}
		two := append(single(b[:i]), b[i])
		if rest := single(b[i+1:]); len(rest) > 0 {
			two = append(two, rest...)
		}
		if known(string(two)) {
			return two
		}
	}
	return one
}
