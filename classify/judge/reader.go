package judge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"earshot/classify/encoder"
	"earshot/settings"
)

// reader reads with an encoder, beside the facts of one register.
type reader struct {
	enc     *encoder.Encoder
	c       *Classifier
	facts   []encoder.Passage
	vectors [][]float32 // by fact
	holds   func(fact int) bool
}

// NewReader returns a Reader for the council of c. It encodes every fact of the register once, which takes a millisecond or two each.
// Errors: ErrEncoder where the model has other heads than this program, ctx's, or the encoder's own.
func (c *Classifier) NewReader(ctx context.Context, enc *encoder.Encoder) (Reader, error) {
	m := enc.Manifest()
	if !slices.Equal(m.Heads, Heads) || !slices.Equal(m.Pairs, Stances) {
		return nil, fmt.Errorf("%w: it has the heads %v and %v", ErrEncoder, m.Heads, m.Pairs)
	}
	r := &reader{enc: enc, c: c, holds: c.register.Holds}
	inputs := make([]encoder.Input, len(c.cfg.Facts))
	for i := range c.cfg.Facts {
		inputs[i].Text = c.Passage(c.cfg.Facts[i].Statement)
		r.facts = append(r.facts, inputs[i].Text)
	}
	out, err := enc.Encode(ctx, inputs)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", settings.FactsFile, err)
	}
	for i := range out {
		r.vectors = append(r.vectors, out[i].Embedding)
	}
	return r, nil
}

// ErrEncoder is wrapped where an encoder does not fit this program.
var ErrEncoder = errors.New("judge: the encoder was trained for another program")

// Stances are the numbers that an encoder gives for a text beside a fact, in order.
var Stances = []string{"contradicts", "agrees", "asks", "quotes"}

const (
	nearest  = 5    // facts found by vector that are read beside a text
	byWords  = 2    // and facts found by words
	nearFrom = 0.30 // a fact farther from a text than this is not what it speaks of; see docs/decisions/0015
	// The less a text claims, the nearer a fact must lie to be read beside it: see docs/decisions/0016.
	claimFrom, claimShare = 0.07, 0.06
)

// Read encodes the texts alone, then each beside the facts that it may touch.
func (r *reader) Read(ctx context.Context, texts []Text) ([]Reading, error) {
	inputs := make([]encoder.Input, len(texts))
	for i := range texts {
		inputs[i].Text = texts[i].Passage
	}
	alone, err := r.enc.Encode(ctx, inputs)
	if err != nil {
		return nil, err
	}
	out := make([]Reading, len(texts))
	type place struct{ text, fact int }
	var places []place
	inputs = inputs[:0]
	for i := range texts {
		out[i] = Reading{Tags: alone[i].Tags, Facts: r.near(&alone[i], texts[i].Near)}
		facts := make([]int, len(out[i].Facts))
		for k, f := range out[i].Facts {
			facts[k] = f.Fact
		}
		for k, said := range r.c.Beside(&texts[i], facts) {
			places = append(places, place{i, k})
			inputs = append(inputs, encoder.Input{Text: said, Fact: r.facts[facts[k]]})
		}
	}
	if len(inputs) == 0 {
		return out, nil
	}
	pairs, err := r.enc.Encode(ctx, inputs)
	if err != nil {
		return nil, err
	}
	for n, p := range places {
		copy(out[p.text].Facts[p.fact].Stances[:], pairs[n].Pair)
	}
	return out, nil
}

// near chooses the facts that a text is read beside. The one found first by words need not lie within nearFrom: a name or a rare word says
// more than the vector of a text full of something else.
func (r *reader) near(alone *encoder.Output, byWord []int) []FactReading {
	var all []FactReading
	from := claimFrom - claimShare*alone.Tags[encodedInaccuracy]
	for i, f := range r.vectors {
		n := dot(alone.Embedding, f)
		if n >= from && (n >= nearFrom || len(byWord) > 0 && byWord[0] == i) && r.holds(i) {
			all = append(all, FactReading{Fact: i, Near: n})
		}
	}
	slices.SortFunc(all, func(a, b FactReading) int { return cmp.Or(cmp.Compare(b.Near, a.Near), cmp.Compare(a.Fact, b.Fact)) })
	out := all[:min(nearest, len(all)):min(nearest, len(all))]
	for _, at := range byWord[:min(byWords, len(byWord))] {
		has := func(f FactReading) bool { return f.Fact == at }
		if i := slices.IndexFunc(all, has); i >= 0 && !slices.ContainsFunc(out, has) {
			out = append(out, all[i])
		}
	}
	return out
}

func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}
