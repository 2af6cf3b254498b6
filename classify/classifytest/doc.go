// Package classifytest is the suite that every classify.Classifier passes: what it must promise about verdicts, and hostile text that
// must neither stop it nor slow it beyond the length of the text.
package classifytest
