package sources

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestCleanText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Bins again.", "Bins again."},
		{"spaces", "  a \t b\u00a0\u2003c  ", "a b c"},
		{"paragraphs", "a\r\n\r\n\r\n\r\nb\nc\u2028d \n", "a\n\nb\nc\nd"},
		{"composed", "cafe\u0301", "café"},
		{"broken UTF-8", "a\xff\xfeb", "a\ufffdb"},
		{"control", "a\x00b\x1b[31mc\x7f", "ab[31mc"},
		{"direction", "abc\u202egpj.exe\u202c \u2066x\u2069\u200f", "abcgpj.exe x"},
		{"zero width", "b\u200bi\u2060n\ufeffs\u00ad", "bins"},
		{"an accent behind an invisible", "e\u200b\u0301", "é"},
		{"family", "👩\u200d👩\u200d👧 ok", "👩\u200d👩\u200d👧 ok"},
		{"rainbow flag", "🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"},
		{"Wales", "🏴\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F", "🏴\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F"},
		{"tags without flag", "a\U000E0067\U000E0062", "a"},
		{"joiner in Latin", "bi\u200dns", "bins"},
		{"joiner in Persian", "می\u200cخواهم", "می\u200cخواهم"},
		{"Hindi", "क्\u200dष", "क्\u200dष"},
		{"Arabic stays", "مرحبا", "مرحبا"},
		{"empty", " \n\t ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := CleanText(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestHTMLToText(t *testing.T) {
	for _, c := range []struct{ name, in, want, links string }{
		{"paragraphs", "<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree", ""},
		{"entities once", "<p>Fish &amp;amp; chips &pound;3 &#8211; &lt;now&gt;</p>", "Fish &amp; chips £3 – <now>", ""},
		{"a link", `See <a href="https://e.org/a?utm_source=x&amp;b=1">the page</a>.`, "See the page.", "https://e.org/a?b=1"},
		{"bad links", `<a href="javascript:alert(1)">x</a><a href="mailto:a@b.c">y</a>`, "xy", ""},
		{"script and style", "<style>p{}</style>a<script>alert('b')</script>c<!-- d -->", "ac", ""},
		{"hidden", `a<span style="display: none">b<span>c</span></span>d<p hidden>e</p>`, "ad", ""},
		{"Mastodon", `<p>Potholes <a href="https://s.e/tags/E" class="mention hashtag" rel="tag">#<span>E</span></a> ` +
			`<a href="https://e.org/long"><span class="invisible">https://</span><span>e.org/long</span></a></p>`, "Potholes #E https://e.org/long", "https://e.org/long"},
		{"emoji picture", `ok <img class="wp-smiley" alt="🙂" src="https://e.org/s.png">`, "ok 🙂", ""},
		{"list", "<ul><li>a</li><li>b</li></ul>c", "- a\n- b\nc", ""},
		{"pre", "<pre>a\n  b</pre>", "a\nb", ""},
		{"unclosed", "<p>a<b>b", "ab", ""},
		{"newlines are spaces", "a\nb\n\nc", "a b c", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := HTMLToText(c.in)
			if d.Text != c.want {
				t.Errorf("text %q, want %q", d.Text, c.want)
			}
			if got := strings.Join(d.Links, " "); got != c.links {
				t.Errorf("links %q, want %q", got, c.links)
			}
		})
	}
}

func TestNormalise(t *testing.T) {
	m := Mention{ID: " feed:1 ", Platform: "feed", TextRaw: `<p>Bins &amp; boxes</p><img src="https://e.org/b.jpg" alt="a bin"><p><a href="http://e.org/x?fbclid=1#c">more</a></p>`,
		Title: "A\nB", CreatedAt: noon.Add(24 * time.Hour), Permalink: "http://www.E.org/x?a=1&utm_medium=y&fbclid=z", Lang: "EN_gb",
		Author: Author{Handle: "@jo", Name: "Jo\u202e", URL: "javascript:x"}}
	Normalise(&m, noon)
	for _, c := range []struct{ what, got, want string }{
		{"id", m.ID, "feed:1"}, {"text", m.Text, "Bins & boxes\n\nmore"}, {"title", m.Title, "A B"}, {"permalink", m.Permalink, "https://www.e.org/x?a=1"},
		{"lang", m.Lang, "en-GB"}, {"handle", m.Author.Handle, "jo"}, {"name", m.Author.Name, "Jo"}, {"url", m.Author.URL, ""},
		{"links", strings.Join(m.Links, " "), "https://e.org/x#c"}, {"precision", m.CreatedPrecision, "unknown"}, {"alt", m.Media[0].Alt, "a bin"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
	if !m.CreatedAt.Equal(noon) {
		t.Errorf("created %v, want it clamped to %v", m.CreatedAt, noon)
	}
	again := m
	Normalise(&again, noon.Add(time.Hour))
	if !reflect.DeepEqual(m, again) {
		t.Errorf("a second time changes\n%+v into\n%+v", m, again)
	}
}

func TestNormaliseTimes(t *testing.T) {
	for _, c := range []struct {
		name      string
		at, want  time.Time
		precision string
	}{
		{"usual", noon.Add(-time.Hour), noon.Add(-time.Hour), "exact"},
		{"a clock a little ahead", noon.Add(time.Minute), noon, "exact"},
		{"tomorrow", noon.Add(24 * time.Hour), noon, "unknown"},
		{"the year 9999", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), noon, "unknown"},
		{"1970", time.Unix(0, 0), noon, "unknown"},
		{"none", time.Time{}, noon, "indexed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Mention{ID: "x:1", Platform: "x", Text: "a", CreatedAt: c.at}
			Normalise(&m, noon)
			if !m.CreatedAt.Equal(c.want) || m.CreatedPrecision != c.precision {
				t.Errorf("%v %s, want %v %s", m.CreatedAt, m.CreatedPrecision, c.want, c.precision)
			}
		})
	}
}

func TestNormaliseBounds(t *testing.T) {
	m := Mention{ID: "x:1", Platform: "x", Text: strings.Repeat("é", MaxTextBytes), Author: Author{Name: strings.Repeat("é", 600)}}
	for range 500 {
		m.Links = append(m.Links, "https://e.org/"+strings.Repeat("a", len(m.Links)))
	}
	Normalise(&m, noon)
	if len(m.Text) > MaxTextBytes || !m.Truncated || !utf8.ValidString(m.Text) || len(m.Author.Name) > maxFieldBytes || len(m.Links) != maxLinks {
		t.Errorf("text %d truncated %v name %d links %d", len(m.Text), m.Truncated, len(m.Author.Name), len(m.Links))
	}
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
}

func TestLinksOfPlainText(t *testing.T) {
	m := Mention{Text: "See https://e.org/a_(b), (http://127.0.0.1:80/x) and HTTPS://E.org/c?utm_source=1…  not ftp://e.org://x"}
	normaliseLinks(&m)
	if got, want := strings.Join(m.Links, " "), "https://e.org/a_(b) http://127.0.0.1:80/x https://e.org/c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDetectLang(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"They have not emptied our bins again and nobody will answer the phone", "en"},
		{"Where has the council put that bench?", "en"},
		{"Mae'r biniau heb eu casglu eto yr wythnos hon ac nid oes neb yn ateb", "cy"},
		{"Les poubelles n'ont pas été ramassées depuis deux semaines dans notre rue, c'est inadmissible", "fr"},
		{"Kosze na śmieci znowu nie zostały opróżnione, a nikt nie odbiera telefonu w urzędzie", "pl"},
		{"Οι κάδοι δεν έχουν αδειάσει ξανά αυτή την εβδομάδα", "el"},
		{"lol", ""}, {"😡😡😡", ""}, {"", ""}, {"#bins @council https://example.org/the/and/you/that", ""}, {"Bins. Again. FFS.", ""},
	} {
		if got := DetectLang(c.text); got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
}

func BenchmarkNormalise(b *testing.B) {
	for name, text := range map[string]string{
		"english": "They have not emptied our bins on Mill Lane again and nobody will answer the phone, third week running! See https://example.org/bins?utm_source=x",
		"french":  "Les poubelles n'ont pas été ramassées depuis deux semaines dans notre rue, c'est inadmissible",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m := Mention{ID: "x:1", Platform: "x", Text: text, CreatedAt: noon, Permalink: "https://example.org/1?utm_source=a", Lang: "en"}
				Normalise(&m, noon)
			}
		})
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("<p>a</p>", "b\u202e", "http://e.org/?utm_a=1")
	f.Add("&#x1F468;&zwj;", "\xff\u0301", "http://[::1]:80/%zz")
	f.Add("a\u200d\u0301<a href=x", "e\u200b\u0301 :// http://", "//")
	f.Fuzz(func(t *testing.T, raw, text, link string) {
		for _, m := range []Mention{{ID: "x:1", Platform: "x", TextRaw: raw, Permalink: link}, {ID: "x:1", Platform: "x", Text: text, Title: raw, Links: []string{link}}} {
			Normalise(&m, noon)
			again := m
			again.Links = append([]string(nil), m.Links...)
			again.Media = append([]Media(nil), m.Media...)
			Normalise(&again, noon)
			if m.Text != again.Text || m.Title != again.Title || m.Permalink != again.Permalink || strings.Join(m.Links, " ") != strings.Join(again.Links, " ") {
				t.Errorf("a second time changes %q %q %q %q into %q %q %q %q", m.Text, m.Title, m.Permalink, m.Links, again.Text, again.Title, again.Permalink, again.Links)
			}
			if !utf8.ValidString(m.Text) || !norm.NFC.IsNormalString(m.Text) {
				t.Errorf("%q is not valid UTF-8 in NFC", m.Text)
			}
		}
	})
}

// TestVersionIsForGood: versions are kept in the record, so that the same content must give the same one in every release.
func TestVersionIsForGood(t *testing.T) {
	m := Mention{Title: "Bins", Text: "missed £ again", TextRaw: "<p>missed £ again</p>", Media: []Media{{Type: "image", Alt: "a bin", Blob: "00ff"}, {URL: "https://a.example/1"}}}
	for state, want := range map[State]string{"": "fac8feb9e6387f86", Edited: "fac8feb9e6387f86", Withheld: "87d632a458dd9de9", Deleted: "ebc250fe11fc491a"} {
		m.State = state
		if got := m.Version(); got != want {
			t.Errorf("%q has the version %s, want %s", state, got, want)
		}
	}
}
