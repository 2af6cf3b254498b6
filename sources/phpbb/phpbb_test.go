package phpbb

import (
	"encoding/xml"
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

// serve makes a board that answers as phpBB 3.3 does, with a feed of everything it has, and 404 for the page of a deleted post.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/app.php/feed":
			w.Header().Set("Content-Type", "application/atom+xml; charset=UTF-8")
			fmt.Fprint(w, head)
			for _, s := range c.Newest(0, c.Len()) {
				fmt.Fprint(w, entryOf(s))
			}
			fmt.Fprint(w, "</feed>")
		case "/viewtopic.php":
			n, _ := strconv.Atoi(r.URL.Query().Get("p"))
			if s, ok := c.One(n); !ok || s.Gone {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, "<!doctype html><title>Mill Lane</title>")
		default:
			http.NotFound(w, r)
		}
	})
}

const head = `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-gb">
<link rel="self" type="application/atom+xml" href="https://board.example.org/app.php/feed" />
<title>Exampleford Talk</title><id>https://board.example.org/app.php/feed</id>
`

func entryOf(s sourcestest.Shown) string {
	updated := s.At
	if !s.Edited.IsZero() {
		updated = s.Edited
	}
	return fmt.Sprintf(`<entry>
<author><name><![CDATA[jo_resident]]></name></author>
<updated>%s</updated>
<published>%s</published>
<id>https://board.example.org/viewtopic.php?t=77&amp;p=%d#p%d</id>
<link href="https://board.example.org/viewtopic.php?t=77&amp;p=%d#p%d"/>
<title type="html"><![CDATA[Local &amp; roads • Re: Mill Lane]]></title>
<content type="html" xml:base="https://board.example.org/viewtopic.php?t=77"><![CDATA[
%s<br />Really.<p>Statistics: Posted by <a href="https://board.example.org/memberlist.php?mode=viewprofile&amp;u=15">jo_resident</a> — Fri Nov 20, 2026 8:15 am</p><hr />
]]></content>
</entry>
`, updated.Format(time.RFC3339), s.At.Format(time.RFC3339), s.N, s.N, s.N, s.N, s.Text)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"url": "https://board.example.org/index.php"},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("phpbb:board.example.org/p%d", n) },
	Page:      15,
	Backlog:   12_000,                                                                                    // a feed is one answer, of 10 MiB at most
	Throttled: sourcestest.Status(503, "Retry-After", until.UTC().Format(http.TimeFormat)), Until: until, // the host's
	WrongType: `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry><id>`,
	Check: func(t *testing.T, m sources.Mention) {
		sources.Normalise(&m, time.Now())
		if m.Title != "Mill Lane" || m.Kind != sources.Reply || m.Author.Handle != "jo_resident" || m.Author.ID != "board.example.org/u15" || m.ThreadID != "phpbb:board.example.org/t77" ||
			m.Text != "Exampleford Council left pothole 1 on Mill Lane\nReally." || m.Permalink != "https://board.example.org/viewtopic.php?p=1&t=77#p1" || m.Lang != "en-GB" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestPhpBB(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestOlderBoard(t *testing.T) {
	old := `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry><author><name>Sam</name></author><updated>` + time.Now().Add(-time.Hour).Format(time.RFC3339) + `</updated>
		<id>https://board.example.org/viewtopic.php?f=7&amp;t=9&amp;p=12&amp;sid=abc#p12</id><title type="html">Bins</title><content type="html">Missed.&lt;p&gt;Statistics: Posted by Guest — Fri&lt;/p&gt;&lt;hr /&gt;</content></entry></feed>`
	var asked []string
	x := peer
	x.Options = map[string]string{"url": "https://board.example.org", "forum": "7"}
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		if r.URL.Path != "/feed.php" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, old)
	}))
	ms, _, err := x.Source(t, p).Next(t.Context(), "")
	if err != nil || len(ms) != 1 || strings.Join(asked, " ") != "/app.php/feed/forum/7 /feed.php?f=7" {
		t.Fatalf("%v, %v after %v", ms, err, asked)
	}
	if m := ms[0]; m.ID != "phpbb:board.example.org/p12" || m.Kind != sources.Post || m.TextRaw != "Missed." || strings.Contains(m.Permalink, "sid") || m.CreatedAt.IsZero() {
		t.Errorf("got %+v", m)
	}
}

func TestNoFeed(t *testing.T) {
	if _, _, err := peer.Source(t, sourcestest.NewPlatform(t, http.NotFoundHandler())).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "offers no feed") {
		t.Errorf("got %v", err)
	}
}

// A text that only looks as if it ended in statistics stays whole.
func TestTextIsKept(t *testing.T) {
	x := peer.Source(t, sourcestest.NewPlatform(t, http.NotFoundHandler())).(*reader)
	var e entry
	if err := xml.Unmarshal([]byte(entryOf(sourcestest.Shown{N: 1, At: time.Now(), Text: "<p>Note: the council — ours</p>"})), &e); err != nil {
		t.Fatal(err)
	}
	if m, ok := x.mention(&e, ""); !ok || !strings.Contains(m.TextRaw, "Note: the council — ours") || strings.Contains(m.TextRaw, "Statistics") {
		t.Errorf("got %+v", m)
	}
}

func TestEdit(t *testing.T) {
	c := sourcestest.Fill(3)
	src := peer.Source(t, sourcestest.NewPlatform(t, serve(c)))
	_, cursor, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	c.Change(2, func(s *sourcestest.Shown) { s.Text, s.Edited = "Mended", time.Now() })
	if ms, _, err := src.Next(t.Context(), cursor); err != nil || len(ms) != 1 || ms[0].ID != peer.ID(2) || ms[0].State != sources.Edited || !strings.Contains(ms[0].TextRaw, "Mended") {
		t.Errorf("got %+v, %v", ms, err)
	}
}
