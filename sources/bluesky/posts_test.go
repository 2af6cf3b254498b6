package bluesky

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

func view1(n int, text string) string {
	return fmt.Sprintf(`{"uri":"at://did:plc:ex%d/app.bsky.feed.post/k%d","cid":"c","author":{"did":"did:plc:ex%d","handle":"jo%d.test"},"record":{"$type":"app.bsky.feed.post","text":%q,
		"createdAt":"2026-11-20T08:15:30.000Z"},"indexedAt":"2026-11-20T08:15:31.000Z","replyCount":1}`, n, n, n, n, text)
}

// asked makes posts over an App View that knows posts 1 (as it was) and 2 (edited), and the thread of 2.
func asked(t *testing.T) (*posts, *sourcestest.Platform) {
	t.Helper()
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/xrpc/app.bsky.feed.getPosts":
			fmt.Fprintf(w, `{"posts":[%s,%s]}`, view1(1, "bins"), view1(2, "bins, emptied"))
		case "/xrpc/app.bsky.feed.getPostThread":
			fmt.Fprintf(w, `{"thread":{"$type":"app.bsky.feed.defs#threadViewPost","post":%s,"parent":{"$type":"app.bsky.feed.defs#threadViewPost","post":%s,
				"parent":{"$type":"app.bsky.feed.defs#notFoundPost","uri":"at://x","notFound":true}},"replies":[{"post":%s,"replies":[{"post":%s}]},{"uri":"at://y","blocked":true}]}}`,
				view1(2, "bins"), view1(1, "roads"), view1(3, "same here"), view1(4, "and here"))
		default:
			http.NotFound(w, r)
		}
	}))
	return &posts{service: p.URL, call: &sources.Caller{Client: p.Client(), Name: "Bluesky"}}, p
}

func held(n int, text string) sources.Mention {
	m := sources.Mention{ID: id(fmt.Sprintf("did:plc:ex%d", n), fmt.Sprintf("k%d", n)), Platform: platform, Text: text}
	sources.Normalise(&m, time.Now())
	return m
}

func TestRecheck(t *testing.T) {
	x, p := asked(t)
	got, err := x.Recheck(t.Context(), []sources.Mention{held(1, "bins"), held(2, "bins"), held(3, "bins")})
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, m := range got {
		states = append(states, string(m.State))
	}
	if !slices.Equal(states[1:], []string{"edited", "deleted"}) || states[0] != "" && states[0] != "live" {
		t.Errorf("they are %q", states)
	}
	p.Break(sourcestest.Status(502))
	if ms, err := x.Recheck(t.Context(), []sources.Mention{held(1, "bins")}); err == nil {
		t.Errorf("a server in trouble says %v", ms)
	}
}

func TestThread(t *testing.T) {
	x, _ := asked(t)
	got, err := x.Thread(t.Context(), held(2, "bins"))
	if err != nil || !slices.Equal(idsOf(got), []string{held(1, "").ID, held(3, "").ID, held(4, "").ID}) {
		t.Errorf("around it stand %v, %v", idsOf(got), err)
	}
}
