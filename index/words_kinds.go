package index

import (
	"strings"
	"unicode"
)

// maxParts bounds the words of one hyphenated word or hashtag that are searchable by themselves.
const maxParts = 8

// word reads a plain word, a number, a percentage, a postcode or a hyphenated word at s.at.
func (s *scanner) word() {
	end := s.run(s.at)
	first := s.text[s.at:end]
	if digits(first) {
		if n := s.number(end); n > end || s.percent(n) {
			s.amount(n)
			return
		}
	}
	if s.postcode(first, end) {
		return
	}
	if s.hyphens(end) {
		return
	}
	s.take(aWord, end)
	s.unit.term = possessive(s.text[s.unit.start:end], s.unit.term)
}

// possessive takes the s of "council's" off; folding has taken the apostrophe already.
func possessive(written, folded string) string {
	if n := len(written); n > 2 && (written[n-1] == 's' || written[n-1] == 'S') && len(folded) > 1 && folded[len(folded)-1] == 's' {
		before := strings.TrimRight(written[:n-1], "'\u2019\u02bc\uff07")
		if len(before) < n-1 && len(folded) < maxTermBytes {
			return folded[:len(folded)-1]
		}
	}
	return folded
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// number returns the end of a number whose first digits end at i: thousands, then a decimal part.
func (s *scanner) number(i int) int {
	for i+3 < len(s.text) && s.text[i] == ',' && digits(s.text[i+1:i+4]) && !(i+4 < len(s.text) && digits(s.text[i+4:i+5])) {
		i += 4
	}
	if i+1 < len(s.text) && s.text[i] == '.' && digits(s.text[i+1:i+2]) {
		for i++; i < len(s.text) && digits(s.text[i:i+1]); i++ {
		}
	}
	return i
}

func (s *scanner) percent(i int) bool { return i < len(s.text) && s.text[i] == '%' }

// amount makes the number up to end, and a percent sign after it, the unit.
func (s *scanner) amount(end int) {
	if s.percent(end) {
		end++
	}
	s.take(anAmount, end)
	s.unit.term = strings.ReplaceAll(s.unit.term, ",", "")
}

// money reads a currency sign and the number after it; k, m and bn belong to it.
func (s *scanner) money(size int) bool {
	i := s.at + size
	j := i
	for j < len(s.text) && digits(s.text[j:j+1]) {
		j++
	}
	if j == i {
		return false
	}
	j = s.number(j)
	if end := s.run(j); end-j <= 2 {
		j = end
	}
	s.amount(j)
	return true
}

// postcode reads "AB1 2CD" or "AB12CD"; first is the run of letters and digits that ends at end.
func (s *scanner) postcode(first string, end int) bool {
	if n := len(first); n >= 5 && n <= 7 && outward(first[:n-3]) && inward(first[n-3:]) {
		s.take(aPostcode, end)
		t := s.unit.term
		s.unit.parts = []string{t[:n-3], t[n-3:]}
		return true
	}
	if !outward(first) || end+4 > len(s.text) || s.text[end] != ' ' || !inward(s.text[end+1:end+4]) || s.run(end+1) != end+4 {
		return false
	}
	out, in := fold(first), fold(s.text[end+1:end+4])
	s.take(aPostcode, end+4)
	s.unit.term, s.unit.parts = out+in, []string{out, in}
	return true
}

// outward: one or two letters, a digit, and perhaps one letter or digit more.
func outward(s string) bool {
	letters := 0
	for letters < len(s) && asciiLetter(s[letters]) {
		letters++
	}
	rest := s[letters:]
	if letters < 1 || letters > 2 || len(rest) < 1 || len(rest) > 2 || !digits(rest[:1]) {
		return false
	}
	return len(rest) == 1 || digits(rest[1:]) || asciiLetter(rest[1])
}

func inward(s string) bool {
	return len(s) == 3 && digits(s[:1]) && asciiLetter(s[1]) && asciiLetter(s[2])
}

func asciiLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// hyphens reads a hyphenated word whose first part ends at end.
func (s *scanner) hyphens(end int) bool {
	parts := []string(nil)
	from := s.at
	for {
		r, size := s.rune(end)
		if size == 0 || r != '-' && r != '\u2010' && r != '\u2011' {
			break
		}
		next := s.run(end + size)
		if next == end+size || len(parts) == maxParts-1 {
			break
		}
		parts = append(parts, fold(s.text[from:end]))
		from, end = end+size, next
	}
	if parts == nil {
		return false
	}
	last := s.text[from:end]
	parts = append(parts, possessive(last, fold(last)))
	s.unit = unit{kind: hyphenated, start: s.at, end: end, term: cut(strings.Join(parts, "")), parts: parts}
	s.at = end
	return true
}

// hashtag reads the tag whose first rune is at i. Digits alone ("#1") are a number, not a tag.
func (s *scanner) hashtag(i int) bool {
	end, letter := i, false
	for end < len(s.text) {
		r, size := s.rune(end)
		if !letterOrDigit(r) && r != '_' && !unicode.Is(unicode.M, r) {
			break
		}
		letter = letter || unicode.IsLetter(r)
		end += size
	}
	if !letter {
		return false
	}
	s.unit = unit{kind: aHashtag, start: s.at, end: end, term: fold(strings.ReplaceAll(s.text[i:end], "_", "")), parts: camel(s.text[i:end])}
	s.at = end
	return s.unit.term != ""
}

// camel splits BinDay, BIN_DAY and Covid19Update where a reader would.
func camel(s string) []string {
	var parts []string
	from := 0
	rs := []rune(s)
	class := func(r rune) int {
		switch {
		case r == '_':
			return 0
		case unicode.IsDigit(r):
			return 1
		case unicode.IsUpper(r):
			return 2
		}
		return 3
	}
	add := func(to int) {
		if p := fold(strings.Trim(string(rs[from:to]), "_")); p != "" {
			parts = append(parts, p)
		}
		from = to
	}
	for i := 1; i < len(rs) && len(parts) < maxParts-1; i++ {
		a, b := class(rs[i-1]), class(rs[i])
		lastCapital := a == 2 && b == 2 && i+1 < len(rs) && class(rs[i+1]) == 3 // NHSStaff: NHS, Staff
		if a != b && !(a == 2 && b == 3) || lastCapital {
			add(i)
		}
	}
	add(len(rs))
	return parts
}

// handle reads @name, @name.example.org and @name@example.org; i is where the name begins.
func (s *scanner) handle(i int) bool {
	if s.at > 0 {
		if before, _ := lastRune(s.text[:s.at]); letterOrDigit(before) {
			return false // an address, not a handle
		}
	}
	end, at := i, false
	for end < len(s.text) {
		r, size := s.rune(end)
		if r == '@' && !at && end > i {
			at = true
		} else if !letterOrDigit(r) && r != '_' && r != '.' && r != '-' {
			break
		}
		end += size
	}
	end = i + len(strings.TrimRight(s.text[i:end], ".-@"))
	if end == i {
		return false
	}
	s.unit = unit{kind: aHandle, start: s.at, end: end, term: fold(s.text[i:end])}
	s.at = end
	return s.unit.term != ""
}
