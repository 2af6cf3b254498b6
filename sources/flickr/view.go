package flickr

import (
	"cmp"
	"strings"

	"earshot/sources"
)

// answer is what Flickr says to any of the three methods.
type answer struct {
	Stat   string      `json:"stat"` // ok or fail
	Code   sources.Int `json:"code"`
	Photos struct {
		Photo []photo `json:"photo"`
	} `json:"photos"`
	Photo    info `json:"photo"`
	Comments struct {
		Comment []comment `json:"comment"`
	} `json:"comments"`
}

type content struct {
	Content string `json:"_content"` // HTML
}

type photo struct {
	ID          string       `json:"id"`
	Owner       string       `json:"owner"`
	OwnerName   string       `json:"ownername"`
	Path        string       `json:"pathalias"` // of the owner's pages, where one was chosen
	Title       string       `json:"title"`
	Description content      `json:"description"`
	Tags        string       `json:"tags"` // separated by spaces
	Uploaded    sources.Int  `json:"dateupload"`
	Views       *sources.Int `json:"views"`
	Media       string       `json:"media"` // photo or video
	Large       string       `json:"url_l"`
	Server      string       `json:"server"`
	Secret      string       `json:"secret"`
}

func (v *photo) mention() sources.Mention {
	home := "https://www.flickr.com/photos/" + cmp.Or(v.Path, v.Owner) + "/"
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Photo, Visibility: "public", Permalink: home + v.ID, CreatedAt: sources.Unix(int64(v.Uploaded)),
		Author: sources.Author{ID: v.Owner, Handle: v.Path, Name: v.OwnerName, URL: home}}
	if v.Media == "video" {
		m.Kind = sources.Video
	}
	m.Title, m.TextRaw = v.Title, words(v.Description.Content, strings.Fields(v.Tags))
	image := v.Large
	if image == "" && v.Server != "" {
		image = "https://live.staticflickr.com/" + v.Server + "/" + v.ID + "_" + v.Secret + ".jpg"
	}
	if image != "" {
		m.Media = []sources.Media{{Type: "photo", URL: image}}
	}
	m.Engagement = sources.Counts{Views: (*int64)(v.Views)}.Engagement()
	return m
}

// words is the description, and the tags under it, where the watch terms find them.
func words(description string, tags []string) string {
	if len(tags) == 0 {
		return description
	}
	return strings.TrimSpace(description + "\n\n#" + strings.Join(tags, " #"))
}

// info is a photo as getInfo shows it.
type info struct {
	Title       content `json:"title"`
	Description content `json:"description"`
	Tags        struct {
		Tag []content `json:"tag"`
	} `json:"tags"`
}

// mention is held with the words of now.
func (v *info) mention(held *sources.Mention) sources.Mention {
	var tags []string
	for _, t := range v.Tags.Tag {
		tags = append(tags, t.Content)
	}
	m := *held
	m.Title, m.TextRaw, m.Text = v.Title.Content, words(v.Description.Content, tags), ""
	return m
}

type comment struct {
	ID      string         `json:"id"`
	Author  string         `json:"author"`
	Name    string         `json:"authorname"`
	At      sources.Moment `json:"datecreate"`
	Link    string         `json:"permalink"`
	Content string         `json:"_content"` // HTML
}

func (v *comment) mention(photo string) sources.Mention {
	return sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Comment, Visibility: "public", TextRaw: v.Content, CreatedAt: v.At.Time, Permalink: v.Link,
		ParentID: photo, ThreadID: photo, Author: sources.Author{ID: v.Author, Name: v.Name}}
}
