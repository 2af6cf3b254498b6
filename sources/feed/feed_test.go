package feed

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/fetch"
	"earshot/sources/sourcestest"
)

// site serves one document with an ETag, and can change it.
type site struct {
	mu   sync.Mutex
	body []byte
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tag := `"` + shortHash(string(s.body)) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Last-Modified", "Fri, 20 Nov 2026 08:00:00 GMT")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(s.body)
}

func (s *site) replace(old, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body = bytes.Replace(s.body, []byte(old), []byte(to), 1)
}

func testdata(t testing.TB, name string) *site {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return &site{body: b}
}

func open(t *testing.T, address string, every time.Duration) *Feed {
	t.Helper()
	src, err := New(settings.Source{ID: "blog", Kind: "feed", Every: settings.Duration(every), Options: map[string]string{"url": address}}, sources.Deps{
		Client: func(settings.Source) *http.Client {
			c, err := fetch.New(fetch.Config{AllowNet: []string{"127.0.0.1"}})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}})
	if err != nil {
		t.Fatal(err)
	}
	return src.(*Feed)
}

func TestFeeds(t *testing.T) {
	for name, want := range map[string][]sources.Mention{
		"rss.xml": {{ID: "https://news.example.org/?p=1#comment-9"}, {ID: "n-2"}, {ID: "https://news.example.org/3"}},
		"atom.xml": {{ID: "tag:voices.example.org,2026:post-41"}, {ID: "tag:voices.example.org,2026:post-42"},
			{ID: "tag:voices.example.org,2026:post-40", State: sources.Deleted}, {ID: "tag:voices.example.org,2026:post-43"}},
		"feed.json":  {{ID: "41"}, {ID: "42"}, {ID: "43"}},
		"alerts.xml": {{ID: "tag:google.com,2013:googlealerts/feed:101"}, {ID: "tag:google.com,2013:googlealerts/feed:102"}, {ID: "tag:google.com,2013:googlealerts/feed:103"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := sourcestest.NewPlatform(t, testdata(t, name)) // one address for the whole suite: it is part of the IDs
			sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
				f := open(t, p.URL+"/feed?key="+sourcestest.Secret, time.Second)
				out := make([]sources.Mention, len(want))
				for i, m := range want {
					m.ID, m.Platform = f.id(m.ID), "feed"
					out[i] = m
				}
				return f, out
			})
		})
	}
}

func read(t *testing.T, name string) map[string]sources.Mention {
	t.Helper()
	f := open(t, sourcestest.NewPlatform(t, testdata(t, name)).URL, time.Second)
	ms, _, err := f.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]sources.Mention{}
	for _, m := range ms {
		sources.Normalise(&m, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
		_, id, _ := strings.Cut(m.ID, "/")
		out[id] = m
	}
	return out
}

func TestFields(t *testing.T) {
	rss, atom, jsonFeed, alerts := read(t, "rss.xml"), read(t, "atom.xml"), read(t, "feed.json"), read(t, "alerts.xml")
	second := rss["n-2"]
	a41, a43 := atom["tag:voices.example.org,2026:post-41"], atom["tag:voices.example.org,2026:post-43"]
	alert := alerts["tag:google.com,2013:googlealerts/feed:103"]
	for _, c := range []struct{ what, got, want string }{
		{"rss text", second.Text, "The whole text."},
		{"rss title", second.Title, "Second & last"},
		{"rss author", second.Author.Name, "Jo Resident"},
		{"rss link", strings.Join(second.Links, " "), "https://e.org/x"},
		{"rss language", second.Lang, "en-GB"},
		{"rss media", second.Media[0].Type + " " + second.Media[0].URL, "audio https://news.example.org/2.mp3"},
		{"rss comment", string(rss["https://news.example.org/?p=1#comment-9"].Kind), "comment"},
		{"rss address left out", rss["https://news.example.org/?p=1#comment-9"].Author.Name, "Jo"},
		{"rss excerpt", map[bool]string{true: "truncated"}[rss["https://news.example.org/3"].Truncated], "truncated"},
		{"atom author", a41.Author.Name + " " + a41.Author.URL, "Jo Resident https://jo.example.org/"},
		{"atom edited", a41.EditedAt.Format(time.RFC3339), "2026-11-20T08:20:00Z"},
		{"atom title", a43.Title, "Reply to lane"},
		{"atom plain text", a43.Text, "3 < 4 weeks"},
		{"atom parent", a43.ParentID, a41.ID},
		{"json plain text", jsonFeed["42"].Text, "2 < 3 & more"},
		{"json html", jsonFeed["43"].Text, "Third"},
		{"alert link", alert.Permalink, "https://news.example.org/a?id=3"},
		{"alert title", alert.Title, "Exampleford council 'sorry'"},
		{"alert text", alert.Text, "The council said ..."},
		{"alert precision", alert.CreatedPrecision, "indexed"},
		{"alert link by q", alerts["tag:google.com,2013:googlealerts/feed:102"].Permalink, "https://news.example.org/b"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
	if second.Engagement["replies"] != 4 || a41.Engagement["replies"] != 3 {
		t.Errorf("replies %v %v", second.Engagement, a41.Engagement)
	}
}

func TestAnEditAndNothingElse(t *testing.T) {
	s := testdata(t, "atom.xml")
	p := sourcestest.NewPlatform(t, s)
	f := open(t, p.URL, time.Second)
	_, c1, err := f.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.replace("No bins.", "No bins, sorry.")
	ms, c2, err := f.Next(t.Context(), c1)
	if err != nil || len(ms) != 1 || ms[0].State != sources.Edited || !strings.HasSuffix(ms[0].ID, "post-42") || c1 == c2 {
		t.Fatalf("got %+v, %v", ms, err)
	}
	for _, r := range p.Requests()[1:] {
		if r.Header.Get("If-None-Match") == "" || r.Header.Get("If-Modified-Since") == "" {
			t.Errorf("a request without validators: %v", r.Header)
		}
	}
	// A new process with the last cursor sees nothing new: the server says 304.
	before := len(p.Requests())
	g := open(t, p.URL, time.Second)
	if _, next, err := g.poll(t.Context(), mustCursor(t, c2)); err != nil || next.encode() != c2 || len(p.Requests()) != before+1 {
		t.Errorf("the cursor moved, or %v", err)
	}
}

func TestFaultsAreSentences(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault sourcestest.Fault
		want  string
		stop  bool
		wait  bool
	}{
		{"a web page", sourcestest.Body("text/html", `<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="http://127.0.0.1:9/feed/"></head>`), "use http://127.0.0.1:9/feed/ instead", false, false},
		{"a web page without", sourcestest.Body("application/xml", `<html><body>Hello`), "a web page, not a feed", false, false},
		{"rubbish", sourcestest.Body("text/plain", "hello"), "neither RSS, Atom nor a JSON feed", false, false},
		{"broken XML", sourcestest.Body("text/xml", "<rss><channel><item><title>a"), "broken one", false, false},
		{"50 MB", sourcestest.Huge(50 << 20), "more than the 10 MiB", false, false},
		{"gone", sourcestest.Status(410), "gone for good", true, false},
		{"not found", sourcestest.Status(404), "tried again every hour", false, true},
		{"patience", sourcestest.Status(503, "Retry-After", "120"), "asks for patience (503)", false, true},
		{"a fault of its own", sourcestest.Status(500), "a fault of its own (500)", false, false},
		{"cut", sourcestest.Truncated(), "broke off", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := sourcestest.NewPlatform(t, testdata(t, "rss.xml"))
			p.Break(c.fault)
			f := open(t, p.URL+"/?key="+sourcestest.Secret, time.Second)
			_, cur, err := f.Next(t.Context(), "")
			p.Fired(t, 1)
			sourcestest.CheckSecret(t, err)
			var w *sources.Wait
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, sources.ErrStop) != c.stop || errors.As(err, &w) != c.wait || cur != "" {
				t.Fatalf("got %v (%q), want %q", err, cur, c.want)
			}
		})
	}
}

func TestPermanentRedirectIsStored(t *testing.T) {
	p := sourcestest.NewPlatform(t, testdata(t, "rss.xml"))
	old := sourcestest.NewPlatform(t, http.RedirectHandler(p.URL+"/new", http.StatusMovedPermanently))
	f := open(t, old.URL, time.Second)
	_, c, err := f.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.poll(t.Context(), mustCursor(t, c)); err != nil || len(old.Requests()) != 1 {
		t.Errorf("the old address was asked %d times, %v", len(old.Requests()), err)
	}
}

func TestRhythm(t *testing.T) {
	f := open(t, "http://127.0.0.1:9/", 0)
	doc, err := f.parse(sources.Response{Body: testdata(t, "rss.xml").body})
	if err != nil {
		t.Fatal(err)
	}
	at := func(now string, h http.Header, r rhythm) string {
		n, _ := time.Parse("15:04", now)
		return f.interval(h, r)(n).Format("15:04")
	}
	for _, c := range []struct{ what, got, want string }{
		{"floor", at("10:00", nil, rhythm{}), "10:15"},
		{"ttl of an hour", at("10:00", nil, doc.rhythm), "11:00"},
		{"hours to skip", at("01:30", nil, doc.rhythm), "04:00"},
		{"max-age", at("10:00", http.Header{"Cache-Control": {"public, max-age=3600"}}, rhythm{}), "11:00"},
		{"max-age under the floor", at("10:00", http.Header{"Cache-Control": {"max-age=5"}}, rhythm{}), "10:15"},
	} {
		if c.got != c.want {
			t.Errorf("%s: next at %s, want %s", c.what, c.got, c.want)
		}
	}
}

func TestOptionFaults(t *testing.T) {
	for _, s := range []settings.Source{{}, {Options: map[string]string{"url": "www.example.org"}}, {Options: map[string]string{"url": "ftp://e.org/"}},
		{Every: settings.Duration(time.Millisecond), Options: map[string]string{"url": "https://e.org/"}}} {
		if _, err := New(s, sources.Deps{}); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, n := range []string{"rss.xml", "atom.xml", "feed.json", "alerts.xml"} {
		f.Add(testdata(f, n).body)
	}
	x := &Feed{url: "https://e.org", platform: "feed"}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := x.parse(sources.Response{Body: b})
		if err != nil {
			return
		}
		cursor{}.compare(d, time.Now())
	})
}

func mustCursor(t *testing.T, c sources.Cursor) (out cursor) {
	t.Helper()
	out, err := parseCursor(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
