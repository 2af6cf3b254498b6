package sources

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Bounds that Normalise cuts to; what is cut from the text sets Truncated.
const (
	maxTitleBytes = 2 << 10
	maxFieldBytes = 512 // author's parts
	maxURLBytes   = 2 << 10
	maxLinks      = 100
	maxMedia      = 50
	maxAltBytes   = 4 << 10
)

// clockSkew is how far a platform's clock may run ahead before its date is called unknown.
const clockSkew = 2 * time.Minute

// Normalise brings m into normal form, once, at the edge: valid UTF-8 in NFC without control, zero-width and direction tricks; TextRaw
// made into Text when it is HTML; links collected, on https, without tracking parameters; times in UTC and none after now; the language
// of the text found. Doing it twice changes nothing. It never fails; Validate says afterwards whether m is a mention.
func Normalise(m *Mention, now time.Time) {
	m.ID, m.Platform = fixUTF8(strings.TrimSpace(m.ID)), strings.TrimSpace(m.Platform)
	if m.State == Deleted {
		normaliseTimes(m, now)
		return
	}
	if m.Kind == "" {
		m.Kind = Post
	}
	normaliseText(m)
	normaliseAuthor(&m.Author)
	normaliseLinks(m)
	normaliseMedia(m)
	normaliseTimes(m, now)
	m.Lang = canonicalTag(m.Lang)
	m.LangDetected = DetectLang(m.Text)
}

func normaliseText(m *Mention) {
	m.TextRaw = Cut(fixUTF8(m.TextRaw), MaxTextBytes)
	if m.Text == "" && m.TextRaw != "" {
		if looksLikeHTML(m.TextRaw) {
			d := HTMLToText(m.TextRaw)
			m.Text = d.Text
			m.Links = append(m.Links, d.Links...)
			m.Media = append(m.Media, d.Images...)
		} else {
			m.Text = m.TextRaw
		}
	}
	m.Text = CleanText(m.Text)
	if len(m.Text) > MaxTextBytes {
		m.Text, m.Truncated = Cut(m.Text, MaxTextBytes), true
	}
	m.Title = Cut(oneLine(CleanText(m.Title)), maxTitleBytes)
	if m.TextRaw == m.Text {
		m.TextRaw = ""
	}
}

func normaliseAuthor(a *Author) {
	a.ID = Cut(oneLine(CleanText(a.ID)), maxFieldBytes)
	a.Handle = Cut(strings.TrimPrefix(oneLine(CleanText(a.Handle)), "@"), maxFieldBytes)
	a.Name = Cut(oneLine(CleanText(a.Name)), maxFieldBytes)
	a.URL = CleanURL(a.URL)
}

func normaliseMedia(m *Mention) {
	kept := m.Media[:0]
	seen := map[string]bool{}
	for _, x := range m.Media {
		if x.URL != "" {
			x.URL = webURL(x.URL)
		}
		x.Alt = Cut(CleanText(x.Alt), maxAltBytes)
		if x.URL == "" && x.Blob == "" && x.Alt == "" || len(kept) == maxMedia || x.URL != "" && seen[x.URL] {
			continue
		}
		seen[x.URL] = true
		kept = append(kept, x)
	}
	m.Media = kept
}

func normaliseTimes(m *Mention, now time.Time) {
	now = now.UTC()
	if m.FetchedAt.IsZero() {
		m.FetchedAt = now
	}
	for _, t := range []*time.Time{&m.EditedAt, &m.FetchedAt, &m.At} {
		*t = notAfter(t.UTC(), now)
	}
	if m.State == Deleted {
		if m.At.IsZero() {
			m.At = now
		}
		return
	}
	switch c := m.CreatedAt.UTC(); {
	case c.IsZero():
		m.CreatedAt, m.CreatedPrecision = m.FetchedAt, "indexed"
	case c.Year() < 1990 || c.After(now.Add(clockSkew)):
		m.CreatedAt, m.CreatedPrecision = m.FetchedAt, "unknown"
	default:
		m.CreatedAt = notAfter(c, now)
		if m.CreatedPrecision == "" {
			m.CreatedPrecision = "exact"
		}
	}
}

func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}

// canonicalTag writes a BCP 47 tag in its usual form; what is none becomes empty.
func canonicalTag(s string) string {
	if len(s) == 2 && s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z' && s[1]|0x20 >= 'a' && s[1]|0x20 <= 'z' {
		return strings.ToLower(s)
	}
	if s == "" {
		return ""
	}
	t, err := language.Parse(strings.ReplaceAll(s, "_", "-"))
	if err != nil || t == language.Und {
		return ""
	}
	return t.String()
}

// Cut shortens s to at most n bytes, at a rune.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func fixUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func oneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
