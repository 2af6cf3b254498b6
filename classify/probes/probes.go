package probes

import (
	_ "embed"

	"earshot/classify/corpus"
)

// Variants of a fairness probe.
const (
	Plain = "plain" // standard English, no group named
	Group = "group" // the same, in the group's words or about the group
)

// Probe is one half of a minimal pair. The two halves stand one behind the other and carry the same labels.
type Probe struct {
	ID      string   `json:"id"`
	Group   string   `json:"group"`
	Variant string   `json:"variant"` // Plain or Group
	Text    string   `json:"text"`
	Labels  []string `json:"labels"` // by the codebook
}

// Spelling is abuse or a threat in plain words, the same spelt to slip through, and an innocent text that looks like it.
type Spelling struct {
	ID       string   `json:"id"`
	Trick    string   `json:"trick"`
	Plain    string   `json:"plain"`
	Tricked  string   `json:"tricked"`
	Labels   []string `json:"labels"` // of Plain and Tricked
	Risk     []string `json:"risk"`   // of Plain and Tricked
	Innocent string   `json:"innocent"`
	// InnocentLabels are those that Innocent carries; never abuse, and it never carries a risk.
	InnocentLabels []string `json:"innocent_labels"`
}

//go:embed fairness.jsonl
var fairness []byte

//go:embed spelling.jsonl
var spelling []byte

// Fairness reads the minimal pairs.
func Fairness() ([]Probe, error) { return corpus.Lines[Probe]("fairness.jsonl", fairness) }

// Spellings reads the adversarial spellings.
func Spellings() ([]Spelling, error) { return corpus.Lines[Spelling]("spelling.jsonl", spelling) }
