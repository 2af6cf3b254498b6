package mailbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/sources"
)

var received = time.Date(2026, 11, 20, 8, 15, 31, 0, time.UTC)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(raw []byte) []sources.Mention {
	x := readLetter(raw, received)
	return (&box{receiver: "mx.exampleford.gov.uk"}).mentions(&x)
}

func TestSamples(t *testing.T) {
	type want struct{ id, author, title, text, link, visibility string }
	for name, list := range map[string][]want{
		"facebook-group":   {{"facebook:mail:facebook-group@facebookmail.com", "Jo Resident", "", "Bins on Mill Lane missed again, third week running. What do we pay for?", "https://www.facebook.com/n/?groups%2F123%2Fpermalink%2F456&aref=1", "members"}},
		"facebook-comment": {{"facebook:mail:facebook-comment@facebookmail.com", "Sam Ward", "", "Nobody ever answers the phone.", "https://www.facebook.com/exampleford/posts/1?comment_id=2", "unknown"}},
		"facebook-message": nil,
		"html-only":        {{"facebook:mail:html-only@facebookmail.com", "Jo Resident", "", "The streetlight is out again.", "https://www.facebook.com/groups/123/posts/9", "members"}},
		"instagram":        {{"instagram:mail:instagram@mail.instagram.com", "jo_resident", "", "@exampleford when does the pool open again?", "https://www.instagram.com/p/AbC/c/1/", "unknown"}},
		"linkedin":         {{"linkedin:mail:linkedin@linkedin.com", "Ann Other", "", "Ann Other\nProud to have worked with this team.", "https://www.linkedin.com/comm/feed/update/urn:li:activity:7000000000000000002?midToken=x", "public"}},
		"nextdoor":         {{"nextdoor:mail:nextdoor@nextdoor.co.uk", "Jo R.", "", "Several of us had our bins missed. Has anybody heard from the council?", "https://nextdoor.co.uk/p/EXAMPLE?utm_source=email", "members"}},
		"quora":            {{"quora:mail:quora@quora.com", "", "Why has Exampleford closed its pool?", "One answer says the boiler failed in March.", "https://www.quora.com/Why-has-Exampleford-closed-its-pool?__nsrc__=4", "public"}},
		"reddit":           {{"reddit:mail:reddit@redditmail.com", "jo_resident", "", "The tip is still shut.", "https://www.reddit.com/r/exampleford/comments/abc/x/def/", "public"}},
		"tiktok":           {{"tiktok:mail:tiktok@tiktok.com", "jo.resident", "", "lol who parks like that", "https://www.tiktok.com/@exampleford/video/7000000000000000001", "public"}},
		"youtube":          {{"youtube:mail:youtube-1@youtube.com", "", "", "Sam Ward\nSo council tax goes up again?", "https://www.youtube.com/watch?v=EXAMPLE&lc=Ugx1", "public"}},
		"google-alert": {{"news:mail:", "", "Pool closes after boiler failure", "Exampleford Gazette\nExampleford District Council said the pool would stay shut until ...", "https://www.gazette.example/pool", "public"},
			{"news:mail:", "", "Council tax to rise", "The Herald\nMembers of Exampleford District Council voted ...", "https://www.herald.example/tax", "public"}},
		"unknown": {{"mail:mail:unknown@example.org", "", "New topic: Potholes on Mill Lane", "Somebody started a topic.\n\nhttps://forum.example.org/t/1", "", "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(sample(t, name))
			if len(got) != len(list) {
				t.Fatalf("%d mentions, want %d: %+v", len(got), len(list), got)
			}
			for i, w := range list {
				m := got[i]
				if !strings.HasPrefix(m.ID, w.id) || m.Author.Name != w.author || m.Text != w.text || m.Permalink != w.link || m.Visibility != w.visibility || w.title != "" && m.Title != w.title {
					t.Errorf("got  %q by %q: %q / %q at %q, %s\nwant %q by %q: %q / %q at %q, %s", m.ID, m.Author.Name, m.Title, m.Text, m.Permalink, m.Visibility, w.id, w.author, w.title, w.text, w.link, w.visibility)
				}
				sources.Normalise(&m, received)
				if err := m.Validate(); err != nil {
					t.Error(err)
				}
				if !m.CreatedAt.Equal(received.Add(-time.Second)) {
					t.Errorf("created at %v", m.CreatedAt)
				}
			}
		})
	}
}

// TestMessagesBetweenTwoPeople: however a platform calls them in a subject, they are no mentions.
func TestMessagesBetweenTwoPeople(t *testing.T) {
	for _, c := range []struct {
		domain, subject string
		want            int
	}{
		{"facebookmail.com", "Jo Resident replied to your message", 0},
		{"facebookmail.com", "You have a new message from Jo", 0},
		{"facebookmail.com", "Jo sent Exampleford Council a message", 0},
		{"mail.instagram.com", "jo_resident replied to your story", 0},
		{"linkedin.com", "You have 2 unread messages", 0},
		{"nextdoor.co.uk", "Jo R.: new message", 0},
		{"quora.com", "Jo sent you a message", 0},
		{"tiktok.com", "jo replied to your message", 0},
		{"facebookmail.com", "Jo Resident replied to your comment", 1},
		{"nextdoor.co.uk", "Jo R.: The council's message about bins", 1},
		{"example.org", "A new message from the forum", 1},
	} {
		x := letter{from: "notify@" + c.domain, subject: c.subject, text: "words", date: received, id: "a",
			results: []string{"mx.exampleford.gov.uk; dkim=pass header.d=" + c.domain}}
		if got := len((&box{receiver: "mx.exampleford.gov.uk"}).mentions(&x)); got != c.want {
			t.Errorf("%s, %q: %d mentions, want %d", c.domain, c.subject, got, c.want)
		}
	}
}

// TestTrust: what the receiving server does not vouch for is left alone.
func TestTrust(t *testing.T) {
	good := string(sample(t, "facebook-comment"))
	line, rest, _ := strings.Cut(good, "\r\n")
	forged := "Authentication-Results: mx.exampleford.gov.uk; dkim=fail header.d=facebookmail.com; dmarc=fail header.from=facebookmail.com\r\n"
	for name, c := range map[string]struct {
		mail string
		want int
	}{
		"vouched for":                       {good, 1},
		"no header":                         {rest, 0},
		"of another server":                 {strings.Replace(line, "mx.exampleford.gov.uk", "mx.attacker.example", 1) + "\r\n" + rest, 0},
		"another domain's signature":        {"Authentication-Results: mx.exampleford.gov.uk; dkim=pass header.d=attacker.example\r\n" + rest, 0},
		"failed":                            {forged + rest, 0},
		"failed, above a forger's own pass": {forged + good, 0},
		"dkim alone, aligned":               {"Authentication-Results: mx.exampleford.gov.uk; dkim=pass header.d=mail.facebookmail.com\r\n" + rest, 1},
		"dkim of a public suffix":           {"Authentication-Results: mx.exampleford.gov.uk; dkim=pass header.d=com\r\n" + rest, 0},
		"two senders":                       {strings.Replace(good, "From: Facebook <notification@facebookmail.com>", "From: Facebook <notification@facebookmail.com>, Eve <eve@attacker.example>", 1), 0},
	} {
		if got := len(read([]byte(c.mail))); got != c.want {
			t.Errorf("%s: %d mentions, want %d", name, got, c.want)
		}
	}
}

// A mail of parts within parts would take a minute to read.
func TestPartsWithinParts(t *testing.T) {
	nested := func(depth int) string {
		var b strings.Builder
		b.WriteString("Message-ID: <deep@example.org>\r\n")
		for i := range depth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "Content-Type: text/plain\r\n\r\nwords\r\n"
	}
	for depth, want := range map[int]string{maxDepth: "words", maxDepth + 1: "", 5000: ""} {
		if x := readLetter([]byte(nested(depth)), received); x.text != want || x.id != "deep@example.org" {
			t.Errorf("%d deep: %q of %s", depth, x.text, x.id)
		}
	}
}

func TestDatesOfAWrongClock(t *testing.T) {
	for date, want := range map[string]time.Time{
		"Fri, 20 Nov 2026 08:15:30 +0000": received.Add(-time.Second),
		"Fri, 20 Nov 2020 08:15:30 +0000": received,
		"rubbish":                         received,
	} {
		raw := strings.Replace(string(sample(t, "reddit")), "Date: Fri, 20 Nov 2026 08:15:30 +0000", "Date: "+date, 1)
		if x := readLetter([]byte(raw), received); !x.date.Equal(want) {
			t.Errorf("%s: %v", date, x.date)
		}
	}
}

// FuzzLetter: no mail brings the reader down, and what it makes is a mention.
func FuzzLetter(f *testing.F) {
	list, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(list) < 10 {
		f.Fatalf("%d samples, %v", len(list), err)
	}
	for _, p := range list {
		f.Add(sample(f, strings.TrimSuffix(filepath.Base(p), ".eml")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, m := range read(raw) {
			sources.Normalise(&m, received)
			if err := m.Validate(); err != nil && (m.Text != "" || m.Title != "") && !strings.Contains(err.Error(), "neither text") {
				t.Error(err)
			}
		}
	})
}
