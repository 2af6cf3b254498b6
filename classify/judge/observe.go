package judge

import (
	"slices"

	"earshot/classify/facts"
	"earshot/classify/linear"
)

// Observed is what the layers saw in a text before any model weighed it, for learning.
type Observed struct {
	Vector linear.Vector
	Near   []facts.Candidate
	Signs  []float32 // what the second layer reads; the places of the linear model's logits are zero
}

// Observe runs the layers over s; with a reading it adds what the considered layer reads. The result is the caller's.
func (c *Classifier) Observe(s string, r *Reading) Observed {
	a := c.pool.Get().(*analysis)
	defer c.pool.Put(a)
	c.analyse(a, s)
	c.sign(a, a.signs[:c.signs])
	n := c.signs
	if r != nil {
		c.consult(a, r)
		signRead(r, a.signs[c.signs:])
		n += encodedSigns
	}
	o := Observed{Near: slices.Clone(a.near), Signs: slices.Clone(a.signs[:n])}
	for g := range a.vector {
		o.Vector[g] = slices.Clone(a.vector[g])
	}
	return o
}

// Text is s with the given ID as a Reader reads it.
func (c *Classifier) Text(id, s string) Text {
	a := c.pool.Get().(*analysis)
	defer c.pool.Put(a)
	c.analyse(a, s)
	return a.text(id, s)
}

// text is the analysed text as a Reader reads it.
func (a *analysis) text(id, s string) Text {
	t := Text{ID: id, Said: s, Passage: passage(&a.doc, a.masks)}
	for i := range a.near {
		t.Near = append(t.Near, a.near[i].Fact)
	}
	return t
}
