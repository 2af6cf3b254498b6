package quality

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"earshot/classify"
)

// Comparison is a version on trial against the one in force, on the same answers.
type Comparison struct {
	N      int              `json:"n"`                // answers
	Labels []classify.Label `json:"labels,omitempty"` // those with enough answers to count
	Old    float64          `json:"old"`              // mean F1 over Labels
	New    float64          `json:"new"`
	Low    float64          `json:"low"` // of New-Old: the 95 % interval of a paired bootstrap
	High   float64          `json:"high"`
}

// enoughToCompare is the least number of mentions with a label under its F1.
const enoughToCompare = 5

// resamples of the bootstrap.
const resamples = 2000

// Compare measures both on items. Answers are drawn again within their strata, both versions on the same ones.
func Compare(items []Item, old, trial func(*Item) []classify.Label) Comparison {
	c := Comparison{N: len(items)}
	for _, l := range classify.Labels {
		n := 0
		for i := range items {
			if items[i].Is(l) {
				n++
			}
		}
		if n >= enoughToCompare {
			c.Labels = append(c.Labels, l)
		}
	}
	if len(c.Labels) == 0 {
		return c
	}
	byStratum := map[string][]int{}
	all := make([]int, len(items))
	for i := range items {
		key := fmt.Sprint(items[i].Stratum, items[i].Census)
		byStratum[key] = append(byStratum[key], i)
		all[i] = i
	}
	c.Old, c.New = meanF1(items, all, c.Labels, old), meanF1(items, all, c.Labels, trial)
	rng := rand.New(rand.NewPCG(2, 9))
	strata := slices.Sorted(maps.Keys(byStratum))
	diffs := make([]float64, resamples)
	for k := range diffs {
		at := 0
		for _, s := range strata {
			from := byStratum[s]
			for range from {
				all[at] = from[rng.IntN(len(from))]
				at++
			}
		}
		diffs[k] = meanF1(items, all, c.Labels, trial) - meanF1(items, all, c.Labels, old)
	}
	c.Low, c.High = interval(diffs, c.New-c.Old)
	return c
}

func meanF1(items []Item, at []int, labels []classify.Label, said func(*Item) []classify.Label) float64 {
	total := 0.0
	for _, l := range labels {
		tp, wrong := 0.0, 0.0
		for _, i := range at {
			x := &items[i]
			switch given, is := slices.Contains(said(x), l), x.Is(l); {
			case given && is:
				tp += x.Weight
			case given != is:
				wrong += x.Weight
			}
		}
		if tp > 0 {
			total += 2 * tp / (2*tp + wrong)
		}
	}
	return total / float64(len(labels))
}
