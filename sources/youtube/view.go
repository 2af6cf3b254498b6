package youtube

import (
	"cmp"
	"time"

	"earshot/sources"
)

const platform = "youtube"

type commentList struct {
	Next  string    `json:"nextPageToken"`
	Items []comment `json:"items"`
}

type comment struct {
	ID      string `json:"id"`
	Snippet struct {
		Video         string `json:"videoId"`
		Parent        string `json:"parentId"`
		Display       string `json:"textDisplay"`
		Original      string `json:"textOriginal"` // to the author alone
		Author        string `json:"authorDisplayName"`
		AuthorURL     string `json:"authorChannelUrl"`
		AuthorChannel struct {
			Value string `json:"value"`
		} `json:"authorChannelId"` // missing when the account is gone
		Likes     *int64    `json:"likeCount"`
		Published time.Time `json:"publishedAt"`
		Updated   time.Time `json:"updatedAt"`
	} `json:"snippet"`
}

type threadList struct {
	Next  string   `json:"nextPageToken"`
	Items []thread `json:"items"`
}

type thread struct {
	ID      string `json:"id"`
	Snippet struct {
		Video   string  `json:"videoId"` // missing of a comment on the channel itself
		Top     comment `json:"topLevelComment"`
		Replies int64   `json:"totalReplyCount"`
	} `json:"snippet"`
	Replies struct {
		Comments []comment `json:"comments"`
	} `json:"replies"`
}

type video struct {
	ID      string `json:"id"`
	Snippet struct {
		Published     time.Time `json:"publishedAt"`
		Channel       string    `json:"channelId"`
		ChannelTitle  string    `json:"channelTitle"`
		Title         string    `json:"title"`
		Description   string    `json:"description"`
		Language      string    `json:"defaultLanguage"`
		AudioLanguage string    `json:"defaultAudioLanguage"`
		Thumbnails    struct {
			High struct {
				URL string `json:"url"`
			} `json:"high"`
		} `json:"thumbnails"`
	} `json:"snippet"`
	Statistics struct {
		Views    *int64 `json:"viewCount,string"`
		Likes    *int64 `json:"likeCount,string"`
		Comments *int64 `json:"commentCount,string"` // missing when nobody may comment
	} `json:"statistics"`
}

// mention maps a comment under a video; a list of replies does not name the video.
func (c *comment) mention(video string) sources.Mention {
	s := &c.Snippet
	m := sources.Mention{ID: id(c.ID), Platform: platform, Kind: sources.Comment, Text: cmp.Or(s.Original, s.Display), CreatedAt: s.Published, Visibility: "public",
		Author: sources.Author{ID: s.AuthorChannel.Value, Handle: s.Author, URL: s.AuthorURL}}
	if video = cmp.Or(s.Video, video); video != "" {
		m.ThreadID, m.ParentID, m.Permalink = id(video), id(video), "https://www.youtube.com/watch?v="+video+"&lc="+c.ID
	}
	if s.Parent != "" {
		m.Kind, m.ParentID = sources.Reply, id(s.Parent)
	}
	if s.Updated.After(s.Published) {
		m.State, m.EditedAt = sources.Edited, s.Updated
	}
	if s.Likes != nil {
		m.Engagement = map[string]int64{"likes": *s.Likes}
	}
	return m
}

func (v *video) mention() sources.Mention {
	s := &v.Snippet
	m := sources.Mention{ID: id(v.ID), Platform: platform, Kind: sources.Video, Title: s.Title, Text: s.Description, CreatedAt: s.Published, Visibility: "public",
		Lang: cmp.Or(s.AudioLanguage, s.Language), Permalink: watch(v.ID), Engagement: map[string]int64{},
		Author: sources.Author{ID: s.Channel, Name: s.ChannelTitle, URL: "https://www.youtube.com/channel/" + s.Channel}}
	for name, n := range map[string]*int64{"views": v.Statistics.Views, "likes": v.Statistics.Likes, "replies": v.Statistics.Comments} {
		if n != nil {
			m.Engagement[name] = *n
		}
	}
	if s.Thumbnails.High.URL != "" {
		m.Media = []sources.Media{{Type: "image", URL: s.Thumbnails.High.URL}}
	}
	return m
}

func id(native string) string { return platform + ":" + native }

func watch(video string) string { return "https://www.youtube.com/watch?v=" + video }
