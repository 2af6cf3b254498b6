package fulltext

import (
	"slices"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

// verdict is c with a verdict of stage that gives one label.
func verdict(c index.Change, stage classify.Stage, l classify.Label) index.Change {
	t := *c.Tagged
	t.Verdict = classify.Verdict{ID: t.Mention.ID, Stage: stage, Labels: []classify.Label{l}}
	return index.Change{Tagged: &t}
}

// again is c as the considered verdict on a version that came before.
func again(c index.Change, l classify.Label) index.Change {
	c = verdict(c, classify.Considered, l)
	c.Tagged.Again = true
	return c
}

// TestConsideredVerdicts: a considered verdict replaces the fast one and is not replaced by it, together or apart, with casework and
// without; one about an older version, or about a mention that went, changes nothing.
func TestConsideredVerdicts(t *testing.T) {
	first, second := mention("a:1", "one", time.Hour), mention("a:1", "two", time.Hour)
	fast, slow := verdict(first, classify.Fast, classify.Trolling), again(first, classify.Complaint)
	edited := verdict(second, classify.Fast, classify.Inaccuracy)
	gone := mention("a:1", "", time.Hour)
	gone.Tagged.Mention.State = "deleted"
	acted := event("e1", "a:1", casework.Escalated)
	for name, c := range map[string]struct {
		in   []index.Change
		want string
	}{
		"fast":                       {[]index.Change{fast}, "trolling"},
		"considered after":           {[]index.Change{fast, slow}, "complaint"},
		"fast again":                 {[]index.Change{fast, slow, fast}, "complaint"},
		"considered at once":         {[]index.Change{verdict(first, classify.Considered, classify.Abuse), fast}, "abuse"},
		"with casework":              {[]index.Change{fast, acted, slow, fast}, "complaint"},
		"casework between":           {[]index.Change{fast, slow, acted, fast}, "complaint"},
		"edited since":               {[]index.Change{fast, edited, slow}, "inaccuracy"},
		"edited, then fast":          {[]index.Change{fast, slow, edited}, "inaccuracy"},
		"deleted since":              {[]index.Change{fast, gone, slow}, ""},
		"forgotten since":            {[]index.Change{fast, {Remove: "a:1"}, slow}, ""},
		"forgotten and come again":   {[]index.Change{fast, slow, {Remove: "a:1"}, fast}, "trolling"},
		"erased since":               {[]index.Change{fast, event("e2", "a:1", casework.Erased), slow}, ""},
		"never came":                 {[]index.Change{slow}, ""},
		"considered a second time":   {[]index.Change{fast, slow, again(first, classify.Abuse)}, "abuse"},
		"edited back and considered": {[]index.Change{fast, edited, fast, slow}, "complaint"},
	} {
		for _, together := range []bool{true, false} {
			x := openTest(t, t.TempDir())
			if together {
				apply(t, x, c.in...)
			} else {
				for _, one := range c.in {
					apply(t, x, one)
				}
			}
			for _, l := range classify.Labels {
				var want []string
				if string(l) == c.want {
					want = []string{"a:1"}
				}
				if got := search(t, x, "tag:"+string(l), casework.Comms); !slices.Equal(got, append([]string{}, want...)) {
					t.Errorf("%s, together %v: tag:%s finds %v, want %v", name, together, l, got, want)
				}
			}
		}
	}
}
