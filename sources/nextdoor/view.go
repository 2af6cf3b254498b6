package nextdoor

import (
	"cmp"

	"earshot/sources"
)

const platform = "nextdoor"

type post struct {
	ID     sources.ID `json:"id"`
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
	ID       sources.ID `json:"id"`
	Author   string     `json:"author_name"`
	Body     string     `json:"body"`
	Created  int64      `json:"creation_date"`
	Likes    *int64     `json:"like_count"`
	Parent   sources.ID `json:"parent_comment_id"`
	Comments []comment  `json:"comments"`
}

func (p *post) mentionID() string { return platform + ":" + string(p.ID) }

func (p *post) link() string { return cmp.Or(p.Public, p.URL, p.Embed) }

// mentions are the post and its comments.
func (p *post) mentions() []sources.Mention {
	m := sources.Mention{ID: p.mentionID(), Platform: platform, Kind: sources.Post, Title: p.Title, Text: p.Body, CreatedAt: sources.Unix(p.Created),
		Permalink: p.link(), Visibility: "public", Author: sources.Author{Name: p.Author.Name},
		Engagement: sources.Counts{Likes: p.Likes, Replies: p.Count}.Engagement()}
	return p.under([]sources.Mention{m}, p.Comments, m.ID)
}

func (p *post) under(out []sources.Mention, list []comment, parent string) []sources.Mention {
	for i := range list {
		c := &list[i]
		m := sources.Mention{ID: p.mentionID() + "/" + string(c.ID), Platform: platform, Kind: sources.Comment, Text: c.Body, CreatedAt: sources.Unix(c.Created),
			Permalink: p.link(), Visibility: "public", Author: sources.Author{Name: c.Author}, ThreadID: p.mentionID(), ParentID: parent,
			Engagement: sources.Counts{Likes: c.Likes}.Engagement()}
		if c.Parent != "" {
			m.ParentID = p.mentionID() + "/" + string(c.Parent)
		}
		if m.ParentID != m.ThreadID {
			m.Kind = sources.Reply
		}
		out = p.under(append(out, m), c.Comments, m.ID)
	}
	return out
}
