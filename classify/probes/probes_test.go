package probes_test

import (
	"slices"
	"testing"

	"earshot/classify"
	"earshot/classify/probes"
)

// minPairs is how many pairs a group needs for its figures to say anything.
const minPairs = 40

func TestFairnessPairsDifferInVariantAlone(t *testing.T) {
	ps, err := probes.Fairness()
	if err != nil {
		t.Fatal(err)
	}
	if len(ps) == 0 || len(ps)%2 != 0 {
		t.Fatalf("%d halves", len(ps))
	}
	ids, texts, pairs := map[string]bool{}, map[string]bool{}, map[string]int{}
	for i := 0; i < len(ps); i += 2 {
		a, b := ps[i], ps[i+1]
		if a.Variant != probes.Plain || b.Variant != probes.Group || a.Group != b.Group || !slices.Equal(a.Labels, b.Labels) {
			t.Errorf("%s and %s are no pair", a.ID, b.ID)
		}
		for _, p := range []probes.Probe{a, b} {
			if ids[p.ID] || texts[p.Text] || p.Text == "" {
				t.Errorf("%s is there twice, or says nothing", p.ID)
			}
			ids[p.ID], texts[p.Text] = true, true
			known(t, p.ID, p.Labels)
		}
		pairs[a.Group]++
	}
	if len(pairs) < 7 {
		t.Errorf("%d groups", len(pairs))
	}
	for g, n := range pairs {
		if n < minPairs {
			t.Errorf("%s has %d pairs", g, n)
		}
	}
}

func known(t *testing.T, id string, labels []string) {
	t.Helper()
	for _, l := range labels {
		if !slices.Contains(classify.Labels, classify.Label(l)) {
			t.Errorf("%s: label %q", id, l)
		}
	}
}

func TestSpellingsAreWhole(t *testing.T) {
	ps, err := probes.Spellings()
	if err != nil {
		t.Fatal(err)
	}
	if len(ps) < 150 {
		t.Fatalf("%d spellings", len(ps))
	}
	seen := map[string]bool{}
	for _, p := range ps {
		known(t, p.ID, append(p.InnocentLabels, p.Labels...))
		for _, s := range []string{p.ID, p.Tricked, p.Innocent} {
			if s == "" || seen[s] {
				t.Errorf("%s: %q is there twice", p.ID, s)
			}
			seen[s] = true
		}
		if !slices.Contains(p.Labels, string(classify.Abuse)) || slices.Contains(p.InnocentLabels, string(classify.Abuse)) {
			t.Errorf("%s is not abuse beside an innocent", p.ID)
		}
	}
}
