package telegram

import (
	"cmp"
	"strings"
	"unicode/utf16"

	"earshot/settings"
	"earshot/sources"
)

// view makes mentions of one bot's updates.
type view struct{ chats, own sources.Accounts }

func newView(s settings.Source) view {
	return view{chats: sources.AccountsOption(s.Options["chats"]), own: sources.AccountsOption(s.Options["own"])}
}

type update struct {
	ID         int64    `json:"update_id"`
	Message    *message `json:"message"`
	Edited     *message `json:"edited_message"`
	Post       *message `json:"channel_post"`
	EditedPost *message `json:"edited_channel_post"`
	Member     *struct {
		Chat account `json:"chat"`
		New  struct {
			Status string `json:"status"`
		} `json:"new_chat_member"`
	} `json:"my_chat_member"` // the bot came or went
}

type message struct {
	ID       sources.ID     `json:"message_id"`
	Thread   sources.ID     `json:"message_thread_id"`
	Topic    bool           `json:"is_topic_message"`
	From     *account       `json:"from"`
	Sender   *account       `json:"sender_chat"` // a channel, or an administrator who hides
	Chat     account        `json:"chat"`
	Date     sources.Moment `json:"date"`
	Edited   sources.Moment `json:"edit_date"`
	Text     string         `json:"text"`
	Caption  string         `json:"caption"`
	Entities []entity       `json:"entities"`
	Captions []entity       `json:"caption_entities"`
	Replies  *struct {
		ID sources.ID `json:"message_id"`
	} `json:"reply_to_message"`
}

// account is a person or a chat.
type account struct {
	ID       sources.ID `json:"id"`
	Type     string     `json:"type"` // of a chat
	Title    string     `json:"title"`
	Username string     `json:"username"`
	First    string     `json:"first_name"`
	Last     string     `json:"last_name"`
}

// entity is a stretch of the text; its place is in UTF-16 units.
type entity struct {
	Type   string  `json:"type"`
	Offset int     `json:"offset"`
	Length int     `json:"length"`
	URL    string  `json:"url"`
	User   account `json:"user"` // of somebody without a name
}

// mention makes a mention of an update; false when it is none: a private chat above all.
func (v *view) mention(u *update) (sources.Mention, bool) {
	kind, x := sources.Message, cmp.Or(u.Message, u.Edited)
	if x == nil {
		kind, x = sources.Post, cmp.Or(u.Post, u.EditedPost)
	}
	if x == nil || !v.reads(&x.Chat) {
		return sources.Mention{}, false
	}
	author := cmp.Or(x.Sender, x.From, &x.Chat)
	m := sources.Mention{ID: x.id(x.ID), Platform: platform, Kind: kind, Text: x.Text + x.Caption, CreatedAt: x.Date.Time,
		Author: author.author(), Visibility: "members", Permalink: permalink(x)}
	if m.Text == "" || author.among(v.own) {
		return m, false
	}
	if x.Chat.Username != "" {
		m.Visibility = "public"
	}
	if x.Topic {
		m.ThreadID = x.id(x.Thread)
	}
	if x.Replies != nil && !(x.Topic && x.Replies.ID == x.Thread) { // a topic's messages "reply" to its beginning
		m.Kind, m.ParentID = sources.Reply, x.id(x.Replies.ID)
	}
	if !x.Edited.IsZero() {
		m.State, m.EditedAt = sources.Edited, x.Edited.Time
	}
	v.entities(&m, append(x.Entities, x.Captions...))
	return m, true
}

func (v *view) taken(u *update) sources.Mention { return sources.Some(v.mention(u)) }

// reads says that a chat is a group or channel, and was chosen.
func (v *view) reads(c *account) bool { return c.open() && c.among(v.chats) }

// open says that a chat is a group or channel.
func (a *account) open() bool {
	return a.Type == "group" || a.Type == "supergroup" || a.Type == "channel"
}

func (x *message) id(n sources.ID) string {
	return platform + ":" + string(x.Chat.ID) + "/" + string(n)
}

func (a *account) among(list sources.Accounts) bool { return list.Has(string(a.ID), a.Username) }

func (a *account) author() sources.Author {
	return sources.Author{ID: string(a.ID), Handle: a.Username, Name: cmp.Or(a.Title, strings.TrimSpace(a.First+" "+a.Last)), URL: sources.LinkTo("https://t.me/", a.Username)}
}

// permalink is where members, or everybody where the chat has a name, find a message; a small group has no such place.
func permalink(x *message) string {
	if x.Chat.Username != "" {
		return "https://t.me/" + x.Chat.Username + "/" + string(x.ID)
	}
	if id, ok := strings.CutPrefix(string(x.Chat.ID), "-100"); ok && x.Chat.Type != "group" {
		return "https://t.me/c/" + id + "/" + string(x.ID)
	}
	return ""
}

// entities takes the links that hide under words, and sees whether the council is addressed.
func (v *view) entities(m *sources.Mention, list []entity) {
	for _, e := range list {
		if e.Type == "text_link" {
			m.Links = append(m.Links, e.URL)
		}
		if e.User.among(v.own) || e.Type == "mention" && v.own.Has(stretch(m.Text, e.Offset, e.Length)) {
			m.MatchedBy = []string{"mention"}
		}
	}
}

// stretch is a part of s, whose place and length are in UTF-16 units.
func stretch(s string, offset, length int) string {
	units := utf16.Encode([]rune(s))
	from := min(max(offset, 0), len(units))
	return string(utf16.Decode(units[from : from+min(max(length, 0), len(units)-from)]))
}
