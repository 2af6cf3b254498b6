package instagram

import (
	"strings"

	"earshot/sources"
	"earshot/sources/meta"
)

const (
	platform = "instagram"
	site     = "https://www.instagram.com/"
)

const (
	tagFields     = "id,caption,media_type,media_url,permalink,timestamp,username,like_count,comments_count"
	hashtagFields = "id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count" // no author is shown
	commentFields = "id,text,timestamp,username,from,like_count,parent_id"
	mediaDetail   = "{id,caption,media_type,media_url,owner,username,timestamp,like_count,comments_count}"
	commentDetail = "{id,text,timestamp,like_count,media{id,permalink}}"
)

func native(id string) string { return strings.TrimPrefix(id, platform+":") }

func author(id meta.ID, username string) sources.Author {
	a := sources.Author{ID: string(id), Handle: username}
	if username != "" {
		a.URL = site + username
	}
	return a
}

// media is a picture, video or album.
type media struct {
	ID        string    `json:"id"`
	Caption   string    `json:"caption"`
	Type      string    `json:"media_type"` // IMAGE, VIDEO, CAROUSEL_ALBUM
	Permalink string    `json:"permalink"`
	Timestamp meta.Time `json:"timestamp"`
	Username  string    `json:"username"`
	Likes     *int64    `json:"like_count"`
	Comments  *int64    `json:"comments_count"`
}

func (v *media) mention(by string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Photo, Text: v.Caption, CreatedAt: v.Timestamp.Time, Permalink: v.Permalink,
		Visibility: "public", Author: author("", v.Username), Engagement: sources.Counts{Likes: v.Likes, Replies: v.Comments}.Engagement(), Media: []sources.Media{{Type: "image", URL: v.Permalink}}}
	if v.Type == "VIDEO" {
		m.Kind, m.Media[0].Type = sources.Video, "video"
	}
	if by != "" {
		m.MatchedBy = []string{by}
	}
	return m
}

type comment struct {
	ID        string    `json:"id"`
	Text      string    `json:"text"`
	Timestamp meta.Time `json:"timestamp"`
	Username  string    `json:"username"`
	From      struct {
		ID       meta.ID `json:"id"`
		Username string  `json:"username"`
	} `json:"from"`
	Likes   *int64  `json:"like_count"`
	Parent  meta.ID `json:"parent_id"`
	Media   media   `json:"media"` // of a comment that mentions the account
	Replies struct {
		Data []comment `json:"data"`
	} `json:"replies"`
}

// mention makes a Mention of a comment on the media of the number on, whose page is permalink.
func (v *comment) mention(on, permalink, by string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Comment, Text: v.Text, CreatedAt: v.Timestamp.Time, Permalink: permalink,
		Visibility: "public", ThreadID: platform + ":" + on, ParentID: platform + ":" + on, Author: author(v.From.ID, v.From.Username), Engagement: sources.Counts{Likes: v.Likes}.Engagement()}
	if v.Username != "" {
		m.Author = author(v.From.ID, v.Username)
	}
	if v.Parent != "" {
		m.Kind, m.ParentID = sources.Reply, platform+":"+string(v.Parent)
	}
	if by != "" {
		m.MatchedBy = []string{by}
	}
	return m
}
