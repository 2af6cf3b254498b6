package sources

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWordBytes is how much of one word, handle or tag is looked at; longer ones are in no term.
const maxWordBytes = 128

// fold is the folded form of each ASCII letter and digit; 0 separates words.
var fold = func() (t [128]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	return t
}()

// scan runs the automaton over text. Each text starts anew: no phrase reaches from one into the next.
func (m *matching) scan(text string) {
	var buf [maxWordBytes]byte
	word := buf[:0]
	apostrophe := -1 // where in word one stood
	end := func() {
		if len(word) > 0 {
			m.word(word, apostrophe)
			word, apostrophe = buf[:0], -1
		}
	}
	m.state = 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			switch f := fold[c]; {
			case f != 0:
				if len(word) < maxWordBytes {
					word = append(word, f)
				}
			case c == '\'' && len(word) > 0:
				apostrophe = len(word)
			case c == '#' && i+1 < len(text):
				end()
				m.tag(text[i+1:])
			case c == '@' && len(word) == 0:
				m.handle(text[i+1:])
			default:
				end()
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '’' && len(word) > 0:
			apostrophe = len(word)
		case r == '＃':
			end()
			m.tag(text[i+size:])
		case isIgnorable(r):
		case isLoneWord(r): // scripts written without spaces: every character is a word
			end()
			word = utf8.AppendRune(word, r)
			end()
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			if len(word) < maxWordBytes-16 {
				word = appendFolded(word, r)
			}
		default:
			end()
		}
		i += size
	}
	end()
}

// word feeds one folded word; "exampleford's" is fed as "exampleford".
func (m *matching) word(w []byte, apostrophe int) {
	if apostrophe > 0 && apostrophe == len(w)-1 && w[len(w)-1] == 's' {
		w = w[:apostrophe]
	}
	if m.collect {
		m.words = append(m.words, string(w))
		return
	}
	m.state = m.terms.lexicon.step(m.state, w)
	if m.state != 0 {
		m.hit(m.terms.lexicon.out[m.state])
	}
}

// tag looks up the #tag that text begins with, without its "#".
func (m *matching) tag(text string) {
	if m.collect || len(m.terms.lexicon.marks) == 0 {
		return
	}
	var buf [maxWordBytes]byte
	b := append(buf[:0], '#')
	for i, r := range text {
		if r < utf8.RuneSelf && (fold[r] != 0 || r == '_') {
			if f := fold[r]; f != 0 {
				b = append(b, f)
			}
		} else if r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)) {
			b = appendFolded(b, r)
		} else {
			break
		}
		if i > maxWordBytes-32 {
			return
		}
	}
	m.mark(b)
}

// handle looks up the @handle that text begins with, without its "@": whole, without a server ("@name@server"), and without Bluesky's
// own suffix.
func (m *matching) handle(text string) {
	if m.collect || len(m.terms.lexicon.marks) == 0 {
		return
	}
	var buf [maxWordBytes]byte
	b := append(buf[:0], '@')
	server := -1
	for i := 0; i < len(text) && len(b) < maxWordBytes; i++ {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			i = len(text)
		case fold[c] != 0:
			b = append(b, fold[c])
		case c == '_' || c == '.' || c == '-':
			b = append(b, c)
		case c == '@' && server < 0 && len(b) > 1:
			server = len(b)
			b = append(b, c)
		default:
			i = len(text)
		}
	}
	for len(b) > 1 && (b[len(b)-1] == '.' || b[len(b)-1] == '-' || b[len(b)-1] == '@') {
		b = b[:len(b)-1]
	}
	m.mark(b)
	if server > 0 && server < len(b) {
		m.mark(b[:server])
	}
	const suffix = ".bsky.social"
	if n := len(b) - len(suffix); n > 1 && string(b[n:]) == suffix {
		m.mark(b[:n])
	}
}

func (m *matching) mark(b []byte) {
	if len(b) > 1 {
		m.hit(m.terms.lexicon.marks[string(b)])
	}
}

// appendFolded adds the lower-case letters of r without accents: é is e, ß is ss, and a bold mathematical B is b.
func appendFolded(b []byte, r rune) []byte {
	switch r {
	case 'ß', 'ẞ':
		return append(b, "ss"...)
	case 'æ', 'Æ':
		return append(b, "ae"...)
	case 'œ', 'Œ':
		return append(b, "oe"...)
	case 'ø', 'Ø':
		return append(b, 'o')
	case 'ł', 'Ł':
		return append(b, 'l')
	case 'đ', 'Đ', 'ð', 'Ð':
		return append(b, 'd')
	case 'þ', 'Þ':
		return append(b, "th"...)
	case 'ı', 'İ':
		return append(b, 'i')
	}
	var raw [utf8.UTFMax]byte
	d := norm.NFKD.Properties(utf8.AppendRune(raw[:0], r)).Decomposition()
	if len(d) == 0 {
		d = utf8.AppendRune(raw[:0], r)
	}
	for len(d) > 0 {
		c, n := utf8.DecodeRune(d)
		if !unicode.Is(unicode.Mn, c) {
			b = utf8.AppendRune(b, unicode.ToLower(c))
		}
		d = d[n:]
	}
	return b
}

// isIgnorable says that r is invisible and does not end a word: joiners, soft hyphens, variation selectors, marks of direction.
func isIgnorable(r rune) bool {
	switch {
	case r == 0xAD, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2069,
		r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF, r >= 0xE0000 && r <= 0xE01EF:
		return true
	}
	return false
}

func isLoneWord(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
