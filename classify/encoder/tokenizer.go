package encoder

import (
	"unicode"
	"unicode/utf8"
)

// maxWord is how many runes a word may have; a longer one is unknown.
const maxWord = 100

// Piece is a part of a word that the model knows, or a whole one. Start and End are bytes of the text.
type Piece struct {
	ID         int32
	Start, End int32
}

// Tokenizer cuts texts into pieces exactly as the model's training did: lower case, without accents, marks and Chinese characters
// alone, then the longest piece first. It does not change; safe for concurrent use.
type Tokenizer struct{ v *vocabulary }

// NewTokenizer reads a vocabulary, one piece a line. Errors wrap ErrModel.
func NewTokenizer(vocabulary string) (*Tokenizer, error) {
	v, err := readVocabulary(vocabulary)
	if err != nil {
		return nil, err
	}
	return &Tokenizer{v}, nil
}

// Append appends the pieces of p to buf, at most limit of them. What looks like one of the vocabulary's special pieces in a text is
// ordinary text. It takes time linear in the length of p up to the last piece that is kept.
func (t *Tokenizer) Append(buf []Piece, p Passage, limit int) []Piece {
	c := cutter{v: t.v, text: p.Text, out: buf, limit: len(buf) + limit}
	at := 0
	for _, m := range p.Masks {
		if m.Start < at || m.End <= m.Start || m.End > len(p.Text) || m.As < Staff || int(m.As) >= len(specials) {
			continue
		}
		c.stretch(at, m.Start)
		c.emit(t.v.specials[m.As], m.Start, m.End)
		at = m.End
	}
	c.stretch(at, len(p.Text))
	return c.out
}

// cutter cuts one passage.
type cutter struct {
	v     *vocabulary
	text  string
	out   []Piece
	limit int // len(out) may not pass it

	// the word being read: its runes in lower case, as UTF-8, and the bytes of the text that each byte of it came from
	word       [maxWord * utf8.UTFMax]byte
	from, to   [maxWord * utf8.UTFMax]int32
	n          int // bytes of word that are in use
	runes      int // of the word; past maxWord they are counted no further and word is not filled
	start, end int // of the whole word in the text
	few        [32]rune
}

func (c *cutter) full() bool { return len(c.out) >= c.limit }

func (c *cutter) emit(id int32, start, end int) {
	if !c.full() {
		c.out = append(c.out, Piece{id, int32(start), int32(end)})
	}
}

// stretch cuts text[at:end], which is apart from what stands around it.
func (c *cutter) stretch(at, end int) {
	for at < end && !c.full() {
		if b := c.text[at]; b < utf8.RuneSelf {
			c.take(rune(b), asciiKinds[b], at, at+1)
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(c.text[at:end])
		c.wide(r, at, at+size)
		at += size
	}
	c.flush()
}

// wide takes a rune outside ASCII.
func (c *cutter) wide(r rune, at, end int) {
	switch k := written(r); k {
	case gone:
	case space:
		c.flush()
	default:
		if k == alone {
			c.flush()
		}
		for _, d := range decompose(c.few[:0], r, c.text[at:end]) {
			c.take(d, apart(d), at, end)
		}
		if k == alone {
			c.flush()
		}
	}
}

// take adds a rune to the word, or ends it.
func (c *cutter) take(r rune, k kind, at, end int) {
	switch k {
	case gone:
		if c.n > 0 && r >= utf8.RuneSelf { // an accent belongs to its letter
			c.to[c.n-1], c.end = int32(end), end
		}
	case space:
		c.flush()
	case alone:
		c.flush()
		c.letter(r, at, end)
		c.flush()
	case letter:
		c.letter(r, at, end)
	}
}

func (c *cutter) letter(r rune, at, end int) {
	if c.runes == 0 {
		c.start = at
	}
	c.end = end
	if c.runes++; c.runes > maxWord {
		return
	}
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
	} else {
		r = unicode.ToLower(r)
	}
	was := c.n
	c.n += utf8.EncodeRune(c.word[was:], r)
	for i := was; i < c.n; i++ {
		c.from[i], c.to[i] = int32(at), int32(end)
	}
}

// flush ends the word: the longest piece that it begins with, then the longest that goes on from there, until nothing is left. A word
// that cannot be put together is one unknown piece.
func (c *cutter) flush() {
	if c.runes == 0 {
		return
	}

	before := len(c.out)
	if c.runes > maxWord || !c.pieces() {
		c.out = c.out[:before]
		c.emit(c.v.unknown, c.start, c.end)
	}
	c.n, c.runes = 0, 0
}

// pieces emits the pieces of the word, and reports false where it came to a place that no piece fits.
func (c *cutter) pieces() bool {
	known := c.v.first
	for at := 0; at < c.n; known = c.v.rest {
		end := min(c.n, at+c.v.longest)
		id, ok := known[string(c.word[at:end])]
		for !ok && end > at+1 {
			end--
			id, ok = known[string(c.word[at:end])]
		}
		if !ok {
			return false
		}
		c.emit(id, int(c.from[at]), int(c.to[end-1]))
		at = end
	}
	return true
}
