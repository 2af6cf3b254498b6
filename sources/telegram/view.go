package telegram

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"earshot/settings"
	"earshot/sources"
)

// view makes mentions of one bot's updates.
type view struct {
	chats []string
	own   []string
}

func newView(s settings.Source) view {
	return view{chats: fold(sources.ListOption(s.Options["chats"])), own: fold(sources.ListOption(s.Options["own"]))}
}

type update struct {
	ID         int64    `json:"update_id"`
	Message    *message `json:"message"`
	Edited     *message `json:"edited_message"`
	Post       *message `json:"channel_post"`
	EditedPost *message `json:"edited_channel_post"`
}

type message struct {
	ID       int64    `json:"message_id"`
	Thread   int64    `json:"message_thread_id"`
	Topic    bool     `json:"is_topic_message"`
	From     *account `json:"from"`
	Sender   *account `json:"sender_chat"` // a channel, or an administrator who hides
	Chat     account  `json:"chat"`
	Date     int64    `json:"date"` // Unix seconds, as the next
	Edited   int64    `json:"edit_date"`
	Text     string   `json:"text"`
	Caption  string   `json:"caption"`
	Entities []entity `json:"entities"`
	Captions []entity `json:"caption_entities"`
	Replies  *struct {
		ID int64 `json:"message_id"`
	} `json:"reply_to_message"`
}

// account is a person or a chat.
type account struct {
	ID       int64  `json:"id"`
	Type     string `json:"type"` // of a chat
	Title    string `json:"title"`
	Username string `json:"username"`
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
}

// entity is a stretch of the text; its place is in UTF-16 units.
type entity struct {
	Type   string   `json:"type"`
	Offset int      `json:"offset"`
	Length int      `json:"length"`
	URL    string   `json:"url"`
	User   *account `json:"user"`
}

// mention makes a mention of an update; false when it is none: a private chat above all.
func (v *view) mention(u *update) (sources.Mention, bool) {
	kind := sources.Message
	x := u.Message
	if x == nil {
		x = u.Edited
	}
	if x == nil {
		kind, x = sources.Post, u.Post
	}
	if x == nil {
		x = u.EditedPost
	}
	if x == nil || !v.reads(&x.Chat) {
		return sources.Mention{}, false
	}
	author := x.From
	if x.Sender != nil {
		author = x.Sender
	}
	if author == nil {
		author = &x.Chat
	}
	m := sources.Mention{ID: v.id(x, x.ID), Platform: platform, Kind: kind, Text: x.Text + x.Caption, CreatedAt: time.Unix(x.Date, 0).UTC(),
		Author: author.author(), Visibility: "members", Permalink: permalink(x)}
	if m.Text == "" || among(v.own, author.ID, author.Username) {
		return m, false
	}
	if x.Chat.Username != "" {
		m.Visibility = "public"
	}
	if x.Topic {
		m.ThreadID = v.id(x, x.Thread)
	}
	if x.Replies != nil && !(x.Topic && x.Replies.ID == x.Thread) { // a topic's messages "reply" to its beginning
		m.Kind, m.ParentID = sources.Reply, v.id(x, x.Replies.ID)
	}
	if x.Edited > 0 {
		m.State, m.EditedAt = sources.Edited, time.Unix(x.Edited, 0).UTC()
	}
	v.entities(&m, append(x.Entities, x.Captions...))
	return m, true
}

// reads says that a chat is a group or channel, and one of ours where some are named.
func (v *view) reads(c *account) bool {
	switch c.Type {
	case "group", "supergroup", "channel":
		return len(v.chats) == 0 || among(v.chats, c.ID, c.Username)
	}
	return false
}

func (v *view) id(x *message, n int64) string {
	return platform + ":" + strconv.FormatInt(x.Chat.ID, 10) + "/" + strconv.FormatInt(n, 10)
}

func (a *account) author() sources.Author {
	out := sources.Author{ID: strconv.FormatInt(a.ID, 10), Handle: a.Username, Name: a.Title}
	if a.Title == "" {
		out.Name = strings.TrimSpace(a.First + " " + a.Last)
	}
	if a.Username != "" {
		out.URL = "https://t.me/" + a.Username
	}
	return out
}

// permalink is where members, or everybody where the chat has a name, find a message; a small group has no such place.
func permalink(x *message) string {
	n := strconv.FormatInt(x.ID, 10)
	if x.Chat.Username != "" {
		return "https://t.me/" + x.Chat.Username + "/" + n
	}
	if id, ok := strings.CutPrefix(strconv.FormatInt(x.Chat.ID, 10), "-100"); ok && x.Chat.Type != "group" {
		return "https://t.me/c/" + id + "/" + n
	}
	return ""
}

// entities takes the links that hide under words, and sees whether the council is addressed.
func (v *view) entities(m *sources.Mention, list []entity) {
	var units []uint16
	for _, e := range list {
		addressed := false
		switch e.Type {
		case "text_link":
			m.Links = append(m.Links, e.URL)
		case "text_mention":
			addressed = e.User != nil && among(v.own, e.User.ID, e.User.Username)
		case "mention":
			if units == nil {
				units = utf16.Encode([]rune(m.Text))
			}
			if e.Offset >= 0 && e.Length > 0 && e.Offset+e.Length <= len(units) {
				name := string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
				addressed = among(v.own, 0, strings.TrimPrefix(name, "@"))
			}
		}
		if addressed {
			m.MatchedBy = []string{"mention"}
		}
	}
}
