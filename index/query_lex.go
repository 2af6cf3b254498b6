package index

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a piece of a query is.
type tokenKind uint8

const (
	tokWord   tokenKind = iota // also NAME:VALUE
	tokQuoted                  // text without its quotes
	tokOpen
	tokClose
	tokOr
	tokEnd
)

// piece is one piece of a query with the bytes of the source it came from.
type piece struct {
	kind       tokenKind
	not        bool
	text       string
	field      string // of NAME:VALUE, in lower case; text is the value
	slop       string // digits after the ~ behind a quoted piece
	start, end int
}

// quote reports whether r opens or closes a phrase: keyboards of phones type curly ones.
func quote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' }

func breaksWord(r rune) bool { return unicode.IsSpace(r) || quote(r) || r == '(' || r == ')' }

// lexer cuts a query into pieces.
type lexer struct {
	s  string
	at int
}

func (l *lexer) peek() (rune, int) { return utf8.DecodeRuneInString(l.s[l.at:]) }

func (l *lexer) next() (piece, error) {
	for l.at < len(l.s) {
		r, n := l.peek()
		if !unicode.IsSpace(r) {
			break
		}
		l.at += n
	}
	p := piece{start: l.at, kind: tokEnd}
	if l.at == len(l.s) {
		p.end = l.at
		return p, nil
	}
	if l.s[l.at] == '-' {
		p.not = true
		l.at++
	}
	err := l.body(&p)
	p.end = l.at
	return p, err
}

func (l *lexer) body(p *piece) error {
	r, n := l.peek()
	switch {
	case n == 0 || unicode.IsSpace(r) || p.not && (r == ')' || r == '-'):
		return mistake("A minus stands alone: put it right before the word that must not occur.", l.s, p.start, l.at, "")
	case r == '(':
		p.kind, l.at = tokOpen, l.at+n
		return nil
	case r == ')':
		p.kind, l.at = tokClose, l.at+n
		return nil
	case quote(r):
		return l.quoted(p)
	}
	p.kind, p.text = tokWord, l.run()
	if p.text == "OR" && !p.not {
		p.kind = tokOr
		return nil
	}
	name, value, ok := strings.Cut(p.text, ":")
	if !ok || !fieldName(name) || strings.HasPrefix(value, "//") {
		return nil
	}
	p.field, p.text = strings.ToLower(name), value
	if r, n := l.peek(); value == "" && n > 0 && quote(r) {
		return l.quoted(p)
	}
	return nil
}

// fieldName: letters and underscores only, so that 10:30 and https://… are words.
func fieldName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r != '_' && !(r < utf8.RuneSelf && unicode.IsLetter(r)) })
}

func (l *lexer) run() string {
	start := l.at
	for l.at < len(l.s) {
		r, n := l.peek()
		if breaksWord(r) {
			break
		}
		l.at += n
	}
	return l.s[start:l.at]
}

// quoted reads from an opening quote to the next quote and a ~n behind it.
func (l *lexer) quoted(p *piece) error {
	_, n := l.peek()
	l.at += n
	start := l.at
	for l.at < len(l.s) {
		r, n := l.peek()
		if quote(r) {
			p.text = l.s[start:l.at]
			l.at += n
			if p.field == "" {
				p.kind = tokQuoted
				p.slop = l.slop()
			}
			return nil
		}
		l.at += n
	}
	return mistake("A quotation mark is opened and not closed.", l.s, len(l.s), len(l.s), `"`)
}

func (l *lexer) slop() string {
	if l.at >= len(l.s) || l.s[l.at] != '~' {
		return ""
	}
	end := l.at + 1
	for end < len(l.s) && l.s[end] >= '0' && l.s[end] <= '9' {
		end++
	}
	s := l.s[l.at+1 : end]
	if s != "" {
		l.at = end
	}
	return s
}

// mistake returns a QueryError that puts with in place of s[start:end].
func mistake(problem, s string, start, end int, with string) error {
	return &QueryError{Problem: problem, Mended: strings.Join(strings.Fields(s[:start]+with+s[end:]), " ")}
}
