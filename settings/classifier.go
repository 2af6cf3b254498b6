package settings

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Classifier is classifier.json: what the council's own labels have taught the classifier. `triage train` adds versions; people switch
// them on and off. Empty: the classifier judges as it came with the program.
type Classifier struct {
	On       string              `json:"on,omitzero"`    // the version in force; empty: as it came
	Trial    string              `json:"trial,omitzero"` // the version that judges in the shadow of the one in force; empty: none
	Versions []ClassifierVersion `json:"versions"`       // oldest first
}

// ClassifierVersion is a small correction of the classifier's scores and thresholds, learnt from what officers said.
type ClassifierVersion struct {
	Name       string            `json:"name"` // local-1, local-2, ...
	Base       string            `json:"base"` // first digits of the SHA-256 of the model that it corrects, and no other
	Made       time.Time         `json:"made"`
	Fitted     int               `json:"fitted"` // decisions it was learnt from
	Fast       map[string]Tuning `json:"fast"`   // by label, of the fast verdict
	Considered map[string]Tuning `json:"considered,omitzero"`
	HeldOut    []HeldOut         `json:"held_out,omitzero"`
}

// HeldOut is how a version did on audits later than all it was learnt from, against the program as it came.
type HeldOut struct {
	Stage string  `json:"stage"` // fast, considered
	N     int     `json:"n"`     // audited mentions
	Old   float64 `json:"old"`   // mean F1 over the labels there were enough of
	New   float64 `json:"new"`
	Low   float64 `json:"low"` // of New-Old, 95 %
	High  float64 `json:"high"`
}

// Tuning corrects one label. With z the log-odds of the score as it came, the new one is sigmoid(A*z + B + the sum of Mix[label] times that
// label's z).
type Tuning struct {
	A         float64            `json:"a"`
	B         float64            `json:"b"`
	Mix       map[string]float64 `json:"mix,omitzero"`
	Threshold float64            `json:"threshold"` // score from which the label is given
	Low       float64            `json:"low"`       // from here to Threshold a person is asked
	High      float64            `json:"high"`      // from Threshold to here the label is given and a person is asked
}

// Tuned are the labels that a ClassifierVersion may correct. Names are found by the roster, not learnt; risks must not become harder to find.
var Tuned = []string{"complaint", "trolling", "abuse", "inaccuracy"}

// Version returns the version of a name, nil for none.
func (c *Classifier) Version(name string) *ClassifierVersion {
	for i := range c.Versions {
		if name != "" && c.Versions[i].Name == name {
			return &c.Versions[i]
		}
	}
	return nil
}

// ErrNoVersion says that no version has the name given.
var ErrNoVersion = errors.New("settings: there is no such version of the classifier")

// Switch returns c with a version in force; the empty name is the classifier as it came with the program. What was in force before goes
// on trial, so that the two are still compared. Its error is ErrNoVersion.
func (c Classifier) Switch(name string) (Classifier, error) {
	if name != "" && c.Version(name) == nil {
		return c, ErrNoVersion
	}
	if name != c.On {
		c.On, c.Trial = name, cmp.Or(c.On, c.Trial)
	}
	if c.Trial == c.On {
		c.Trial = ""
	}
	return c, nil
}

// versionsKept bounds how many versions stay to be switched back to.
const versionsKept = 20

// Add returns c with v on trial under the next free name, which v is given. Old versions that do nothing are dropped.
func (c Classifier) Add(v ClassifierVersion) Classifier {
	n := 0
	for i := range c.Versions {
		if k, err := strconv.Atoi(strings.TrimPrefix(c.Versions[i].Name, "local-")); err == nil {
			n = max(n, k)
		}
	}
	v.Name = "local-" + strconv.Itoa(n+1)
	c.Versions = append(slices.Clone(c.Versions), v)
	c.Trial = v.Name
	for len(c.Versions) > versionsKept {
		at := slices.IndexFunc(c.Versions, func(x ClassifierVersion) bool { return x.Name != c.On })
		c.Versions = slices.Delete(c.Versions, at, at+1)
	}
	return c
}

func readClassifier(b []byte, r *report) Classifier {
	var c Classifier
	if len(b) == 0 {
		return c
	}
	if err := json.Unmarshal(b, &c, json.RejectUnknownMembers(true)); err != nil {
		r.fault(ClassifierFile, 0, "the file is not one that triage train wrote: %v", err)
		return Classifier{}
	}
	seen := map[string]bool{}
	for i := range c.Versions {
		v := &c.Versions[i]
		if v.Name == "" || seen[v.Name] {
			r.fault(ClassifierFile, 0, "version %q has no name or the name of another", v.Name)
		}
		seen[v.Name] = true
		for _, stage := range []map[string]Tuning{v.Fast, v.Considered} {
			for label, t := range stage {
				if !slices.Contains(Tuned, label) || !t.sound() {
					r.fault(ClassifierFile, 0, "version %s: the tuning of %q cannot be used", v.Name, label)
				}
			}
		}
	}
	for _, name := range []string{c.On, c.Trial} {
		if name != "" && !seen[name] {
			r.fault(ClassifierFile, 0, "there is no version %q", name)
		}
	}
	return c
}

// sound reports whether every number is one and the scores are in order; a higher score must not make a label less likely.
func (t *Tuning) sound() bool {
	numbers := []float64{t.A, t.B, t.Threshold, t.Low, t.High}
	for label, m := range t.Mix {
		if numbers = append(numbers, m); !slices.Contains(Tuned, label) {
			return false
		}
	}
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 100 {
			return false
		}
	}
	return t.A > 0 && t.Low > 0 && t.Low <= t.Threshold && t.Threshold <= t.High && t.High <= 1
}

// Encode returns c as a file.
func (c *Classifier) Encode() ([]byte, error) {
	return json.Marshal(c, json.Deterministic(true))
}
