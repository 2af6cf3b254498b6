package text

import (
	"strings"
	"unicode/utf8"
)

// number reads an amount, a share, a time, a date part or a word that begins with digits (1d10t).
func (p *parser) number() {
	start, i := p.i, p.i
	if c := p.src[i]; c < '0' || c > '9' {
		_, n := utf8.DecodeRuneInString(p.src[i:])
		i += n
		for i < len(p.src) && p.src[i] == ' ' && i-start < 4 {
			i++
		}
		if i >= len(p.src) || p.src[i] < '0' || p.src[i] > '9' {
			if c < 0x80 {
				p.mark(c)
				return
			}
			r, n := utf8.DecodeRuneInString(p.src[start:])
			at := len(p.buf)
			p.buf = fold(p.buf, r)
			if len(p.buf) > at {
				p.emit(Punct, start, start+n, string(p.buf[at:]), 0)
			}
			p.i = start + n
			return
		}
	}
	for i < len(p.src) {
		c := p.src[i]
		if c >= '0' && c <= '9' {
			i++
			continue
		}
		if (c == ',' || c == '.' || c == ':' || c == '/') && i+1 < len(p.src) && p.src[i+1] >= '0' && p.src[i+1] <= '9' {
			i++
			continue
		}
		break
	}
	digits := i
	for i < len(p.src) && (p.src[i] >= 'a' && p.src[i] <= 'z' || p.src[i] >= 'A' && p.src[i] <= 'Z' || p.src[i] >= '0' && p.src[i] <= '9') {
		i++
	}
	suffix := strings.ToLower(p.src[digits:i])
	if i < len(p.src) && p.src[i] == '%' && suffix == "" {
		i++
	}
	if suffix != "" && !unit(suffix) && !p.hash {
		if odd := strings.IndexAny(p.src[start:digits], "£$€.,:/%"); odd < 0 {
			folded := append([]byte(nil), strings.ToLower(p.src[start:i])...)
			// the rest of a spelling trick may follow: 1d10t, 0use
			p.emitWord(start, i, folded, true, 0)
			p.i = i
			return
		}
		i = digits // "£9each": the amount ends where the word begins
	}
	p.emit(Number, start, i, strings.ToLower(p.src[start:i]), 0)
	p.i = i
}

// unit reports whether s, written right behind digits, belongs to the number.
func unit(s string) bool {
	switch s {
	case "m", "k", "p", "bn", "mn", "am", "pm", "st", "nd", "rd", "th", "s", "x", "mm", "cm", "km", "kg", "ft", "in", "mph", "h", "hr", "hrs", "min", "mins", "d",
		"days", "day", "w", "wk", "wks", "week", "weeks", "y", "yr", "yrs", "yo", "mil", "million", "pc", "percent", "a", "b", "c", "g", "l", "t", "ish", "tonnes", "miles", "mile", "month", "months", "years", "year", "quid", "grand", "hours", "homes":
		return true
	}
	return false
}
