package lemmy

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

const platform = "lemmy"

// moment is a time with a zone, or without one and then in UTC.
type moment = sources.Moment

// thing is what posts and comments have in common.
type thing struct {
	ID          int64   `json:"id"`
	Address     string  `json:"ap_id"`
	Published   moment  `json:"published"`
	PublishedAt moment  `json:"published_at"` // from 1.0 on
	Updated     *moment `json:"updated"`
	UpdatedAt   *moment `json:"updated_at"`
	Removed     bool    `json:"removed"`
	Deleted     bool    `json:"deleted"`
}

type person struct {
	Name    string `json:"name"`
	Display string `json:"display_name"`
	Address string `json:"actor_id"`
}

type postView struct {
	Post struct {
		thing
		Name string `json:"name"`
		Body string `json:"body"`
		Link string `json:"url"`
	} `json:"post"`
	Creator person `json:"creator"`
	Counts  counts `json:"counts"`
}

type commentView struct {
	Comment struct {
		thing
		Content string `json:"content"`
		Path    string `json:"path"` // "0.<ancestor>.<id>"
	} `json:"comment"`
	Creator person `json:"creator"`
	Post    struct {
		Address string `json:"ap_id"`
	} `json:"post"`
	Counts counts `json:"counts"`
}

type counts struct {
	Score    jsontext.Value `json:"score"`
	Upvotes  *int64         `json:"upvotes"`
	Comments *int64         `json:"comments"`
	Children *int64         `json:"child_count"`
}

func (t *thing) mention(p person, c counts) sources.Mention {
	m := sources.Mention{ID: platform + ":" + t.Address, Platform: platform, Permalink: t.Address, Visibility: "public", CreatedAt: t.PublishedAt.Time,
		Author: sources.Author{ID: p.Address, Handle: p.Name, Name: p.Display, URL: p.Address}}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = t.Published.Time
	}
	if u := cmp.Or(t.UpdatedAt, t.Updated); u != nil {
		m.State, m.EditedAt = sources.Edited, u.Time
	}
	if t.Deleted || t.Removed {
		m.State, m.At = sources.Deleted, cmp.Or(m.EditedAt, m.CreatedAt)
	}
	m.Engagement = sources.Counts{Likes: c.Upvotes, Replies: cmp.Or(c.Comments, c.Children)}.Engagement()
	return m
}

func (v *postView) mention() sources.Mention {
	m := v.Post.thing.mention(v.Creator, v.Counts)
	m.Kind, m.Title, m.Text = sources.Post, v.Post.Name, v.Post.Body
	if v.Post.Link != "" {
		m.Media = []sources.Media{{Type: "link", URL: v.Post.Link}}
	}
	return m
}

func (v *commentView) mention() sources.Mention {
	m := v.Comment.thing.mention(v.Creator, v.Counts)
	m.Kind, m.Text, m.ThreadID = sources.Comment, v.Comment.Content, platform+":"+v.Post.Address
	if path := strings.Split(v.Comment.Path, "."); len(path) <= 2 {
		m.ParentID = m.ThreadID
	} else if u := strings.TrimSuffix(v.Comment.Address, strconv.FormatInt(v.Comment.ID, 10)); u != v.Comment.Address {
		m.Kind, m.ParentID = sources.Reply, platform+":"+u+path[len(path)-2] // of the same instance as the reply, as far as is known
	}
	return m
}
