package sources

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CleanText is the normal form of text: valid UTF-8 in NFC; one space between words, at most one empty line between paragraphs; no
// control characters, no invisible ones, none that turn the direction of what follows. What holds emoji, flags and the joined letters of
// Arabic and Indic scripts together stays.
func CleanText(s string) string {
	if isClean(s) {
		return s
	}
	s = norm.NFC.String(fixUTF8(s))
	var b strings.Builder
	b.Grow(len(s))
	var prev rune // last rune written
	spaces, lines := 0, 0
	for i, r := range s {
		switch {
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			continue
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
			lines++
			continue
		case r == '\t' || unicode.Is(unicode.Zs, r):
			spaces++
			continue
		case isJoiner(r):
			if !joins(prev, r, s[i+utf8.RuneLen(r):]) {
				continue
			}
		case isHidden(r, prev):
			continue
		}
		if b.Len() > 0 {
			switch {
			case lines > 1:
				b.WriteString("\n\n")
			case lines == 1:
				b.WriteByte('\n')
			case spaces > 0:
				b.WriteByte(' ')
			}
		}
		spaces, lines = 0, 0
		b.WriteRune(r)
		prev = r
	}
	out := b.String()
	if !norm.NFC.IsNormalString(out) { // taking out an invisible rune may bring an accent next to its letter
		return norm.NFC.String(out)
	}
	return out
}

// isClean says that s is ASCII in normal form: true of most of what is written in English.
func isClean(s string) bool {
	gap := true // at the start, or after a space or line break
	var last, before byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ':
			if gap {
				return false
			}
			gap = true
		case c == '\n':
			if i == 0 || last == ' ' || last == '\n' && before == '\n' {
				return false
			}
			gap = true
		case c < ' ' || c >= 0x7F:
			return false
		default:
			gap = false
		}
		before, last = last, c
	}
	return len(s) == 0 || !gap
}

const (
	zwnj = 0x200C
	zwj  = 0x200D
)

func isJoiner(r rune) bool { return r == zwj || r == zwnj }

// joins says that a joiner does something between prev and what follows: an emoji sequence, or a script that joins its letters.
func joins(prev, r rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	if rest == "" {
		return false
	}
	if r == zwj && (isPictograph(prev) || prev == 0xFE0F || prev >= 0x1F3FB && prev <= 0x1F3FF) {
		return isPictograph(next)
	}
	return isJoiningScript(prev) && (isJoiningScript(next) || unicode.IsMark(next))
}

func isPictograph(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2190 && r <= 0x2BFF
}

// isJoiningScript covers Arabic, Syriac and the Indic scripts, Sinhala, Mongolian and their kin, but not Latin, Greek or Cyrillic.
func isJoiningScript(r rune) bool {
	return r >= 0x0600 && r <= 0x0DFF || r >= 0x1000 && r <= 0x109F || r >= 0x1780 && r <= 0x18AF || r >= 0xFB50 && r <= 0xFEFC
}

// isHidden says that r is a control, an invisible or a direction-turning character, or a private or unassigned one.
func isHidden(r, prev rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' || r == 0x7F
	case isTag(r): // letters of the flags of England, Scotland and Wales
		return !isTag(prev) && prev != 0x1F3F4
	case r == 0xFE0F, r == 0xFE0E:
		return prev == 0
	case isIgnorable(r), r >= 0x80 && r < 0xA0, r == 0x061C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E,
		r == 0x3164, r == 0xFFA0, r >= 0xFFF9 && r <= 0xFFFB:
		return true
	}
	return unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r)
}

func isTag(r rune) bool { return r >= 0xE0020 && r <= 0xE007F }
