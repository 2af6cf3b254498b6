package tiktok

import (
	"cmp"
	"strconv"
	"strings"

	"earshot/sources"
)

const (
	platform = "tiktok"

	codeWait    = 40100
	codeExpired = 40102
	codeToken   = 40105

	videoFields   = `["item_id","create_time","video_link","caption","likes","comments","shares","views","thumbnail_url","creator_handle_name"]`
	commentFields = `["comment_id","comment_text","comment_create_time","comment_likes","commenter_handle_name","commenter_display_name","item_id","video_link"]`
	ownFields     = `["item_id","share_url","comments"]`
)

// envelope is every answer.
type envelope[T any] struct {
	Code int `json:"code"`
	Data T   `json:"data"`
}

// listing is one page of any list.
type listing struct {
	Videos   []video   `json:"videos"`
	Comments []comment `json:"comments"`
	Cursor   int64     `json:"cursor"`
	HasMore  bool      `json:"has_more"`
}

type video struct {
	ID        string         `json:"item_id"`
	Created   sources.Moment `json:"create_time"`
	Link      string         `json:"video_link"`
	ShareURL  string         `json:"share_url"` // of an own video
	Caption   string         `json:"caption"`
	Likes     *int64         `json:"likes"`
	Comments  *int64         `json:"comments"`
	Shares    *int64         `json:"shares"`
	Views     *int64         `json:"views"`
	Thumbnail string         `json:"thumbnail_url"`
	Handle    string         `json:"creator_handle_name"`
}

// comment is one that mentions the account, or with other names one on an own video.
type comment struct {
	ID      string         `json:"comment_id"`
	Text    string         `json:"comment_text"`
	Created sources.Moment `json:"comment_create_time"`
	Likes   *int64         `json:"comment_likes"`
	Handle  string         `json:"commenter_handle_name"`
	Name    string         `json:"commenter_display_name"`
	VideoID string         `json:"item_id"`
	Link    string         `json:"video_link"`

	OwnText    string         `json:"text"`
	OwnCreated sources.Moment `json:"create_time"`
	OwnLikes   *int64         `json:"likes"`
	Replies    *int64         `json:"replies"`
	UserID     string         `json:"unique_identifier"`
	Username   string         `json:"username"`
	Display    string         `json:"display_name"`
	Owner      bool           `json:"owner"` // the account itself wrote it
	Status     string         `json:"status"`
	Parent     string         `json:"parent_comment_id"`
	ReplyList  []comment      `json:"reply_list"`
}

func (l *listing) next() string {
	if !l.HasMore {
		return ""
	}
	return strconv.FormatInt(l.Cursor, 10)
}

// videos makes mentions of all but the account's own, which its handle tells.
func (l *listing) videos(by, own string) []sources.Item {
	out := make([]sources.Item, 0, len(l.Videos))
	for i := range l.Videos {
		v := &l.Videos[i]
		if own != "" && strings.EqualFold(v.Handle, own) {
			continue
		}
		m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Video, Text: v.Caption, CreatedAt: v.Created.Time, Permalink: v.Link,
			Visibility: "public", MatchedBy: []string{by}, Author: author("", v.Handle, ""),
			Engagement: sources.Counts{Likes: v.Likes, Replies: v.Comments, Shares: v.Shares, Views: v.Views}.Engagement()}
		if v.Thumbnail != "" {
			m.Media = []sources.Media{{Type: "video", URL: v.Thumbnail}}
		}
		out = append(out, sources.Item{Mention: m})
	}
	return out
}

// comments makes mentions of what is public and not the account's own; video and link are those of an own video.
func (l *listing) comments(by, video, link string) []sources.Item {
	out := make([]sources.Item, 0, len(l.Comments))
	for i := range l.Comments {
		c := &l.Comments[i]
		out = c.add(out, by, video, link)
		for j := range c.ReplyList {
			r := &c.ReplyList[j]
			r.Parent = c.ID
			out = r.add(out, by, video, link)
		}
	}
	return out
}

func (c *comment) add(out []sources.Item, by, video, link string) []sources.Item {
	if c.Owner || c.Status == "HIDDEN" {
		return out
	}
	thread := platform + ":" + cmp.Or(c.VideoID, video)
	m := sources.Mention{ID: platform + ":" + c.ID, Platform: platform, Kind: sources.Comment, Text: cmp.Or(c.Text, c.OwnText), CreatedAt: c.Created.Time,
		Permalink: cmp.Or(c.Link, link), Visibility: "public", MatchedBy: []string{by}, ThreadID: thread, ParentID: thread,
		Author:     author(c.UserID, cmp.Or(c.Handle, c.Username), cmp.Or(c.Name, c.Display)),
		Engagement: sources.Counts{Likes: cmp.Or(c.Likes, c.OwnLikes), Replies: c.Replies}.Engagement()}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = c.OwnCreated.Time
	}
	if c.Parent != "" && c.Parent != "0" {
		m.Kind, m.ParentID = sources.Reply, platform+":"+c.Parent
	}
	return append(out, sources.Item{Mention: m})
}

// talkedAbout are the videos that have comments, each with its link.
func (l *listing) talkedAbout() string {
	var out []string
	for _, v := range l.Videos {
		if v.Comments == nil || *v.Comments > 0 {
			out = append(out, v.ID+"|"+v.ShareURL)
		}
	}
	return strings.Join(out, " ")
}

func author(id, handle, name string) sources.Author {
	return sources.Author{ID: id, Handle: handle, Name: name, URL: sources.LinkTo("https://www.tiktok.com/@", handle)}
}
