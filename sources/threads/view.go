package threads

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"

	"earshot/sources"
	"earshot/sources/meta"
)

const (
	platform = "threads"
	site     = "https://www.threads.net/"
	fields   = "id,media_type,permalink,username,text,timestamp,is_quote_post,has_replies,is_reply,root_post,replied_to,quoted_post,alt_text,link_attachment_url,gif_url,topic_tag"
)

type ref struct {
	ID meta.ID `json:"id"`
}

// id is empty, or the ID of what is referred to.
func (r ref) id() string {
	if r.ID == "" {
		return ""
	}
	return platform + ":" + string(r.ID)
}

type post struct {
	ID         string    `json:"id"`
	Type       string    `json:"media_type"` // TEXT_POST, IMAGE, VIDEO, CAROUSEL_ALBUM, AUDIO, REPOST_FACADE
	Permalink  string    `json:"permalink"`
	Username   string    `json:"username"`
	Text       string    `json:"text"`
	Timestamp  meta.Time `json:"timestamp"`
	IsQuote    bool      `json:"is_quote_post"`
	IsReply    bool      `json:"is_reply"`
	HasReplies bool      `json:"has_replies"`
	Root       ref       `json:"root_post"`
	RepliedTo  ref       `json:"replied_to"`
	Quoted     ref       `json:"quoted_post"`
	Alt        string    `json:"alt_text"`
	Link       string    `json:"link_attachment_url"`
	GIF        string    `json:"gif_url"`
	Tag        string    `json:"topic_tag"`
}

// repost says that it holds no words of its own.
func (v *post) repost() bool { return v.Type == "REPOST_FACADE" }

func (v *post) mention(by string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Post, Title: v.Tag, Text: v.Text, CreatedAt: v.Timestamp.Time, Permalink: v.Permalink,
		Visibility: "public", ParentID: v.RepliedTo.id(), ThreadID: v.Root.id(), QuotedID: v.Quoted.id()}
	if v.Username != "" {
		m.Author = sources.Author{Handle: v.Username, URL: site + "@" + v.Username}
	}
	switch {
	case v.IsReply:
		m.Kind = sources.Reply
	case v.IsQuote:
		m.Kind = sources.Quote
	}
	if by != "" {
		m.MatchedBy = []string{by}
	}
	v.attach(&m)
	return m
}

// attach notes pictures and links; a picture's own address is short-lived, so the post's is given.
func (v *post) attach(m *sources.Mention) {
	switch v.Type {
	case "IMAGE", "CAROUSEL_ALBUM":
		m.Media = append(m.Media, sources.Media{Type: "image", URL: v.Permalink, Alt: v.Alt})
	case "VIDEO", "AUDIO":
		m.Media = append(m.Media, sources.Media{Type: strings.ToLower(v.Type), URL: v.Permalink, Alt: v.Alt})
	}
	if v.GIF != "" {
		m.Media = append(m.Media, sources.Media{Type: "image", URL: v.GIF, Alt: v.Alt})
	}
	if v.Link != "" {
		m.Media = append(m.Media, sources.Media{Type: "link", URL: v.Link})
	}
}

// event reads one change. What is unknown, or the council's own, is none of ours.
func (x *profile) event(_ context.Context, e meta.Event) ([]sources.Mention, error) {
	by := map[string]string{"mentions": "mention", "replies": "own_thread"}[e.Field]
	if by == "" {
		return nil, nil
	}
	var v post
	if json.Unmarshal(e.Value, &v) != nil {
		return nil, errors.New("the change is not what Threads' webhooks look like")
	}
	if v.ID == "" || v.repost() || strings.EqualFold(v.Username, x.username) {
		return nil, nil
	}
	m := v.mention(by)
	if e.Field == "replies" {
		m.Kind = sources.Reply
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt, m.CreatedPrecision = cmp.Or(e.Sent.Time, x.Poller.Time().UTC()), "indexed"
	}
	return []sources.Mention{m}, nil
}
