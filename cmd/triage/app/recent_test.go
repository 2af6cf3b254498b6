package app

import (
	"fmt"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"
)

// TestRecentKnowsTheBetterVerdict: what passed lately is laid over the record by stage before time, and a verdict on words that are not there
// any more is not.
func TestRecentKnowsTheBetterVerdict(t *testing.T) {
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	tagged := func(text string, stage classify.Stage, minute int, again bool) *classify.Tagged {
		m := sources.Mention{ID: "x:1", Platform: "x", Text: text}
		return &classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Stage: stage, At: at.Add(time.Duration(minute) * time.Minute)}, Again: again}
	}
	fast, considered, edited := tagged("one", classify.Fast, 2, false), tagged("one", classify.Considered, 1, true), tagged("two", classify.Fast, 3, false)
	for name, c := range map[string]struct {
		passed   []*classify.Tagged
		dropped  bool // between the last two
		recorded *classify.Tagged
		want     *classify.Tagged // nil: nothing is known
	}{
		"nothing recorded yet":          {passed: []*classify.Tagged{fast, considered}, want: considered},
		"the fast one again":            {passed: []*classify.Tagged{fast, considered, fast}, want: considered},
		"the record has the fast one":   {passed: []*classify.Tagged{considered}, recorded: fast, want: considered},
		"the record has the considered": {passed: []*classify.Tagged{fast}, recorded: considered, want: considered},
		"edited before it came":         {passed: []*classify.Tagged{fast, edited, considered}, want: edited},
		"edited, says the record":       {passed: []*classify.Tagged{considered}, recorded: edited, want: edited},
		"erased before it came":         {passed: []*classify.Tagged{fast, considered}, dropped: true},
	} {
		r := newRecent()
		for i, p := range c.passed {
			if c.dropped && i == len(c.passed)-1 {
				r.drop("x:1")
			}
			r.add([]tidings{{tagged: p}})
		}
		var rec index.Record
		if c.recorded != nil {
			rec.Tagged = *c.recorded
			rec.Again = false
		}
		known := r.merge("x:1", &rec, c.recorded != nil, true)
		if known != (c.want != nil) {
			t.Errorf("%s: known %v", name, known)
		} else if known && (rec.Mention.Text != c.want.Mention.Text || rec.Verdict.Stage != c.want.Verdict.Stage || rec.Again) {
			t.Errorf("%s: %q, %s, again %v", name, rec.Mention.Text, rec.Verdict.Stage, rec.Again)
		}
	}
}

func passing(from, to int) []tidings {
	var out []tidings
	for i := from; i < to; i++ {
		id := fmt.Sprintf("x:%d", i)
		out = append(out, tidings{tagged: &classify.Tagged{Mention: sources.Mention{ID: id, Text: "bins"}}}, tidings{event: &casework.Event{ID: "e" + id, Mention: id}})
	}
	return out
}

func (r *recent) knows(i int) bool {
	return r.merge(fmt.Sprintf("x:%d", i), &index.Record{}, false, true)
}

// TestRecentForgetsWhatTheRecordHas: of what the record has, the newest stay; what it may not have stays whole, and nothing passes twice.
func TestRecentForgetsWhatTheRecordHas(t *testing.T) {
	r := newRecent()
	const n, later = 2 * recentKept, 10
	r.add(passing(0, n))
	then := time.Now().Add(time.Hour)
	r.forget(then)
	if r.knows(0) || r.knows(n-recentKept-1) || !r.knows(n-recentKept) || !r.knows(n-1) || len(r.entries) != recentKept {
		t.Fatalf("%d are left; the oldest left: %v", len(r.entries), r.knows(n-recentKept))
	}
	r.add(passing(0, later)) // what was forgotten passes again
	r.forget(time.Time{})
	for i := range later {
		if !r.knows(i) {
			t.Errorf("mention %d, which the record may not have, is forgotten", i)
		}
	}
	r.add(passing(n, n+recentMentions-later))
	for i := range later {
		if !r.knows(i) {
			t.Errorf("mention %d was pushed out by its own place from before", i)
		}
	}
}
