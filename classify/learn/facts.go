package learn

import (
	"math"
	"slices"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/classify/facts"
	"earshot/classify/judge"
)

// pair is a text beside a fact that it may touch.
type pair struct {
	post             int // position of the text in its world
	near             facts.Candidate
	against, repeats bool
}

// pairsOf makes the pairs of one world, with the linear model's scores from a model that had not seen it.
func pairsOf(s *Set, f *Fold, v *View) []pair {
	var out []pair
	at := func(name string) int { return slices.Index(judge.Heads, name) }
	for i := range s.World.Posts {
		p := &s.World.Posts[i]
		for _, c := range v.Near[i] {
			judge.Weigh(&c, f.Logits[i], at("inaccuracy"), at("complaint"), at("trolling"))
			out = append(out, pair{post: i, near: c, against: contradicts(p, &c), repeats: p.Facts[c.ID] != ""})
		}
	}
	return out
}

func contradicts(p *corpus.Post, c *facts.Candidate) bool {
	return p.Facts[c.ID] == "contradicts"
}

// forests grows the two forests: whether a text touches a fact, on all pairs; on which side it stands, on those that do.
func forests(cfg BoostConfig, ps []pair) judge.FactModel {
	var all, touching [][]float32
	var touches, against []bool
	for i := range ps {
		x := ps[i].near.Features[:]
		all, touches = append(all, x), append(touches, ps[i].against || ps[i].repeats)
		if ps[i].against || ps[i].repeats {
			touching, against = append(touching, x), append(against, ps[i].against)
		}
	}
	side := cfg
	side.MinLeaf = 2
	return judge.FactModel{Touch: Boost(cfg, all, touches), Side: Boost(side, touching, against)}
}

// FactFold is a world's texts judged by forests that learnt the other groups.
type FactFold struct {
	pairs   []pair
	model   judge.FactModel
	against []float64 // of each post: the highest probability of a contradiction
	touches []float64 // of each pair: the probability that the fact is touched
}

// FactFolds holds each group out in turn.
func FactFolds(cfg BoostConfig, sets []Set, folds []Fold, view func(*Set) *View) []FactFold {
	out := make([]FactFold, len(sets))
	for i := range sets {
		out[i].pairs = pairsOf(&sets[i], &folds[i], view(&sets[i]))
	}
	models := each(min(Groups, len(sets)), func(held int) judge.FactModel {
		var train []pair
		for i := range out {
			if Group(i) != held {
				train = append(train, out[i].pairs...)
			}
		}
		return forests(cfg, train)
	})
	for i := range out {
		out[i].judge(models[Group(i)], len(sets[i].World.Posts))
	}
	return out
}

// judge fills in what m says of the world's pairs.
func (f *FactFold) judge(m judge.FactModel, posts int) {
	f.model, f.against = m, make([]float64, posts)
	for i := range f.pairs {
		p := &f.pairs[i]
		touches := m.Touches(&p.near)
		against := m.Against(&p.near, touches)
		f.against[p.post] = math.Max(f.against[p.post], against)
		f.touches = append(f.touches, touches)
	}
}

// FactModel is the forests and thresholds that judge the held group, or those that ship when held is -1.
func FactModel(cfg BoostConfig, sets []Set, ff []FactFold, held int) judge.FactModel {
	var m judge.FactModel
	if held >= 0 {
		m = ff[held].model
	} else {
		var all []pair
		for i := range ff {
			all = append(all, ff[i].pairs...)
		}
		m = forests(cfg, all)
	}
	var p, q []float64
	var y, z []bool
	for i := range ff {
		if Group(i) == held {
			continue
		}
		for k := range sets[i].World.Posts {
			p = append(p, ff[i].against[k])
			y = append(y, sets[i].World.Posts[k].Has("inaccuracy"))
		}
		for k := range ff[i].pairs {
			q, z = append(q, ff[i].touches[k]), append(z, ff[i].pairs[k].against || ff[i].pairs[k].repeats)
		}
	}
	m.Threshold = firm(p, y, slack(string(classify.Inaccuracy)))
	m.Low, m.High = m.Threshold*unsureBelow, m.Threshold+(1-m.Threshold)*unsureAbove
	m.TouchThreshold = firm(q, z, 0)
	return m
}
