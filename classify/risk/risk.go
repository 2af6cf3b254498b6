package risk

import (
	_ "embed"

	"earshot/classify"
	"earshot/classify/lexicon"
)

// Rules is the text of the rules, for lexicon.Compile.
//
//go:embed rules.txt
var Rules string

// Signal is one rule that matched.
type Signal struct {
	Risk     classify.Risk
	Rule     string
	Why      string
	From, To int // items
}

// Signals picks the risk rules out of hits.
func Signals(hits []lexicon.Hit, dst []Signal) []Signal {
	for _, h := range hits {
		for _, r := range classify.Risks {
			if h.Rule.Has(string(r)) {
				dst = append(dst, Signal{Risk: r, Rule: h.Rule.Name, Why: h.Rule.Why, From: h.From, To: h.To})
			}
		}
	}
	return dst
}
