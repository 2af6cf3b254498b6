package risk

import (
	_ "embed"

	"earshot/classify"
	"earshot/classify/lexicon"
)

// Rules and Languages are the texts of the rules, in English and in other languages, for lexicon.Compile.
var (
	//go:embed rules.txt
	Rules string
	//go:embed languages.txt
	Languages string
)

// Signal is one rule that matched.
type Signal struct {
	Risk     classify.Risk
	Rule     string
	Why      string
	From, To int // items
	// Sure says that the rule alone is enough: the model's score is not asked.
	Sure bool
}

// sure is the tag of such rules.
const sure = "sure"

// Signals picks the risk rules out of hits.
func Signals(hits []lexicon.Hit, dst []Signal) []Signal {
	for _, h := range hits {
		for _, r := range classify.Risks {
			if h.Rule.Has(string(r)) {
				dst = append(dst, Signal{Risk: r, Rule: h.Rule.Name, Why: h.Rule.Why, From: h.From, To: h.To, Sure: h.Rule.Has(sure)})
			}
		}
	}
	return dst
}
