package facebook

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"

	"earshot/sources"
	"earshot/sources/meta"
)

const site = "https://www.facebook.com/"

// change is the value of a webhook's fields feed, mention and ratings.
type change struct {
	Item       string    `json:"item"` // comment, post, status, photo, video, share, reaction, rating, ...
	Verb       string    `json:"verb"`
	PostID     meta.ID   `json:"post_id"`
	CommentID  meta.ID   `json:"comment_id"`
	ParentID   meta.ID   `json:"parent_id"`
	From       person    `json:"from"`
	SenderID   meta.ID   `json:"sender_id"` // instead of from
	SenderName string    `json:"sender_name"`
	Message    string    `json:"message"`
	Created    meta.Time `json:"created_time"`
	Edited     meta.Time `json:"edited_time"`
	Photo      string    `json:"photo"`
	Video      string    `json:"video"`
	Link       string    `json:"link"`

	Text           string  `json:"review_text"`
	Recommendation string  `json:"recommendation_type"`
	Rating         *int64  `json:"rating"`
	ReviewerID     meta.ID `json:"reviewer_id"`
	ReviewerName   string  `json:"reviewer_name"`
	Story          meta.ID `json:"open_graph_story_id"`
}

// event reads one change. What is unknown, another Page's, or the Page's own is none of ours.
func (x *page) event(ctx context.Context, e meta.Event) ([]sources.Mention, error) {
	by := map[string]string{"feed": "own_thread", "mention": "mention", "ratings": "own_thread"}[e.Field]
	if by == "" || e.Object != "page" || e.Account != x.id {
		return nil, nil
	}
	var v change
	if json.Unmarshal(e.Value, &v) != nil {
		return nil, errors.New("the change is not what Facebook's webhooks look like")
	}
	m := v.mention(by)
	if m.CreatedAt.IsZero() {
		m.CreatedAt = e.Sent.Time
	}
	if m.ID == platform+":" || m.Author.ID == x.id {
		return nil, nil
	}
	switch v.Verb {
	case "remove", "delete":
		return []sources.Mention{sources.Gone(&m, x.Poller.Time())}, nil
	case "edit", "edited":
		return x.edited(ctx, m, v)
	case "add":
		if m.Text != "" || m.Title != "" || len(m.Media) > 0 {
			return []sources.Mention{m}, nil
		}
	}
	return nil, nil
}

// edited makes an edit; one told without the new words is fetched.
func (x *page) edited(ctx context.Context, m sources.Mention, v change) ([]sources.Mention, error) {
	if m.Text == "" && m.Kind != sources.Review {
		now, err := x.one(ctx, m)
		if errors.Is(err, meta.ErrGone) {
			return nil, nil // what became of it, the next webhook tells, or asking again
		}
		if err != nil {
			return nil, err
		}
		m.Text, m.Media = now.Text, now.Media
	}
	m.State, m.EditedAt = sources.Edited, v.Edited.Time
	if m.EditedAt.IsZero() {
		m.EditedAt = x.Poller.Time().UTC()
	}
	return []sources.Mention{m}, nil
}

func (v *change) mention(by string) sources.Mention {
	if v.Item == "rating" || v.Item == "" && v.Story != "" {
		r := rating{Created: v.Created, Recommendation: v.Recommendation, Text: v.Text, Rating: v.Rating,
			Reviewer: person{v.ReviewerID, v.ReviewerName}, Story: person{ID: v.Story}}
		return r.mention()
	}
	m := sources.Mention{Platform: platform, Kind: sources.Post, Text: v.Message, CreatedAt: v.Created.Time, Visibility: "public", MatchedBy: []string{by},
		Author: sources.Author{ID: string(cmp.Or(v.From.ID, v.SenderID)), Name: cmp.Or(v.From.Name, v.SenderName)}}
	switch v.Item {
	case "comment":
		m.ID, m.Permalink = string(v.CommentID), site+string(v.PostID)
		under(&m, string(v.PostID), string(v.ParentID))
		if _, n, ok := strings.Cut(string(v.CommentID), "_"); ok {
			m.Permalink += "?comment_id=" + n
		}
	case "post", "status", "photo", "video", "share":
		m.ID, m.Permalink = string(v.PostID), site+string(v.PostID)
	}
	m.ID = platform + ":" + m.ID
	switch {
	case v.Photo != "":
		m.Media = []sources.Media{{Type: "image", URL: v.Photo}}
	case v.Video != "":
		m.Media = []sources.Media{{Type: "video", URL: v.Video}}
	case v.Link != "":
		m.Media = []sources.Media{{Type: "link", URL: v.Link}}
	}
	return m
}
