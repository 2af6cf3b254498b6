package classify

import (
	"context"
	"time"

	"earshot/settings"
	"earshot/sources"

	"github.com/go-json-experiment/json/jsontext"
)

// Label is one of the codebook's five labels.
type Label string

// The labels, in the order in which pages and figures list them.
const (
	Complaint     Label = "complaint"
	Trolling      Label = "trolling"
	Abuse         Label = "abuse"
	Inaccuracy    Label = "inaccuracy"
	JuniorOfficer Label = "junior_officer"
)

// Labels lists every label.
var Labels = []Label{Complaint, Trolling, Abuse, Inaccuracy, JuniorOfficer}

// Risk is something that needs a person at once.
type Risk string

// The risks.
const (
	Threat       Risk = "threat"
	SelfHarm     Risk = "self_harm"
	Safeguarding Risk = "safeguarding"
	Emergency    Risk = "emergency"
)

// Risks lists every risk, most urgent first.
var Risks = []Risk{Threat, Emergency, SelfHarm, Safeguarding}

// Stage says which layer a verdict comes from.
type Stage string

// The stages of a verdict.
const (
	Fast       Stage = "fast"
	Considered Stage = "considered"
	Person     Stage = "person" // relabelled by an officer
)

// Outranks reports whether a verdict of stage s stands against one of stage o on the same version of a mention, whichever is newer: a
// person's word above a considered verdict above a fast one.
func (s Stage) Outranks(o Stage) bool { return s.rank() > o.rank() }

func (s Stage) rank() int {
	switch s {
	case Person:
		return 2
	case Considered:
		return 1
	}
	return 0
}

// Verdict is what a classifier says about one version of one mention. Offsets are bytes of the mention's UTF-8 Text. Scores are
// calibrated probabilities in [0, 1].
type Verdict struct {
	ID       string            `json:"id"`
	Labels   []Label           `json:"labels"`
	Scores   map[Label]float64 `json:"scores"`
	Unsure   []Label           `json:"unsure"`
	Target   *string           `json:"target"` // staff, member, both, other
	Risk     []Risk            `json:"risk"`
	Officers []Officer         `json:"officers"`
	Facts    []FactMatch       `json:"facts"`
	Service  string            `json:"service,omitzero"`
	Reasons  []Reason          `json:"reasons"`
	Stage    Stage             `json:"stage"`
	Model    string            `json:"model"`           // name@version
	Policy   string            `json:"policy,omitzero"` // version of the settings it was judged under
	Version  string            `json:"version,omitzero"`
	At       time.Time         `json:"at,omitzero"`
	Shadow   *Shadow           `json:"shadow,omitzero"` // what a version on trial would have said; decides nothing

	Unknown jsontext.Value `json:",embed"`
}

// Shadow is what a version of the classifier that is on trial would have said, from the same reading. Nothing acts on it.
type Shadow struct {
	Version string            `json:"version"`
	Labels  []Label           `json:"labels"`
	Unsure  []Label           `json:"unsure,omitempty"`
	Scores  map[Label]float64 `json:"scores"`
}

// Officer is a person of the roster found in the text.
type Officer struct {
	Name  string         `json:"name"`
	Grade settings.Grade `json:"grade"`
	Start int            `json:"start"`
	End   int            `json:"end"`
}

// FactMatch is a fact of the register the text touches. Stance: contradicts, agrees, asks or quotes. A fact is listed as contradicted, too,
// where the verdict is only unsure of the inaccuracy: it is what a person should compare the text with.
type FactMatch struct {
	ID     string `json:"id"`
	Stance string `json:"stance"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

// Reason says why a label or risk was given: the words that did it and a sentence. Label holds a label or a risk.
type Reason struct {
	Label string `json:"label"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Why   string `json:"why"`
}

// Has reports whether the verdict carries l.
func (v *Verdict) Has(l Label) bool {
	for _, x := range v.Labels {
		if x == l {
			return true
		}
	}
	return false
}

// Classifier judges mentions.
type Classifier interface {
	// Classify returns one Verdict per mention, in the order of mentions; len(result) == len(mentions) or the error is non-nil.
	// Bad text never makes an error: a verdict without labels is the answer to text that says nothing. Safe for concurrent use.
	Classify(ctx context.Context, mentions []sources.Mention) ([]Verdict, error)
}

// Supersedes reports whether t, which came later, takes the place of old: another version does, unless it is one that came before; on the
// same version a verdict of a lower stage does not.
func (t *Tagged) Supersedes(old *Tagged) bool {
	if t.Verdict.Stage == old.Verdict.Stage && !t.Again {
		return true // versions need not be worked out
	}
	if t.Mention.Version() != old.Mention.Version() {
		return !t.Again
	}
	return !old.Verdict.Stage.Outranks(t.Verdict.Stage)
}

// Tagged is a mention with its verdict: what the triaged topic carries.
type Tagged struct {
	Mention sources.Mention `json:"mention"`
	Verdict Verdict         `json:"verdict"`
	// Again says that this version came before, with an earlier verdict: the verdict alone is news. Whoever holds another version by now,
	// or has let the mention go, leaves it alone.
	Again bool `json:"again,omitzero"`

	Unknown jsontext.Value `json:",embed"`
}
