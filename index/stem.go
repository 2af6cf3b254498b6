package index

import "strings"

// whole words that look inflected and are not, or that mean something else to a council than their stem does.
var wholeWords = map[string]bool{
	"news": true, "during": true, "morning": true, "evening": true, "nothing": true, "something": true, "anything": true, "everything": true,
	"parking": true, "housing": true, "planning": true, "ceiling": true, "wedding": true, "species": true, "series": true, "always": true,
	"perhaps": true, "united": true, "hundred": true, "lens": true, "gas": true, "bias": true, "texas": true, "christmas": true,
}

// stem takes plural, -ed and -ing off an English word (the first step of Porter's second algorithm) and the final e that would tell
// "make" from "making". It leaves derivation alone: "collection" is not "collect".
func stem(s string) string {
	if len(s) < 3 || len(s) > 40 || wholeWords[s] || !plainWord(s) {
		return s
	}
	return finalE(finalY(participle(plural(s))))
}

func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

func vowel(s string, i int) bool {
	switch s[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	case 'y':
		return i > 0 && !vowel(s, i-1)
	}
	return false
}

func hasVowel(s string) bool {
	for i := range len(s) {
		if vowel(s, i) {
			return true
		}
	}
	return false
}

func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "sses"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "ies"):
		if len(s) > 4 {
			return s[:len(s)-2]
		}
		return s[:len(s)-1]
	case strings.HasSuffix(s, "us"), strings.HasSuffix(s, "ss"), strings.HasSuffix(s, "is"), !strings.HasSuffix(s, "s"):
		return s
	case len(s) > 3 && hasVowel(s[:len(s)-2]), len(s) > 3 && vowel(s, len(s)-2):
		return s[:len(s)-1]
	}
	return s
}

func participle(s string) string {
	var base string
	switch {
	case strings.HasSuffix(s, "eed"):
		if len(s) > 4 && hasVowel(s[:len(s)-3]) {
			return s[:len(s)-1]
		}
		return s
	case strings.HasSuffix(s, "ied") && len(s) > 4:
		return s[:len(s)-2]
	case strings.HasSuffix(s, "ed"):
		base = s[:len(s)-2]
	case strings.HasSuffix(s, "ing"):
		base = s[:len(s)-3]
	default:
		return s
	}
	if len(base) < 2 || !hasVowel(base) {
		return s
	}
	return undouble(base)
}

// undouble makes "binn" "bin" again but leaves "fill" and "miss".
func undouble(s string) string {
	n := len(s)
	if n > 2 && s[n-1] == s[n-2] && !vowel(s, n-1) && !strings.ContainsRune("lsz", rune(s[n-1])) {
		return s[:n-1]
	}
	return s
}

func finalY(s string) string {
	if n := len(s); n > 2 && s[n-1] == 'y' && !vowel(s, n-2) {
		return s[:n-1] + "i"
	}
	return s
}

func finalE(s string) string {
	if n := len(s); n > 3 && s[n-1] == 'e' && s[n-2] != 'e' {
		return s[:n-1]
	}
	return s
}
