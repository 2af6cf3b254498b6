package learn

import (
	"math"
	"slices"

	"earshot/classify/corpus"
	"earshot/classify/facts"
	"earshot/classify/fast"
	"earshot/classify/trees"
)

// pairs are rows of texts and facts: what was compared, and whether the text contradicts or repeats the fact.
type pairs struct {
	x                [][]float32
	against, repeats []bool
	post             []int // position of the text in its world
}

// pairsOf makes the rows of one world, with the linear model's scores from a model that had not seen it.
func pairsOf(s *Set, f *Fold) pairs {
	var out pairs
	heads := []int{slices.Index(fast.Heads, "inaccuracy"), slices.Index(fast.Heads, "complaint"), slices.Index(fast.Heads, "trolling")}
	for i := range s.World.Posts {
		p := &s.World.Posts[i]
		for _, c := range s.Near[i] {
			fast.Weigh(&c, f.Logits[i], heads[0], heads[1], heads[2])
			out.x = append(out.x, slices.Clone(c.Features[:]))
			out.against = append(out.against, contradicts(p, &c))
			out.repeats = append(out.repeats, p.AgreesWith == c.ID)
			out.post = append(out.post, i)
		}
	}
	return out
}

func contradicts(p *corpus.Post, c *facts.Candidate) bool {
	return p.Fact == c.ID && p.Has("inaccuracy")
}

func (p *pairs) plus(o pairs) {
	p.x = append(p.x, o.x...)
	p.against = append(p.against, o.against...)
	p.repeats = append(p.repeats, o.repeats...)
}

// FactFold is a world's rows judged by forests that learnt the others.
type FactFold struct {
	pairs
	contradict, agree trees.Forest
	scores            []float64 // of each post: the highest probability of a contradiction
	with              []float64 // of each row: the probability of agreement
}

// FactFolds holds each world out in turn.
func FactFolds(sets []Set, folds []Fold) []FactFold {
	rows := make([]pairs, len(sets))
	for i := range sets {
		rows[i] = pairsOf(&sets[i], &folds[i])
	}
	out := make([]FactFold, len(sets))
	for held := range sets {
		var train pairs
		for i := range rows {
			if i != held {
				train.plus(rows[i])
			}
		}
		f := FactFold{pairs: rows[held], contradict: Boost(DefaultBoost, train.x, train.against), agree: Boost(DefaultBoost, train.x, train.repeats)}
		f.scores = make([]float64, len(sets[held].World.Posts))
		for r, x := range f.x {
			p := sigmoid(f.contradict.Score(x))
			f.scores[f.post[r]] = math.Max(f.scores[f.post[r]], p)
			f.with = append(f.with, sigmoid(f.agree.Score(x)))
		}
		out[held] = f
	}
	return out
}

func sigmoid(z float32) float64 { return 1 / (1 + math.Exp(-float64(z))) }

// FactModel is the forests and thresholds that judge the held world, or those that ship when held is -1.
func FactModel(sets []Set, folds []Fold, ff []FactFold, held int) fast.FactModel {
	var m fast.FactModel
	if held >= 0 {
		m.Contradict, m.Agree = ff[held].contradict, ff[held].agree
	} else {
		var all pairs
		for i := range ff {
			all.plus(ff[i].pairs)
		}
		m.Contradict, m.Agree = Boost(DefaultBoost, all.x, all.against), Boost(DefaultBoost, all.x, all.repeats)
	}
	var p, q []float64
	var y, z []bool
	for i := range ff {
		if i == held {
			continue
		}
		for k := range sets[i].World.Posts {
			p = append(p, ff[i].scores[k])
			y = append(y, sets[i].World.Posts[k].Has("inaccuracy"))
		}
		q, z = append(q, ff[i].with...), append(z, ff[i].repeats...)
	}
	m.Threshold = bestF1(p, y)
	m.Low, m.High = m.Threshold*unsureBelow, m.Threshold+(1-m.Threshold)*unsureAbove
	m.AgreeThreshold = bestF1(q, z)
	return m
}
