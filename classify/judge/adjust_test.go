package judge_test

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/classify/judge"
	"earshot/settings"
	"earshot/sources"
)

// verdicts judges a world of the corpus under cfg.
func verdicts(t *testing.T, cfg judge.Config) []classify.Verdict {
	t.Helper()
	worlds, err := corpus.Load("../corpus")
	if err != nil {
		t.Fatal(err)
	}
	w := &worlds[0]
	cfg.Council, cfg.People, cfg.Facts = w.Council, w.People, w.Facts
	cfg.Now = func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
	ms := []sources.Mention{{ID: "empty:1", Platform: "empty"}}
	for k := range w.Posts {
		ms = append(ms, sources.Mention{ID: "corpus:" + w.Posts[k].ID, Platform: "corpus", Text: w.Posts[k].Text})
	}
	c, err := judge.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Classify(t.Context(), ms)
	if err != nil || len(out) < 100 {
		t.Fatalf("%d verdicts, %v", len(out), err)
	}
	return out
}

func shipped(t *testing.T) *judge.Model {
	t.Helper()
	m, err := judge.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// adjusted is a version that changes every tag a lot.
func adjusted(t *testing.T) *judge.Adjustment {
	t.Helper()
	v := &judge.Adjustment{Name: "local-1", Base: shipped(t).Base(), Fast: map[string]settings.Tuning{}}
	for k, l := range settings.Tuned {
		v.Fast[l] = settings.Tuning{A: 0.8, B: 0.7 - 0.3*float64(k), Mix: map[string]float64{"complaint": -0.2, "abuse": 0.1}, Threshold: 0.35, Low: 0.2, High: 0.6}
	}
	return v
}

// identity says in its own numbers what the model says.
func identity(t *testing.T) *judge.Adjustment {
	t.Helper()
	m := shipped(t)
	v := &judge.Adjustment{Name: "same", Base: m.Base(), Fast: m.Cuts(classify.Fast)}
	if len(v.Fast) != len(settings.Tuned) {
		t.Fatalf("the model cuts %d labels", len(v.Fast))
	}
	return v
}

// A version on trial says exactly what it says in force, and changes nothing of the verdict it stands in.
func TestTheShadowIsWhatTheVersionWouldSay(t *testing.T) {
	v := adjusted(t)
	plain, trial, on := verdicts(t, judge.Config{}), verdicts(t, judge.Config{Shadow: v}), verdicts(t, judge.Config{Adjust: v})
	differ := 0
	for i := range plain {
		s := trial[i].Shadow
		if s == nil || s.Version != "local-1" {
			t.Fatalf("%s has no shadow", plain[i].ID)
		}
		trial[i].Shadow = nil
		if !reflect.DeepEqual(plain[i], trial[i]) {
			t.Fatalf("the trial changes the verdict on %s", plain[i].ID)
		}
		if !sameLabels(s.Labels, on[i].Labels) || !sameLabels(s.Unsure, on[i].Unsure) || !maps.Equal(s.Scores, on[i].Scores) {
			t.Fatalf("%s: in the shadow %v %v %v, in force %v %v %v", plain[i].ID, s.Labels, s.Unsure, s.Scores, on[i].Labels, on[i].Unsure, on[i].Scores)
		}
		if on[i].Model != plain[i].Model+"+local-1" || !slices.Equal(on[i].Risk, plain[i].Risk) {
			t.Fatalf("model %s, risks %v for %v", on[i].Model, on[i].Risk, plain[i].Risk)
		}
		if !sameLabels(plain[i].Labels, on[i].Labels) {
			differ++
		}
	}
	if differ < len(plain)/50 {
		t.Errorf("the version changes %d of %d verdicts, which proves little", differ, len(plain))
	}
}

func TestNoAdjustmentChangesNothing(t *testing.T) {
	same := identity(t)
	plain, equal := verdicts(t, judge.Config{}), verdicts(t, judge.Config{Adjust: same})
	empty := verdicts(t, judge.Config{Adjust: &judge.Adjustment{Name: "same", Base: same.Base}})
	for i := range plain {
		for _, other := range []classify.Verdict{equal[i], empty[i]} {
			if !slices.Equal(plain[i].Labels, other.Labels) || !slices.Equal(plain[i].Unsure, other.Unsure) || !reflect.DeepEqual(plain[i].Facts, other.Facts) {
				t.Fatalf("%s: %v %v becomes %v %v", plain[i].ID, plain[i].Labels, plain[i].Unsure, other.Labels, other.Unsure)
			}
			for l, p := range plain[i].Scores {
				if math.Abs(p-other.Scores[l]) > 1e-4 { // log-odds are bounded
					t.Fatalf("%s: %s %v becomes %v", plain[i].ID, l, p, other.Scores[l])
				}
			}
		}
	}
}

func TestAnAdjustmentOfAnotherModelIsRefused(t *testing.T) {
	v := adjusted(t)
	v.Base = "00000000"
	for _, cfg := range []judge.Config{{Adjust: v}, {Shadow: v}} {
		if _, err := judge.New(cfg); !errors.Is(err, judge.ErrAdjustment) {
			t.Errorf("New = %v", err)
		}
	}
}

func sameLabels(a, b []classify.Label) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
