package trustpilot

import (
	"time"

	"earshot/sources"
)

const platform = "trustpilot"

type review struct {
	ID       string `json:"id"`
	Consumer struct {
		ID   string `json:"id"`
		Name string `json:"displayName"`
	} `json:"consumer"`
	Unit struct {
		ID string `json:"id"`
	} `json:"businessUnit"` // of a single review
	Stars    int64      `json:"stars"`
	Title    string     `json:"title"`
	Text     string     `json:"text"`
	Language string     `json:"language"`
	Created  time.Time  `json:"createdAt"`
	Updated  *time.Time `json:"updatedAt"` // null when never edited
	Likes    *int64     `json:"numberOfLikes"`
	Reply    *struct {
		Text    string    `json:"text"`
		Created time.Time `json:"createdAt"`
	} `json:"companyReply"`
}

func (v *review) mention(unit string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Review, Title: v.Title, Text: v.Text, Lang: v.Language, CreatedAt: v.Created,
		Permalink: "https://www.trustpilot.com/reviews/" + v.ID, ThreadID: platform + ":" + unit, Visibility: "public", MatchedBy: []string{"own_thread"},
		Author: sources.Author{ID: v.Consumer.ID, Name: v.Consumer.Name}, Engagement: map[string]int64{"rating": v.Stars}}
	if v.Likes != nil {
		m.Engagement["likes"] = *v.Likes
	}
	if v.Reply != nil {
		m.Engagement["replies"] = 1
	}
	if v.Updated != nil && v.Updated.After(v.Created) {
		m.State, m.EditedAt = sources.Edited, *v.Updated
	}
	return m
}
