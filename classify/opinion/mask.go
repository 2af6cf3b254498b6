package opinion

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"earshot/classify/encoder"
	"earshot/classify/text"
)

// What stands in a text for what stays in the house, besides the masks of the roster and the council.
const (
	nameMask   = "<name>"
	handleMask = "<handle>"
	linkMask   = "<link>"
	numberMask = "<number>"
)

var email = regexp.MustCompile(`[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+`)

// maxTextBytes is how much of a mention is sent.
const maxTextBytes = 4000

// minNumberDigits is from how many digits on a number may be a telephone's, an account's or a case's.
const minNumberDigits = 5

// masked is a passage as it may leave the house.
func masked(p encoder.Passage) string {
	var b strings.Builder
	at := 0
	for _, m := range p.Masks {
		maskStretch(&b, p.Text[at:m.Start])
		b.WriteString(p.Text[m.Start:m.End])
		at = m.End
	}
	maskStretch(&b, p.Text[at:])
	return cut(b.String())
}

// maskStretch copies s with its names, handles, links, addresses and long numbers masked.
func maskStretch(b *strings.Builder, s string) {
	s = email.ReplaceAllString(s, handleMask)
	ts := text.Parse(s).Tokens
	at := 0
	for i := 0; i < len(ts); i++ {
		n, mask := maskOf(ts[i:])
		if mask == "" {
			continue
		}
		b.WriteString(s[at:ts[i].Start])
		b.WriteString(mask)
		i += n - 1
		at = ts[i].End
	}
	b.WriteString(s[at:])
}

// maskOf is the mask that replaces the first n tokens, or empty.
func maskOf(ts []text.Token) (n int, mask string) {
	t := &ts[0]
	switch {
	case t.Kind == text.Handle:
		return 1, handleMask
	case t.Kind == text.URL:
		return 1, linkMask
	case t.Kind == text.Number && digits(t.Text) >= minNumberDigits, t.Kind == text.Word && digits(t.Text) >= minNumberDigits:
		return 1, numberMask
	case t.Kind == text.Number:
		return phone(ts)
	case t.Kind == text.Word && t.Has(text.Capital) && !t.Has(text.Disguised) && !text.Everyday(t.Text):
		return 1, nameMask
	}
	return 0, ""
}

// phone masks numbers that follow one another and are long together: 01632 960 123.
func phone(ts []text.Token) (n int, mask string) {
	all := 0
	for n < len(ts) && ts[n].Kind == text.Number {
		all += digits(ts[n].Text)
		n++
	}
	if n < 2 || all < minNumberDigits {
		return 0, ""
	}
	return n, numberMask
}

func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// cut keeps the first maxTextBytes of s, ending with a rune.
func cut(s string) string {
	if len(s) <= maxTextBytes {
		return s
	}
	n := maxTextBytes
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
