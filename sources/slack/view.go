package slack

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// view makes mentions of one workspace's messages.
type view struct {
	workspace string
	channels  []string
	own       []string
}

func newView(s settings.Source) (view, error) {
	v := view{workspace: strings.TrimSuffix(strings.TrimSpace(s.Options["workspace"]), "/"), channels: sources.ListOption(s.Options["channels"]),
		own: sources.ListOption(s.Options["own"])}
	var faults []error
	if u, err := url.Parse(v.workspace); err != nil || u.Host == "" || u.Scheme != "https" {
		faults = append(faults, errors.New("a Slack source needs the option workspace, such as https://exampleford-residents.slack.com"))
	}
	if len(v.channels) == 0 {
		faults = append(faults, errors.New("a Slack source needs the option channels: IDs such as C0123456789"))
	}
	for _, c := range v.channels {
		if !strings.HasPrefix(c, "C") {
			faults = append(faults, fmt.Errorf("%q is no public channel of Slack: their IDs begin with C; private messages are never read", c))
		}
	}
	return v, errors.Join(faults...)
}

type message struct {
	Type        string `json:"type"`
	Subtype     string `json:"subtype"`
	TS          string `json:"ts"`
	Thread      string `json:"thread_ts"`
	User        string `json:"user"`
	Bot         string `json:"bot_id"`
	Name        string `json:"username"` // of a bot
	Text        string `json:"text"`
	Replies     int64  `json:"reply_count"`
	LatestReply string `json:"latest_reply"`
	Edited      *struct {
		TS string `json:"ts"`
	} `json:"edited"`
	Reactions []struct {
		Count int64 `json:"count"`
	} `json:"reactions"`
	Files []struct {
		Title     string `json:"title"`
		Mime      string `json:"mimetype"`
		Permalink string `json:"permalink"`
	} `json:"files"`
}

// said are the subtypes in which somebody says something; the others tell of members and topics.
var said = []string{"", "bot_message", "file_share", "me_message", "thread_broadcast"}

func (v *view) id(channel, ts string) string { return platform + ":" + channel + "/" + ts }

// mention makes a mention of what a member wrote; false when it is none.
func (v *view) mention(channel string, x *message) (sources.Mention, bool) {
	m := sources.Mention{ID: v.id(channel, x.TS), Platform: platform, Kind: sources.Message, CreatedAt: timeOf(x.TS), Visibility: "members"}
	if x.Subtype == "tombstone" { // deleted, but others replied
		m.State, m.At = sources.Deleted, m.CreatedAt
		return m, true
	}
	if !slices.Contains(said, x.Subtype) || x.TS == "" || x.User != "" && slices.Contains(v.own, x.User) {
		return m, false
	}
	m.Author = sources.Author{ID: x.User, Name: x.Name}
	if x.User == "" {
		m.Author.ID = x.Bot
	}
	m.Permalink = v.workspace + "/archives/" + channel + "/p" + strings.Replace(x.TS, ".", "", 1)
	m.Text, m.Links = plain(x.Text)
	if m.Text != x.Text {
		m.TextRaw = x.Text
	}
	if x.Thread != "" {
		m.ThreadID = v.id(channel, x.Thread)
		if x.Thread != x.TS {
			m.Kind, m.ParentID = sources.Reply, m.ThreadID
			m.Permalink += "?thread_ts=" + x.Thread + "&cid=" + channel
		}
	}
	if x.Edited != nil {
		m.State, m.EditedAt = sources.Edited, timeOf(x.Edited.TS)
	}
	v.rest(&m, x)
	return m, true
}

func (v *view) rest(m *sources.Mention, x *message) {
	for _, f := range x.Files {
		m.Media = append(m.Media, sources.Media{Type: f.Mime, URL: f.Permalink, Alt: f.Title})
	}
	for _, o := range v.own {
		if strings.Contains(x.Text, "<@"+o) {
			m.MatchedBy = []string{"mention"}
		}
	}
	var likes int64
	for _, r := range x.Reactions {
		likes += r.Count
	}
	if likes > 0 || x.Replies > 0 {
		m.Engagement = map[string]int64{"likes": likes, "replies": x.Replies}
	}
}

var marked = regexp.MustCompile(`<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>`)

// plain makes text of Slack's mrkdwn: <@U1>, <#C1|roads>, <!here>, <https://a.example|label>, and the three entities.
func plain(s string) (text string, links []string) {
	if !strings.ContainsAny(s, "<&") {
		return s, nil
	}
	s = marked.ReplaceAllStringFunc(s, func(part string) string {
		f := marked.FindStringSubmatch(part)
		sign, name, label := f[1], f[2], f[3]
		if sign == "" {
			links = append(links, html.UnescapeString(name))
		}
		if label != "" {
			name = label
		}
		if sign == "!" {
			sign = "@"
		}
		return sign + name
	})
	return html.UnescapeString(s), links
}

// timeOf reads a ts, seconds and microseconds; the zero time when it is none.
func timeOf(ts string) time.Time {
	sec, frac, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		return time.Time{}
	}
	us, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return time.Unix(s, us*1000).UTC()
}

func stamp(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
