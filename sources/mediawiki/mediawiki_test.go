package mediawiki

import (
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

// serve makes a wiki that answers as MediaWiki 1.39 does: changes newest first from rccontinue on, revisions by number.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if r.URL.Path != "/w/api.php" || q.Get("formatversion") != "2" {
			http.NotFound(w, r)
			return
		}
		if q.Get("revids") != "" {
			fmt.Fprint(w, revisions(c, strings.Split(q.Get("revids"), "|")))
			return
		}
		limit, _ := strconv.Atoi(q.Get("rclimit"))
		_, from, _ := strings.Cut(q.Get("rccontinue"), "|") // the first of the next page
		skip := 0
		if n, err := strconv.Atoi(from); err == nil {
			skip = c.Len() - n
		}
		var out []string
		list, next := c.Newest(skip, limit+1), ""
		if len(list) > limit {
			at := list[limit]
			next = fmt.Sprintf(`"continue":{"rccontinue":"%s|%d","continue":"-||"},`, at.At.Format("20060102150405"), at.N)
			list = list[:limit]
		}
		for _, s := range list {
			out = append(out, fmt.Sprintf(`{"type":"edit","ns":0,"title":"Exampleford","pageid":7,"revid":%d,"old_revid":900000,"rcid":%d,"user":"Jo","bot":false,"new":false,"minor":false,
				"timestamp":"%s","comment":"a summary"}`, s.N, s.N, s.At.Format(time.RFC3339)))
		}
		fmt.Fprintf(w, `{"batchcomplete":true,%s"query":{"recentchanges":[%s]}}`, next, strings.Join(out, ","))
	})
}

func revisions(c *sourcestest.Content, ids []string) string {
	var good, bad []string
	for _, id := range ids {
		n, _ := strconv.Atoi(id)
		s, ok := c.One(n)
		text := "''Old'' text."
		switch {
		case n == 900000:
		case !ok || s.Gone:
			bad = append(bad, fmt.Sprintf(`"%d":{"revid":%d,"missing":true}`, n, n))
			continue
		default:
			text += `\n` + s.Text
		}
		good = append(good, fmt.Sprintf(`{"revid":%d,"parentid":900000,"slots":{"main":{"contentmodel":"wikitext","contentformat":"text/x-wiki","content":"%s"}}}`, n, text))
	}
	return fmt.Sprintf(`{"batchcomplete":true,"query":{"badrevids":{%s},"pages":[{"pageid":7,"ns":0,"title":"Exampleford","revisions":[%s]}]}}`, strings.Join(bad, ","), strings.Join(good, ","))
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"api": "https://wiki.example.org/w/api.php"},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("mediawiki:wiki.example.org/w/rev/%d", n) },
	Page:      pageSize,
	Throttled: func(w http.ResponseWriter, r *http.Request, answer http.Handler) {
		w.Header().Set("Retry-After", until.UTC().Format(http.TimeFormat))
		sourcestest.Body("application/json", `{"error":{"code":"maxlag","info":"Waiting for a database server: 7 seconds lagged.","lag":7}}`)(w, r, answer)
	}, Until: until,
	Bare:      sourcestest.Body("application/json", `{"error":{"code":"ratelimited","info":"You've exceeded your rate limit."}}`),
	WrongType: `{"query":{"pages":[{"pageid":"seven"}],"recentchanges":[{"revid":"seven"}]}}`,
	Check: func(t *testing.T, m sources.Mention) {
		sources.Normalise(&m, time.Now())
		if m.Title != "Exampleford" || m.Text != "a summary\n\nExampleford Council left pothole 1 on Mill Lane" || m.Author.Handle != "Jo" || m.Permalink != "https://wiki.example.org/w/index.php?diff=1" ||
			m.ThreadID != "mediawiki:wiki.example.org/w/page/7" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestMediaWiki(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestAdded(t *testing.T) {
	for _, c := range []struct{ before, now, want string }{
		{"", "one\ntwo", "one\ntwo"},
		{"one\ntwo\nthree", "one\ntwo, really\nthree\none", "two, really\none"},
		{"one\ntwo", "one", ""},
	} {
		if got := added(c.before, c.now); got != c.want {
			t.Errorf("%q to %q added %q, want %q", c.before, c.now, got, c.want)
		}
	}
	if got := plain("'''Bold''' [[Mill Lane|the lane]] and [[Westgate]]"); got != "Bold the lane and Westgate" {
		t.Errorf("got %q", got)
	}
}

func TestAddressesOfEditorsAreLeftOut(t *testing.T) {
	src := peer.Source(t, sourcestest.NewPlatform(t, http.NotFoundHandler())).(*reader)
	if m := src.mention(&change{Revision: 1, User: "192.0.2.7", Anon: true, Space: 1, Title: "Talk:X"}, "", "text"); m.Author.ID+m.Author.Handle+m.Author.Name+m.Author.URL != "" || m.Kind != sources.Comment {
		t.Errorf("got %+v", m)
	}
}

func TestErrorsInA200(t *testing.T) {
	for code, stops := range map[string]bool{"readapidenied": true, "bad_wltoken": true, "badvalue": true, "internal_api_error_DBQueryError": false} {
		p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"error":{"code":%q,"info":"x"}}`, code) }))
		if _, _, err := peer.Source(t, p).Next(t.Context(), ""); err == nil || errors.Is(err, sources.ErrStop) != stops {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// A source that was given another wiki takes nothing of the first one's for deleted.
func TestAnotherWikisMentions(t *testing.T) {
	x := peer
	p := sourcestest.NewPlatform(t, x.Serve(sourcestest.Fill(2)))
	held := []sources.Mention{{ID: "mediawiki:old.example.org/w/rev/1", Platform: platform, Text: "words"}}
	if got, err := x.Source(t, p).(sources.Rechecker).Recheck(t.Context(), held); err != nil || len(got) > 0 || len(p.Requests()) > 0 {
		t.Errorf("asked %d times, got %+v, %v", len(p.Requests()), got, err)
	}
}
