package facebook

import (
	"cmp"
	"strings"

	"earshot/sources"
	"earshot/sources/meta"
)

const platform = "facebook"

const (
	postFields = "id,message,story,created_time,updated_time,permalink_url,from,message_tags,attachments{media_type,media,url,title}," +
		"comments.limit(0).summary(true),reactions.limit(0).summary(true),shares"
	commentFields = "id,message,created_time,from,parent{id},permalink_url,like_count,comment_count,attachment,is_hidden"
	ratingFields  = "created_time,recommendation_type,review_text,rating,reviewer,open_graph_story{id}"
)

type person struct {
	ID   meta.ID `json:"id"`
	Name string  `json:"name"`
}

type summary struct {
	Summary struct {
		Total int64 `json:"total_count"`
	} `json:"summary"`
}

type attachment struct {
	MediaType string `json:"media_type"` // of a post
	Type      string `json:"type"`       // of a comment
	URL       string `json:"url"`
	Media     struct {
		Image struct {
			Src string `json:"src"`
		} `json:"image"`
	} `json:"media"`
}

// post is a post or a comment.
type post struct {
	ID          string    `json:"id"`
	Message     string    `json:"message"`
	Story       string    `json:"story"`
	Created     meta.Time `json:"created_time"`
	Updated     meta.Time `json:"updated_time"`
	Permalink   string    `json:"permalink_url"`
	From        *person   `json:"from"` // often left out
	Parent      *person   `json:"parent"`
	Attachments struct {
		Data []attachment `json:"data"`
	} `json:"attachments"`
	Attachment *attachment `json:"attachment"`
	Comments   *summary    `json:"comments"`
	Reactions  *summary    `json:"reactions"`
	Shares     *struct {
		Count int64 `json:"count"`
	} `json:"shares"`
	Likes   *int64 `json:"like_count"`
	Replies *int64 `json:"comment_count"`
}

// mention makes a Mention: of a post, or, under the post of the number thread, of a comment.
func (v *post) mention(thread, by string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Post, Text: cmp.Or(v.Message, v.Story), CreatedAt: v.Created.Time,
		Permalink: v.Permalink, Visibility: "public"}
	if by != "" {
		m.MatchedBy = []string{by}
	}
	if v.From != nil {
		m.Author = sources.Author{ID: string(v.From.ID), Name: v.From.Name}
	}
	if thread != "" {
		under(&m, thread, "")
		if v.Parent != nil {
			under(&m, thread, string(v.Parent.ID))
		}
	}
	for _, a := range v.Attachments.Data {
		m.Media = append(m.Media, a.mention())
	}
	if v.Attachment != nil {
		m.Media = append(m.Media, v.Attachment.mention())
	}
	m.Engagement = sources.Counts{Likes: v.Likes, Replies: v.Replies}.Engagement()
	if v.Reactions != nil {
		m.Engagement["likes"] = v.Reactions.Summary.Total
	}
	if v.Comments != nil {
		m.Engagement["replies"] = v.Comments.Summary.Total
	}
	if v.Shares != nil {
		m.Engagement["shares"] = v.Shares.Count
	}
	return m
}

// under makes m a comment on the post thread, or a reply to the comment parent.
func under(m *sources.Mention, thread, parent string) {
	m.Kind, m.ThreadID, m.ParentID = sources.Comment, platform+":"+thread, platform+":"+thread
	if parent != "" && parent != thread {
		m.Kind, m.ParentID = sources.Reply, platform+":"+parent
	}
}

// mention makes a Media; the page about a picture lasts, the picture's own address does not.
func (a *attachment) mention() sources.Media {
	kind := "link"
	switch t := cmp.Or(a.MediaType, a.Type); {
	case strings.Contains(t, "photo"), strings.Contains(t, "album"), strings.Contains(t, "sticker"):
		kind = "image"
	case strings.Contains(t, "video"):
		kind = "video"
	}
	return sources.Media{Type: kind, URL: cmp.Or(a.URL, a.Media.Image.Src)}
}

// rating is a recommendation of the Page; its number is that of the story it made.
type rating struct {
	Created        meta.Time `json:"created_time"`
	Recommendation string    `json:"recommendation_type"` // positive, negative
	Text           string    `json:"review_text"`
	Rating         *int64    `json:"rating"`
	Reviewer       person    `json:"reviewer"`
	Story          person    `json:"open_graph_story"`
}

func (v *rating) mention() sources.Mention {
	m := sources.Mention{ID: platform + ":" + string(v.Story.ID), Platform: platform, Kind: sources.Review, Text: v.Text, CreatedAt: v.Created.Time, Visibility: "public",
		Author: sources.Author{ID: string(v.Reviewer.ID), Name: v.Reviewer.Name}, Permalink: site + string(v.Story.ID), MatchedBy: []string{"own_thread"}}
	switch v.Recommendation {
	case "positive":
		m.Title = "Recommends the Page"
	case "negative":
		m.Title = "Does not recommend the Page"
	}
	if v.Rating != nil {
		m.Engagement = map[string]int64{"rating": *v.Rating}
	}
	return m
}
