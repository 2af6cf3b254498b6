package index

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	zeroWidthJoiner = '\u200d'
	emojiSelector   = '\ufe0f'
	textSelector    = '\ufe0e'
)

func lastRune(s string) (rune, int) { return utf8.DecodeLastRuneInString(s) }

// emojiStart reports whether r can begin an emoji: a pictograph or a letter of a flag.
func emojiStart(r rune) bool {
	return r >= 0x2190 && (unicode.Is(unicode.So, r) || r >= 0x1f000 && r < 0x20000) && !skinTone(r)
}

func skinTone(r rune) bool   { return r >= 0x1f3fb && r <= 0x1f3ff }
func flagLetter(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// emoji reads one emoji with its joined parts. Skin tones and the choice between text and picture make no difference to a search.
func (s *scanner) emoji(r rune, size int) {
	start, end := s.at, s.at+size
	var term strings.Builder
	term.WriteRune(r)
	if next, n := s.rune(end); flagLetter(r) && flagLetter(next) {
		term.WriteRune(next)
		end += n
	}
	for {
		r, n := s.rune(end)
		switch {
		case n > 0 && (skinTone(r) || r == emojiSelector || r == textSelector):
			end += n
			continue
		case r == zeroWidthJoiner:
			if joined, m := s.rune(end + n); m > 0 && emojiStart(joined) || joined == '♂' || joined == '♀' {
				term.WriteRune(r)
				term.WriteRune(joined)
				end += n + m
				continue
			}
		}
		break
	}
	s.unit = unit{kind: anEmoji, start: start, end: end, term: cut(term.String())}
	s.at = end
}
