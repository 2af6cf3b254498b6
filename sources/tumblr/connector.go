package tumblr

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the posts with some tags.
var Connector = sources.Connector{
	Name: "tumblr", Title: "Tumblr", New: New, Every: every, PerDay: perDay,
	Recheck: 7 * 24 * time.Hour, Batch: 10,
	About: sources.About{
		Reads:    "Public posts that carry one of the tags you name.",
		Access:   "A key: register an application at tumblr.com/oauth/apps with an account of the council, and enter its OAuth consumer key.",
		Price:    "Nothing.",
		Approval: "Given at once.",
		Cannot:   "Posts without the tags: Tumblr has no search by words. Of what is said to the council's own blog the notification mails tell; add the notification mailbox.",
	},
	Options: []sources.Field{
		{Name: "tags", Label: "Tags", Hint: "Without #, separated by commas.", Example: "exampleford, exampleford council", Needed: true},
		{Name: "blog", Label: "Own blog", Hint: "The name of the council's blog, whose posts are left out.", Example: "examplefordcouncil"},
	},
	Keys: []sources.Field{{Name: keyAPI, Label: "OAuth consumer key", Hint: "Shown under the application's name. The secret is not needed.", Needed: true}},
}

const (
	every    = 10 * time.Minute
	perDay   = 5000
	pageSize = 20 // the most Tumblr gives
	api      = "https://api.tumblr.com/v2/"
	platform = "tumblr"
	keyAPI   = "api_key"
)

type reader struct {
	own  string
	call *sources.Caller
	sources.Poller
}

// New makes the reader of some tags.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &reader{own: strings.TrimSpace(s.Options["blog"])}
	var tags []string
	for tag := range strings.SplitSeq(s.Options["tags"], ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "#"); tag != "" {
			tags = append(tags, tag)
		}
	}
	if len(tags) == 0 {
		return nil, errors.New("a Tumblr source needs the option tags, such as exampleford")
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Tumblr", Now: d.Now, Signal: quotas, Auth: func(r *http.Request) error {
		key, err := d.Key(r.Context(), s.ID, keyAPI)
		q := r.URL.Query()
		q.Set("api_key", key)
		r.URL.RawQuery = q.Encode()
		return err
	}}
	x.Poller = sources.Poller{Fetch: sources.ChainOf(tags, x.fetch), Every: cmp.Or(time.Duration(s.Every), every), Overlap: 10 * time.Minute, PerDay: perDay, Now: d.Now}
	return x, nil
}

// quotas are that of the hour and that of the day; the one that is used up says when there is more.
func quotas(status int, h http.Header, now time.Time) time.Time {
	var until time.Time
	for _, span := range []string{"X-Ratelimit-Perhour-", "X-Ratelimit-Perday-"} {
		if h.Get(span+"Remaining") != "0" {
			continue
		}
		if t := sources.SecondsReset(span+"Remaining", span+"Reset")(status, h, now); t.After(until) {
			until = t
		}
	}
	return until
}

// fetch reads one page of a tag; its token is the second before which the page begins.
func (x *reader) fetch(ctx context.Context, tag string, r sources.PageRequest) (sources.Page, error) {
	q := url.Values{"tag": {tag}, "limit": {strconv.Itoa(pageSize)}, "filter": {"text"}}
	if r.Token != "" {
		q.Set("before", r.Token)
	}
	var posts []post
	if err := x.get(ctx, "tagged", q, &posts); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: make([]sources.Item, 0, len(posts))}
	for i := range posts {
		if v := &posts[i]; x.own == "" || v.BlogName != x.own {
			p.Items = append(p.Items, sources.Item{Mention: v.mention(), At: v.place()})
		}
	}
	if len(posts) == pageSize {
		p.Next = strconv.FormatInt(posts[pageSize-1].place().Unix()+1, 10)
	}
	return p, nil
}

func (x *reader) get(ctx context.Context, path string, q url.Values, out any) error {
	e := envelope{Response: out}
	r, err := x.call.GetJSON(ctx, api+path+"?"+q.Encode(), &e)
	switch {
	case r.Status == http.StatusNotFound || err == nil && e.Meta.Status == http.StatusNotFound:
		return errGone
	case err != nil:
		return err
	case e.Meta.Status/100 != 2:
		return &sources.Fault{Sentence: "Tumblr has a fault of its own (" + strconv.Itoa(e.Meta.Status) + "). It is tried again."}
	}
	return nil
}

var errGone = errors.New("tumblr: not there any more")

// Recheck asks for each post by its blog.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var out []sources.Mention
	for i := range held {
		h := &held[i]
		blog := cmp.Or(h.Author.ID, h.Author.Handle)
		if blog == "" {
			continue
		}
		id := strings.TrimPrefix(h.ID, platform+":")
		var list struct {
			Posts []post `json:"posts"`
		}
		err := x.get(ctx, "blog/"+url.PathEscape(blog)+"/posts", url.Values{"id": {id}, "filter": {"text"}}, &list)
		switch {
		case errors.Is(err, errGone):
			out = append(out, sources.Gone(h, x.Time()))
		case err != nil:
			return nil, err
		case len(list.Posts) == 1 && list.Posts[0].ID == id:
			out = append(out, list.Posts[0].mention()) // Tumblr marks no edit
		}
	}
	return out, nil
}

// Thread reads the conversation in the notes of a post.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	blog := cmp.Or(m.Author.ID, m.Author.Handle)
	if blog == "" {
		return nil, nil
	}
	var list struct {
		Notes []note `json:"notes"`
	}
	err := x.get(ctx, "blog/"+url.PathEscape(blog)+"/notes", url.Values{"id": {strings.TrimPrefix(m.ID, platform+":")}, "mode": {"conversation"}}, &list)
	if errors.Is(err, errGone) {
		return nil, nil
	}
	var out []sources.Mention
	for i := range list.Notes {
		if r, ok := list.Notes[i].mention(m.ID); ok {
			out = append(out, r)
		}
	}
	return out, err
}
