package discourse

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

type post struct {
	ID       int64       `json:"id"`
	Username string      `json:"username"`
	Name     string      `json:"name"`
	User     int64       `json:"user_id"`
	Created  time.Time   `json:"created_at"`
	Updated  time.Time   `json:"updated_at"`
	Cooked   string      `json:"cooked"` // HTML
	Number   int64       `json:"post_number"`
	ReplyTo  sources.Int `json:"reply_to_post_number"`
	Replies  *int64      `json:"reply_count"`
	Quotes   *int64      `json:"quote_count"`
	Reads    *int64      `json:"reads"`
	Version  int64       `json:"version"`
	Topic    int64       `json:"topic_id"`
	Slug     string      `json:"topic_slug"`
	Title    string      `json:"topic_title"`
	Hidden   bool        `json:"hidden"`
	UserGone bool        `json:"user_deleted"`
	Gone     string      `json:"deleted_at"`
	Actions  []struct {
		ID    int64 `json:"id"`
		Count int64 `json:"count"`
	} `json:"actions_summary"`
}

// like is the number of the action that is a like.
const like = 2

func (x *reader) id(post int64) string { return x.prefix + "posts/" + strconv.FormatInt(post, 10) }

func (x *reader) mention(v *post) sources.Mention {
	m := sources.Mention{ID: x.id(v.ID), Platform: platform, CreatedAt: v.Created}
	if v.Hidden || v.UserGone || v.Gone != "" {
		m.State, m.At = sources.Deleted, x.Time()
		return m
	}
	topic := strconv.FormatInt(v.Topic, 10)
	m.Kind, m.Visibility, m.Title, m.TextRaw, m.ThreadID = sources.Post, "public", v.Title, v.Cooked, x.prefix+"t/"+topic
	m.Author = sources.Author{ID: strings.TrimPrefix(x.prefix, platform+":") + "users/" + strconv.FormatInt(v.User, 10), Handle: v.Username, Name: v.Name,
		URL: x.server.JoinPath("u", v.Username).String()}
	slug := cmp.Or(v.Slug, "-") // a topic whose title has no letters, and posts within a topic
	m.Permalink = x.server.JoinPath("t", slug, topic, strconv.FormatInt(v.Number, 10)).String()
	if v.Number > 1 {
		m.Kind, m.ParentID = sources.Comment, m.ThreadID
		if v.ReplyTo > 0 {
			m.Kind = sources.Reply
		}
	}
	if v.Version > 1 {
		m.State, m.EditedAt = sources.Edited, v.Updated
	}
	m.Engagement = sources.Counts{Replies: v.Replies, Quotes: v.Quotes, Views: v.Reads}.Engagement()
	for _, a := range v.Actions {
		if a.ID == like {
			m.Engagement["likes"] = a.Count
		}
	}
	return m
}
