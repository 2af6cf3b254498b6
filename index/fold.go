package index

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTermBytes bounds one term; the rest of a longer one is cut off, in texts and in queries alike.
const maxTermBytes = 96

// letters that Unicode does not take apart although people type them apart.
var plainLetters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "þ", "th", "ı", "i")

// fold returns s in the form in which terms are compared: lower case, without accents, compatibility forms resolved (ﬁ, 𝗯𝗶𝗻), without
// apostrophes and joiners. Marks that carry vowels (Hindi, Thai) stay.
func fold(s string) string {
	if isASCII(s) {
		return cut(strings.ReplaceAll(strings.ToLower(s), "'", ""))
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		if dropped(r) {
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return cut(norm.NFC.String(plainLetters.Replace(b.String())))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// dropped reports whether a decomposed rune is an accent, an apostrophe, an Arabic vowel sign or a joiner.
func dropped(r rune) bool {
	switch {
	case r >= 0x300 && r <= 0x36f, r >= 0x64b && r <= 0x652:
		return true
	case apostrophe(r), r == '\u200c', r == '\u200d', r == '\u00ad', r == '\ufe0f':
		return true
	}
	return false
}

func apostrophe(r rune) bool { return r == '\'' || r == '\u2019' || r == '\u02bc' || r == '\uff07' }

func cut(s string) string {
	if len(s) <= maxTermBytes {
		return s
	}
	n := maxTermBytes
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
