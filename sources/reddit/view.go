package reddit

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

// envelope is how Reddit wraps a list.
type envelope struct {
	Kind string  `json:"kind"`
	Data listing `json:"data"`
}

type listing struct {
	After    string  `json:"after"`
	Children []child `json:"children"`
}

type child struct {
	Kind string `json:"kind"` // t3 a post, t1 a comment; "more" stands for comments left out
	Data thing  `json:"data"`
}

type replies envelope

// UnmarshalJSON reads a comment's replies: an empty string when there are none.
func (r *replies) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return nil
	}
	return json.Unmarshal(b, (*envelope)(r))
}

// thing is a post or a comment.
type thing struct {
	Name      string         `json:"name"` // "t3_1exam01"
	Author    string         `json:"author"`
	AuthorID  string         `json:"author_fullname"`
	Created   float64        `json:"created_utc"`
	Edited    sources.Moment `json:"edited"`
	Permalink string         `json:"permalink"`
	Score     *int64         `json:"score"`
	Hidden    bool           `json:"score_hidden"`
	Removed   string         `json:"removed_by_category"`

	Title    string `json:"title"` // of a post
	SelfText string `json:"selftext"`
	URL      string `json:"url"`
	IsSelf   bool   `json:"is_self"`
	Comments *int64 `json:"num_comments"`

	Body    string  `json:"body"` // of a comment
	Parent  string  `json:"parent_id"`
	Link    string  `json:"link_id"`
	Replies replies `json:"replies"`
}

// known says that t is a post or a comment, and no stand-in for comments left out.
func (t *thing) known() bool { return t.Name != "" && t.Created > 0 }

func (t *thing) created() time.Time { return sources.Unix(int64(t.Created)) }

// gone says that the author or a moderator took the content away, or that the author's account is no more.
func (t *thing) gone() bool {
	const deleted, removed = "[deleted]", "[removed]"
	return t.Author == deleted || t.Removed != "" || slices.Contains([]string{deleted, removed}, t.SelfText+t.Body)
}

func (t *thing) mention(now time.Time) sources.Mention {
	m := sources.Mention{ID: platform + ":" + t.Name, Platform: platform, CreatedAt: t.created()}
	if t.gone() {
		m.State, m.At = sources.Deleted, now
		return m
	}
	m.Kind, m.Visibility, m.Permalink = sources.Post, "public", "https://www.reddit.com"+t.Permalink
	m.Author = sources.Author{ID: t.AuthorID, Handle: t.Author, URL: "https://www.reddit.com/user/" + t.Author}
	m.Title, m.Text, m.ThreadID = t.Title, t.SelfText, m.ID
	if !t.Edited.IsZero() {
		m.State, m.EditedAt = sources.Edited, t.Edited.Time
	}
	counts := sources.Counts{Likes: t.Score, Replies: t.Comments}
	if t.Hidden {
		counts.Likes = nil
	}
	m.Engagement = counts.Engagement()
	if t.Link == "" {
		if !t.IsSelf && t.URL != "" {
			m.Media = []sources.Media{{Type: "link", URL: t.URL}}
		}
		return m
	}
	m.Text, m.ThreadID, m.ParentID, m.Kind = t.Body, platform+":"+t.Link, platform+":"+t.Parent, sources.Comment
	if t.Parent != t.Link {
		m.Kind = sources.Reply
	}
	return m
}

// flatten appends the things of a tree, each before the replies to it.
func (l *listing) flatten(out []sources.Mention, mention func(*child) sources.Mention) []sources.Mention {
	for i := range l.Children {
		if m := mention(&l.Children[i]); m.ID != "" {
			out = append(out, m)
		}
		out = l.Children[i].Data.Replies.Data.flatten(out, mention)
	}
	return out
}
