package linkedin

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

const platform = "linkedin"

func native(id string) string { return strings.TrimPrefix(id, platform+":") }

// millis is a time in Unix milliseconds.
type millis int64

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// notification is one event around the page.
type notification struct {
	ID        sources.ID `json:"notificationId"`
	Action    string     `json:"action"`
	Source    string     `json:"sourcePost"`
	Activity  string     `json:"generatedActivity"` // the comment or share
	Modified  millis     `json:"lastModifiedAt"`
	Decorated struct {
		Comment decoration `json:"comment"`
		Share   decoration `json:"share"`
	} `json:"decoratedGeneratedActivity"`
}

// decoration is what a notification says of the comment or share itself. The share's members are (unverified).
type decoration struct {
	Entity     string         `json:"entity"`
	Owner      string         `json:"owner"`
	Text       jsontext.Value `json:"text"` // a string, or an object with one
	Commentary string         `json:"commentary"`
}

func (d *decoration) text() string {
	switch d.Text.Kind() {
	case '"':
		if b, err := jsontext.AppendUnquote(nil, d.Text); err == nil {
			return string(b)
		}
	case '{':
		var o struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(d.Text, &o) == nil {
			return o.Text
		}
	}
	return d.Commentary
}

func (n *notification) at() time.Time { return n.Modified.time() }

// mention makes a Mention, perhaps without a text yet. ok is false for what the page did itself and for actions that are none.
func (n *notification) mention(page string) (m sources.Mention, ok bool) {
	d, kind, by := &n.Decorated.Comment, sources.Comment, "own_thread"
	switch n.Action {
	case "COMMENT", "COMMENT_EDIT", "COMMENT_DELETE":
	case "SHARE":
		d, kind = &n.Decorated.Share, sources.Quote
	case "SHARE_MENTION":
		d, kind, by = &n.Decorated.Share, sources.Post, "mention"
	default:
		return m, false
	}
	urn := cmp.Or(n.Activity, d.Entity)
	if urn == "" || d.Owner == page {
		return m, false
	}
	m = sources.Mention{ID: platform + ":" + urn, Platform: platform}
	if n.Action == "COMMENT_DELETE" {
		m.State, m.At = sources.Deleted, n.at()
		return m, true
	}
	m.Kind, m.Text, m.Author.ID, m.CreatedAt, m.MatchedBy = kind, d.text(), d.Owner, n.at(), []string{by}
	m.Visibility, m.Permalink = "public", permalink(urn)
	if n.Action == "COMMENT_EDIT" {
		m.State, m.EditedAt, m.CreatedAt = sources.Edited, n.at(), madeAt(urn, n.at())
	}
	switch kind {
	case sources.Comment:
		m.ParentID, m.ThreadID = platform+":"+n.Source, platform+":"+n.Source
	case sources.Quote:
		m.QuotedID = platform + ":" + n.Source
	}
	return m, true
}

// comment is one of socialActions.
type comment struct {
	Actor   string `json:"actor"`
	URN     string `json:"commentUrn"`
	Parent  string `json:"parentComment"`
	Message struct {
		Text string `json:"text"`
	} `json:"message"`
	Created  stamp `json:"created"`
	Modified stamp `json:"lastModified"`
	Likes    struct {
		Total *int64 `json:"totalLikes"`
	} `json:"likesSummary"`
}

type stamp struct {
	Time millis `json:"time"`
}

func (c *comment) mention(thread string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + c.URN, Platform: platform, Kind: sources.Comment, Text: c.Message.Text, CreatedAt: c.Created.Time.time(), Visibility: "public",
		Author: sources.Author{ID: c.Actor}, ThreadID: platform + ":" + thread, ParentID: platform + ":" + thread, Permalink: permalink(c.URN)}
	if c.Parent != "" {
		m.Kind, m.ParentID = sources.Reply, platform+":"+c.Parent
	}
	if c.Modified.Time > c.Created.Time {
		m.State, m.EditedAt = sources.Edited, c.Modified.Time.time()
	}
	m.Engagement = sources.Counts{Likes: c.Likes.Total}.Engagement()
	return m
}

// post is one of /rest/posts. Its members beside commentary are (unverified).
type post struct {
	Author     string `json:"author"`
	Commentary string `json:"commentary"`
	Created    millis `json:"createdAt"`
}

func (p *post) mention(urn string) sources.Mention {
	return sources.Mention{ID: platform + ":" + urn, Platform: platform, Kind: sources.Post, Text: plain(p.Commentary), CreatedAt: p.Created.time(), Visibility: "public",
		Author: sources.Author{ID: p.Author}, Permalink: permalink(urn)}
}

// A post's commentary names people and hashtags in a notation of its own, with backslashes before what has a meaning in it (unverified).
var (
	named   = regexp.MustCompile(`@\[([^\]]*)\]\(urn:[^)]*\)`)
	hashtag = regexp.MustCompile(`\{hashtag\|\\?#\|([^}]*)\}`)
	escaped = regexp.MustCompile(`\\([|{}@\[\]()<>#\\*_~])`)
)

func plain(s string) string {
	s = named.ReplaceAllString(s, "$1")
	s = hashtag.ReplaceAllString(s, "#$1")
	return escaped.ReplaceAllString(s, "$1")
}

// permalink of a post, or of the activity that a comment is on. That it leads there is (unverified).
func permalink(urn string) string {
	if inner, ok := strings.CutPrefix(urn, "urn:li:comment:("); ok {
		urn, _, _ = strings.Cut(inner, ",")
	}
	return "https://www.linkedin.com/feed/update/" + urn
}

// commentNumber is the last part of a comment's URN: urn:li:comment:(urn:li:activity:1,2).
func commentNumber(urn string) (string, bool) {
	inner, ok := strings.CutPrefix(urn, "urn:li:comment:(")
	_, n, both := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	return n, ok && both
}

// madeAt reads the milliseconds in the upper bits of a comment's number (unverified); otherwise is for a number that holds no likely time.
func madeAt(urn string, otherwise time.Time) time.Time {
	s, _ := commentNumber(urn)
	n, err := strconv.ParseInt(s, 10, 64)
	if t := time.UnixMilli(n >> 22).UTC(); err == nil && t.Year() >= 2003 && t.Before(otherwise) {
		return t
	}
	return otherwise
}
