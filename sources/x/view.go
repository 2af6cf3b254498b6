package x

import (
	"cmp"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

const platform = "x"

const fieldList = "id,text,author_id,created_at,conversation_id,referenced_tweets,lang,public_metrics,entities,attachments,edit_history_tweet_ids,withheld,note_tweet"

var newSpelling = strings.NewReplacer("referenced_tweets", "referenced_posts", "edit_history_tweet_ids", "edit_history_post_ids", "note_tweet", "note_post")

// answer is what every read gives.
type answer struct {
	Data     []post `json:"data"`
	Includes struct {
		Users []struct {
			ID       string `json:"id"`
			Name     string `json:"name"`
			Username string `json:"username"`
		} `json:"users"`
		Media []medium `json:"media"`
	} `json:"includes"`
	Errors []problem `json:"errors"`
	Meta   struct {
		NextToken string `json:"next_token"`
	} `json:"meta"`
}

// post has members in both spellings.
type post struct {
	ID             string      `json:"id"`
	Text           string      `json:"text"`
	AuthorID       string      `json:"author_id"`
	CreatedAt      time.Time   `json:"created_at"`
	ConversationID string      `json:"conversation_id"`
	Lang           string      `json:"lang"`
	Tweets         []reference `json:"referenced_tweets"`
	Posts          []reference `json:"referenced_posts"`
	TweetHistory   []string    `json:"edit_history_tweet_ids"` // oldest first
	PostHistory    []string    `json:"edit_history_post_ids"`
	NoteTweet      *note       `json:"note_tweet"`
	NotePost       *note       `json:"note_post"`
	Entities       entities    `json:"entities"`
	Metrics        struct {
		Likes    *int64 `json:"like_count"`
		Replies  *int64 `json:"reply_count"`
		Retweets *int64 `json:"retweet_count"`
		Reposts  *int64 `json:"repost_count"`
		Quotes   *int64 `json:"quote_count"`
		Views    *int64 `json:"impression_count"`
	} `json:"public_metrics"`
	Attachments struct {
		MediaKeys []string `json:"media_keys"`
	} `json:"attachments"`
	Withheld struct {
		Countries []string `json:"country_codes"`
	} `json:"withheld"`
}

type reference struct {
	Type string `json:"type"` // replied_to, quoted, retweeted
	ID   string `json:"id"`
}

// note is a long post's whole text.
type note struct {
	Text     string   `json:"text"`
	Entities entities `json:"entities"`
}

type entities struct {
	URLs []struct {
		Short string `json:"url"`
		Long  string `json:"expanded_url"`
	} `json:"urls"`
}

type medium struct {
	Key     string `json:"media_key"`
	Type    string `json:"type"`
	URL     string `json:"url"`
	Preview string `json:"preview_image_url"`
	Alt     string `json:"alt_text"`
}

// problem says what is wrong with one thing in an answer that is otherwise good.
type problem struct {
	ResourceID string `json:"resource_id"`
	Value      string `json:"value"`
	Type       string `json:"type"`
}

func (p *problem) gone() bool {
	return strings.HasSuffix(p.Type, "/resource-not-found") || strings.HasSuffix(p.Type, "/not-authorized-for-resource")
}

func (v *post) references() []reference {
	if len(v.Posts) > 0 {
		return v.Posts
	}
	return v.Tweets
}

func (v *post) history() []string {
	if len(v.PostHistory) > 0 {
		return v.PostHistory
	}
	return v.TweetHistory
}

// first is the id that names the post through all its edits.
func (v *post) first() string {
	if h := v.history(); len(h) > 0 {
		return h[0]
	}
	return v.ID
}

func (v *post) latest() string {
	if h := v.history(); len(h) > 0 {
		return h[len(h)-1]
	}
	return v.ID
}

// shared says that v is somebody's repetition of another post.
func (v *post) shared() bool {
	return slices.ContainsFunc(v.references(), func(r reference) bool { return r.Type == "retweeted" })
}

func (v *post) text() string {
	text, links := v.Text, v.Entities.URLs
	if n := cmp.Or(v.NotePost, v.NoteTweet); n != nil && n.Text != "" {
		text, links = n.Text, n.Entities.URLs
	}
	for _, l := range links {
		if l.Short != "" && l.Long != "" {
			text = strings.ReplaceAll(text, l.Short, l.Long)
		}
	}
	return html.UnescapeString(text)
}

// index is what an answer says beside its posts.
type index struct {
	authors map[string]sources.Author
	media   map[string]*medium
}

func (a *answer) index() index {
	x := index{authors: make(map[string]sources.Author, len(a.Includes.Users)), media: make(map[string]*medium, len(a.Includes.Media))}
	for _, u := range a.Includes.Users {
		x.authors[u.ID] = sources.Author{ID: u.ID, Handle: u.Username, Name: u.Name, URL: "https://x.com/" + u.Username}
	}
	for i := range a.Includes.Media {
		x.media[a.Includes.Media[i].Key] = &a.Includes.Media[i]
	}
	return x
}

func (a *answer) all() []sources.Mention {
	x := a.index()
	return sources.Mentions(a.Data, x.mention)
}

func (x *index) mention(v *post) sources.Mention {
	m := sources.Mention{ID: platform + ":" + v.first(), Platform: platform, Kind: sources.Post, Text: v.text(), CreatedAt: v.CreatedAt, Lang: v.Lang,
		Visibility: "public", Author: x.authors[v.AuthorID], Engagement: v.engagement()}
	if m.Author.ID == "" {
		m.Author.ID = v.AuthorID
	}
	m.Permalink = "https://x.com/" + cmp.Or(m.Author.Handle, "i") + "/status/" + v.latest()
	if v.ConversationID != "" && v.ConversationID != v.first() {
		m.ThreadID = platform + ":" + v.ConversationID
	}
	for _, r := range v.references() {
		switch r.Type {
		case "quoted":
			m.QuotedID = platform + ":" + r.ID
			m.Kind = sources.Quote
		case "replied_to":
			m.ParentID = platform + ":" + r.ID
		}
	}
	if m.ParentID != "" {
		m.Kind = sources.Reply
	}
	for _, k := range v.Attachments.MediaKeys {
		if f := x.media[k]; f != nil {
			m.Media = append(m.Media, sources.Media{Type: f.Type, URL: cmp.Or(f.URL, f.Preview), Alt: f.Alt})
		}
	}
	if v.first() != v.latest() {
		m.State, m.CreatedAt, m.EditedAt = sources.Edited, madeAt(v.first(), v.CreatedAt), v.CreatedAt
	}
	if slices.Contains(v.Withheld.Countries, "GB") || slices.Contains(v.Withheld.Countries, "XX") {
		m.State = sources.Withheld
	}
	return m
}

func (v *post) engagement() map[string]int64 {
	c := &v.Metrics
	return sources.Counts{Likes: c.Likes, Replies: c.Replies, Shares: cmp.Or(c.Reposts, c.Retweets), Quotes: c.Quotes, Views: c.Views}.Engagement()
}

// madeAt reads the milliseconds in a snowflake; otherwise is for an id that holds none.
func madeAt(id string, otherwise time.Time) time.Time {
	const epoch = 1_288_834_974_657 // of X's ids, in Unix milliseconds
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n>>22 == 0 {
		return otherwise
	}
	return time.UnixMilli(int64(n>>22) + epoch).UTC()
}
