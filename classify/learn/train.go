package learn

import (
	"fmt"
	"time"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/classify/facts"
	"earshot/classify/judge"
	"earshot/classify/linear"
)

// Set is the examples of one world with what they were made from.
type Set struct {
	World      *corpus.World
	Examples   []Example
	Fast       View
	Considered View // empty without readings
}

// View is what a layer reads of a world's posts.
type View struct {
	Near  [][]facts.Candidate // by post
	Signs [][]float32         // by post, see judge.Observed
}

func (v *View) add(o judge.Observed) {
	v.Near, v.Signs = append(v.Near, o.Near), append(v.Signs, o.Signs)
}

// Readings are an encoder's, by ID of the post. Those of a world must come from an encoder that had not seen it.
type Readings map[string]judge.Reading

// corpusDay is the day on which the corpus' registers of facts are read: no fact in them has dates.
var corpusDay = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Blank is a model that says nothing, for making features before there is one.
func Blank(bits uint) *judge.Model {
	return &judge.Model{Linear: linear.New(bits, nil, nil, nil)}
}

// Classifier builds the fast classifier of a world.
func Classifier(w *corpus.World, m *judge.Model) (*judge.Classifier, error) {
	return judge.New(judge.Config{Council: w.Council, People: w.People, Facts: w.Facts, Model: m, Now: func() time.Time { return corpusDay }})
}

// Sets makes the examples of every world. readings may be nil: then only the fast layer can be learnt.
func Sets(cfg Config, worlds []corpus.World, readings Readings) ([]Set, error) {
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
			o := c.Observe(p.Text, nil)
			s.Examples = append(s.Examples, Example{Vector: o.Vector, Y: g.Truth(), Weight: 1})
			s.Fast.add(o)
			if readings == nil {
				continue
			}
			r, ok := readings[p.ID]
			if !ok {
				return nil, fmt.Errorf("learn: the encoder has not read post %s", p.ID)
			}
			s.Considered.add(c.Observe(p.Text, &r))
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

// Groups is how many groups the worlds are put in; each is held out in turn. The encoders of Readings were trained on the same groups.
const Groups = 3

// Group is the group of world number i of those that are learnt from.
func Group(i int) int { return i % Groups }

// Fold is one world judged by a model that learnt the other groups.
type Fold struct {
	Model  *linear.Model
	Logits [][]float32 // of the world's posts, by head
}

// Folds holds each group out in turn.
func Folds(cfg Config, sets []Set) []Fold {
	out := make([]Fold, len(sets))
	for g := range min(Groups, len(sets)) {
		var train []Example
		for i := range sets {
			if Group(i) != g {
				train = append(train, sets[i].Examples...)
			}
		}
		m := Fit(cfg, judge.Heads, train)
		for i := range sets {
			if Group(i) == g {
				out[i] = Fold{Model: m, Logits: logits(m, sets[i].Examples)}
			}
		}
	}
	return out
}

func logits(m *linear.Model, examples []Example) [][]float32 {
	out := make([][]float32, len(examples))
	for i := range examples {
		out[i] = make([]float32, len(m.Heads))
		m.Score(&examples[i].Vector, out[i])
	}
	return out
}

// layers are the folds of a layer, from which every layer that is learnt without some group comes.
type layers struct {
	boost  BoostConfig
	sets   []Set
	facts  []FactFold
	second []SecondFold
}

// Trained is all that was learnt with each group held out in turn.
type Trained struct {
	cfg              Config
	sets             []Set
	folds            []Fold
	fast, considered layers
}

// Learn holds each group of worlds out in turn.
func Learn(cfg Config, sets []Set) (*Trained, error) {
	if len(sets) < 2 {
		return nil, fmt.Errorf("learn: %d worlds; at least two are needed, so that one can be held out", len(sets))
	}
	t := &Trained{cfg: cfg, sets: sets, folds: Folds(cfg, sets)}
	t.fast = learnLayer(DefaultBoost, sets, t.folds, func(s *Set) *View { return &s.Fast })
	if len(sets[0].Considered.Signs) > 0 {
		t.considered = learnLayer(ConsideredBoost, sets, t.folds, func(s *Set) *View { return &s.Considered })
	}
	return t, nil
}

func learnLayer(cfg BoostConfig, sets []Set, folds []Fold, view func(*Set) *View) layers {
	return layers{cfg, sets, FactFolds(cfg, sets, folds, view), SecondFolds(cfg, sets, folds, view)}
}

// without is the layer that has not seen the held group, or the one that ships when held is -1.
func (l *layers) without(held int) judge.Layer {
	if l.sets == nil {
		return judge.Layer{}
	}
	return judge.Layer{Facts: FactModel(l.boost, l.sets, l.facts, held), Second: SecondModel(l.boost, l.sets, l.second, held)}
}

// Without is the model that has not seen the held group, nor thresholds from it.
func (t *Trained) Without(held int) *judge.Model {
	return &judge.Model{Linear: t.folds[held].Model, Fast: t.fast.without(held), Considered: t.considered.without(held)}
}

// Model is the model that ships: all worlds, calibrated on the folds.
func (t *Trained) Model() *judge.Model {
	var all []Example
	for i := range t.sets {
		all = append(all, t.sets[i].Examples...)
	}
	return &judge.Model{Linear: Fit(t.cfg, judge.Heads, all), Fast: t.fast.without(-1), Considered: t.considered.without(-1)}
}
