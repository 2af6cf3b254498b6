package wordpress

import (
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

type rendered struct {
	Rendered string `json:"rendered"` // HTML
}

// entry is a post or a comment.
type entry struct {
	ID       int64          `json:"id"`
	Date     sources.Moment `json:"date_gmt"`
	Modified sources.Moment `json:"modified_gmt"` // of a post
	Link     string         `json:"link"`
	Title    rendered       `json:"title"` // of a post
	Content  rendered       `json:"content"`
	Author   int64          `json:"author"` // 0: a guest

	Post       int64  `json:"post"` // of a comment
	Parent     int64  `json:"parent"`
	AuthorName string `json:"author_name"`
	AuthorURL  string `json:"author_url"`

	Embedded struct {
		Author []struct {
			Name string `json:"name"`
			Slug string `json:"slug"`
			Link string `json:"link"`
		} `json:"author"` // or, where the site hides its people, an error with none of these
	} `json:"_embedded"`
}

func (e *entry) date() time.Time     { return e.Date.Time }
func (e *entry) modified() time.Time { return e.Modified.Time }

// mention makes a mention of an entry of posts or of comments; prefix is that of the site's IDs.
func (e *entry) mention(prefix, of string) sources.Mention {
	id := func(of string, number int64) string { return prefix + of + "/" + strconv.FormatInt(number, 10) }
	m := sources.Mention{ID: id(of, e.ID), Platform: platform, Kind: sources.Article, Visibility: "public", Permalink: e.Link,
		Title: sources.PlainText(e.Title.Rendered), TextRaw: e.Content.Rendered, CreatedAt: e.Date.Time}
	if e.Author != 0 {
		m.Author.ID = strings.TrimPrefix(id("users", e.Author), platform+":")
	}
	if of == "comments" {
		m.Kind, m.ThreadID = sources.Comment, id("posts", e.Post)
		m.ParentID = m.ThreadID
		if e.Parent != 0 {
			m.Kind, m.ParentID = sources.Reply, id(of, e.Parent)
		}
		m.Author.Name, m.Author.URL = e.AuthorName, e.AuthorURL
		return m
	}
	m.ThreadID = m.ID
	if a := e.Embedded.Author; len(a) > 0 {
		m.Author.Name, m.Author.Handle, m.Author.URL = a[0].Name, a[0].Slug, a[0].Link
	}
	if e.Modified.After(e.Date.Time) {
		m.State, m.EditedAt = sources.Edited, e.Modified.Time
	}
	return m
}
