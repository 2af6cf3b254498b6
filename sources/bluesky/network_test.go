package bluesky

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/fetch"
	"earshot/sources/sourcestest"
	"earshot/sources/sourcestest/atproto"
)

// A real network: what residents post, edit out and delete arrives by the stream and is found by the search.
func TestRealNetwork(t *testing.T) {
	network := atproto.Start(t)
	jo, sam, council := network.SignUp(t, "jo-resident.test"), network.SignUp(t, "sam-resident.test"), network.SignUp(t, "exampleford-dc.test")
	x := terms(t, 50)
	keys := map[string]string{"app_password": jo.Password}
	deps := sources.Deps{
		Client: func(s settings.Source) *http.Client {
			c, err := fetch.New(fetch.Config{AllowNet: s.AllowNet})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Terms:      func() *sources.Terms { return x },
		Secret:     func(_ context.Context, _, name string) (string, error) { return keys[name], nil },
		SaveSecret: func(_ context.Context, _, name, value string) error { keys[name] = value; return nil },
	}
	var want []string
	add := func(uri string) string {
		want = append(want, "bluesky:"+uri)
		return uri
	}
	jo.Post(t, "What a match last night", nil)
	open := add(jo.Post(t, "Is Exampleford District Council open on Saturday?", nil))
	add(jo.Post(t, "look at this", map[string]any{"facets": []any{map[string]any{"index": map[string]any{"byteStart": 0, "byteEnd": 4},
		"features": []any{map[string]any{"$type": "app.bsky.richtext.facet#mention", "did": council.DID}}}}}))
	gone := add(jo.Post(t, "bins missed on Mill Lane", nil))
	add(sam.Post(t, "Exampleford District Council again", nil))

	t.Run("stream", func(t *testing.T) {
		src, err := New(settings.Source{ID: "sky", Kind: "bluesky", AllowNet: []string{"127.0.0.1", "localhost"}, Options: map[string]string{
			"jetstream": network.Jetstream, "appview": network.AppView, "account": council.DID, "from": "1"}}, deps)
		if err != nil {
			t.Fatal(err)
		}
		defer src.(sources.Closer).Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var got []sources.Mention
		var cursor sources.Cursor
		readUntil := func(n int) {
			t.Helper()
			for len(got) < n {
				ms, c, err := src.Next(ctx, cursor)
				if err != nil {
					t.Fatalf("after %d mentions: %v", len(got), err)
				}
				got, cursor = append(got, ms...), c
			}
		}
		readUntil(4)
		if ids := idsOf(got); !slices.Equal(ids, want) {
			t.Fatalf("got %v, want %v", ids, want)
		}
		if got[1].MatchedBy[0] != "mention" {
			t.Errorf("the post that addresses the council matched by %v", got[1].MatchedBy)
		}
		if got[0].Author.Handle != "jo-resident.test" {
			t.Errorf("the author's handle is %q", got[0].Author.Handle)
		}
		jo.Delete(t, gone)
		readUntil(5)
		if got[4].State != sources.Deleted || got[4].ID != "bluesky:"+gone {
			t.Fatalf("the deletion came as %+v", got[4])
		}
		sam.Deactivate(t)
		readUntil(6)
		if got[5].State != sources.Deleted || got[5].ID != want[3] {
			t.Fatalf("the account's end came as %+v", got[5])
		}
	})

	t.Run("search", func(t *testing.T) {
		set := settings.Source{ID: "find", Kind: "bluesky", Every: settings.Duration(200 * time.Millisecond), AllowNet: []string{"127.0.0.1", "localhost"},
			Options: map[string]string{"mode": "search", "service": network.PDS, "query": "Exampleford District Council", "identifier": jo.Handle}}
		src, err := New(set, deps)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ms, cursor, err := src.Next(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(ms) == 0 || ms[0].ID != "bluesky:"+open || ms[0].Author.Handle != jo.Handle {
			t.Fatalf("found %+v", ms)
		}
		if keys["refresh_token"] == "" {
			t.Error("the session was not kept")
		}
		var added []string
		for i := range 3 {
			added = append(added, "bluesky:"+jo.Post(t, fmt.Sprintf("Exampleford District Council, question %d", i), nil))
		}
		var later []string
		for len(later) < 3 {
			ms, c, err := src.Next(ctx, cursor)
			if err != nil {
				t.Fatal(err)
			}
			later, cursor = append(later, idsOf(ms)...), c
		}
		if !slices.Equal(later, added) {
			t.Errorf("later found %v, want %v", later, added)
		}

		// What was deleted since is found when it is asked for again; the App View hears of it a moment later.
		jo.Delete(t, open)
		for {
			again, err := src.(sources.Rechecker).Recheck(ctx, ms[:1])
			if err != nil {
				t.Fatalf("the deletion was never seen: %v", err)
			}
			if len(again) == 1 && again[0].State == sources.Deleted && again[0].ID == "bluesky:"+open {
				break
			}
		}

		// A new process takes the kept session up instead of logging in, and a wrong password says so without telling it.
		delete(keys, "app_password")
		again, err := New(set, deps)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := again.Next(ctx, ""); err != nil {
			t.Errorf("the kept session was of no use: %v", err)
		}
		clear(keys)
		keys["app_password"] = sourcestest.Secret
		wrong, err := New(set, deps)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = wrong.Next(ctx, "")
		sourcestest.CheckSecret(t, err)
		if err == nil || !strings.Contains(err.Error(), "does not accept the account") {
			t.Errorf("a wrong password gives %v", err)
		}
	})
}

func idsOf(ms []sources.Mention) (out []string) {
	for _, m := range ms {
		out = append(out, m.ID)
	}
	return out
}
