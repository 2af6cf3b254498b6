package mastodon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// server is a Mastodon server with one hashtag: newest first, max_id paging by Link header, a key it checks.
type server struct {
	ids   []int // newest first
	token string
	edits map[int]string
}

var start = time.Now().Add(-20 * time.Hour).UTC().Truncate(time.Second)

func (s *server) status(id int) string {
	text := fmt.Sprintf("<p>Pothole %d <a href=\\\"https://social.example.org/tags/Exampleford\\\" class=\\\"mention hashtag\\\" rel=\\\"tag\\\">#<span>Exampleford</span></a></p>", id)
	edited := "null"
	if e, ok := s.edits[id]; ok {
		text, edited = e, `"`+start.Add(20*time.Hour).Format(time.RFC3339)+`"`
	}
	return fmt.Sprintf(`{"id":"%d","uri":"https://social.example.org/users/jo/statuses/%d","url":"https://social.example.org/@jo/%d","created_at":"%s","edited_at":%s,
		"in_reply_to_id":null,"visibility":"public","spoiler_text":"","language":"en","content":"%s","replies_count":1,"reblogs_count":0,"favourites_count":2,"reblog":null,
		"account":{"id":"1001","acct":"jo","display_name":"Jo","url":"https://social.example.org/@jo"},"media_attachments":[]}`,
		id, id, id, start.Add(time.Duration(id)*time.Minute).Format("2006-01-02T15:04:05.000Z"), edited, text)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		http.Error(w, `{"error":"This method requires an authenticated user"}`, http.StatusUnauthorized)
		return
	}
	w.Header().Set("X-RateLimit-Remaining", "200")
	w.Header().Set("X-RateLimit-Reset", time.Now().Add(5*time.Minute).UTC().Format("2006-01-02T15:04:05.000000Z"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	from := 0
	if o := r.URL.Query().Get("offset"); o != "" {
		from, _ = strconv.Atoi(o)
	}
	if m := r.URL.Query().Get("max_id"); m != "" {
		max, _ := strconv.Atoi(m)
		for from < len(s.ids) && s.ids[from] >= max {
			from++
		}
	}
	page := s.ids[min(from, len(s.ids)):min(from+limit, len(s.ids))]
	var out []string
	for _, id := range page {
		out = append(out, s.status(id))
	}
	if len(page) > 0 {
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?limit=%d&max_id=%d>; rel="next", <http://%s%s?min_id=%d>; rel="prev"`,
			r.Host, r.URL.Path, limit, page[len(page)-1], r.Host, r.URL.Path, page[0]))
	}
	body := "[" + strings.Join(out, ",") + "]"
	if r.URL.Path == "/api/v2/search" {
		body = `{"accounts":[],"hashtags":[],"statuses":` + body + `}`
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, body)
}

func (s *server) want() (out []sources.Mention) {
	for i := len(s.ids) - 1; i >= 0; i-- {
		m := sources.Mention{ID: fmt.Sprintf("mastodon:https://social.example.org/users/jo/statuses/%d", s.ids[i]), Platform: "mastodon"}
		if s.edits[s.ids[i]] != "" {
			m.State = sources.Edited
		}
		out = append(out, m)
	}
	return out
}

func descending(n int) (ids []int) {
	for i := n; i > 0; i-- {
		ids = append(ids, i)
	}
	return ids
}

func source(t *testing.T, p *sourcestest.Platform, options map[string]string, token string) sources.Source {
	t.Helper()
	options["server"] = p.URL
	src, err := New(settings.Source{ID: "toots", Kind: "mastodon", Every: settings.Duration(10 * time.Millisecond), Options: options}, sources.Deps{
		Client: func(settings.Source) *http.Client { return p.Client() },
		Secret: func(context.Context, string, string) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestHashtag(t *testing.T) {
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		s := &server{ids: descending(95), token: sourcestest.Secret, edits: map[int]string{50: "<p>Mended</p>"}}
		return source(t, sourcestest.NewPlatform(t, s), map[string]string{"hashtags": "#Exampleford, mill"}, sourcestest.Secret), s.want()
	})
}

func TestSearch(t *testing.T) {
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		s := &server{ids: descending(95), token: sourcestest.Secret}
		return source(t, sourcestest.NewPlatform(t, s), map[string]string{"query": "Exampleford"}, sourcestest.Secret), s.want()
	})
}

func TestFaults(t *testing.T) {
	reset := time.Now().Add(90 * time.Second).UTC().Truncate(time.Microsecond)
	for _, c := range []struct {
		name  string
		fault sourcestest.Fault
		check func(*testing.T, error)
	}{
		{"429 with the server's own header", sourcestest.Status(429, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset.Format("2006-01-02T15:04:05.000000Z")), func(t *testing.T, err error) {
			var w *sources.Wait
			if !errors.As(err, &w) || !w.Until.Equal(reset) {
				t.Errorf("got %v, want a wait until %v", err, reset)
			}
		}},
		{"429 without", sourcestest.Status(429), again},
		{"500", sourcestest.Status(500), again},
		{"broken off", sourcestest.Truncated(), again},
		{"another type", sourcestest.Body("application/json", `[{"id":"1","uri":7}]`), again},
		{"a web page", sourcestest.Body("text/html", "<!doctype html><title>Sorry</title>"), again},
		{"refused", sourcestest.Status(403), func(t *testing.T, err error) {
			if !errors.Is(err, sources.ErrStop) {
				t.Errorf("got %v, want a stop", err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &server{ids: descending(95), token: sourcestest.Secret}
			p := sourcestest.NewPlatform(t, s)
			src := source(t, p, map[string]string{"hashtags": "Exampleford"}, sourcestest.Secret)
			p.Break(nil, c.fault) // the second page of the first sweep
			_, cursor, err := src.Next(t.Context(), "")
			if err == nil {
				t.Fatal("no error")
			}
			sourcestest.CheckSecret(t, err)
			c.check(t, err)
			if cursor != "" {
				t.Errorf("the cursor moved to %q", cursor)
			}
			if strings.HasPrefix(c.name, "429 with the") {
				return // the caller waits now
			}
			ms, _, err := src.Next(t.Context(), "")
			if err != nil || len(ms) != 95 {
				t.Errorf("afterwards %d mentions, %v", len(ms), err)
			}
		})
	}
}

func again(t *testing.T, err error) {
	t.Helper()
	var f *sources.Fault
	if !errors.As(err, &f) || errors.Is(err, sources.ErrStop) {
		t.Errorf("got %v, want a fault worth another try", err)
	}
}

func TestWhatMayNotBeTaken(t *testing.T) {
	for name, change := range map[string]func(*status){
		"private":    func(s *status) { s.Visibility = "private" },
		"direct":     func(s *status) { s.Visibility = "direct" },
		"noindex":    func(s *status) { s.Account.NoIndex = true },
		"boost":      func(s *status) { s.Reblog = []byte(`{"id":"1"}`) },
		"without id": func(s *status) { s.URI = "" },
	} {
		s := status{URI: "https://x.example/1", Visibility: "public", Content: "<p>hello</p>"}
		if _, ok := s.mention("x.example", "tag"); !ok {
			t.Fatal("the fixture itself is refused")
		}
		change(&s)
		if _, ok := s.mention("x.example", "tag"); ok {
			t.Errorf("%s was taken", name)
		}
	}
}
