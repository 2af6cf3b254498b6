package main

import (
	"fmt"
	"io"
	"slices"

	"earshot/classify"
	"earshot/classify/probes"
)

// spelt is what was made of the spellings of one trick.
type spelt struct {
	abusePlain, abuseTricked   share // found in plain words, found as spelt
	threatPlain, threatTricked share
	innocent                   share // innocent texts called abuse or a threat
}

// robust prints how much abuse and how many threats c finds in plain words and in spellings made to slip through, and how often it is
// taken in by an innocent text that looks like one.
func robust(w io.Writer, c classify.Classifier) error {
	ps, err := probes.Spellings()
	if err != nil {
		return err
	}
	var texts []string
	for i := range ps {
		texts = append(texts, ps[i].Plain, ps[i].Tricked, ps[i].Innocent)
	}
	got, err := verdictsOn(c, texts)
	if err != nil {
		return err
	}
	var order []string
	tricks := map[string]*spelt{}
	for i := range ps {
		for _, t := range []string{ps[i].Trick, allTricks} {
			if tricks[t] == nil {
				tricks[t] = &spelt{}
			}
			tricks[t].add(&ps[i], got[3*i:3*i+3])
		}
		if t := ps[i].Trick; !slices.Contains(order, t) {
			order = append(order, t)
		}
	}
	printSpelt(w, append(order, allTricks), tricks)
	return nil
}

// allTricks adds up the tricks.
const allTricks = "all"

// add counts one probe with the verdicts on its plain, its tricked and its innocent text.
func (s *spelt) add(p *probes.Spelling, v []classify.Verdict) {
	threat := func(v *classify.Verdict) bool { return slices.Contains(v.Risk, classify.Threat) }
	if slices.Contains(p.Labels, string(classify.Abuse)) {
		s.abusePlain.add(v[0].Has(classify.Abuse))
		s.abuseTricked.add(v[1].Has(classify.Abuse))
	}
	if slices.Contains(p.Risk, string(classify.Threat)) {
		s.threatPlain.add(threat(&v[0]))
		s.threatTricked.add(threat(&v[1]))
	}
	s.innocent.add(v[2].Has(classify.Abuse) || threat(&v[2]))
}

func printSpelt(w io.Writer, order []string, tricks map[string]*spelt) {
	fmt.Fprintf(w, "\nSpellings made to slip through: found in plain words, found as spelt; innocent look-alikes called abuse or a threat\n\n")
	fmt.Fprintf(w, "%-20s %15s %15s %15s %15s %15s\n", "trick", "abuse, plain", "abuse, spelt", "threat, plain", "threat, spelt", "innocent called")
	of := func(s share) string { return fmt.Sprintf("%d of %d", s.part, s.whole) }
	for _, t := range order {
		s := tricks[t]
		fmt.Fprintf(w, "%-20s %15s %15s %15s %15s %15s\n", t, of(s.abusePlain), of(s.abuseTricked), of(s.threatPlain), of(s.threatTricked), of(s.innocent))
	}
	all := tricks[allTricks]
	fmt.Fprintf(w, "\n%-20s %s\n%-20s %s\n", "abuse as spelt", all.abuseTricked, "innocent called", all.innocent)
}
