package podcast

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// station serves a podcast in the reference's shape, with a transcript for each episode.
type station struct {
	mu          sync.Mutex
	episodes    int
	notes       string
	namespace   string
	channel     string // more of the channel
	kind, words string // of the transcripts
}

func (s *station) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path != "/feed.xml" {
		fmt.Fprint(w, s.words)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(w, `<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:p="%s">
 <channel><title>Exampleford This Week</title><link>https://pod.example.org/</link><language>en-GB</language><p:guid>00000000-0000-5000-8000-000000000001</p:guid>%s`, s.namespace, s.channel)
	for n := s.episodes; n > 0; n-- {
		at := time.Now().Add(-time.Duration(s.episodes-n+1) * time.Hour).UTC().Format(time.RFC1123Z)
		fmt.Fprintf(w, `<item><title>Episode %d: potholes</title><guid isPermaLink="false">etw-%03d</guid><pubDate>%s</pubDate><description>%s</description><itunes:duration>1820</itunes:duration>
   <itunes:author>Jo Resident</itunes:author><enclosure url="https://pod.example.org/%d.mp3" type="audio/mpeg" length="29120000"/>
   <p:transcript url="https://pod.example.org/%d.txt" type="text/plain"/><p:transcript url="https://pod.example.org/%d.words" type="%s" language="en"/></item>`, n, n, at, s.notes, n, n, n, s.kind)
	}
	fmt.Fprint(w, `</channel></rss>`)
}

func (s *station) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

const vtt = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Jo>Good morning everybody, this is the programme of the week &amp; more of it.\n\n" +
	"1\n00:12:30.000 --> 00:12:34.000\n<v Jo>And now to the roads, which you all wrote to us about so often lately.\n\n" +
	"00:12:34.500 --> 00:12:38.000 align:start\nWe asked the Exampleford District\n\n00:12:38.000 --> 00:12:40.000\nCouncil why Mill Lane is shut.\n"

func newStation() *station {
	return &station{episodes: 3, notes: "About the Exampleford District Council.", namespace: "https://podcastindex.org/namespace/1.0", kind: "text/vtt", words: vtt}
}

func terms(t testing.TB) func() *sources.Terms {
	t.Helper()
	compiled, err := sources.CompileTerms([]settings.Term{{ID: "council", Query: "Exampleford District Council"}}, settings.Council{})
	if err != nil {
		t.Fatal(err)
	}
	return func() *sources.Terms { return compiled }
}

func source(t testing.TB, c *http.Client) sources.Source {
	t.Helper()
	src, err := New(settings.Source{ID: "pod", Every: settings.Duration(time.Second), Options: map[string]string{"url": "https://pod.example.org/feed.xml"}},
		sources.Deps{Client: func(settings.Source) *http.Client { return c }, Terms: terms(t)})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func first(t *testing.T, s http.Handler) []sources.Mention {
	t.Helper()
	ms, _, err := source(t, sourcestest.NewPlatform(t, s).Anywhere()).Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range ms {
		sources.Normalise(&ms[i], time.Now())
	}
	return ms
}

func TestSuite(t *testing.T) {
	p := sourcestest.NewPlatform(t, newStation())
	ids := first(t, newStation())
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		var want []sources.Mention
		for _, m := range ids {
			want = append(want, sources.Mention{ID: m.ID, Platform: platform})
		}
		return source(t, p.Anywhere()), want
	})
	for _, r := range p.Requests() {
		if r.Method != http.MethodGet || strings.HasSuffix(r.URL.Path, ".mp3") {
			t.Errorf("%s %s left", r.Method, r.URL.Path)
		}
	}
}

func TestFields(t *testing.T) {
	for _, namespace := range []string{"https://podcastindex.org/namespace/1.0", "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"} {
		s := newStation()
		s.namespace = namespace
		m := first(t, s)[0]
		if m.Title != "Episode 1: potholes" || m.Kind != sources.Article || m.Author.Name != "Jo Resident" || m.ThreadID != "podcast:00000000-0000-5000-8000-000000000001" ||
			m.Permalink != "https://pod.example.org/" || !strings.HasPrefix(m.ID, "podcast:") || !strings.HasSuffix(m.ID, "/etw-001") || m.Lang != "en-GB" {
			t.Errorf("got %+v", m)
		}
		const want = "About the Exampleford District Council.\n\n[0:00:01] Good morning everybody, this is the programme of the week & more of it. And now to the roads, " +
			"which you all wrote to us about so often lately. We asked the Exampleford District Council why Mill Lane is shut."
		if m.Text != want {
			t.Errorf("the text is %q", m.Text)
		}
		if m.Media[0].Type != "audio" || m.Media[1].URL != "https://pod.example.org/1.words" {
			t.Errorf("media %+v", m.Media)
		}
	}
}

// Every form of transcript gives the same passage, with its time where it has one.
func TestForms(t *testing.T) {
	filler := strings.Repeat("nothing much was said about anything at all that morning in the town. ", 3)
	for name, c := range map[string]struct{ body, want string }{
		"srt": {"1\n00:00:01,000 --> 00:00:02,000\n" + filler + "\n\n2\n01:02:03,400 --> 01:02:05,000\nThe Exampleford District Council\nsaid so.\n", "[0:00:01] " + filler + "The Exampleford District Council said so."},
		"json of single words": {`{"version":"1.0.0","segments":[{"startTime":62.5,"body":"The"},{"startTime":63,"body":"Exampleford"},{"startTime":63.2,"body":"District"},{"startTime":63.4,"body":"Council"}]}`,
			"[0:01:02] The Exampleford District Council"},
		"html":    {"<!doctype html><p>The Exampleford <b>District</b> Council</p>", "The Exampleford District Council"},
		"plain":   {"The Exampleford District Council", "The Exampleford District Council"},
		"long":    {strings.Repeat(filler, 20) + "The Exampleford District Council. " + strings.Repeat(filler, 20), "The Exampleford District Council."},
		"no term": {vtt[:120], ""},
		"broken":  {`{"segments":[{"startTime":"x"`, ""},
		"nothing": {"", ""},
	} {
		got := passages(cues([]byte(c.body)), terms(t)())
		if name == "long" && len(got) < 2000 && strings.Contains(got, c.want) {
			continue
		}
		if got != c.want {
			t.Errorf("%s gives %q", name, got)
		}
	}
}

func TestPassages(t *testing.T) {
	var all []cue
	for i := range 100 {
		all = append(all, cue{time.Duration(i) * time.Minute, fmt.Sprintf("c%d", i)})
	}
	all[0].text, all[50].text, all[52].text, all[99].text = "Exampleford District Council", "Exampleford", "District", "the Exampleford District Council"
	all[51].text = "Exampleford District Council"
	want := "[0:00:00] Exampleford District Council c1 c2\n\n[0:49:00] c49 Exampleford Exampleford District Council District c53\n\n[1:37:00] c97 c98 the Exampleford District Council"
	if got := passages(all, terms(t)()); got != want {
		t.Errorf("got %q", got)
	}
	many := make([]cue, 1000)
	for i := range many {
		many[i].text = "Exampleford District Council"
	}
	if got := strings.Count(passages(many, terms(t)()), "\n\n"); got != maxPassages-1 {
		t.Errorf("%d passages", got+1)
	}
}

// A transcript that comes later is a change; one that cannot be had three times is gone without.
func TestTranscriptLater(t *testing.T) {
	s := newStation()
	s.episodes, s.kind = 1, "unknown/kind"
	s.words = ""
	p := sourcestest.NewPlatform(t, s)
	src := source(t, p.Anywhere())
	ms, after, err := src.Next(t.Context(), "")
	if err != nil || len(ms) != 1 {
		t.Fatalf("got %+v, %v", ms, err)
	}
	s.set(func() { s.notes, s.words, s.kind = "Corrected notes.", vtt, "text/vtt" })
	ms, _, err = src.Next(t.Context(), after)
	if err != nil || len(ms) != 1 || ms[0].State != sources.Edited || !strings.Contains(ms[0].Text, "Corrected notes.") || !strings.Contains(ms[0].Text, "Mill Lane is shut") {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestNoTranscript(t *testing.T) {
	s := newStation()
	s.episodes = 1
	p := sourcestest.NewPlatform(t, s)
	p.Break(nil, sourcestest.Status(500), nil, sourcestest.Huge(6<<20), nil, sourcestest.Status(503))
	src := source(t, p.Anywhere())
	for range tries - 1 {
		if _, c, err := src.Next(t.Context(), ""); err == nil || errors.Is(err, sources.ErrStop) || c != "" {
			t.Fatalf("got %v", err)
		}
	}
	ms, _, err := src.Next(t.Context(), "")
	if err != nil || len(ms) != 1 || strings.Contains(ms[0].Text, "Mill Lane") {
		t.Errorf("got %+v, %v", ms, err)
	}
	p.Fired(t, 6)

	p.Break(nil, sourcestest.Status(403))
	if ms, _, err := source(t, p.Anywhere()).Next(t.Context(), ""); err != nil || len(ms) != 1 {
		t.Errorf("a transcript that may not be read gives %d mentions, %v", len(ms), err)
	}
}

func TestBlocked(t *testing.T) {
	s := newStation()
	s.channel = `<p:block id="somebody">yes</p:block><itunes:block>yes</itunes:block>`
	if got := first(t, s); len(got) != 3 {
		t.Errorf("%d mentions", len(got))
	}
	s.channel = `<p:block>yes</p:block>`
	if _, _, err := source(t, sourcestest.NewPlatform(t, s).Anywhere()).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) {
		t.Errorf("got %v", err)
	}
}

func TestFaults(t *testing.T) {
	for name, fault := range map[string]sourcestest.Fault{"500": sourcestest.Status(500), "429": sourcestest.Status(429), "cut": sourcestest.Truncated(),
		"a page": sourcestest.Body("text/html", "<!doctype html><title>x</title>"), "26 MiB": sourcestest.Huge(26 << 20), "rubbish": sourcestest.Body("text/plain", "hello")} {
		p := sourcestest.NewPlatform(t, newStation())
		p.Break(fault)
		src := source(t, p.Anywhere())
		var f *sources.Fault
		if _, _, err := src.Next(t.Context(), ""); !errors.As(err, &f) || errors.Is(err, sources.ErrStop) {
			t.Errorf("%s: %v", name, err)
		}
		if ms, _, err := src.Next(t.Context(), ""); err != nil || len(ms) != 3 {
			t.Errorf("after %s: %d mentions, %v", name, len(ms), err)
		}
	}
}

// What somebody makes to keep us busy is read in a moment: a million letters of one cue, and of one word.
func TestHugeCues(t *testing.T) {
	for name, body := range map[string]string{
		"a cue":  "WEBVTT\n\n00:01.000 --> 00:02.000\n" + strings.Repeat("a\n", 1<<20),
		"a word": strings.Repeat("ä", 1<<20),
	} {
		for _, c := range cues([]byte(body)) {
			if len(c.text) > 2*lineBytes || !utf8.ValidString(c.text) {
				t.Fatalf("%s gives a cue of %d bytes", name, len(c.text))
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	s := newStation()
	s.episodes, s.kind = 1000, "none"
	src := settings.Source{ID: "pod", Options: map[string]string{"url": "https://pod.example.org/feed.xml"}}
	body := sourcestest.Record(s)
	for b.Loop() {
		x, err := New(src, sources.Deps{Client: func(settings.Source) *http.Client { return body }})
		if err != nil {
			b.Fatal(err)
		}
		if ms, _, err := x.Next(b.Context(), ""); err != nil || len(ms) != 1000 {
			b.Fatal(len(ms), err)
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "mentions/s")
}

func FuzzCues(f *testing.F) {
	f.Add([]byte(vtt))
	f.Add([]byte(`{"segments":[{"startTime":1e99,"body":"x"}]}`))
	f.Add([]byte("<html><p>x"))
	all := terms(f)()
	f.Fuzz(func(_ *testing.T, b []byte) { passages(cues(b), all) })
}
