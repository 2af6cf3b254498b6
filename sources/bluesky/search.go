package bluesky

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"earshot/settings"
	"earshot/sources"
)

// rateLimit is how every server of the AT Protocol says wait.
var rateLimit = sources.UnixReset("RateLimit-Remaining", "RateLimit-Reset")

// search polls app.bsky.feed.searchPosts. Operators ask that it serve for low-rate backfill; the stream is the steady source.
type search struct {
	posts
	sources.Poller
	query string
}

func newSearch(s settings.Source, d sources.Deps) (sources.Source, error) {
	accounts, err := accountsOf(s)
	if strings.TrimSpace(s.Options["query"]) == "" {
		err = errors.Join(err, errors.New(`a Bluesky search needs the option query, such as "Exampleford District Council"`))
	}
	service := strings.TrimSuffix(cmp.Or(s.Options["service"], "https://bsky.social"), "/")
	if u, perr := url.Parse(service); perr != nil || u.Host == "" {
		err = errors.Join(err, errors.New("service must be an address such as https://bsky.social"))
	}
	if err != nil {
		return nil, err
	}
	session := newSession(service, s, d)
	x := &search{query: s.Options["query"], posts: posts{service: service, accounts: accounts, deps: d, retry: session.retry}}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Bluesky", Asks: asks, Now: d.Now, Signal: rateLimit, Auth: session.sign, Refused: session.refused}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: time.Duration(s.Every), Now: d.Now}
	return x, nil
}

// postView is one hit.
type postView struct {
	URI    string `json:"uri"`
	Author struct {
		DID         string `json:"did"`
		Handle      string `json:"handle"`
		DisplayName string `json:"displayName"`
	} `json:"author"`
	Record      jsontext.Value `json:"record"`
	IndexedAt   time.Time      `json:"indexedAt"`
	LikeCount   *int64         `json:"likeCount"`
	ReplyCount  *int64         `json:"replyCount"`
	RepostCount *int64         `json:"repostCount"`
	QuoteCount  *int64         `json:"quoteCount"`
}

func (x *search) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	q := url.Values{"q": {x.query}, "sort": {"latest"}, "limit": {"100"}, "since": {r.Since.UTC().Format(time.RFC3339)}}
	if r.Token != "" {
		q.Set("cursor", r.Token)
	}
	var out struct {
		Cursor string     `json:"cursor"`
		Posts  []postView `json:"posts"`
	}
	if err := x.get(ctx, "app.bsky.feed.searchPosts", q, &out); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Next: out.Cursor}
	for _, v := range out.Posts {
		if m, ok := v.mention(x.accounts); ok {
			p.Items = append(p.Items, sources.Item{Mention: m, At: v.IndexedAt})
		}
	}
	return p, nil
}

// mention makes a Mention of a view; one that is no post of the usual form is passed over.
func (v *postView) mention(accounts []string) (sources.Mention, bool) {
	did, rkey, ok := strings.Cut(strings.TrimPrefix(v.URI, "at://"), "/"+collection+"/")
	if !ok {
		return sources.Mention{}, false
	}
	m, err := mention(did, rkey, v.Record, v.IndexedAt, accounts)
	if err != nil {
		return sources.Mention{}, false
	}
	m.Author.Handle, m.Author.Name = v.Author.Handle, v.Author.DisplayName
	for name, n := range map[string]*int64{"likes": v.LikeCount, "replies": v.ReplyCount, "shares": v.RepostCount, "quotes": v.QuoteCount} {
		if n != nil {
			if m.Engagement == nil {
				m.Engagement = map[string]int64{}
			}
			m.Engagement[name] = *n
		}
	}
	return m, true
}
