package main

import (
	"context"
	"math"
	"strings"
	"testing"

	"earshot/classify"
	"earshot/sources"
)

// wary calls every text abuse that holds a word.
type wary string

func (w wary) Classify(_ context.Context, ms []sources.Mention) ([]classify.Verdict, error) {
	out := make([]classify.Verdict, len(ms))
	for i := range ms {
		if strings.Contains(ms[i].Text, string(w)) {
			out[i].Labels = []classify.Label{classify.Abuse}
		}
	}
	return out, nil
}

func TestFairnessShowsAGap(t *testing.T) {
	var out strings.Builder
	if err := fairness(&out, wary("Muslim")); err != nil {
		t.Fatal(err)
	}
	over := 0
	for line := range strings.Lines(out.String()) {
		if strings.HasSuffix(line, "over\n") {
			over++
			if !strings.HasPrefix(line, "faith") && !strings.HasPrefix(line, allGroups) {
				t.Errorf("a gap where nothing is called abuse: %s", line)
			}
		}
	}
	if over != 4 { // abuse and any label, of the group and of all
		t.Errorf("%d gaps:\n%s", over, out.String())
	}
}

func TestGapIsWithinItsInterval(t *testing.T) {
	p := pairShare{plain: share{2, 40}, group: share{6, 40}}
	gap, lo, hi := p.gap()
	if math.Abs(gap-0.1) > 1e-9 || lo >= 0 || hi <= gap || math.Abs(hi-0.2453) > 0.001 { // Newcombe's method 10, by hand
		t.Errorf("%v [%v, %v]", gap, lo, hi)
	}
}

func TestRobustCountsWhatIsFound(t *testing.T) {
	var out strings.Builder
	if err := robust(&out, wary("Scunthorpe")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "innocent called      0.013 [0.003, 0.045]") { // two of 159 innocents name Scunthorpe
		t.Error(out.String())
	}
	if !strings.Contains(out.String(), "abuse as spelt       0.000") {
		t.Error(out.String())
	}
}
