package app

import (
	"fmt"
	"testing"
	"time"

	"earshot/classify"
	"earshot/index/fulltext"
	"earshot/sources"
)

// TestVerifyNamesWhatDiffers spoils the index in each way it can differ from the record: verify names one of each and no more.
func TestVerifyNamesWhatDiffers(t *testing.T) {
	a := startReading(t, nil)
	var ms []sources.Mention
	for _, id := range []string{"forum:sound", "forum:unindexed", "forum:stale"} {
		ms = append(ms, sources.Mention{ID: id, Platform: "forum", Text: "the road is broken", CreatedAt: time.Now()})
	}
	publish(t, a, ms...)
	verify := func() Verification {
		t.Helper()
		v, err := a.Verify(t.Context(), func(int64, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := verify(); v.Differs() || v.Recorded != 3 || v.Findable != 3 || v.Indexed != 3 || v.Logged != 3 {
		t.Fatalf("before anything is spoilt: %+v", v)
	}
	put := func(id, text string) fulltext.Change {
		tagged := classify.Tagged{Mention: sources.Mention{ID: id, Platform: "forum", Text: text, CreatedAt: time.Now()}}
		tagged.Verdict = classify.Verdict{ID: id, Version: tagged.Mention.Version(), Stage: classify.Considered}
		return fulltext.Change{Tagged: &tagged}
	}
	changes := []fulltext.Change{{Remove: "forum:unindexed"}, put("forum:stale", "as it was never recorded"), put("forum:ghost", "only found")}
	if err := a.fulltext.apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	v := verify()
	if !v.Differs() || v.Recorded != 3 || v.Findable != 3 || v.Indexed != 3 {
		t.Errorf("%+v", v)
	}
	for what, c := range map[string]struct {
		got  Finding
		want string
	}{
		"not indexed":  {v.NotIndexed, "[forum:unindexed]"},
		"not recorded": {v.NotRecorded, "[forum:ghost]"},
		"stale":        {v.Stale, "[forum:stale]"},
		"lost":         {v.Lost, "[]"},
		"twice":        {v.Twice, "[]"},
	} {
		if fmt.Sprint(c.got.Examples) != c.want || c.got.Count != len(c.got.Examples) {
			t.Errorf("%s: %+v, want %s", what, c.got, c.want)
		}
	}
}
