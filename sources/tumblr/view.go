package tumblr

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

// envelope is around every answer.
type envelope struct {
	Meta struct {
		Status int `json:"status"`
	} `json:"meta"`
	Response any `json:"response"`
}

// post is in the older of Tumblr's two formats, in which each type of post has members of its own for its words.
type post struct {
	ID       string `json:"id_string"`
	BlogName string `json:"blog_name"`
	Blog     struct {
		Title string `json:"title"`
		UUID  string `json:"uuid"`
	} `json:"blog"`
	URL      string   `json:"post_url"`
	At       int64    `json:"timestamp"`
	Featured int64    `json:"featured_timestamp"`
	Parent   string   `json:"parent_post_url"`
	Tags     []string `json:"tags"`
	Notes    *int64   `json:"note_count"`

	Title       string `json:"title"`
	Summary     string `json:"summary"`
	Body        string `json:"body"`        // of a text or chat
	Caption     string `json:"caption"`     // of a photo, video or audio
	Text        string `json:"text"`        // of a quote
	Source      string `json:"source"`      // of a quote
	Question    string `json:"question"`    // of an answer
	Answer      string `json:"answer"`      // of an answer
	Description string `json:"description"` // of a link
	Photos      []struct {
		Caption  string `json:"caption"`
		Original struct {
			URL string `json:"url"`
		} `json:"original_size"`
	} `json:"photos"`
}

// place is the post's time in the order of a tag's posts.
func (v *post) place() time.Time { return sources.Unix(cmp.Or(v.Featured, v.At)) }

func (v *post) mention() sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Post, Visibility: "public", Title: v.Title, CreatedAt: sources.Unix(v.At),
		Permalink: v.URL, Author: sources.Author{ID: v.Blog.UUID, Handle: v.BlogName, Name: v.Blog.Title, URL: "https://www.tumblr.com/" + v.BlogName}}
	words := joined("\n\n", v.Body, v.Caption, v.Text, v.Source, v.Question, v.Answer, v.Description)
	if words == "" && v.Summary != v.Title {
		words = v.Summary
	}
	var tags strings.Builder
	for _, t := range v.Tags {
		tags.WriteString(" #" + t)
	}
	m.TextRaw = joined("\n\n", words, strings.TrimSpace(tags.String()))
	if v.Parent != "" {
		m.Kind = sources.Quote // a reblog
	}
	for _, p := range v.Photos {
		m.Media = append(m.Media, sources.Media{Type: "photo", URL: p.Original.URL, Alt: p.Caption})
	}
	m.Engagement = sources.Counts{Replies: v.Notes}.Engagement() // likes, reblogs and replies in one
	return m
}

func joined(by string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, by)
}

// note is a reply to a post, or a reblog of it.
type note struct {
	Type     string `json:"type"`
	At       int64  `json:"timestamp"`
	BlogName string `json:"blog_name"`
	UUID     string `json:"blog_uuid"`
	URL      string `json:"blog_url"`
	PostID   string `json:"post_id"`
	Reply    string `json:"reply_text"`
	Added    string `json:"added_text"`
}

// mention makes one of what has words.
func (n *note) mention(post string) sources.Mention {
	words := joined("\n\n", n.Reply, n.Added)
	if words == "" {
		return sources.Mention{}
	}
	id, kind := n.PostID, sources.Quote
	if n.Type == "reply" || id == "" { // replies have no number of their own
		id, kind = "reply-"+n.UUID+"-"+strconv.FormatInt(n.At, 10), sources.Reply
	}
	return sources.Mention{ID: platform + ":" + id, Platform: platform, Kind: kind, Visibility: "public", TextRaw: words, CreatedAt: sources.Unix(n.At),
		Permalink: n.URL, ParentID: post, ThreadID: post, Author: sources.Author{ID: n.UUID, Handle: n.BlogName, URL: n.URL}}
}
