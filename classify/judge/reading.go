package judge

import "earshot/classify/text"

// Reading is s as the encoder should read it: people of the roster and the council masked.
func (c *Classifier) Reading(s string) []text.Stretch {
	a := c.pool.Get().(*analysis)
	defer c.pool.Put(a)
	c.analyse(a, s)
	return a.doc.Stretches(nil, a.masks)
}
