package mediawiki

import (
	"context"
	"net/http"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
	"earshot/sources/sourcestest/mediawiki"
)

func open(t *testing.T, w *mediawiki.Wiki, options map[string]string) *reader {
	t.Helper()
	options["api"] = w.URL + "/api.php"
	src, err := New(settings.Source{ID: "wiki", Kind: "mediawiki", Every: settings.Duration(50 * time.Millisecond), Options: options}, sources.Deps{
		Client: func(settings.Source) *http.Client { return http.DefaultClient },
		Secret: func(context.Context, string, string) (string, error) { return token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return src.(*reader)
}

const token = "0123456789abcdef0123456789abcdef01234567"

// A real MediaWiki: changes and what they added, a watchlist by its token, a hidden revision and a deleted page.
func TestRealMediaWiki(t *testing.T) {
	wiki := mediawiki.Start(t)
	wiki.User(t, "Jo")
	const page, talk = "Exampleford District Council", "Talk:Exampleford District Council"
	revs := []string{
		wiki.Edit(t, "Jo", page, "The '''council''' runs the park.\n\nFounded in 1974.", "a page about the council"),
		wiki.Edit(t, "Jo", page, "The '''council''' runs the park.\n\nFounded in 1974.\n\nThe [[Bins|bins]] are never emptied.", "the truth"),
		wiki.Edit(t, "Jo", talk, "Is that so?", ""),
	}
	want := []sources.Mention{{ID: "mediawiki:" + wiki.URL[len("http://"):] + "/rev/1", Platform: platform}} // the main page
	for _, r := range revs {
		want = append(want, sources.Mention{ID: "mediawiki:" + wiki.URL[len("http://"):] + "/rev/" + r, Platform: platform})
	}
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		return open(t, wiki, map[string]string{}), want
	})

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	src := open(t, wiki, map[string]string{})
	held, _, err := src.Next(ctx, "")
	if err != nil || len(held) != 4 {
		t.Fatalf("%d mentions, %v", len(held), err)
	}
	for i := range held {
		sources.Normalise(&held[i], time.Now())
	}
	if m := held[2]; m.Title != page || m.Text != "the truth\n\nThe bins are never emptied." || m.Author.Handle != "Jo" || m.Kind != sources.Article {
		t.Errorf("the edit is %+v", m)
	}
	if held[3].Kind != sources.Comment || held[3].Text != "Is that so?" {
		t.Errorf("the talk is %+v", held[3])
	}
	if around, err := src.Thread(ctx, held[1]); err != nil || len(around) != 1 || around[0].ID != held[2].ID {
		t.Errorf("around the first edit stand %+v, %v", around, err)
	}

	wiki.SQL(t, `INSERT INTO watchlist (wl_user, wl_namespace, wl_title) SELECT user_id, 1, 'Exampleford_District_Council' FROM user WHERE user_name='Jo'`)
	wiki.SQL(t, `INSERT INTO user_properties (up_user, up_property, up_value) SELECT user_id, 'watchlisttoken', '`+token+`' FROM user WHERE user_name='Jo'`)
	watched := open(t, wiki, map[string]string{"what": "watchlist", "account": "Jo"})
	watched.account = "Nobody"
	if _, _, err := watched.Next(ctx, ""); err == nil {
		t.Error("the watchlist of nobody was read")
	}
	wiki.Edit(t, "Keeper", talk, "Is that so?\n\nIt is.", "")
	if ms, _, err := open(t, wiki, map[string]string{"what": "watchlist", "account": "Jo"}).Next(ctx, ""); err != nil || len(ms) != 1 || ms[0].TextRaw != "It is." {
		t.Errorf("the watchlist brings %+v, %v", ms, err)
	}

	wiki.SQL(t, `UPDATE revision SET rev_deleted=1 WHERE rev_id=`+revs[0])
	wiki.Delete(t, talk)
	if around, err := src.Thread(ctx, held[2]); err != nil || len(around) != 0 {
		t.Errorf("a hidden revision stands in the thread: %+v, %v", around, err)
	}
	gone, err := src.Recheck(ctx, held)
	if err != nil || len(gone) != 2 || gone[0].ID != held[1].ID || gone[1].ID != held[3].ID || gone[0].State != sources.Deleted {
		t.Errorf("asked again: %+v, %v", gone, err)
	}
}
