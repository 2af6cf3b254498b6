package learn

import (
	"fmt"
	"slices"
	"time"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/classify/facts"
	"earshot/classify/judge"
	"earshot/classify/linear"
)

// Set is the examples of one world with what they were made from.
type Set struct {
	World    *corpus.World
	Examples []Example
	Near     [][]facts.Candidate // by post
	Signs    [][]float32         // by post, see judge.Observed
}

// corpusDay is the day on which the corpus' registers of facts are read: no fact in them has dates.
var corpusDay = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Blank is a model that says nothing, for making features before there is one.
func Blank(bits uint) *judge.Model {
	return &judge.Model{Linear: &linear.Model{Bits: bits, Heads: nil}}
}

// Classifier builds the fast classifier of a world.
func Classifier(w *corpus.World, m *judge.Model) (*judge.Classifier, error) {
	return judge.New(judge.Config{Council: w.Council, People: w.People, Facts: w.Facts, Model: m, Now: func() time.Time { return corpusDay }})
}

// Sets makes the examples of every world.
func Sets(cfg Config, worlds []corpus.World) ([]Set, error) {
	var out []Set
	for i := range worlds {
		w := &worlds[i]
		c, err := Classifier(w, Blank(cfg.Bits))
		if err != nil {
			return nil, err
		}
		s := Set{World: w}
		for k := range w.Posts {
			p := &w.Posts[k]
			g := Gold(p)
			o := c.Observe(p.Text)
			s.Examples = append(s.Examples, Example{Vector: o.Vector, Y: g.Truth(), Weight: 1})
			s.Near = append(s.Near, o.Near)
			s.Signs = append(s.Signs, o.Signs)
		}
		out = append(out, s)
	}
	return out, nil
}

// Gold is what a post's labels say.
func Gold(p *corpus.Post) judge.Gold {
	g := judge.Gold{Labels: map[classify.Label]bool{}, Risks: map[classify.Risk]bool{}, Target: p.Target, Service: p.Service}
	for _, l := range p.Labels {
		g.Labels[classify.Label(l)] = true
	}
	for _, r := range p.Risk {
		g.Risks[classify.Risk(r)] = true
	}
	return g
}

// Fold is one world judged by a model that learnt the others.
type Fold struct {
	Held   int // position of the world held out
	Model  *linear.Model
	Logits [][]float32 // of the held world's posts, by head
}

// Folds holds each world out in turn.
func Folds(cfg Config, sets []Set) []Fold {
	out := make([]Fold, len(sets))
	for held := range sets {
		var train []Example
		for i := range sets {
			if i != held {
				train = append(train, sets[i].Examples...)
			}
		}
		m := Fit(cfg, judge.Heads, train)
		f := Fold{Held: held, Model: m}
		for i := range sets[held].Examples {
			z := make([]float32, len(m.Heads))
			m.Score(&sets[held].Examples[i].Vector, z)
			f.Logits = append(f.Logits, z)
		}
		out[held] = f
	}
	return out
}

// Calibrate fits every head's calibration and thresholds to the folds' logits on worlds they had not seen, the worlds in without
// left out.
func Calibrate(sets []Set, folds []Fold, without ...int) []judge.Calibration {
	out := make([]judge.Calibration, len(judge.Heads))
	for k, head := range judge.Heads {
		var z []float64
		var y []bool
		for _, f := range folds {
			if slices.Contains(without, f.Held) {
				continue
			}
			for i, l := range f.Logits {
				if t := sets[f.Held].Examples[i].Y[k]; t != Unknown {
					z, y = append(z, float64(l[k])), append(y, t == 1)
				}
			}
		}
		out[k] = calibrate(head, z, y)
	}
	return out
}

// Train fits the model that ships: all worlds, calibrated on the folds.
func Train(cfg Config, sets []Set) (*judge.Model, error) {
	if len(sets) < 2 {
		return nil, fmt.Errorf("learn: %d worlds; at least two are needed, so that one can be held out", len(sets))
	}
	folds := Folds(cfg, sets)
	var all []Example
	for i := range sets {
		all = append(all, sets[i].Examples...)
	}
	return &judge.Model{Linear: Fit(cfg, judge.Heads, all), Cal: Calibrate(sets, folds), Facts: FactModel(sets, FactFolds(sets, folds), -1), Second: SecondModel(sets, SecondFolds(sets, folds), -1)}, nil
}
