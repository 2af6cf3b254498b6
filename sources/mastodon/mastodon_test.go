package mastodon

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// server answers as Mastodon does: newest first, max_id paging by Link header on timelines and offsets in a search, a key it checks, statuses by id.
func server(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"This method requires an authenticated user"}`)
			return
		}
		w.Header().Set("X-RateLimit-Remaining", "200")
		w.Header().Set("X-RateLimit-Reset", time.Now().Add(5*time.Minute).UTC().Format("2006-01-02T15:04:05.000000Z"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		skip, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		if max, err := strconv.Atoi(r.URL.Query().Get("max_id")); err == nil {
			skip = c.Len() - max + 1
		}
		switch list := c.Newest(skip, limit); {
		case r.URL.Path == "/api/v2/search":
			fmt.Fprintf(w, `{"accounts":[],"hashtags":[],"statuses":%s}`, statuses(list))
		case strings.HasPrefix(r.URL.Path, "/api/v1/timelines/tag/"):
			if len(list) > 0 {
				w.Header().Set("Link", fmt.Sprintf(`<https://%[1]s%[2]s?limit=%[3]d&max_id=%[4]d>; rel="next", <https://%[1]s%[2]s?min_id=%[5]d>; rel="prev"`,
					r.Host, r.URL.Path, limit, list[len(list)-1].N, list[0].N))
			}
			fmt.Fprint(w, statuses(list))
		case path.Base(r.URL.Path) == "context":
			fmt.Fprintf(w, `{"ancestors":%s,"descendants":%s}`, statuses(c.Oldest(0, 1)), statuses(c.Oldest(2, 2)))
		default:
			n, _ := strconv.Atoi(path.Base(r.URL.Path))
			s, ok := c.One(n)
			if !ok || s.Gone {
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprint(w, `{"error":"Record not found"}`)
				return
			}
			fmt.Fprint(w, show(s))
		}
	})
}

func statuses(list []sourcestest.Shown) string {
	var out []string
	for _, s := range list {
		out = append(out, show(s))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func show(s sourcestest.Shown) string {
	edited := "null"
	if !s.Edited.IsZero() {
		edited = `"` + s.Edited.Format("2006-01-02T15:04:05.000Z") + `"`
	}
	return fmt.Sprintf(`{"id":"%d","uri":"https://social.example.org/users/jo/statuses/%d","url":"https://social.example.org/@jo/%d","created_at":"%s","edited_at":%s,
		"in_reply_to_id":null,"visibility":"public","spoiler_text":"","language":"en","content":"<p>%s <a href=\"https://social.example.org/tags/Exampleford\" class=\"mention hashtag\" rel=\"tag\">#<span>Exampleford</span></a></p>",
		"replies_count":1,"reblogs_count":0,"favourites_count":2,"reblog":null,"account":{"id":"1001","acct":"jo","display_name":"Jo","url":"https://social.example.org/@jo"},"media_attachments":[]}`,
		s.N, s.N, s.N, s.At.Format("2006-01-02T15:04:05.000Z"), edited, s.Text)
}

var until = time.Now().Add(90 * time.Second).UTC().Truncate(time.Second)

func peer(options ...string) sourcestest.Peer {
	o := map[string]string{"server": "https://social.example.org"}
	for i := 0; i < len(options); i += 2 {
		o[options[i]] = options[i+1]
	}
	return sourcestest.Peer{
		Connector: Connector, Options: o, Keys: map[string]string{secretToken: sourcestest.Secret}, Serve: server, Page: pageSize,
		ID:        func(n int) string { return fmt.Sprintf("mastodon:https://social.example.org/users/jo/statuses/%d", n) },
		Throttled: sourcestest.Status(429, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", until.Format("2006-01-02T15:04:05.000000Z")), Until: until,
		WrongType: `[{"id":"1","uri":7}]`,
		Edits:     true,
		Check: func(t *testing.T, m sources.Mention) {
			if m.Author.Handle != "jo@social.example.org" || m.Permalink != "https://social.example.org/@jo/1" || m.Engagement["likes"] != 2 || m.Lang != "en" {
				t.Errorf("got %+v", m)
			}
		},
	}
}

func TestHashtag(t *testing.T) { sourcestest.Against(t, peer("hashtags", "#Exampleford, mill")) }

func TestSearch(t *testing.T) {
	x := peer("query", "Exampleford")
	x.WrongType = `{"accounts":[],"hashtags":[],"statuses":[{"id":"1","uri":7}]}`
	sourcestest.Against(t, x)
}

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer("hashtags", "Exampleford")) }

func TestThread(t *testing.T) {
	x := peer("hashtags", "Exampleford")
	src := x.Source(t, sourcestest.NewPlatform(t, server(sourcestest.Fill(4))))
	ms, _, err := src.Next(t.Context(), "")
	if err != nil || len(ms) != 4 {
		t.Fatal(len(ms), err)
	}
	around, err := src.(sources.Threader).Thread(t.Context(), ms[1])
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range around {
		ids = append(ids, m.ID)
		if m.ThreadID != ms[1].ID {
			t.Errorf("%s is of the thread %q", m.ID, m.ThreadID)
		}
	}
	if !slices.Equal(ids, []string{x.ID(1), x.ID(3), x.ID(4)}) {
		t.Errorf("around it stand %v", ids)
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

// A source that was given another server asks it nothing of what the first one showed: there the same number is somebody else's status, or none.
func TestAnotherServersStatuses(t *testing.T) {
	one, other := peer("hashtags", "Exampleford"), peer("hashtags", "Exampleford", "server", "https://other.example.org")
	held, _, err := one.Source(t, sourcestest.NewPlatform(t, server(sourcestest.Fill(2)))).Next(t.Context(), "")
	if err != nil || len(held) != 2 {
		t.Fatal(len(held), err)
	}
	p := sourcestest.NewPlatform(t, server(sourcestest.Fill(1)))
	if got, err := other.Source(t, p).(sources.Rechecker).Recheck(t.Context(), held); err != nil || len(got) > 0 || len(p.Requests()) > 0 {
		t.Errorf("asked %d times, got %+v, %v", len(p.Requests()), got, err)
	}
}
