package sources_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"earshot/sources"
)

func by(ids ...string) (out []sources.Item) {
	for _, id := range ids {
		out = append(out, sources.Item{Mention: sources.Mention{Author: sources.Author{ID: id}}})
	}
	return out
}

// Everybody is asked about once, also who is not found; a failure is waited out, and one that a person would have to mend ends the asking.
func TestPeople(t *testing.T) {
	now := time.Now()
	var fail error
	asked := 0
	p := &sources.People{Most: 2, Now: func() time.Time { return now }, Ask: func(_ context.Context, ids []string) (map[string]sources.Author, error) {
		if asked += len(ids); len(ids) > 2 {
			t.Errorf("%d at once", len(ids))
		}
		return map[string]sources.Author{"u1": {Handle: "jo", Name: "Jo"}}, fail
	}}
	items := by("u1", "u2", "u1", "u3", "")
	p.Fill(t.Context(), items)
	if a := items[2].Mention.Author; a.Handle != "jo" || a.Name != "Jo" || a.ID != "u1" || asked != 2 {
		t.Errorf("got %+v after %d", a, asked)
	}
	p.Fill(t.Context(), by("u1", "u2", "u3"))
	if asked != 3 {
		t.Errorf("%d were asked about", asked)
	}
	fail = errors.New("not now")
	p.Fill(t.Context(), by("u4"))
	p.Fill(t.Context(), by("u4"))
	if asked != 4 {
		t.Errorf("it is asked again at once")
	}
	now, fail = now.Add(2*time.Minute), sources.Stopf("No scope.")
	p.Fill(t.Context(), by("u4"))
	now = now.Add(time.Hour)
	p.Fill(t.Context(), by("u4"))
	if asked != 5 {
		t.Errorf("%d were asked about", asked)
	}
}
