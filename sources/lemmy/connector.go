package lemmy

import (
	"context"
	"net/url"
	"strconv"
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
	o := sources.OptionsOf(s, "a Lemmy source")
	x := &search{server: o.Site("server", "such as https://lemmy.example"), query: o.Need("query", "the words to search for")}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The Lemmy instance " + x.server.Host, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: 10 * time.Minute, PerDay: perDay, Now: d.Now}
	return x, o.Err()
}

func (x *search) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	page := r.Number(1)
	var out struct {
		Posts    []postView    `json:"posts"`
		Comments []commentView `json:"comments"`
	}
	q := url.Values{"q": {x.query}, "type_": {"All"}, "sort": {"New"}, "listing_type": {"All"}, "page": {strconv.Itoa(page)}, "limit": {strconv.Itoa(pageSize)}}
	if err := x.get(ctx, "search", q, &out); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: append(sources.Items(out.Posts, (*postView).mention), sources.Items(out.Comments, (*commentView).mention)...)}
	if len(out.Posts) == pageSize || len(out.Comments) == pageSize {
		p.Next = strconv.Itoa(page + 1)
	}
	return p, nil
}

func (x *search) get(ctx context.Context, call string, q url.Values, out any) error {
	_, err := x.call.GetJSON(ctx, sources.Address(x.server, q, "api/v3", call), out)
	return err
}

// Recheck asks for each by its address.
func (x *search) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Time(), x.one)
}

// one finds a post or comment by its address, which the search takes for a query.
func (x *search) one(ctx context.Context, h *sources.Mention) (m sources.Mention, err error) {
	var out struct {
		Posts    []postView    `json:"posts"`
		Comments []commentView `json:"comments"`
	}
	address := h.Native()
	err = x.get(ctx, "search", url.Values{"q": {address}, "type_": {"All"}, "sort": {"New"}, "listing_type": {"All"}, "limit": {"1"}}, &out)
	switch {
	case err != nil:
		return m, err
	case len(out.Posts) > 0 && out.Posts[0].Post.Address == address:
		return out.Posts[0].mention(), nil
	case len(out.Comments) > 0 && out.Comments[0].Comment.Address == address:
		return out.Comments[0].mention(), nil
	}
	return m, sources.ErrGone
}
