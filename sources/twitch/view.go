package twitch

import (
	"strings"
	"time"

	"earshot/sources"
)

// stream is one answer of a search.
type stream struct {
	ID       string   `json:"id"` // of the channel
	Login    string   `json:"broadcaster_login"`
	Name     string   `json:"display_name"`
	Title    string   `json:"title"`
	Game     string   `json:"game_name"`
	Tags     []string `json:"tags"`
	Live     bool     `json:"is_live"`
	Started  jsonTime `json:"started_at"` // empty when it is over
	Language string   `json:"broadcaster_language"`
}

// jsonTime is a time, or an empty text.
type jsonTime struct{ time.Time }

func (t *jsonTime) UnmarshalText(b []byte) (err error) {
	if len(b) > 0 {
		t.Time, err = time.Parse(time.RFC3339Nano, string(b))
	}
	return err
}

// mention makes a mention of a live stream, named by its channel and beginning.
func (a *app) mention(s *stream) (sources.Mention, bool) {
	if !s.Live || s.Started.IsZero() || a.isOwn(s.ID, s.Login) {
		return sources.Mention{}, false
	}
	link := "https://www.twitch.tv/" + s.Login
	m := sources.Mention{ID: platform + ":stream/" + s.ID + "/" + s.Started.UTC().Format("20060102T150405Z"), Platform: platform, Kind: sources.Video, Title: s.Title,
		Text: strings.Join(s.Tags, " "), Author: sources.Author{ID: s.ID, Handle: s.Login, Name: s.Name, URL: link}, CreatedAt: s.Started.UTC(), Permalink: link,
		Visibility: "public"}
	if s.Language != "other" {
		m.Lang = s.Language
	}
	return m, true
}

// frame is one message of EventSub.
type frame struct {
	Metadata struct {
		ID   string    `json:"message_id"`
		Type string    `json:"message_type"`
		At   time.Time `json:"message_timestamp"`
	} `json:"metadata"`
	Payload struct {
		Session struct {
			ID        string `json:"id"`
			Keepalive int64  `json:"keepalive_timeout_seconds"`
			Reconnect string `json:"reconnect_url"`
		} `json:"session"`
		Subscription struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"subscription"`
		Event event `json:"event"`
	} `json:"payload"`
}

// event has the members of the four kinds that are subscribed to.
type event struct {
	Channel     string `json:"broadcaster_user_id"`
	Login       string `json:"broadcaster_user_login"`
	Source      string `json:"source_broadcaster_user_id"` // of a shared chat
	Chatter     string `json:"chatter_user_id"`
	ChatLogin   string `json:"chatter_user_login"`
	ChatterName string `json:"chatter_user_name"`
	Target      string `json:"target_user_id"`
	MessageID   string `json:"message_id"`
	Message     struct {
		Text string `json:"text"`
	} `json:"message"`
	Reply *struct {
		Parent string `json:"parent_message_id"`
		Thread string `json:"thread_message_id"`
	} `json:"reply"`
}

// said makes a mention of a chat message; false when it is none.
func (a *app) said(e *event, at time.Time) (sources.Mention, bool) {
	if e.MessageID == "" || a.isOwn(e.Chatter, e.ChatLogin) || e.Source != "" && e.Source != e.Channel {
		return sources.Mention{}, false
	}
	m := sources.Mention{ID: platform + ":" + e.MessageID, Platform: platform, Kind: sources.Message, Text: e.Message.Text, CreatedAt: at.UTC(),
		Author:    sources.Author{ID: e.Chatter, Handle: e.ChatLogin, Name: e.ChatterName, URL: "https://www.twitch.tv/" + e.ChatLogin},
		Permalink: "https://www.twitch.tv/" + e.Login, Visibility: "public"}
	if e.Reply != nil {
		m.Kind, m.ParentID = sources.Reply, platform+":"+e.Reply.Parent
		if e.Reply.Thread != "" {
			m.ThreadID = platform + ":" + e.Reply.Thread
		}
	}
	return m, true
}
