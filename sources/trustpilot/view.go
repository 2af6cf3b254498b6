package trustpilot

import (
	"cmp"
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
	Stars    int64          `json:"stars"`
	Title    string         `json:"title"`
	Text     string         `json:"text"`
	Language string         `json:"language"`
	Created  time.Time      `json:"createdAt"`
	Updated  sources.Moment `json:"updatedAt"` // null when never edited
	Likes    *int64         `json:"numberOfLikes"`
	Reply    *struct {
		Text    string    `json:"text"`
		Created time.Time `json:"createdAt"`
	} `json:"companyReply"`
}

// changed is a review's place in the order by which it is read again.
func (v *review) changed() time.Time { return cmp.Or(v.Updated.Time, v.Created) }

func (v *review) mention(unit string) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.ID, Platform: platform, Kind: sources.Review, Title: v.Title, Text: v.Text, Lang: v.Language, CreatedAt: v.Created,
		Permalink: "https://www.trustpilot.com/reviews/" + v.ID, ThreadID: platform + ":" + unit, Visibility: "public", MatchedBy: []string{"own_thread"},
		Author: sources.Author{ID: v.Consumer.ID, Name: v.Consumer.Name}, Engagement: sources.Counts{Rating: &v.Stars, Likes: v.Likes}.Engagement()}
	if v.Reply != nil {
		m.Engagement["replies"] = 1
	}
	if v.Updated.After(v.Created) {
		m.State, m.EditedAt = sources.Edited, v.Updated.Time
	}
	return m
}
