package wechat

import (
	"fmt"
	"strings"
	"time"

	"earshot/sources"
)

const platform = "wechat"

type comment struct {
	ID      number `json:"user_comment_id"`
	Author  string `json:"openid"` // a pseudonym for this account alone
	Created int64  `json:"create_time"`
	Content string `json:"content"`
	Reply   struct {
		Content string `json:"content"`
		Created int64  `json:"create_time"`
	} `json:"reply"`
}

// number is an id, kept as it is written.
type number string

func (n *number) UnmarshalJSON(b []byte) error {
	*n = number(strings.Trim(string(b), `"`))
	return nil
}

func (a article) id() string { return fmt.Sprintf("%s:%d:%d", platform, a.message, a.index) }

func (c *comment) mention(a article) sources.Mention {
	thread := a.id()
	return sources.Mention{ID: thread + ":" + string(c.ID), Platform: platform, Kind: sources.Comment, Text: c.Content, CreatedAt: time.Unix(c.Created, 0).UTC(),
		Permalink: a.link, Visibility: "public", MatchedBy: []string{"own_thread"}, Author: sources.Author{ID: c.Author}, ThreadID: thread, ParentID: thread}
}

// answer is what the account replied to c, if it did.
func (c *comment) answer(a article) (sources.Mention, bool) {
	m := c.mention(a)
	m.ParentID, m.ID = m.ID, m.ID+":reply"
	m.Kind, m.Text, m.CreatedAt, m.Author, m.MatchedBy = sources.Reply, c.Reply.Content, time.Unix(c.Reply.Created, 0).UTC(), sources.Author{}, nil
	return m, c.Reply.Content != ""
}
