package lemmy

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// instance answers as Lemmy 0.19 does: newest first by page, an address as a query finds that one thing.
func instance(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v3/search" {
			http.NotFound(w, r)
			return
		}
		q := r.URL.Query()
		limit, _ := strconv.Atoi(q.Get("limit"))
		page, _ := strconv.Atoi(q.Get("page"))
		list := c.Newest(max(0, page-1)*limit, limit)
		if n, ok := strings.CutPrefix(q.Get("q"), "https://lemmy.example/post/"); ok {
			number, _ := strconv.Atoi(n)
			one, _ := c.One(number)
			list = []sourcestest.Shown{one}
		}
		var posts []string
		for _, s := range list {
			posts = append(posts, view(s))
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"type_":"All","posts":[%s],"comments":[],"communities":[],"users":[]}`, strings.Join(posts, ","))
	})
}

func view(s sourcestest.Shown) string {
	text, updated := s.Text, ""
	if !s.Edited.IsZero() {
		updated = `"updated":"` + s.Edited.Format("2006-01-02T15:04:05.000000Z") + `",`
	}
	if s.Gone {
		text = ""
	}
	return fmt.Sprintf(`{"post":{"id":%d,"name":"Exampleford roads","body":%q,"creator_id":3,"community_id":2,"removed":false,"locked":false,"published":"%s",%s"deleted":%v,
		"nsfw":false,"ap_id":"https://lemmy.example/post/%d","local":true,"language_id":37},"creator":{"id":3,"name":"jo","actor_id":"https://lemmy.example/u/jo","local":true},
		"community":{"id":2,"name":"exampleford","title":"Exampleford","actor_id":"https://lemmy.example/c/exampleford"},
		"counts":{"score":4,"upvotes":5,"downvotes":1,"comments":2}}`, s.N, text, s.At.Format("2006-01-02T15:04:05.000000Z"), updated, s.Gone, s.N)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"server": "https://lemmy.example", "query": "Exampleford"},
	Serve:     instance,
	ID:        func(n int) string { return fmt.Sprintf("lemmy:https://lemmy.example/post/%d", n) },
	Page:      pageSize,
	Throttled: sourcestest.Status(429, "Retry-After", until.UTC().Format(http.TimeFormat)), Until: until, // a proxy's; Lemmy itself says nothing
	WrongType: `{"type_":"All","posts":[{"post":{"id":"ten"}}],"comments":[]}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Title != "Exampleford roads" || m.Author.Handle != "jo" || m.Permalink != "https://lemmy.example/post/1" || m.Engagement["likes"] != 5 {
			t.Errorf("got %+v", m)
		}
	},
}

func TestLemmy(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestComment(t *testing.T) {
	var v commentView
	v.Comment.thing = thing{ID: 7, Address: "https://lemmy.example/comment/7"}
	v.Post.Address = "https://lemmy.example/post/1"
	for path, parent := range map[string]string{"0.7": "lemmy:https://lemmy.example/post/1", "0.3.7": "lemmy:https://lemmy.example/comment/3"} {
		v.Comment.Path = path
		if m := v.mention(); m.ParentID != parent || m.ThreadID != "lemmy:https://lemmy.example/post/1" {
			t.Errorf("%s: parent %q, thread %q", path, m.ParentID, m.ThreadID)
		}
	}
}

func TestTimesOfEveryVersion(t *testing.T) {
	for _, s := range []string{`"2026-11-20T08:15:30.123456Z"`, `"2026-11-20T08:15:30.123456"`} {
		var m moment
		if err := json.Unmarshal([]byte(s), &m); err != nil || m.UnixMicro() != 1795162530123456 {
			t.Errorf("%s is read as %v, %v", s, m, err)
		}
	}
}
