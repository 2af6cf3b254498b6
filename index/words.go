package index

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is one searchable term of a text. Terms that stand for the same words share positions: "#BinDay" is #binday, binday and bin at
// one position and day at the next.
type Token struct {
	Term       string
	Pos        int  // of the word, from 0; adjacent words differ by one
	Start, End int  // bytes of the text
	Written    bool // the word as written, beside its stem: only a prefix has to look at it
}

// Analyse calls emit for every term of text, positions ascending. The same rules read queries. What it knows: words in any script,
// hashtags and the words inside them, handles, emoji, amounts (£12.50, 5%), postcodes with and without the space, apostrophes
// (council's is council, don't is dont), hyphens both ways (re-use is re, use and reuse), and, when english is set, plain English endings:
// the word as written and its stem both count.
func Analyse(text string, english bool, emit func(Token)) {
	s := scanner{text: text}
	pos := 0
	for s.next() {
		pos += s.unit.emit(pos, english, emit)
	}
}

// kind says what sort of thing a unit of text is.
type kind uint8

const (
	aWord kind = iota
	aHashtag
	aHandle
	anAmount // £12.50, 5%
	aPostcode
	hyphenated
	anEmoji
)

// unit is one thing of a text: a word, a hashtag, an amount.
type unit struct {
	kind       kind
	start, end int
	term       string   // folded
	parts      []string // folded words inside: of a hashtag, a postcode, a hyphenated word
}

// emit gives out the unit's terms from position pos on and returns how many positions it takes.
func (u *unit) emit(pos int, english bool, emit func(Token)) int {
	out := func(term string, at int) {
		if term != "" {
			emit(Token{Term: term, Pos: pos + at, Start: u.start, End: u.end})
		}
	}
	word := func(w string, at int) {
		if english {
			if st := stem(w); st != w {
				emit(Token{Term: w, Pos: pos + at, Start: u.start, End: u.end, Written: true})
				w = st
			}
		}
		out(w, at)
	}
	switch u.kind {
	case aWord:
		word(u.term, 0)
		return 1
	case aHashtag:
		out("#"+u.term, 0)
		word(u.term, 0)
		return u.emitParts(word)
	case aHandle:
		out("@"+u.term, 0)
		if short, _, ok := strings.Cut(u.term, "@"); ok {
			out("@"+short, 0)
			out(short, 0)
			return 1
		}
		out(u.term, 0)
		return 1
	case anAmount:
		out(u.term, 0)
		out(strings.Trim(u.term, "£€$%"), 0)
		return 1
	case aPostcode, hyphenated:
		word(u.term, 0)
		n := u.emitParts(word)
		if n > 1 {
			word(u.term, n-1) // so that a phrase may go on from the joined form on either side
		}
		return n
	}
	out(u.term, 0)
	return 1
}

func (u *unit) emitParts(word func(string, int)) int {
	if len(u.parts) < 2 {
		return 1
	}
	for i, p := range u.parts {
		word(p, i)
	}
	return len(u.parts)
}

// scanner finds the units of a text one after the other.
type scanner struct {
	text string
	at   int
	unit unit
}

func (s *scanner) next() bool {
	for s.at < len(s.text) {
		r, size := s.rune(s.at)
		if s.starts(r, size) {
			return true
		}
		s.at += size
	}
	return false
}

func (s *scanner) rune(i int) (rune, int) {
	if i >= len(s.text) {
		return 0, 0
	}
	if c := s.text[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s.text[i:])
}

// starts reads the unit that begins with r at s.at, if one does, and moves past it.
func (s *scanner) starts(r rune, size int) bool {
	switch {
	case letterOrDigit(r):
		if ideograph(r) {
			s.take(aWord, s.marks(s.at+size))
			return true
		}
		s.word()
		return true
	case r == '#' || r == '＃':
		return s.hashtag(s.at + size)
	case r == '@':
		return s.handle(s.at + size)
	case r == '£' || r == '€' || r == '$':
		return s.money(size)
	case emojiStart(r):
		s.emoji(r, size)
		return true
	}
	return false
}

// take makes s.text[s.at:end] the unit.
func (s *scanner) take(k kind, end int) {
	s.unit = unit{kind: k, start: s.at, end: end, term: fold(s.text[s.at:end])}
	s.at = end
}

// run returns the end of the letters, digits, marks and inner apostrophes from i on.
func (s *scanner) run(i int) int {
	for i < len(s.text) {
		r, size := s.rune(i)
		switch {
		case ideograph(r):
			return i
		case letterOrDigit(r), unicode.Is(unicode.M, r), r == '\u200c', r == '\u200d', r == '\u00ad':
			i += size
		case apostrophe(r):
			next, n := s.rune(i + size)
			if n == 0 || !unicode.IsLetter(next) || ideograph(next) {
				return i
			}
			i += size
		default:
			return i
		}
	}
	return i
}

func (s *scanner) marks(i int) int {
	for {
		r, size := s.rune(i)
		if size == 0 || !unicode.Is(unicode.M, r) {
			return i
		}
		i += size
	}
}

func letterOrDigit(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// ideograph reports whether r is of a script written without spaces: each such rune is a word of its own, and a query of several is a phrase.
func ideograph(r rune) bool {
	return r >= 0xe00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
