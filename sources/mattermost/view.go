package mattermost

import (
	"strings"
	"time"

	"earshot/sources"
)

type postList struct {
	Order []string        `json:"order"`
	Posts map[string]post `json:"posts"` // with what stands around the ordered ones
}

type post struct {
	ID       string `json:"id"`
	Created  int64  `json:"create_at"` // milliseconds, as all four
	Updated  int64  `json:"update_at"`
	Edited   int64  `json:"edit_at"`
	Deleted  int64  `json:"delete_at"`
	User     string `json:"user_id"`
	Root     string `json:"root_id"`
	Message  string `json:"message"`
	Type     string `json:"type"`
	Replies  int64  `json:"reply_count"`
	Metadata struct {
		Files []struct {
			Name string `json:"name"`
			Mime string `json:"mime_type"`
		} `json:"files"`
		Reactions []struct{} `json:"reactions"`
	} `json:"metadata"`
}

// mention makes a mention of what a member wrote; false when it is none.
func (x *server) mention(p *post) (sources.Mention, bool) {
	m := sources.Mention{ID: platform + ":" + p.ID, Platform: platform}
	if p.Deleted > 0 {
		m.State, m.At = sources.Deleted, milli(p.Deleted)
		return m, true
	}
	if strings.HasPrefix(p.Type, "system_") || x.own.Has(p.User) {
		return m, false
	}
	m.Kind, m.Text, m.CreatedAt, m.Visibility = sources.Message, p.Message, milli(p.Created), "members"
	m.Author.ID, m.ThreadID = p.User, platform+":"+p.ID
	m.Permalink = x.base.JoinPath(x.team, "pl", p.ID).String()
	if p.Root != "" {
		m.Kind, m.ParentID, m.ThreadID = sources.Reply, platform+":"+p.Root, platform+":"+p.Root
	}
	if p.Edited > 0 {
		m.State, m.EditedAt = sources.Edited, milli(p.Edited)
	}
	for _, f := range p.Metadata.Files { // their contents need the key
		m.Media = append(m.Media, sources.Media{Type: f.Mime, Alt: f.Name})
	}
	if likes := int64(len(p.Metadata.Reactions)); likes > 0 || p.Replies > 0 {
		m.Engagement = map[string]int64{"likes": likes, "replies": p.Replies}
	}
	return m, true
}

func milli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
