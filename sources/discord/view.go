package discord

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

type message struct {
	ID      string `json:"id"`
	Channel string `json:"channel_id"`
	Guild   string `json:"guild_id"` // in the Gateway's events alone
	Author  struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"global_name"`
	} `json:"author"`
	Content  string    `json:"content"`
	Posted   time.Time `json:"timestamp"`
	Edited   time.Time `json:"edited_timestamp"`
	Type     int       `json:"type"`
	Mentions []struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	} `json:"mentions"`
	Attachments []struct {
		URL         string `json:"url"`
		Type        string `json:"content_type"`
		Name        string `json:"filename"`
		Description string `json:"description"`
	} `json:"attachments"`
	Reactions []struct {
		Count int64 `json:"count"`
	} `json:"reactions"`
	Reference struct {
		Message string `json:"message_id"`
	} `json:"message_reference"`
	Thread struct {
		ID string `json:"id"`
	} `json:"thread"`
}

// Kinds of messages (Discord's numbers) in which somebody says something; the others tell of members, pins and boosts.
const (
	saidType  = 0
	replyType = 19
)

// mention makes a mention of what somebody wrote; false when it is none.
func (x *guilds) mention(r room, v *message) (sources.Mention, bool) {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Message, CreatedAt: v.Posted, Visibility: "members",
		Permalink: "https://discord.com/channels/" + r.guild + "/" + v.Channel + "/" + v.ID,
		Author:    sources.Author{ID: v.Author.ID, Handle: v.Author.Username, Name: v.Author.Name}}
	if v.Type != saidType && v.Type != replyType || slices.Contains(x.own, v.Author.ID) {
		return m, false
	}
	if m.Text = x.plain(v); m.Text != v.Content {
		m.TextRaw = v.Content
	}
	if v.Type == replyType && v.Reference.Message != "" {
		m.Kind, m.ParentID = sources.Reply, platform+":"+v.Reference.Message
	}
	if r.thread { // a thread has the ID of the message that began it
		m.ThreadID = platform + ":" + v.Channel
	} else if v.Thread.ID != "" {
		m.ThreadID = m.ID
	}
	if !v.Edited.IsZero() {
		m.State, m.EditedAt = sources.Edited, v.Edited
	}
	for _, a := range v.Attachments {
		alt := a.Description
		if alt == "" {
			alt = a.Name
		}
		m.Media = append(m.Media, sources.Media{Type: a.Type, URL: a.URL, Alt: alt, Expires: expires(a.URL)})
	}
	for _, p := range v.Mentions {
		if slices.Contains(x.own, p.ID) {
			m.MatchedBy = []string{"mention"}
		}
	}
	var likes int64
	for _, r := range v.Reactions {
		likes += r.Count
	}
	if likes > 0 {
		m.Engagement = map[string]int64{"likes": likes}
	}
	return m, true
}

var emoji = regexp.MustCompile(`<a?(:\w+:)\d+>`)

// plain writes <@1200> as @name and custom emoji by their names.
func (x *guilds) plain(v *message) string {
	s := v.Content
	if !strings.Contains(s, "<") {
		return s
	}
	for _, p := range v.Mentions {
		s = strings.NewReplacer("<@"+p.ID+">", "@"+p.Username, "<@!"+p.ID+">", "@"+p.Username).Replace(s)
	}
	return emoji.ReplaceAllString(s, "$1")
}

// expires reads until when a file's address is good.
func expires(address string) time.Time {
	u, err := url.Parse(address)
	if err != nil {
		return time.Time{}
	}
	s, err := strconv.ParseInt(u.Query().Get("ex"), 16, 64)
	if err != nil || s <= 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// place reads server and channel out of a permalink.
func place(permalink string) (guild, channel string) {
	if f := strings.Split(strings.TrimPrefix(permalink, "https://discord.com/channels/"), "/"); len(f) == 3 {
		return f[0], f[1]
	}
	return "", ""
}

// epoch is Discord's first moment, in Unix milliseconds.
const epoch = 1420070400000

// snowflake is the smallest ID of a moment.
func snowflake(t time.Time) string {
	return strconv.FormatUint(uint64(max(t.UnixMilli()-epoch, 0))<<22, 10)
}

// timeOf is the moment in an ID.
func timeOf(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + epoch).UTC()
}
