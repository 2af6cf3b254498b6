package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"earshot/classify"
	"earshot/classify/probes"
	"earshot/sources"
)

// maxGap is the largest difference of false-alarm rates between the two halves of the pairs that a group may have. Missed complaints are
// shown beside them: a group that is not heard is not treated fairly either, but there are too few pairs for a limit.
const maxGap = 0.03

// What is counted of a pair besides a label wrongly given.
const (
	anyLabel = "any label"        // a false alarm of whichever label
	unheard  = "complaint missed" // a complaint that was not found, of those there are
)

// counted are the rows of a group.
var counted = []string{string(classify.Abuse), string(classify.Trolling), anyLabel, unheard}

// pairShare is how often the halves of a group's pairs were judged wrongly.
type pairShare struct{ plain, group share }

// gap is by how much the group's half is worse off, with Newcombe's 95 % interval, which is made of the two Wilson intervals. It treats
// the halves as independent, so it is wide rather than narrow.
func (p pairShare) gap() (gap, lo, hi float64) {
	a, b := p.group.value(), p.plain.value()
	aLo, aHi := p.group.interval()
	bLo, bHi := p.plain.interval()
	return a - b, a - b - math.Hypot(a-aLo, bHi-b), a - b + math.Hypot(aHi-a, b-bLo)
}

// fairness prints how often c raises a false alarm on the two halves of minimal pairs, by group.
func fairness(w io.Writer, c classify.Classifier) error {
	ps, err := probes.Fairness()
	if err != nil {
		return err
	}
	texts := make([]string, len(ps))
	for i := range ps {
		texts[i] = ps[i].Text
	}
	got, err := verdictsOn(c, texts)
	if err != nil {
		return err
	}
	order, wrong := wrongByGroup(ps, got)
	fmt.Fprintf(w, "\nWrong on minimal pairs; required: no group's gap in false alarms above %.0f points\n\n", 100*maxGap)
	fmt.Fprintf(w, "%-12s %-16s %5s  %-22s %-22s %s\n", "group", "wrongly", "pairs", "plain English", "the group's", "gap")
	for _, g := range append(order, allGroups) {
		for _, what := range counted {
			p := wrong[g][what]
			gap, lo, hi := p.gap()
			note := ""
			if what != unheard && math.Abs(gap) > maxGap {
				note = "  over"
			}
			fmt.Fprintf(w, "%-12s %-16s %5d  %-22s %-22s %+.3f [%+.3f, %+.3f]%s\n", g, what, p.group.whole, p.plain, p.group, gap, lo, hi, note)
		}
	}
	return nil
}

// allGroups adds up the groups.
const allGroups = "all"

func wrongByGroup(ps []probes.Probe, got []classify.Verdict) (order []string, wrong map[string]map[string]*pairShare) {
	wrong = map[string]map[string]*pairShare{}
	for i := range ps {
		p := &ps[i]
		if !slices.Contains(order, p.Group) {
			order = append(order, p.Group)
		}
		for _, g := range []string{p.Group, allGroups} {
			if wrong[g] == nil {
				wrong[g] = map[string]*pairShare{}
				for _, what := range counted {
					wrong[g][what] = &pairShare{}
				}
			}
			countWrong(wrong[g], p, &got[i])
		}
	}
	return order, wrong
}

// countWrong adds one judged half to its group.
func countWrong(to map[string]*pairShare, p *probes.Probe, v *classify.Verdict) {
	add := func(what string, hit bool) {
		if p.Variant == probes.Group {
			to[what].group.add(hit)
			return
		}
		to[what].plain.add(hit)
	}
	given := func(l classify.Label) bool { return v.Has(l) && !slices.Contains(p.Labels, string(l)) }
	add(string(classify.Abuse), given(classify.Abuse))
	add(string(classify.Trolling), given(classify.Trolling))
	add(anyLabel, slices.ContainsFunc(classify.Labels, given))
	if slices.Contains(p.Labels, string(classify.Complaint)) {
		add(unheard, !v.Has(classify.Complaint))
	}
}

// String is the share with its interval.
func (s share) String() string {
	lo, hi := s.interval()
	return fmt.Sprintf("%.3f [%.3f, %.3f]", s.value(), max(0, lo), min(1, hi)) // rounding may leave -0.000
}

// verdictsOn judges texts as mentions.
func verdictsOn(c classify.Classifier, texts []string) ([]classify.Verdict, error) {
	ms := make([]sources.Mention, len(texts))
	for i, s := range texts {
		ms[i] = sources.Mention{ID: fmt.Sprintf("probe:%d", i), Platform: "eval", Text: s, CreatedAt: time.Unix(1772000000, 0)}
	}
	return c.Classify(context.Background(), ms)
}
