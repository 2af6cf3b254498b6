package casework

import (
	"slices"
	"time"

	"earshot/classify"
)

// Judged is what the classifier had said of a mention when a person decided about it: with the person's own labels, both verdicts.
type Judged struct {
	Model   string                     `json:"model"`
	Stage   classify.Stage             `json:"stage,omitzero"`
	At      time.Time                  `json:"at,omitzero"`
	Version string                     `json:"version,omitzero"` // of the mention that was judged
	Labels  []classify.Label           `json:"labels"`
	Unsure  []classify.Label           `json:"unsure,omitempty"`
	Scores  map[classify.Label]float64 `json:"scores,omitempty"`
	Risk    []classify.Risk            `json:"risk,omitempty"`
	Target  string                     `json:"target,omitzero"`
	Service string                     `json:"service,omitzero"`
	Shadow  *classify.Shadow           `json:"shadow,omitzero"`
}

// JudgedBy copies what v says, or returns nil where no classifier has judged yet. Hand it the verdict as the person who decides may see
// it: the event can be read by everybody who sees the mention.
func JudgedBy(v *classify.Verdict) *Judged {
	if v.Model == "" {
		return nil
	}
	j := &Judged{Model: v.Model, Stage: v.Stage, At: v.At, Version: v.Version, Labels: v.Labels, Unsure: v.Unsure, Scores: v.Scores, Risk: v.Risk,
		Service: v.Service, Shadow: v.Shadow}
	if v.Target != nil {
		j.Target = *v.Target
	}
	return j
}

// Person is what the person says who did e, for an event that decides about every label; ok is false for any other event. To confirm a
// verdict that suspects abuse is to say that abuse is meant.
func (e *Event) Person() (labels []classify.Label, ok bool) {
	switch e.Type {
	case Relabelled, Audited:
		return e.Labels, true
	case Confirmed:
		if e.Judged == nil {
			return nil, false
		}
		labels = slices.Clone(e.Judged.Labels)
		if slices.Contains(e.Judged.Unsure, classify.Abuse) && !slices.Contains(labels, classify.Abuse) {
			labels = append(labels, classify.Abuse)
		}
		return labels, true
	}
	return nil, false
}

// Sampled says of an Audited event which draw the mention came from and how many mentions it stands for.
type Sampled struct {
	Week    string `json:"week"`    // ISO week, 2026-W47
	Stratum string `json:"stratum"` // the part of the week's mentions it was drawn from
	Of      int    `json:"of"`      // how many mentions that part had
	Drawn   int    `json:"drawn"`   // how many of them were drawn
}
