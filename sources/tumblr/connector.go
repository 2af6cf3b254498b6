package tumblr

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
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
	call *sources.Caller
	sources.Poller
}

// New makes the reader of some tags.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x, o := &reader{}, sources.OptionsOf(s, "a Tumblr source")
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Tumblr", Now: d.Now, Signal: quotas, Auth: d.InQuery(s.ID, keyAPI, "api_key")}
	x.Poller = sources.Poller{Fetch: sources.ChainOf(o.Tags("tags", "such as exampleford"), x.fetch), Every: sources.Every(s, every), Overlap: 10 * time.Minute, PerDay: perDay,
		Own: sources.AccountsOption(o.Text("blog")), Now: d.Now}
	return x, o.Err()
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
	p := sources.Page{Items: sources.ItemsAt(posts, (*post).mention, (*post).place)}
	if len(posts) == pageSize {
		p.Next = strconv.FormatInt(posts[pageSize-1].place().Unix()+1, 10)
	}
	return p, nil
}

func (x *reader) get(ctx context.Context, path string, q url.Values, out any) error {
	e := envelope{Response: out}
	err := x.call.Find(ctx, api+path+"?"+q.Encode(), &e)
	if err != nil || e.Meta.Status/100 == 2 {
		return err
	}
	err = &sources.Fault{Sentence: "Tumblr has a fault of its own (" + strconv.Itoa(e.Meta.Status) + "). It is tried again."}
	if e.Meta.Status == http.StatusNotFound {
		err = sources.Missing(err)
	}
	return err
}

// Recheck asks for each post by its blog.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Time(), func(ctx context.Context, h *sources.Mention) (m sources.Mention, err error) {
		var list struct {
			Posts []post `json:"posts"`
		}
		err = x.of(ctx, h, "posts", url.Values{"filter": {"text"}}, &list)
		if len(list.Posts) == 1 && list.Posts[0].ID == h.Native() {
			m = list.Posts[0].mention()
		}
		return m, err
	})
}

// Thread reads the conversation in the notes of a post.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var list struct {
		Notes []note `json:"notes"`
	}
	err := x.of(ctx, &m, "notes", url.Values{"mode": {"conversation"}}, &list)
	return sources.Mentions(list.Notes, func(n *note) sources.Mention { return n.mention(m.ID) }), sources.UnlessGone(err)
}

// of asks for what belongs to a post, by its blog; of one without a blog for nothing.
func (x *reader) of(ctx context.Context, m *sources.Mention, what string, q url.Values, out any) error {
	blog := cmp.Or(m.Author.ID, m.Author.Handle)
	if blog == "" {
		return nil
	}
	q.Set("id", m.Native())
	return x.get(ctx, "blog/"+url.PathEscape(blog)+"/"+what, q, out)
}
