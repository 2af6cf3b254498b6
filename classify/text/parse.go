package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse tokenises s.
func Parse(s string) *Doc {
	d := &Doc{}
	d.Parse(s)
	return d
}

// Parse makes d the tokens of s, using d's memory again: the strings of the tokens before hold until then.
func (d *Doc) Parse(s string) {
	p := parser{src: s, doc: d, buf: d.buf[:0]}
	if cap(d.Tokens) == 0 {
		d.Tokens = make([]Token, 0, 16+len(s)/4)
	}
	d.Original, d.Tokens, d.Sentences, d.Screenshot = s, d.Tokens[:0], 0, false
	if need := len(s) + len(s)/4 + 16; cap(p.buf) < need {
		p.buf = make([]byte, 0, need)
	}
	p.lineStart = true
	p.run()
	d.buf = p.buf
	d.Tokens = joinParted(joinSpaced(d.Tokens))
	markFurniture(d)
	markQuotes(d)
	d.Sentences = p.sentence + 1
}

type parser struct {
	src       string
	doc       *Doc
	buf       []byte // the doc's
	i         int
	sentence  int
	lineStart bool
	space     bool
	hash      bool
	turned    bool // between U+202E and U+202C, where letters are shown from right to left
}

func (p *parser) run() {
	for p.i < len(p.src) {
		c := p.src[p.i]
		switch {
		case c == '\n' || c == '\r':
			p.lineStart, p.space, p.hash, p.turned = true, true, false, false
			p.endSentence()
			p.i++
		case c == ' ' || c == '\t':
			p.space, p.hash = true, false
			p.i++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			if c == 'h' || c == 'H' || c == 'w' || c == 'W' {
				if n := urlLen(p.src[p.i:]); n > 0 {
					p.emit(URL, p.i, p.i+n, "<url>", 0)
					p.i += n
					continue
				}
			}
			p.word()
		case c >= '0' && c <= '9':
			p.number()
		case (c == '@' || c == '$' || c == '!') && p.signWord():
		case c == '@':
			if n := handleLen(p.src[p.i:]); n > 0 {
				p.emit(Handle, p.i, p.i+n, strings.ToLower(p.src[p.i:p.i+n]), 0)
				p.i += n
				continue
			}
			p.mark(c)
		case c == '#':
			if p.i+1 < len(p.src) && isWordByte(p.src[p.i+1]) {
				p.hash = true
				p.i++
				continue
			}
			p.mark(c)
		case c == '$':
			p.number()
		case c < 0x80:
			p.mark(c)
		default:
			p.wide()
		}
	}
}

// Marks of direction between which a run of letters is shown from right to left.
const (
	override    = 0x202E
	endOverride = 0x202C
)

// signWord reads a word that people hide behind a first letter written as a sign: @rse, $hoot, !diot.
func (p *parser) signWord() bool {
	n := 1
	for p.i+n < len(p.src) && n < maxDisguised && (isASCIIWord(p.src[p.i+n]) || strings.IndexByte("@$!*", p.src[p.i+n]) >= 0) {
		n++
	}
	for n > 1 && !isASCIIWord(p.src[p.i+n-1]) {
		n--
	}
	s := strings.ToLower(p.src[p.i : p.i+n])
	if n < minSignWord || !isLetterAt(s[1:]) || undisguise(s) == "" {
		return false
	}
	p.emitWord(p.i, p.i+n, []byte(s), true, 0)
	p.i += n
	return true
}

// minSignWord keeps "@pig" a handle: only longer words are looked for behind a sign.
const minSignWord = 4

// wide handles a rune outside ASCII.
func (p *parser) wide() {
	r, n := utf8.DecodeRuneInString(p.src[p.i:])
	switch {
	case r == '£' || r == '€':
		p.number()
	case r == override, r == endOverride:
		p.turned = r == override
		p.i += n
	case r == utf8.RuneError && n == 1, invisible(r):
		p.i += n
	case enclosed(r) != 0:
		p.word()
	case r == 0x85 || r == 0x2028 || r == 0x2029:
		p.lineStart, p.space, p.hash = true, true, false
		p.endSentence()
		p.i += n
	case unicode.IsSpace(r):
		p.space, p.hash = true, false
		p.i += n
	case emoji(r):
		p.emit(Emoji, p.i, p.i+n, p.src[p.i:p.i+n], 0)
		p.i += n
	case unicode.IsLetter(r):
		p.word()
	case unicode.IsDigit(r):
		p.number()
	default:
		at := len(p.buf)
		p.buf = fold(p.buf, r)
		s := string(p.buf[at:])
		if len(s) == 1 && s[0] < 0x80 {
			if isWordByte(s[0]) { // ① and the like
				p.emit(Word, p.i, p.i+n, s, 0)
				p.i += n
				return
			}
			p.markAs(s, n)
			return
		}
		if s != "" {
			p.emit(Punct, p.i, p.i+n, s, 0)
		}
		p.i += n
	}
}

func (p *parser) mark(c byte) { p.markAs(marks[c], 1) }

// marks holds a one-byte string for every ASCII byte so that no token of punctuation allocates.
var marks = func() (m [128]string) {
	all := make([]byte, 128)
	for i := range all {
		all[i] = byte(i)
	}
	s := string(all)
	for i := range m {
		m[i] = s[i : i+1]
	}
	return m
}()

func (p *parser) markAs(s string, n int) {
	p.emit(Punct, p.i, p.i+n, s, 0)
	end := p.i + n
	p.i = end
	switch s[0] {
	case '.':
		// a full stop ends a sentence only before a space or the end: "W.Smith" and "gov.uk" go on
		if end >= len(p.src) || p.src[end] == ' ' || p.src[end] == '\n' {
			if !p.initial() {
				p.endSentence()
			}
		}
	case '?', '!', ';':
		p.endSentence()
	}
}

// initial reports whether the full stop just emitted follows a single capital letter or a title: "T. Aremu-Scott", "Mr. Wilk".
func (p *parser) initial() bool {
	t := p.doc.Tokens
	if len(t) < 2 {
		return false
	}
	w := &t[len(t)-2]
	if w.Kind != Word || w.End != t[len(t)-1].Start {
		return false
	}
	if len(w.Text) == 1 && w.Has(Capital) {
		return true
	}
	switch w.Text {
	case "mr", "mrs", "ms", "dr", "cllr", "st", "no", "rd", "ave":
		return true
	}
	return false
}

func (p *parser) endSentence() {
	if n := len(p.doc.Tokens); n > 0 && p.doc.Tokens[n-1].Sentence == p.sentence {
		p.sentence++
	}
}

func (p *parser) emit(k Kind, start, end int, text string, f Flag) {
	if p.lineStart {
		f |= LineStart
	} else if !p.space {
		f |= Glued
	}
	if p.hash {
		f |= Hashtag
	}
	p.lineStart, p.space = false, false
	p.doc.Tokens = append(p.doc.Tokens, Token{Text: text, Start: start, End: end, Sentence: p.sentence, Kind: k, Flags: f})
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

func urlLen(s string) int {
	if len(s) < 5 {
		return 0
	}
	l := s
	if len(l) > 8 {
		l = l[:8]
	}
	l = strings.ToLower(l)
	if !strings.HasPrefix(l, "http://") && !strings.HasPrefix(l, "https://") && !strings.HasPrefix(l, "www.") {
		return 0
	}
	n := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '<' || r == '>' })
	if n < 0 {
		n = len(s)
	}
	for n > 0 && strings.IndexByte(".,;:!?)'", s[n-1]) >= 0 {
		n--
	}
	return n
}

// handleLen measures @name, and @name@server of Mastodon, at the start of s.
func handleLen(s string) int {
	n := 1
	for n < len(s) && (isASCIIWord(s[n]) || (s[n] == '.' || s[n] == '-') && n+1 < len(s) && isASCIIWord(s[n+1]) || s[n] == '@' && n > 1 && n+1 < len(s) && isASCIIWord(s[n+1])) {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}

func isASCIIWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
