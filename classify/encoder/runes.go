package encoder

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// kind is what the tokenizer does with a rune.
type kind uint8

const (
	letter kind = iota // part of a word
	space              // ends a word
	alone              // a word by itself
	gone               // dropped, as if it had not been there
)

// asciiKinds are the kinds of the first 128 runes.
var asciiKinds = func() (out [128]kind) {
	for r := range out {
		switch {
		case r == ' ', r == '\t', r == '\n', r == '\r':
			out[r] = space
		case r < ' ', r == 0x7F:
			out[r] = gone
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			out[r] = letter
		default:
			out[r] = alone
		}
	}
	return out
}()

// written says what is done with a rune as it is written, before it is taken apart.
func written(r rune) kind {
	switch {
	case r < 128:
		return asciiKinds[r]
	case r == unicode.ReplacementChar, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) && !unicode.Is(younger, r):
		return gone
	case unicode.Is(unicode.White_Space, r):
		return space
	case ideograph(r):
		return alone
	}
	return letter
}

// apart says what is done with a rune that another one was taken apart into: accents go, marks stand alone.
func apart(r rune) kind {
	switch {
	case r < 128:
		return asciiKinds[r]
	case unicode.Is(younger, r):
		return letter
	}
	if k, ok := moved[r]; ok {
		return k
	}
	switch {
	case unicode.Is(unicode.Mn, r):
		return gone
	case unicode.IsPunct(r):
		return alone
	}
	return letter
}

// ideograph reports the blocks of Chinese characters that the reference knows; one bound is its misprint.
func ideograph(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F ||
		r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}

// Hangul syllables are taken apart by arithmetic, see the Unicode Standard, 3.12.
const (
	hangulFirst, hangulLast         = 0xAC00, 0xD7A3
	jamoLead, jamoVowel, jamoTrail  = 0x1100, 0x1161, 0x11A7
	jamoVowels, jamoTrails, perLead = 21, 28, 21 * 28
)

// decompose appends the canonical decomposition of r, whose UTF-8 is s, to buf.
func decompose(buf []rune, r rune, s string) []rune {
	if r >= hangulFirst && r <= hangulLast {
		i := r - hangulFirst
		buf = append(buf, jamoLead+i/perLead, jamoVowel+i/jamoTrails%jamoVowels)
		if t := i % jamoTrails; t != 0 {
			buf = append(buf, jamoTrail+t)
		}
		return buf
	}
	d := norm.NFD.PropertiesString(s).Decomposition()
	if d == nil {
		return append(buf, r)
	}
	for _, c := range string(d) {
		buf = append(buf, c)
	}
	return buf
}
