package mastodon

import (
	"cmp"
	"html"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

// status is the entity Status as far as it is used.
type status struct {
	ID          string         `json:"id"` // on this server
	URI         string         `json:"uri"`
	URL         string         `json:"url"`
	CreatedAt   time.Time      `json:"created_at"`
	EditedAt    *time.Time     `json:"edited_at"`
	InReplyTo   string         `json:"in_reply_to_id"`
	Visibility  string         `json:"visibility"`
	SpoilerText string         `json:"spoiler_text"`
	Language    string         `json:"language"`
	Content     string         `json:"content"`
	Replies     int64          `json:"replies_count"`
	Reblogs     int64          `json:"reblogs_count"`
	Favourites  int64          `json:"favourites_count"`
	Reblog      jsontext.Value `json:"reblog"`
	Account     struct {
		ID          string `json:"id"`
		Acct        string `json:"acct"`
		DisplayName string `json:"display_name"`
		URL         string `json:"url"`
		NoIndex     bool   `json:"noindex"`
	} `json:"account"`
	Media []struct {
		Type        string `json:"type"`
		URL         string `json:"url"`
		RemoteURL   string `json:"remote_url"`
		Description string `json:"description"`
	} `json:"media_attachments"`
}

// localID is what a mention keeps beside its global ID.
type localID struct {
	ID string `json:"mastodon_id"`
}

// mention makes a Mention of a status, unless it may not be taken.
func (s *status) mention(server, by string) (sources.Mention, bool) {
	boost := len(s.Reblog) > 0 && s.Reblog.Kind() != 'n'
	if boost || s.URI == "" || s.Account.NoIndex || s.Visibility != "public" && s.Visibility != "unlisted" {
		return sources.Mention{}, false
	}
	m := sources.Mention{ID: platform + ":" + s.URI, Platform: platform, Kind: sources.Post, TextRaw: s.Content, CreatedAt: s.CreatedAt,
		Permalink: cmp.Or(s.URL, s.URI), Lang: s.Language, Visibility: "public",
		Author:     sources.Author{ID: s.Account.ID + "@" + server, Handle: s.Account.Acct, Name: s.Account.DisplayName, URL: s.Account.URL},
		Engagement: map[string]int64{"likes": s.Favourites, "replies": s.Replies, "shares": s.Reblogs}}
	if local, err := json.Marshal(localID{s.ID}); err == nil && s.ID != "" {
		m.Unknown = local
	}
	if s.SpoilerText != "" {
		m.TextRaw = "<p>" + html.EscapeString(s.SpoilerText) + "</p>" + m.TextRaw
	}
	if m.Author.Handle != "" && !strings.Contains(m.Author.Handle, "@") {
		m.Author.Handle += "@" + server
	}
	if s.InReplyTo != "" {
		m.Kind = sources.Reply // to a local id, from which the parent's own ID cannot be told without another call
	}
	if by != "" && s.Visibility == "public" {
		m.MatchedBy = []string{by}
	}
	if s.EditedAt != nil {
		m.State, m.EditedAt = sources.Edited, *s.EditedAt
	}
	for _, x := range s.Media {
		m.Media = append(m.Media, sources.Media{Type: x.Type, URL: cmp.Or(x.RemoteURL, x.URL), Alt: x.Description})
	}
	return m, true
}
