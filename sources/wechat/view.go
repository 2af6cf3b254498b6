package wechat

import (
	"fmt"

	"earshot/sources"
)

const platform = "wechat"

type comment struct {
	ID      sources.ID `json:"user_comment_id"`
	Author  string     `json:"openid"` // a pseudonym for this account alone
	Created int64      `json:"create_time"`
	Content string     `json:"content"`
	Reply   struct {
		Content string `json:"content"`
		Created int64  `json:"create_time"`
	} `json:"reply"`
}

func (a article) id() string { return fmt.Sprintf("%s:%d:%d", platform, a.message, a.index) }

func (c *comment) mention(a article) sources.Mention {
	thread := a.id()
	return sources.Mention{ID: thread + ":" + string(c.ID), Platform: platform, Kind: sources.Comment, Text: c.Content, CreatedAt: sources.Unix(c.Created),
		Permalink: a.link, Visibility: "public", MatchedBy: []string{"own_thread"}, Author: sources.Author{ID: c.Author}, ThreadID: thread, ParentID: thread}
}

// replyID is that of the account's reply to a comment.
func replyID(comment string) string { return comment + ":reply" }

// answer is what the account replied to c, if it did.
func (c *comment) answer(a article) sources.Mention {
	if c.Reply.Content == "" {
		return sources.Mention{}
	}
	m := c.mention(a)
	m.ParentID, m.ID = m.ID, replyID(m.ID)
	m.Kind, m.Text, m.CreatedAt, m.Author, m.MatchedBy = sources.Reply, c.Reply.Content, sources.Unix(c.Reply.Created), sources.Author{}, nil
	return m
}
