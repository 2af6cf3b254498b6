package judge

import (
	"context"
	"slices"
	"strings"

	"earshot/classify/encoder"
	"earshot/classify/text"
)

// Text is what a Reader reads: a mention's words and the facts that retrieval by words found for it.
type Text struct {
	ID      string // the mention's
	Said    string // its words
	Passage encoder.Passage
	Near    []int // positions in the register, the nearest first
}

// Reading is what an encoder says of a Text.
type Reading struct {
	Tags  []float32     `json:"tags"` // logits, in the order of Heads
	Facts []FactReading `json:"facts,omitzero"`
}

// FactReading is how a text stands to a fact.
type FactReading struct {
	Fact    int        `json:"fact"`    // position in the register
	Near    float32    `json:"near"`    // cosine of text and fact
	Stances [4]float32 `json:"stances"` // logits: contradicts, agrees, asks, quotes
}

// Reader reads texts with an encoder.
type Reader interface {
	// Read returns one Reading per text, in order. It may take long; it looks at ctx. Safe for concurrent use.
	Read(ctx context.Context, texts []Text) ([]Reading, error)
}

// specials are the encoder's pieces for the masks.
var specials = map[string]encoder.Special{
	"<staff>": encoder.Staff, "<member>": encoder.Member, "<senior>": encoder.Senior, councilMask: encoder.Council,
}

// passage is a parsed text as the encoder reads it: tricks of spelling undone, people and council masked.
func passage(d *text.Doc, masks []text.Mask) encoder.Passage {
	var p encoder.Passage
	var b strings.Builder
	for _, s := range d.Stretches(nil, masks) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		start := b.Len()
		b.WriteString(s.Text)
		if as := specials[s.Text]; s.Masked && as != 0 { // the rest are a fact's words
			p.Masks = append(p.Masks, encoder.Mask{Start: start, End: b.Len(), As: as})
		}
	}
	p.Text = b.String()
	return p
}

// Beside is t as the encoder reads it beside each of some facts, given by their positions in the register: a number that the fact gives in
// other words stands in the fact's words.
func (c *Classifier) Beside(t *Text, facts []int) []encoder.Passage {
	out := slices.Repeat([]encoder.Passage{t.Passage}, len(facts))
	if len(facts) == 0 {
		return out
	}
	a := c.pool.Get().(*analysis)
	defer c.pool.Put(a)
	c.mask(a, t.Said)
	for i, masks := range a.finder.Reworded(a.plain, facts) {
		if len(masks) > 0 {
			out[i] = passage(&a.doc, apart(append(masks, a.masks...)))
		}
	}
	return out
}

// Passage is s as the encoder reads it.
func (c *Classifier) Passage(s string) encoder.Passage {
	a := c.pool.Get().(*analysis)
	defer c.pool.Put(a)
	c.mask(a, s)
	return passage(&a.doc, a.masks)
}
