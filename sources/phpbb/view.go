package phpbb

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
	"time"

	"earshot/sources"
)

type feed struct {
	Lang    string  `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Entries []entry `xml:"http://www.w3.org/2005/Atom entry"`
}

type entry struct {
	ID     string `xml:"id"`
	Title  string `xml:"title"` // HTML: "Forum • Re: Topic"
	Author struct {
		Name string `xml:"name"`
	} `xml:"author"`
	Links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Published string `xml:"published"`
	Updated   string `xml:"updated"`
	Content   string `xml:"content"` // HTML
}

// statistics is what phpBB writes under each text, in the board's language: <p>Statistics: Posted by <a href="...&u=15">Jo</a> — Fri Nov 20, 2026 8:15 am</p><hr />.
var statistics = regexp.MustCompile(`(?s)<p>[^<:]{1,60}: [^<]*(?:<(?:a|span)(?: [^>]*mode=viewprofile&(?:amp;)?u=(\d+))?[^>]*>[^<]*</(?:a|span)>)?[^<]* — [^<]*</p>\s*<hr ?/?>\s*$`)

// number is the post's number in the address of an entry.
var number = regexp.MustCompile(`(?:[?&;]p=|#p)(\d+)`)

// topic is the topic's number.
var topic = regexp.MustCompile(`[?&;]t=(\d+)`)

func (x *reader) mention(e *entry, lang string) (sources.Mention, bool) {
	link := e.ID
	for _, l := range e.Links {
		if l.Href != "" && (l.Rel == "" || l.Rel == "alternate") {
			link = l.Href
		}
	}
	m := sources.Mention{Platform: platform, Kind: sources.Post, Visibility: "public", Lang: lang, Permalink: withoutSession(link), Author: sources.Author{Name: e.Author.Name, Handle: e.Author.Name}}
	if n := number.FindStringSubmatch(link + " " + e.ID); n != nil {
		m.ID = x.prefix + "p" + n[1]
	} else if n := topic.FindStringSubmatch(link); n != nil {
		m.ID = x.prefix + "t" + n[1]
	} else {
		return m, false
	}
	if n := topic.FindStringSubmatch(link); n != nil {
		m.ThreadID = x.prefix + "t" + n[1]
	}
	m.Title = sources.PlainText(e.Title)
	if i := strings.LastIndex(m.Title, " • "); i >= 0 {
		m.Title = m.Title[i+len(" • "):]
	}
	if t, ok := strings.CutPrefix(m.Title, "Re: "); ok {
		m.Title, m.Kind = t, sources.Reply
		m.ParentID = m.ThreadID
	}
	m.TextRaw = e.Content
	if at := statistics.FindStringSubmatchIndex(e.Content); at != nil {
		m.TextRaw = e.Content[:at[0]]
		if at[2] > 0 {
			m.Author.ID = strings.TrimPrefix(x.prefix, platform+":") + "u" + e.Content[at[2]:at[3]]
		}
	}
	published, _ := time.Parse(time.RFC3339, e.Published) // which older boards leave out
	updated, _ := time.Parse(time.RFC3339, e.Updated)
	m.CreatedAt = cmp.Or(published, updated).UTC()
	if updated.After(m.CreatedAt) {
		m.State, m.EditedAt = sources.Edited, updated.UTC()
	}
	return m, !m.CreatedAt.IsZero()
}

// withoutSession takes a session's number out of an address.
func withoutSession(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	q := u.Query()
	q.Del("sid")
	u.RawQuery = q.Encode()
	return u.String()
}
