package bluesky

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

func terms(t testing.TB, n int) *sources.Terms {
	t.Helper()
	list := []settings.Term{{ID: "bins", Query: `bins "Mill Lane"`}, {ID: "tag", Query: "#Exampleford"}}
	for i := len(list); i < n; i++ {
		list = append(list, settings.Term{ID: fmt.Sprintf("t%d", i), Query: fmt.Sprintf(`"Example Place %d" road%d`, i, i)})
	}
	x, err := sources.CompileTerms(list, settings.Council{Name: "Exampleford District Council"})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func create(n int, text string) string {
	return fmt.Sprintf(`{"did":"did:plc:ex%d","time_us":%d,"kind":"commit","commit":{"rev":"r%d","operation":"create","collection":"app.bsky.feed.post","rkey":"k%d",`+
		`"cid":"c","record":{"$type":"app.bsky.feed.post","text":%s,"createdAt":"2026-11-20T08:15:30.000Z","langs":["en"]}}}`,
		n, 1795162530500123+int64(n)*1000, n, n, strconv.Quote(text))
}

func remove(at, n int) string {
	return fmt.Sprintf(`{"did":"did:plc:ex%d","time_us":%d,"kind":"commit","commit":{"rev":"x%d","operation":"delete","collection":"app.bsky.feed.post","rkey":"k%d"}}`,
		n, 1795162530500123+int64(at)*1000, at, n)
}

func accountGone(at, n int) string {
	return fmt.Sprintf(`{"did":"did:plc:ex%d","time_us":%d,"kind":"account","account":{"active":false,"did":"did:plc:ex%d","seq":1,"status":"deleted","time":"2026-11-20T08:18:10.100Z"}}`,
		n, 1795162530500123+int64(at)*1000, n)
}

// fakeJetstream replays its frames from the cursor on and then keeps the connection open, or cuts it after a number of frames.
type fakeJetstream struct {
	*httptest.Server
	mu      sync.Mutex
	frames  []string
	cutAt   int // frames after which the first connection ends; 0: never
	cursors []string
}

func serve(t *testing.T, frames ...string) *fakeJetstream {
	t.Helper()
	f := &fakeJetstream{frames: frames}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		f.mu.Lock()
		cut := f.cutAt
		f.cutAt = 0
		f.cursors = append(f.cursors, r.URL.Query().Get("cursor"))
		f.mu.Unlock()
		from, _ := strconv.ParseInt(r.URL.Query().Get("cursor"), 10, 64)
		ctx := c.CloseRead(r.Context())
		for i, fr := range f.frames {
			if cut > 0 && i == cut {
				return
			}
			at, _ := strconv.ParseInt(strings.SplitN(strings.SplitN(fr, `"time_us":`, 2)[1], ",", 2)[0], 10, 64)
			if at >= from && c.Write(ctx, websocket.MessageText, []byte(fr)) != nil {
				return
			}
		}
		<-ctx.Done()
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeJetstream) address() string { return "ws" + strings.TrimPrefix(f.URL, "http") }

func open(t *testing.T, f *fakeJetstream, d sources.Deps) sources.Source {
	t.Helper()
	d.Client = func(settings.Source) *http.Client { return f.Client() }
	s, err := New(settings.Source{ID: "sky", Kind: "bluesky", Options: map[string]string{"jetstream": f.address(), "account": "did:plc:council"}}, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.(sources.Closer).Close() })
	return s
}

var network = []string{
	create(1, "What a match last night"),
	create(2, "Is Exampleford District Council open on Saturday?"),
	create(3, "bins again on Mill\nLane"),
	create(4, "caf\u00e9 open"),
	create(5, "Potholes #exampleford"),
	remove(6, 1),
	remove(7, 3),
	create(8, "Exampleford District Council says no"),
	accountGone(9, 8),
}

func wantNetwork() []sources.Mention {
	m := func(n int, s sources.State) sources.Mention {
		return sources.Mention{ID: fmt.Sprintf("bluesky:at://did:plc:ex%d/app.bsky.feed.post/k%d", n, n), Platform: "bluesky", State: s}
	}
	return []sources.Mention{m(2, ""), m(3, ""), m(5, ""), m(3, sources.Deleted), m(8, ""), m(8, sources.Deleted)}
}

func TestStream(t *testing.T) {
	known := map[string]bool{}
	for _, m := range wantNetwork() {
		known[m.ID] = true
	}
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		x := terms(t, 10)
		return open(t, serve(t, network...), sources.Deps{Terms: func() *sources.Terms { return x },
			Known: func(_ context.Context, ids []string) ([]bool, error) {
				out := make([]bool, len(ids))
				for i, id := range ids {
					out[i] = known[id]
				}
				return out, nil
			},
			ByAuthor: func(_ context.Context, _ string, authors []string) (map[string][]string, error) {
				if authors[0] != "did:plc:ex8" {
					return nil, nil
				}
				return map[string][]string{authors[0]: {wantNetwork()[4].ID}}, nil
			}}), wantNetwork()
	})
}

func TestStreamRewindsAfterACut(t *testing.T) {
	f := serve(t, network...)
	f.cutAt = 3
	x := terms(t, 10)
	src := open(t, f, sources.Deps{Terms: func() *sources.Terms { return x }})
	log, cursors, health := sourcestest.NewLog(), &sourcestest.Cursors{}, &sourcestest.HealthLog{}
	set := settings.Source{ID: "sky", Kind: "bluesky"}
	d := sources.Deps{Terms: func() *sources.Terms { return x }}
	sup := &sources.Supervisor{Settings: set, Source: src, Publisher: log, Cursors: cursors, Deps: d, Health: sources.NewMonitor(set, "", health, d, nil)}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- sup.Run(ctx) }()
	for len(log.Mentions()) < len(wantNetwork()) {
		select {
		case <-log.Changed():
		case <-ctx.Done():
			t.Fatalf("only %d mentions came", len(log.Mentions()))
		}
	}
	cancel()
	<-done
	var got, want []string
	for _, m := range log.Mentions() {
		got = append(got, string(m.State)+m.ID)
	}
	for _, m := range wantNetwork() {
		want = append(want, string(m.State)+m.ID)
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.cursors) < 2 || f.cursors[0] != "" {
		t.Fatalf("connections began at %q, want a second one", f.cursors)
	}
	at, _ := strconv.ParseInt(f.cursors[1], 10, 64)
	if read := int64(1795162530500123 + 3*1000); at > read-rewind.Microseconds() {
		t.Errorf("the second connection began at %d, less than 5 s before %d", at, read)
	}
	failed := false
	for _, h := range health.All() {
		failed = failed || h.State == sources.StateFailing
	}
	if !failed {
		t.Error("the cut connection never showed in the health")
	}
}

func TestMentionOfARecord(t *testing.T) {
	record := `{"$type":"app.bsky.feed.post","text":"@exampleford-dc.example.com bins missed","createdAt":"2026-11-20T08:15:30.000Z","langs":["en-GB","cy"],
		"reply":{"root":{"uri":"at://did:plc:a/app.bsky.feed.post/1","cid":"x"},"parent":{"uri":"at://did:plc:b/app.bsky.feed.post/2","cid":"x"}},
		"facets":[{"index":{"byteStart":0,"byteEnd":27},"features":[{"$type":"app.bsky.richtext.facet#mention","did":"did:plc:council"}]},
		{"index":{"byteStart":0,"byteEnd":2},"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.org/a?utm_source=x"}]}],
		"labels":{"$type":"com.atproto.label.defs#selfLabels","values":[{"val":"!no-unauthenticated"}]},
		"embed":{"$type":"app.bsky.embed.recordWithMedia","record":{"$type":"app.bsky.embed.record","record":{"uri":"at://did:plc:c/app.bsky.feed.post/3","cid":"x"}},
		"media":{"$type":"app.bsky.embed.images","images":[{"alt":"an overflowing bin","image":{"$type":"blob","ref":{"$link":"bafy"},"mimeType":"image/jpeg","size":1}}]}}}`
	m, err := mention("did:plc:jo", "r", []byte(record), time.Now(), []string{"did:plc:council"})
	if err != nil {
		t.Fatal(err)
	}
	sources.Normalise(&m, time.Now())
	for _, c := range []struct{ what, got, want string }{
		{"id", m.ID, "bluesky:at://did:plc:jo/app.bsky.feed.post/r"},
		{"kind", string(m.Kind), "reply"},
		{"parent", m.ParentID, "bluesky:at://did:plc:b/app.bsky.feed.post/2"},
		{"thread", m.ThreadID, "bluesky:at://did:plc:a/app.bsky.feed.post/1"},
		{"quoted", m.QuotedID, "bluesky:at://did:plc:c/app.bsky.feed.post/3"},
		{"links", strings.Join(m.Links, " "), "https://example.org/a"},
		{"alt", m.Media[0].Alt, "an overflowing bin"},
		{"matched by", strings.Join(m.MatchedBy, " "), "mention"},
		{"visibility", m.Visibility, "members"},
		{"lang", m.Lang, "en-GB"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
}

// The glance must find at least everything by which the decoded mention matches, or posts would be lost.
func TestGlanceSeesWhatTheMentionShows(t *testing.T) {
	x := terms(t, 10)
	for _, frame := range []string{
		create(1, "Exampleford \"District\" Council\t\U0001F600"),
		create(2, "EXAMPLEFORD\u00a0DISTRICT\u00a0COUNCIL"),
		strings.Replace(create(3, "look"), `"langs"`, `"embed":{"$type":"app.bsky.embed.external","external":{"uri":"https://e.org","title":"Exampleford District Council votes","description":""}},"langs"`, 1),
		strings.Replace(create(4, "look"), `"langs"`, `"embed":{"$type":"app.bsky.embed.images","images":[{"alt":"Exampleford District Council sign","image":{}}]},"langs"`, 1),
		strings.Replace(create(5, "look"), `"langs"`, `"facets":[{"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://x.org/exampleford-district-council"}]}],"langs"`, 1),
	} {
		m, _, err := decode([]byte(frame), nil)
		if err != nil {
			t.Fatal(err)
		}
		sources.Normalise(&m, time.Now())
		if len(x.MatchMention(&m)) == 0 {
			t.Fatalf("the fixture %s matches nothing", frame)
		}
		g, err := newGlancer(nil).look([]byte(frame))
		if err != nil || len(x.MatchBytes(g.readable, "")) == 0 {
			t.Errorf("a glance at %s saw %q (%v)", frame, g.readable, err)
		}
	}
}

func TestPostsThatDoNotMatchCostNoAllocation(t *testing.T) {
	x := terms(t, 200)
	s := &stream{posts: posts{deps: sources.Deps{Terms: func() *sources.Terms { return x }}}}
	g := newGlancer(nil)
	frame := []byte(create(1, "A perfectly ordinary post about football and the weather, nothing to see here, 3-1 after extra time"))
	n := testing.AllocsPerRun(1000, func() {
		if _, ok := s.judge(g, frame); ok {
			t.Fatal("it matched")
		}
	})
	if n > 0 {
		t.Errorf("%.1f allocations a post", n)
	}
}

func BenchmarkJudge(b *testing.B) {
	x := terms(b, 200)
	s := &stream{posts: posts{deps: sources.Deps{Terms: func() *sources.Terms { return x }}}}
	g := newGlancer(nil)
	frame := []byte(create(1, "A perfectly ordinary post about football and the weather, nothing to see here, 3-1 after extra time, and then the road home was closed by the council of some other town"))
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		s.judge(g, frame)
	}
}

func FuzzJudge(f *testing.F) {
	for _, fr := range network {
		f.Add([]byte(fr))
	}
	x, err := sources.CompileTerms(nil, settings.Council{Name: "Exampleford District Council"})
	if err != nil {
		f.Fatal(err)
	}
	s := &stream{posts: posts{deps: sources.Deps{Terms: func() *sources.Terms { return x }}}}
	g := newGlancer([]string{"did:plc:council"})
	f.Fuzz(func(t *testing.T, frame []byte) {
		e, ok := s.judge(g, frame)
		if ok && e.gone == "" && e.mention.ID == "" {
			t.Error("an event without content")
		}
	})
}
