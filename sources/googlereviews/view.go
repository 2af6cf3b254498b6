package googlereviews

import (
	"fmt"
	"strings"
	"time"

	"earshot/sources"
)

const platform = "googlereviews"

type review struct {
	Name     string `json:"name"`
	Reviewer struct {
		Name      string `json:"displayName"`
		Anonymous bool   `json:"isAnonymous"`
	} `json:"reviewer"`
	Stars   string    `json:"starRating"`
	Comment string    `json:"comment"` // absent when only stars were given
	Created time.Time `json:"createTime"`
	Updated time.Time `json:"updateTime"`
	Reply   struct {
		Comment string    `json:"comment"`
		Updated time.Time `json:"updateTime"`
	} `json:"reviewReply"`
}

func (v *review) updated() time.Time { return v.Updated }

var stars = map[string]int64{"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}

func (v *review) mention(link string) sources.Mention {
	place, _, _ := strings.Cut(v.Name, "/reviews/")
	m := sources.Mention{ID: platform + ":" + v.Name, Platform: platform, Kind: sources.Review, Text: original(v.Comment), CreatedAt: v.Created, ThreadID: platform + ":" + place,
		Permalink: link, Visibility: "public", MatchedBy: []string{"own_thread"}, Engagement: map[string]int64{}}
	if !v.Reviewer.Anonymous {
		m.Author.Name = v.Reviewer.Name
	}
	if n := stars[v.Stars]; n > 0 {
		m.Engagement["rating"] = n
	}
	if m.Text == "" {
		m.Title = fmt.Sprintf("%d of 5 stars", stars[v.Stars])
	}
	if v.Reply.Comment != "" {
		m.Engagement["replies"] = 1
	}
	if v.Updated.After(v.Created) {
		m.State, m.EditedAt = sources.Edited, v.Updated
	}
	return m
}

// original cuts off the machine's translation, which stands before or after the words that were written.
func original(s string) string {
	if _, after, ok := strings.Cut(s, "(Original)"); ok {
		return strings.TrimSpace(after)
	}
	before, _, _ := strings.Cut(s, "(Translated by Google)")
	return strings.TrimSpace(before)
}
