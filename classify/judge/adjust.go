package judge

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"earshot/classify"
	"earshot/classify/linear"
	"earshot/settings"
)

// Adjustment is what a council's own labels change of the scores and thresholds of a model: the same forests, read otherwise. nil
// changes nothing.
type Adjustment = settings.ClassifierVersion

// ErrAdjustment is wrapped where an Adjustment corrects another model.
var ErrAdjustment = errors.New("judge: the adjustment was learnt for another model")

// tags are the labels that are weighed and not looked up, in the order of base and rulings.
var tags = [...]classify.Label{classify.Complaint, classify.Trolling, classify.Abuse, classify.Inaccuracy}

const (
	tagComplaint = iota
	tagTrolling
	tagAbuse
	tagInaccuracy
)

// Base names the model that an Adjustment of m corrects; empty for a model that was never written.
func (m *Model) Base() string { return m.SHA[:min(len(m.SHA), shaDigits)] }

// tuning is an Adjustment of one stage, ready for use. nil changes nothing.
type tuning struct {
	version string
	tags    [len(tags)]*tuned // nil: as it came
}

type tuned struct {
	a, b float64
	mix  [len(tags)]float64
	cut  Calibration
}

// tune compiles the adjustment of a stage, checking that it is this model's.
func (m *Model) tune(v *Adjustment, stage classify.Stage) (*tuning, error) {
	if v == nil {
		return nil, nil
	}
	if v.Base != m.Base() {
		return nil, fmt.Errorf("%w: %s corrects %s, this is %s", ErrAdjustment, v.Name, v.Base, m.Base())
	}
	by := v.Fast
	if stage == classify.Considered {
		by = v.Considered
	}
	t := &tuning{version: v.Name}
	for k, l := range tags {
		x, ok := by[string(l)]
		if !ok {
			continue
		}
		t.tags[k] = &tuned{a: x.A, b: x.B, cut: Calibration{Threshold: x.Threshold, Low: x.Low, High: x.High}}
		for from, share := range x.Mix {
			if i := slices.Index(tags[:], classify.Label(from)); i >= 0 {
				t.tags[k].mix[i] = share
			}
		}
	}
	return t, nil
}

// tunings are the adjustments in force and on trial, of one stage.
type tunings struct{ on, trial *tuning }

func (m *Model) tuneStages(cfg *Config) (fast, considered tunings, err error) {
	for _, x := range []struct {
		out   **tuning
		from  *Adjustment
		stage classify.Stage
	}{{&fast.on, cfg.Adjust, classify.Fast}, {&fast.trial, cfg.Shadow, classify.Fast},
		{&considered.on, cfg.Adjust, classify.Considered}, {&considered.trial, cfg.Shadow, classify.Considered}} {
		if *x.out, err = m.tune(x.from, x.stage); err != nil {
			return fast, considered, err
		}
	}
	return fast, considered, nil
}

// maxOdds bounds the log-odds that an adjustment works on: a score of nought or one must not outweigh everything.
const maxOdds = 10

// LogOdds is the logit of a score, bounded, as an Adjustment reads it.
func LogOdds(p float64) float64 {
	return max(-maxOdds, min(maxOdds, logit(p)))
}

// scores are the model's own of the tags, before any adjustment.
type scores [len(tags)]float64

// changes reports whether t reads tag k otherwise than the model does.
func (t *tuning) changes(k int) bool { return t != nil && t.tags[k] != nil }

// read is what t makes of score p of tag k beside the others.
func (t *tuning) read(k int, p float64, base *scores) float64 {
	if !t.changes(k) {
		return p
	}
	x := t.tags[k]
	z := x.a*LogOdds(p) + x.b
	for i, share := range x.mix {
		if share != 0 && i != k {
			z += share * LogOdds(base[i])
		}
	}
	return linear.Sigmoid(z)
}

// cut is where tag k is given and where it is doubted under t; the zero Calibration while the layer is being learnt.
func (d *decision) cut(t *tuning, k int) Calibration {
	switch {
	case t.changes(k):
		return t.tags[k].cut
	case k == tagInaccuracy:
		f := &d.layer.Facts
		return Calibration{Threshold: f.Threshold, Low: f.Low, High: f.High}
	case k < len(d.layer.Second):
		return d.layer.Second[k].Calibration
	}
	return Calibration{Threshold: math.Inf(1), Low: math.Inf(1)}
}

// ruling is what became of one tag.
type ruling struct {
	score        float64
	given, doubt bool
}

// rule decides every tag from the model's own scores under t. It is the one place where a score becomes a label, so a version on trial
// says exactly what it would say in force.
func (d *decision) rule(t *tuning) (out [len(tags)]ruling) {
	for k := range out {
		cut, p := d.cut(t, k), t.read(k, d.base[k], &d.base)
		out[k] = ruling{score: p, given: p >= cut.Threshold, doubt: p >= cut.Low && p < cut.High}
		if !out[k].given {
			out[k].doubt = p >= cut.Low
		}
	}
	if d.a.other && !out[tagComplaint].given {
		out[tagComplaint].doubt = true // nobody can say yet
	}
	// a mention with any sign of grievance is never only trolling: a person looks
	if x := &out[tagTrolling]; x.given && !out[tagComplaint].given && out[tagComplaint].score >= d.cut(t, tagComplaint).Low {
		x.given, x.doubt = false, true
	}
	return out
}

// shadow adds what the version on trial would have said. Officers found by name are the same for every version.
func (d *decision) shadow(t *tuning) {
	if t == nil {
		return
	}
	s := &classify.Shadow{Version: t.version, Labels: []classify.Label{}, Scores: make(map[classify.Label]float64, len(classify.Labels))}
	if s.Scores[classify.JuniorOfficer] = d.v.Scores[classify.JuniorOfficer]; d.v.Has(classify.JuniorOfficer) {
		s.Labels = append(s.Labels, classify.JuniorOfficer)
	}
	rulings := d.rule(t)
	for k, l := range tags {
		if k != tagInaccuracy && len(d.a.items) == 0 { // as nothing does
			s.Scores[l] = 0
			continue
		}
		s.Scores[l] = rulings[k].score
		if rulings[k].given {
			s.Labels = append(s.Labels, l)
		}
		if rulings[k].doubt {
			s.Unsure = append(s.Unsure, l)
		}
	}
	d.v.Shadow = s
}

// Cuts is the tuning that changes nothing of a stage: the model's own thresholds, by label. It is empty where the model has no such layer.
func (m *Model) Cuts(stage classify.Stage) map[string]settings.Tuning {
	layer := &m.Fast
	if stage == classify.Considered {
		layer = &m.Considered
	}
	out := map[string]settings.Tuning{}
	if len(layer.Second) != len(Second) {
		return out
	}
	for k, l := range tags[:tagInaccuracy] {
		c := &layer.Second[k]
		out[string(l)] = settings.Tuning{A: 1, Threshold: c.Threshold, Low: c.Low, High: c.High}
	}
	f := &layer.Facts
	out[string(classify.Inaccuracy)] = settings.Tuning{A: 1, Threshold: f.Threshold, Low: f.Low, High: f.High}
	return out
}
