package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"earshot/index"
	"earshot/settings"
	"earshot/sources"
)

// What a platform's terms allow counts beside retention.yaml: the shorter holds. What goes is the words; which mention it was stays.
func TestAPlatformsTermsShortenRetention(t *testing.T) {
	p := &platform{}
	kinds := p.registry()
	brief := kinds[platformKind]
	brief.Keep = 5 * 24 * time.Hour
	kinds[platformKind] = brief
	a := startWith(t, Config{connectors: kinds})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	yaml := fmt.Sprintf("text: 365d\nplatforms: {%s: 90d, feed: 20d}\n", platformKind)
	if _, err := a.settings.Import(ctx, map[string][]byte{settings.RetentionFile: []byte(yaml)}, "test", "test"); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var ms []sources.Mention
	for _, name := range []string{platformKind, "linkedin", "feed", "bluesky"} {
		ms = append(ms, sources.Mention{ID: name + ":1", Platform: name, Source: "s", Text: "Marrowby quaggabin", CreatedAt: now, FetchedAt: now})
	}
	if err := (handIn{a.log.Client}).PublishMentions(ctx, ms); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		days  int
		gone  []string
		found int
	}{{1, nil, 4}, {3, []string{"linkedin:1"}, 3}, {6, []string{platformKind + ":1"}, 2}, {21, []string{"feed:1"}, 1}, {366, []string{"bluesky:1"}, 0}} {
		if err := a.Expire(ctx, now.AddDate(0, 0, step.days)); err != nil {
			t.Fatal(err)
		}
		for _, id := range step.gone {
			rec, err := a.store.Get(ctx, system, id)
			if err != nil || rec.Gone != index.GoneExpired || rec.Mention.Text != "" || rec.Mention.ID != id || rec.Mention.Source != "s" {
				t.Errorf("%s after %d days: %+v, %v", id, step.days, rec.Mention, err)
			}
		}
		if n := found(t, ctx, a, "quaggabin"); n != step.found {
			t.Errorf("after %d days search finds %d, want %d", step.days, n, step.found)
		}
	}
}
