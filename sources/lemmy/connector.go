package lemmy

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the search of one Lemmy instance.
var Connector = sources.Connector{
	Name: "lemmy", Title: "Lemmy", New: New, Every: every, PerDay: perDay,
	Recheck: 7 * 24 * time.Hour, Batch: 1,
	About: sources.About{
		Reads:    "Public posts and comments that one instance's search finds, with what it knows of other instances.",
		Access:   "No key. Choose an instance that many people in the county use.",
		Price:    "Nothing.",
		Approval: "Nobody is asked; the instance's rules hold.",
		Cannot:   "Communities that the instance does not follow are not found; make a second source of another instance.",
	},
	Options: []sources.Field{
		{Name: "server", Label: "Instance", Hint: "Its address.", Example: "https://lemmy.example", Needed: true},
		{Name: "query", Label: "Search for", Hint: "Words that must all occur.", Example: "Exampleford", Needed: true},
	},
}

const (
	every    = 10 * time.Minute
	perDay   = 14_400 // 100 searches in 600 s, as a large instance allows
	pageSize = 50     // the most an instance gives
)

type search struct {
	server *url.URL
	query  string
	call   *sources.Caller
	sources.Poller
}

// New makes the reader of a search.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	u, ok := sources.WebAddress(strings.TrimSuffix(s.Options["server"], "/"))
	if !ok {
		return nil, errors.New("a Lemmy source needs the option server, such as https://lemmy.example")
	}
	x := &search{server: u, query: strings.TrimSpace(s.Options["query"])}
	if x.query == "" {
		return nil, errors.New("a Lemmy source needs the option query, the words to search for")
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The Lemmy instance " + u.Host, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: cmp.Or(time.Duration(s.Every), every), Overlap: 10 * time.Minute, PerDay: perDay, Now: d.Now}
	return x, nil
}

func (x *search) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	page := max(1, atoi(r.Token))
	var out struct {
		Posts    []postView    `json:"posts"`
		Comments []commentView `json:"comments"`
	}
	q := url.Values{"q": {x.query}, "type_": {"All"}, "sort": {"New"}, "listing_type": {"All"}, "page": {strconv.Itoa(page)}, "limit": {strconv.Itoa(pageSize)}}
	if err := x.get(ctx, "search", q, &out); err != nil {
		return sources.Page{}, err
	}
	var p sources.Page
	for i := range out.Posts {
		p.Items = append(p.Items, sources.Item{Mention: out.Posts[i].mention()})
	}
	for i := range out.Comments {
		p.Items = append(p.Items, sources.Item{Mention: out.Comments[i].mention()})
	}
	if len(out.Posts) == pageSize || len(out.Comments) == pageSize {
		p.Next = strconv.Itoa(page + 1)
	}
	return p, nil
}

func (x *search) get(ctx context.Context, call string, q url.Values, out any) error {
	u := x.server.JoinPath("api/v3", call)
	u.RawQuery = q.Encode()
	_, err := x.call.GetJSON(ctx, u.String(), out)
	return err
}

// Recheck asks for each by its address.
func (x *search) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var changed []sources.Mention
	for i := range held {
		m, found, err := x.one(ctx, strings.TrimPrefix(held[i].ID, platform+":"))
		switch {
		case err != nil:
			return nil, err
		case !found:
			m = sources.Gone(&held[i], x.Poller.Time())
		}
		m.ID, m.Platform = held[i].ID, platform
		changed = append(changed, m)
	}
	return changed, nil
}

// one finds a post or comment by its address, which the search takes for a query.
func (x *search) one(ctx context.Context, address string) (m sources.Mention, found bool, err error) {
	var out struct {
		Posts    []postView    `json:"posts"`
		Comments []commentView `json:"comments"`
	}
	err = x.get(ctx, "search", url.Values{"q": {address}, "type_": {"All"}, "sort": {"New"}, "listing_type": {"All"}, "limit": {"1"}}, &out)
	switch {
	case err != nil:
		return m, false, err
	case len(out.Posts) > 0 && out.Posts[0].Post.Address == address:
		return out.Posts[0].mention(), true, nil
	case len(out.Comments) > 0 && out.Comments[0].Comment.Address == address:
		return out.Comments[0].mention(), true, nil
	}
	return m, false, nil
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // empty on the first page
	return n
}
