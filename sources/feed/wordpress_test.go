package feed

import (
	"context"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
	"earshot/sources/sourcestest/wordpress"
)

// A real WordPress: its feeds in both formats, its comment feed, its validators, an edit.
func TestRealWordPress(t *testing.T) {
	site := wordpress.Start(t)
	first := site.Publish(t, "Mill Lane &amp; Westgate", "<p>Exampleford District Council says <em>two weeks</em>.</p>", 30)
	second := site.Publish(t, "Bins", `<p>Missed &#8211; again. <a href="https://e.org/x?utm_source=wp">More</a></p>`, 20)
	third := site.Publish(t, "Park", "<p>Lovely benches.</p>", 10)
	site.Comment(t, first, "Jo Resident", "They never answered.")

	for name, path := range map[string]string{"rss": "/?feed=rss2", "atom": "/?feed=atom"} {
		t.Run(name, func(t *testing.T) {
			sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
				f := open(t, site.URL+path, time.Second)
				var want []sources.Mention
				for _, p := range []string{first, second, third} {
					want = append(want, sources.Mention{ID: f.id(site.GUID(t, p)), Platform: "feed"})
				}
				return f, want
			})
		})
	}

	t.Run("fields and an edit", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f := open(t, site.URL+"/?feed=rss2", time.Second)
		ms, cursor, err := f.Next(ctx, "")
		if err != nil || len(ms) != 3 {
			t.Fatalf("%d mentions, %v", len(ms), err)
		}
		for i := range ms {
			sources.Normalise(&ms[i], time.Now())
		}
		if ms[0].Title != "Mill Lane & Westgate" || ms[0].Text != "Exampleford District Council says two weeks." || ms[0].Author.Name != "editor" {
			t.Errorf("first is %q by %q: %q", ms[0].Title, ms[0].Author.Name, ms[0].Text)
		}
		if ms[1].Text != "Missed – again. More" || strings.Join(ms[1].Links, " ") != "https://e.org/x" || ms[1].Permalink == "" {
			t.Errorf("second is %q with %v at %q", ms[1].Text, ms[1].Links, ms[1].Permalink)
		}
		if c := mustCursor(t, cursor); c.ETag == "" || c.Modified == "" {
			t.Errorf("WordPress sent the validators %q and %q", c.ETag, c.Modified)
		}
		site.Edit(t, second, "<p>Collected at last.</p>")
		ms, _, err = f.Next(ctx, cursor)
		if err != nil || len(ms) != 1 || ms[0].State != sources.Edited || !strings.Contains(ms[0].TextRaw, "Collected at last") {
			t.Errorf("the edit came as %+v, %v", ms, err)
		}
	})

	t.Run("comments", func(t *testing.T) {
		f := open(t, site.URL+"/?feed=comments-rss2", time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		ms, _, err := f.Next(ctx, "")
		if err != nil || len(ms) != 1 || ms[0].Kind != sources.Comment || ms[0].Author.Name != "Jo Resident" {
			t.Errorf("got %+v, %v", ms, err)
		}
	})
}
