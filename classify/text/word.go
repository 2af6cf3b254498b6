package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// word reads letters with the apostrophes, digits and hiding signs between them.
func (p *parser) word() {
	start, at := p.i, len(p.buf)
	upper, lower, odd, wide := 0, 0, false, false
	first := true
	capital := false
	var apostrophe int // bytes of the original where the last apostrophe began, plus one
	var atApos int     // length of buf there
	i := p.i
loop:
	for i < len(p.src) {
		c := p.src[i]
		switch {
		case c >= 'a' && c <= 'z':
			p.buf = append(p.buf, c)
			lower++
			i++
		case c >= 'A' && c <= 'Z':
			if p.hash && lower > 0 {
				break loop // camel case inside a hashtag begins a new word
			}
			p.buf = append(p.buf, c+'a'-'A')
			upper++
			capital = capital || first
			i++
		case c >= '0' && c <= '9':
			if p.hash {
				break loop
			}
			p.buf = append(p.buf, c)
			odd = true
			i++
		case c == '\'':
			if i+1 >= len(p.src) || !isLetterAt(p.src[i+1:]) {
				break loop
			}
			apostrophe, atApos = i+1, len(p.buf)
			i++
		case c == '*' || c == '@' || c == '$' || c == '!' || c == '#' || c == '%':
			// a sign between letters hides one: f**k, w@nker, sh!t
			n := 1
			for i+n < len(p.src) && n < maxHidden && strings.IndexByte("*@$!#%", p.src[i+n]) >= 0 {
				n++
			}
			if m := p.hiddenEnd(p.buf[at:], i, n); m > 0 {
				p.buf = append(p.buf, p.src[i:i+m]...)
				odd = true
				i += m
				break loop
			}
			if i+n >= len(p.src) || !isLetterAt(p.src[i+n:]) || (c == '@' && lower+upper > 3) || c == '%' && n < 2 {
				break loop
			}
			p.buf = append(p.buf, p.src[i:i+n]...)
			odd = true
			i += n
		case c < 0x80:
			break loop
		default:
			r, n := utf8.DecodeRuneInString(p.src[i:])
			if r == override || r == endOverride && p.turned {
				break loop
			}
			if invisible(r) {
				i += n
				continue
			}
			if b := enclosed(r); b != 0 {
				p.buf = append(p.buf, b)
				lower++
				i += n
				first = false
				continue
			}
			if s := plain[r]; s == "'" {
				if i+n >= len(p.src) || !isLetterAt(p.src[i+n:]) {
					break loop
				}
				apostrophe, atApos = i+1, len(p.buf)
				i += n
				continue
			}
			if r == '€' { // nettl€s
				if i+n >= len(p.src) || !isLetterAt(p.src[i+n:]) {
					break loop
				}
				p.buf = append(p.buf, 'e')
				i += n
				continue
			}
			if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && plain[r] == "" {
				break loop
			}
			if s := plain[r]; s != "" && !isWordByte(s[0]) {
				break loop
			}
			if unicode.IsUpper(r) {
				if p.hash && lower > 0 {
					break loop
				}
				upper++
				capital = capital || first
			} else {
				lower++
			}
			p.buf = fold(p.buf, r)
			wide = true
			i += n
		}
		first = false
	}
	if i == p.i { // nothing usable: a lone odd letter
		_, n := utf8.DecodeRuneInString(p.src[i:])
		p.i += n
		return
	}
	folded := p.buf[at:]
	// the possessive is a word of its own, so that a name is found with and without it
	possessive := apostrophe > 0 && atApos > at && len(p.buf) == atApos+1 && p.buf[atApos] == 's'
	if possessive {
		folded = p.buf[at:atApos]
	}
	if wide {
		folded = latinise(folded)
	}
	flags := Flag(0)
	if p.turned && ascii(string(folded)) {
		slices.Reverse(folded)
		flags |= Disguised
	}
	if capital {
		flags |= Capital
	}
	if upper >= 2 && lower == 0 {
		flags |= Shouted
	}
	if possessive {
		p.emitWord(start, apostrophe-1, folded, odd, flags)
		p.emit(Word, apostrophe-1, i, "'s", 0)
		p.i = i
		return
	}
	p.emitWord(start, i, folded, odd, flags)
	p.i = i
}

func isLetterAt(s string) bool {
	if s == "" {
		return false
	}
	if c := s[0]; c < 0x80 {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

// maxHidden is the most signs in a row that are read as hidden letters.
const maxHidden = 8

// hiddenEnd says how many of the n signs at i hide the end of the word that letters begin: f***. An exclamation mark is one.
func (p *parser) hiddenEnd(letters []byte, i, n int) int {
	if i+n < len(p.src) && isWordByte(p.src[i+n]) {
		return 0
	}
	for n > 0 && p.src[i+n-1] == '!' {
		n--
	}
	if n < 2 || len(letters)+n > maxDisguised || undisguise(string(letters)+p.src[i:i+n]) == "" {
		return 0
	}
	return n
}

// emitWord adds a word token, its runs of equal letters cut to two. A word that people hide is made plain; another odd writing has its Alt.
func (p *parser) emitWord(start, end int, folded []byte, odd bool, f Flag) {
	if len(folded) == 0 {
		return
	}
	short, long := squeeze(folded)
	// buf only grows behind these bytes and nothing writes into them again, so the token may share them: one allocation a text.
	text := unsafe.String(&short[0], len(short))
	p.emit(Word, start, end, text, f)
	t := &p.doc.Tokens[len(p.doc.Tokens)-1]
	if w := plainWord(short, odd, long); w != "" {
		t.Text, t.Alt, t.Flags = w, text, t.Flags|Disguised
		return
	}
	if !odd && !long {
		return
	}
	if odd && !code(text) {
		short = unleet(short)
	}
	if long {
		short = shorten(short)
	}
	if alt := string(short); alt != text {
		t.Alt = alt
	}
}

// plainWord is the word that people hide behind a spelling, or empty when there is none or nothing is hidden.
func plainWord(s []byte, odd, long bool) string {
	if odd {
		if w := undisguise(string(s)); w != "" {
			return w
		}
		s = unleet(s)
	}
	if long {
		return disguised.word(string(shorten(s)))
	}
	return disguised.respelling(s)
}

// code reports whether s is letters with figures behind them, or figures around a letter or two: a road, a postcode, a form.
func code(s string) bool {
	letters, turns, digit := 0, 0, false
	for i := range len(s) {
		d := s[i] >= '0' && s[i] <= '9'
		if !d && (s[i] < 'a' || s[i] > 'z') {
			return false
		}
		if !d {
			letters++
		}
		if i > 0 && d != digit {
			turns++
		}
		digit = d
	}
	return turns < 2 && digit || letters < 3 && len(s) < minSpaced
}

// squeeze cuts runs of three or more equal letters to two, in place, and says whether there was one.
func squeeze(b []byte) ([]byte, bool) {
	out, run, long := b[:0], 0, false
	for i, c := range b {
		if i > 0 && c == b[i-1] && c < 0x80 && c != '*' { // each star hides one letter
			run++
		} else {
			run = 0
		}
		if run < 2 {
			out = append(out, c)
		} else {
			long = true
		}
	}
	return out, long
}

// single cuts pairs of equal letters to one.
func single(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i, c := range b {
		if i > 0 && c == b[i-1] && c < 0x80 {
			continue
		}
		out = append(out, c)
	}
	return out
}

var leet = [128]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g', '@': 'a', '$': 's', '!': 'i', '*': '*', '#': '*', '%': '*'}

// unleet reads digits and signs inside a word as the letters they stand for.
func unleet(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if c < 0x80 && leet[c] != 0 {
			c = leet[c]
		}
		out[i] = c
	}
	return out
}
