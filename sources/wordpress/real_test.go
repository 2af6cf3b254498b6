package wordpress

import (
	"context"
	"net/http"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
	"earshot/sources/sourcestest/wordpress"
)

func open(t *testing.T, site *wordpress.Site) sources.Source {
	t.Helper()
	src, err := New(settings.Source{ID: "blog", Kind: "wordpress", Every: settings.Duration(50 * time.Millisecond), Options: map[string]string{"url": site.URL}},
		sources.Deps{Client: func(settings.Source) *http.Client { return http.DefaultClient }})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// A real WordPress: posts, comments and answers to them, an edit, a page beyond the last one, a deletion, a thread.
func TestRealWordPress(t *testing.T) {
	site := wordpress.Start(t)
	post := site.Publish(t, "Mill Lane &amp; Westgate", "<p>Exampleford District Council says <em>two weeks</em>.</p>", 30)
	other := site.Publish(t, "Bins", "<p>Missed &#8211; again.</p>", 20)
	comment := site.Comment(t, post, "Jo Resident", "They never answered.")
	reply := site.PHP(t, `echo wp_insert_comment(['comment_post_ID' => (int)$argv[1], 'comment_parent' => (int)$argv[2], 'comment_author' => 'Sam', 'comment_content' => 'Nor me.', 'comment_approved' => 1]);`,
		post, comment)
	prefix := "wordpress:" + site.URL[len("http://"):] + "/"

	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		var want []sources.Mention
		for _, id := range []string{"posts/" + post, "posts/" + other, "comments/" + comment, "comments/" + reply} {
			want = append(want, sources.Mention{ID: prefix + id, Platform: "wordpress"})
		}
		return open(t, site), want
	})

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	src := open(t, site).(*reader)
	held, cursor, err := src.Next(ctx, "")
	if err != nil || len(held) != 4 {
		t.Fatalf("%d mentions, %v", len(held), err)
	}
	for i := range held {
		sources.Normalise(&held[i], time.Now())
	}
	if m := held[0]; m.Title != "Mill Lane & Westgate" || m.Text != "Exampleford District Council says two weeks." || m.Author.Name != "editor" || m.State == sources.Edited {
		t.Errorf("the post is %+v", m)
	}
	if m := held[3]; m.Kind != sources.Reply || m.ParentID != held[2].ID || m.ThreadID != held[0].ID || m.Author.Name != "Sam" || m.Text != "Nor me." {
		t.Errorf("the reply is %+v", m)
	}
	thread, err := src.Thread(ctx, held[3])
	if err != nil || len(thread) != 2 || thread[0].ID != held[0].ID || thread[1].ID != held[2].ID {
		t.Errorf("its thread is %+v, %v", thread, err)
	}
	if page, err := src.fetch(ctx, src.parts[0], sources.PageRequest{Since: time.Now().Add(-time.Hour), Token: "7"}); err != nil || len(page.Items) != 0 || page.Next != "" {
		t.Errorf("beyond the last page: %+v, %v", page, err)
	}

	site.Edit(t, other, "<p>Collected at last.</p>")
	site.PHP(t, `wp_delete_comment((int)$argv[1], true);`, reply)
	again, _, err := src.Next(ctx, cursor)
	if err != nil || len(again) != 1 || again[0].ID != held[1].ID || again[0].State != sources.Edited {
		t.Errorf("the edit came as %+v, %v", again, err)
	}
	states := map[string]sources.State{}
	changed, err := src.Recheck(ctx, held)
	for _, m := range changed {
		states[m.ID] = m.State
	}
	if err != nil || len(changed) != 4 || states[held[3].ID] != sources.Deleted || states[held[1].ID] != sources.Edited || states[held[0].ID] != "" {
		t.Errorf("asked again: %v, %v", states, err)
	}
}
