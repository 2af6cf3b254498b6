package reddit

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is a search of Reddit, or some of its subreddits.
var Connector = sources.Connector{
	Name: "reddit", Title: "Reddit", New: New, Every: every, PerDay: perDay, Cost: 3,
	Recheck: 24 * time.Hour, Batch: batch,
	About: sources.About{
		Reads:    "Posts of all of Reddit that its search finds, and every new post and comment of the subreddits you name, as far as they hold a watch term.",
		Access:   "A key that Reddit gives after approval: ask for it through Reddit's developer support form, naming this use, then create an app and enter its client ID and secret.",
		Price:    "Nothing, for use that earns no money.",
		Approval: "Weeks to months. Reddit must agree beforehand (Responsible Builder Policy); keys can no longer be made without asking.",
		Cannot:   "Comments outside the named subreddits, and private subreddits. Until the approval is there, add the feed of a subreddit or of a search (/new/.rss) as a source of the kind Feed; Reddit throttles it.",
	},
	Options: []sources.Field{
		{Name: "query", Label: "Search all posts for", Hint: "In Reddit's search language; a phrase stands in quotation marks. Leave empty to read subreddits only.", Example: `"Exampleford"`},
		{Name: "subreddits", Label: "Subreddits", Hint: "Local ones, separated by commas. All their posts and comments are read.", Example: "Exampleford, Exampleshire"},
		{Name: "account", Label: "Reddit account", Hint: "The council's own account. Reddit wants to know who asks; its posts are not taken in.", Example: "ExamplefordDC", Needed: true},
	},
	Keys: []sources.Field{
		{Name: "client_id", Label: "Client ID", Hint: "Shown under the name of the app at reddit.com/prefs/apps.", Needed: true},
		{Name: "client_secret", Label: "Client secret", Hint: "Shown beside it.", Needed: true},
	},
}

const (
	every    = 5 * time.Minute
	perDay   = 100 * 60 * 24 // 100 requests a minute
	pageSize = 100
	batch    = 100
	api      = "https://oauth.reddit.com"
	tokenURL = "https://www.reddit.com/api/v1/access_token"
	platform = "reddit"
)

type reader struct {
	call *sources.Caller
	sources.Poller
}

// part is one listing that is read from its newest thing back.
type part struct {
	path  string
	query url.Values
}

// New makes the reader of a search and of subreddits.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x, o := &reader{}, sources.OptionsOf(s, "a Reddit source")
	account := strings.TrimPrefix(o.Need("account", "the council's account on Reddit, which Reddit wants to know"), "u/")
	var parts []part
	if q := o.Text("query"); q != "" {
		parts = append(parts, part{"/search", url.Values{"q": {q}, "sort": {"new"}, "type": {"link"}, "t": {"month"}}})
	}
	subs := strings.FieldsFunc(s.Options["subreddits"], func(r rune) bool { return r == ',' || r == ' ' || r == '+' })
	for i := range subs {
		subs[i] = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(subs[i], "/"), "r/"), "/")
	}
	if r := "/r/" + strings.Join(subs, "+"); len(subs) > 0 {
		parts = append(parts, part{r + "/new", nil}, part{r + "/comments", nil})
	}
	if len(parts) == 0 {
		o.Fault("a Reddit source needs the option query, the words to search for, or subreddits, the names of local ones")
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Reddit", Now: d.Now, Signal: sources.SecondsReset("X-Ratelimit-Remaining", "X-Ratelimit-Reset"),
		Header: http.Header{"User-Agent": {"server:earshot:1 (by /u/" + account + ")"}}, Asks: []string{"/api/v1/access_token"}}
	tokens := &sources.Tokens{Caller: x.call, Address: tokenURL, Source: s.ID, Deps: d, Basic: true, Form: url.Values{"grant_type": {"client_credentials"}}}
	x.call.Auth, x.call.Refused = tokens.Authorize, tokens.Refused
	x.Poller = sources.Poller{Fetch: sources.ChainOf(parts, x.fetch), Every: sources.Every(s, every), Overlap: 5 * time.Minute, PerDay: perDay,
		Own: sources.Accounts{account}, Now: d.Now}
	return x, o.Err()
}

// fetch reads one page of a part; its token is the fullname after which the page begins.
func (x *reader) fetch(ctx context.Context, of part, r sources.PageRequest) (sources.Page, error) {
	q := url.Values{"limit": {strconv.Itoa(pageSize)}}
	maps.Copy(q, of.query)
	if r.Token != "" {
		q.Set("after", r.Token)
	}
	things, err := x.list(ctx, of.path, q)
	if err != nil {
		return sources.Page{}, err
	}
	return sources.Page{Items: sources.Items(things.Children, x.mention), Next: things.After}, nil
}

// mention makes a mention of a thing; none of what stands for comments left out.
func (x *reader) mention(c *child) (m sources.Mention) {
	if c.Data.known() {
		m = c.Data.mention(x.Time())
	}
	return m
}

func (x *reader) list(ctx context.Context, path string, q url.Values) (listing, error) {
	var out envelope
	if err := x.get(ctx, path, q, &out); err != nil {
		return listing{}, err
	}
	if out.Kind != "Listing" {
		return listing{}, &sources.Fault{Sentence: "Reddit answered with something else than a list. It is tried again."}
	}
	return out.Data, nil
}

func (x *reader) get(ctx context.Context, path string, q url.Values, out any) error {
	q.Set("raw_json", "1") // or &, < and > arrive as HTML
	_, err := x.call.GetJSON(ctx, api+path+"?"+q.Encode(), out)
	return err
}

// Recheck asks for up to a hundred things by their names.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	got, err := x.list(ctx, "/api/info", url.Values{"id": {strings.Join(sources.NativeIDs(held, platform+":"), ",")}})
	if err != nil {
		return nil, err
	}
	found := map[string]sources.Mention{}
	for _, m := range sources.Mentions(got.Children, x.mention) {
		found[m.ID] = m
	}
	return sources.Relisted(held, found, func(*sources.Mention) bool { return true }, x.Time()), nil
}

// Thread reads the comments of a post, or what stands around a comment.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	post, ok := strings.CutPrefix(cmp.Or(m.ThreadID, m.ID), platform+":t3_")
	if !ok {
		return nil, nil
	}
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "depth": {"8"}}
	if comment, ok := strings.CutPrefix(m.ID, platform+":t1_"); ok {
		q.Set("comment", comment)
		q.Set("context", "8")
	}
	var both []envelope // the post, and the tree of its comments
	if err := x.get(ctx, "/comments/"+url.PathEscape(post), q, &both); err != nil {
		return nil, err
	}
	var out []sources.Mention
	for _, e := range both {
		out = e.Data.flatten(out, x.mention)
	}
	return sources.Besides(m.ID, out), nil
}
