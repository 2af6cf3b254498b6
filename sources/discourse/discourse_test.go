package discourse

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// serve makes a forum that answers as Discourse does: fifty posts from a number down, that one again at the next page's head, and one post by itself.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if number, ok := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, ".json"), "/posts/"); ok {
			n, _ := strconv.Atoi(number)
			s, ok := c.One(n)
			if !ok || s.Gone {
				w.WriteHeader(404)
				fmt.Fprint(w, `{"errors":["The requested URL or resource could not be found."],"error_type":"not_found"}`)
				return
			}
			fmt.Fprint(w, view(s))
			return
		}
		if r.URL.Path != "/posts.json" {
			w.WriteHeader(404)
			return
		}
		skip := 0
		if before, _ := strconv.Atoi(r.URL.Query().Get("before")); before > 0 {
			skip = c.Len() - before
		}
		out := []string{}
		for _, s := range c.Newest(skip, window) {
			out = append(out, view(s))
		}
		fmt.Fprintf(w, `{"latest_posts":[%s]}`, strings.Join(out, ","))
	})
}

func view(s sourcestest.Shown) string {
	version, updated := 1, s.At
	if !s.Edited.IsZero() {
		version, updated = 2, s.Edited
	}
	return fmt.Sprintf(`{"id":%d,"name":"Jo Resident","username":"jo_resident","created_at":"%s","updated_at":"%s","cooked":"<p>%s</p>","post_number":4,"reply_to_post_number":"3",
		"reply_count":0,"quote_count":0,"reads":12,"score":3.2,"topic_id":77,"topic_slug":"mill-lane","topic_title":"Mill Lane","post_url":"/t/mill-lane/77/4","version":%d,"user_id":15,
		"hidden":false,"deleted_at":null,"user_deleted":false,"actions_summary":[{"id":2,"count":5}]}`, s.N, s.At.Format("2006-01-02T15:04:05.000Z"), updated.Format("2006-01-02T15:04:05.000Z"), s.Text, version)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

// limited is the limit of one action, in seconds from now on.
func limited(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(429)
	fmt.Fprintf(w, `{"errors":["You've performed this action too many times, please try again later."],"error_type":"rate_limit","extras":{"wait_seconds":%.3f,"time_left":"a minute"}}`, time.Until(until).Seconds())
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"server": "https://forum.example.org", "account": "ExamplefordDC"},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("discourse:forum.example.org/posts/%d", n) },
	Page:      window,
	Throttled: limited, Until: until,
	WrongType: `{"latest_posts":[{"id":"nine hundred"}],"id":"x"}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Title != "Mill Lane" || m.Author.Handle != "jo_resident" || m.Permalink != "https://forum.example.org/t/mill-lane/77/4" || m.Kind != sources.Reply ||
			m.Engagement["likes"] != 5 || m.ThreadID != "discourse:forum.example.org/t/77" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestDiscourse(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

const sample = `{"latest_posts":[{"id":901,"name":"Jo Resident","username":"jo_resident","created_at":"2026-11-20T08:15:30.123Z","updated_at":"2026-11-20T08:15:30.123Z",
	"cooked":"<p>Has anyone asked Exampleford District Council?</p>","post_number":4,"reply_to_post_number":null,"reply_count":0,"quote_count":0,"reads":12,"score":3.2,"topic_id":77,
	"topic_slug":"mill-lane","topic_title":"Mill Lane","post_url":"/t/mill-lane/77/4","version":1,"user_id":15,"hidden":false,"deleted_at":null,"user_deleted":false}]}`

func TestFields(t *testing.T) {
	x := source(t, http.NotFoundHandler())
	var out struct {
		Posts []post `json:"latest_posts"`
	}
	if err := json.Unmarshal([]byte(sample), &out); err != nil {
		t.Fatal(err)
	}
	m := x.mention(&out.Posts[0])
	if m.ID != "discourse:forum.example.org/posts/901" || m.Kind != sources.Comment || m.ParentID != m.ThreadID || m.CreatedAt.UnixMilli() != 1795162530123 || m.Engagement["views"] != 12 {
		t.Errorf("got %+v", m)
	}
	for _, gone := range []post{{ID: 1, Hidden: true}, {ID: 1, UserGone: true}, {ID: 1, Gone: "2026-11-21T08:00:00.000Z"}} {
		if m := x.mention(&gone); m.State != sources.Deleted || m.At.IsZero() || m.TextRaw != "" {
			t.Errorf("%+v became %+v", gone, m)
		}
	}
}

func source(t *testing.T, h http.Handler) *reader {
	return peer.Source(t, sourcestest.NewPlatform(t, h)).(*reader)
}

// An older forum answers with a window of numbers, in which nothing may be public.
func TestEmptyWindow(t *testing.T) {
	var asked []string
	x := source(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		var posts []string
		switch r.URL.RawQuery {
		case "":
			posts = []string{view(sourcestest.Shown{N: 900, At: time.Now().Add(-time.Minute)})}
		case "before=850":
			posts = []string{view(sourcestest.Shown{N: 820, At: time.Now().Add(-time.Hour)})}
		}
		fmt.Fprintf(w, `{"latest_posts":[%s]}`, strings.Join(posts, ","))
	}))
	ms, _, err := x.Next(t.Context(), "")
	if got := strings.Join(asked, " "); err != nil || len(ms) != 2 || got != " before=900 before=850 before=820 before=770" {
		t.Errorf("%d mentions after %q, %v", len(ms), got, err)
	}
}

func TestTheLimitOfTheSiteIsPlainText(t *testing.T) {
	x := source(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Retry-After", "17")
		w.Header().Set("Discourse-Rate-Limit-Error-Code", "ip_10_secs_limit")
		w.WriteHeader(429)
		fmt.Fprint(w, "Slow down, you're making too many requests.")
	}))
	var wait *sources.Wait
	if _, _, err := x.Next(t.Context(), ""); !errors.As(err, &wait) || time.Until(wait.Until) < 10*time.Second || time.Until(wait.Until) > 17*time.Second {
		t.Errorf("got %v", err)
	}
}

func TestMembersOnly(t *testing.T) {
	x := source(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		fmt.Fprint(w, `{"errors":["You need to be logged in to do that."],"error_type":"not_logged_in"}`)
	}))
	if _, _, err := x.Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "members only") {
		t.Errorf("got %v", err)
	}
	if ms, err := x.Recheck(t.Context(), []sources.Mention{{ID: peer.ID(1)}}); err == nil {
		t.Errorf("a forum that closed deletes everything: %v", ms)
	}
}

func TestThread(t *testing.T) {
	posts := make([]string, 3)
	for i := range posts {
		posts[i] = strings.Replace(view(sourcestest.Shown{N: 900 + i, At: time.Now()}), `"post_number":4,"reply_to_post_number":"3"`, fmt.Sprintf(`"post_number":%d,"reply_to_post_number":%d`, i+1, i), 1)
	}
	x := source(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/t/77/3.json" {
			t.Errorf("asked for %v", r.URL)
		}
		fmt.Fprintf(w, `{"id":77,"title":"Mill Lane","post_stream":{"posts":[%s]}}`, strings.Join(posts, ","))
	}))
	got, err := x.Thread(t.Context(), sources.Mention{ID: peer.ID(902), ThreadID: "discourse:forum.example.org/t/77", Permalink: "https://forum.example.org/t/mill-lane/77/3"})
	if err != nil || len(got) != 2 || got[0].ID != peer.ID(900) || got[0].Kind != sources.Post || got[1].ParentID != peer.ID(900) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A source that was given another forum takes nothing of the first one's for deleted.
func TestAnotherForumsMentions(t *testing.T) {
	x := peer
	p := sourcestest.NewPlatform(t, x.Serve(sourcestest.Fill(2)))
	held := []sources.Mention{{ID: "discourse:old.example.org/posts/1", Platform: platform, Text: "words"}}
	if got, err := x.Source(t, p).(sources.Rechecker).Recheck(t.Context(), held); err != nil || len(got) > 0 || len(p.Requests()) > 0 {
		t.Errorf("asked %d times, got %+v, %v", len(p.Requests()), got, err)
	}
}
