// Package facts holds the council's register of facts against what a mention says: it finds the facts a text may touch and says
// whether the writer contradicts, repeats, asks about or quotes them.
//
// It errs towards silence: a claim that the register does not clearly decide is no match. Facts outside their dates are never used.
package facts
