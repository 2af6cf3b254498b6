package nextdoor

import (
	"cmp"
	"strings"
	"time"

	"earshot/sources"
)

const platform = "nextdoor"

// id is a string at posts and a number at comments.
type id string

func (n *id) UnmarshalJSON(b []byte) error {
	*n = id(strings.Trim(string(b), `"`))
	return nil
}

type post struct {
	ID     id `json:"id"`
	Author struct {
		Name string `json:"name"`
	} `json:"author"`
	Title    string    `json:"title"`
	Body     string    `json:"body"`
	Comments []comment `json:"comments"`
	Count    *int64    `json:"comment_count"`
	Created  int64     `json:"creation_date_epoch_seconds"`
	Likes    *int64    `json:"like_count"`
	URL      string    `json:"url"`
	Public   string    `json:"public_post_url"`
	Embed    string    `json:"embed_url"`
}

type comment struct {
	ID       id        `json:"id"`
	Author   string    `json:"author_name"`
	Body     string    `json:"body"`
	Created  int64     `json:"creation_date"`
	Likes    *int64    `json:"like_count"`
	Parent   id        `json:"parent_comment_id"`
	Comments []comment `json:"comments"`
}

func (p *post) mentionID() string { return platform + ":" + string(p.ID) }

func (p *post) link() string { return cmp.Or(p.Public, p.URL, p.Embed) }

// mentions are the post and its comments.
func (p *post) mentions() []sources.Mention {
	m := sources.Mention{ID: p.mentionID(), Platform: platform, Kind: sources.Post, Title: p.Title, Text: p.Body, CreatedAt: time.Unix(p.Created, 0).UTC(),
		Permalink: p.link(), Visibility: "public", Author: sources.Author{Name: p.Author.Name}, Engagement: map[string]int64{}}
	for name, n := range map[string]*int64{"likes": p.Likes, "replies": p.Count} {
		if n != nil {
			m.Engagement[name] = *n
		}
	}
	return p.under([]sources.Mention{m}, p.Comments, m.ID)
}

func (p *post) under(out []sources.Mention, list []comment, parent string) []sources.Mention {
	for i := range list {
		c := &list[i]
		m := sources.Mention{ID: p.mentionID() + "/" + string(c.ID), Platform: platform, Kind: sources.Comment, Text: c.Body, CreatedAt: time.Unix(c.Created, 0).UTC(),
			Permalink: p.link(), Visibility: "public", Author: sources.Author{Name: c.Author}, ThreadID: p.mentionID(), ParentID: parent}
		if c.Parent != "" && c.Parent != "null" {
			m.ParentID = p.mentionID() + "/" + string(c.Parent)
		}
		if m.ParentID != m.ThreadID {
			m.Kind = sources.Reply
		}
		if c.Likes != nil {
			m.Engagement = map[string]int64{"likes": *c.Likes}
		}
		out = p.under(append(out, m), c.Comments, m.ID)
	}
	return out
}
