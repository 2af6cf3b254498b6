package wordpress

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the posts and comments of one WordPress site.
var Connector = sources.Connector{
	Name: "wordpress", Title: "WordPress", New: New, Every: every, Cost: 3,
	Recheck: 7 * 24 * time.Hour, Batch: pageSize,
	About: sources.About{
		Reads:    "The published posts and comments of one site, whole, with their edits.",
		Access:   "No key. Enter the address of the site's front page.",
		Price:    "Nothing.",
		Approval: "Nobody is asked; a note to the site's owner is good manners.",
		Cannot:   "Some sites close their REST interface, and wordpress.com has none at the site's own address: add their feeds (/feed/ and /comments/feed/) as sources of the kind Feed.",
	},
	Options: []sources.Field{
		{Name: "url", Label: "Address of the site", Hint: "Of its front page.", Example: "https://blog.example.org/", Needed: true},
		{Name: "what", Label: "What to read", Hint: "Comments alone are enough where the council writes the posts.", Values: []string{"posts and comments", "posts", "comments"}},
		{Name: "search", Label: "Only what holds", Hint: "The site searches for these words; leave empty to read everything and let the watch terms decide.", Example: "Exampleford"},
	},
}

const (
	every    = 15 * time.Minute
	overlap  = 48 * time.Hour // comments wait for their site's owner
	pageSize = 100
	platform = "wordpress"
)

type reader struct {
	url    *url.URL
	prefix string // of every ID: "wordpress:blog.example.org/"
	parts  []part
	call   *sources.Caller
	sources.Poller
}

// part is one listing that is read from its newest thing back.
type part struct {
	of, order string
	query     url.Values
}

// New makes the reader of a site.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a WordPress source")
	u := o.Site("url", "the address of the site, such as https://blog.example.org/").JoinPath("/")
	x := &reader{url: u, prefix: platform + ":" + u.Host + u.Path}
	what := o.Choice("what", "posts and comments", "posts", "comments")
	if strings.Contains(what, "posts") {
		x.parts = append(x.parts, part{"posts", "date", nil}, part{"posts", "modified", nil})
	}
	if strings.Contains(what, "comments") {
		x.parts = append(x.parts, part{"comments", "date_gmt", nil})
	}
	if q := o.Text("search"); q != "" {
		for i := range x.parts {
			x.parts[i].query = url.Values{"search": {q}}
		}
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The site " + u.Host, Now: d.Now, Refused: refused}
	x.Poller = sources.Poller{Fetch: sources.ChainOf(x.parts, x.fetch), Every: sources.Every(s, every), Overlap: overlap, Now: d.Now}
	return x, o.Err()
}

// pastTheEnd is what WordPress says to a page after the last one.
const pastTheEnd = "invalid_page_number"

// refused tells what WordPress says from what its host says.
func refused(r sources.Response, err error) error {
	var say struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(r.Body, &say) != nil { // not WordPress
		say.Code = ""
	}
	switch {
	case strings.HasSuffix(say.Code, pastTheEnd):
		return errPastTheEnd
	case (r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden) && strings.HasPrefix(say.Code, "rest_"),
		r.Status == http.StatusNotFound && (say.Code == "" || say.Code == "rest_no_route"):
		return sources.Stopf("The site %s does not offer its REST interface. Add its feeds instead, as sources of the kind Feed: their addresses usually end in /feed/ and /comments/feed/.",
			r.URL.Host)
	}
	return err
}

var errPastTheEnd = errors.New("wordpress: no such page")

// fetch reads one page of a part; its token is the number of the page.
func (x *reader) fetch(ctx context.Context, this part, r sources.PageRequest) (sources.Page, error) {
	page := r.Number(1)
	q := url.Values{"orderby": {this.order}, "order": {"desc"}, "page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(pageSize)}}
	if this.order != "modified" {
		q.Set("after", r.Since.UTC().Format(time.RFC3339)) // with its zone, or it is the site's own
	}
	maps.Copy(q, this.query)
	list, res, err := x.list(ctx, this.of, q)
	if err != nil && !errors.Is(err, errPastTheEnd) {
		return sources.Page{}, err
	}
	at := (*entry).date
	if this.order == "modified" {
		at = (*entry).modified
	}
	p := sources.Page{Items: sources.ItemsAt(list, x.mention(this.of), at)}
	if pages, err := strconv.Atoi(res.Header.Get("X-WP-TotalPages")); len(list) == pageSize && (err != nil || page < pages) {
		p.Next = strconv.Itoa(page + 1)
	}
	return p, nil
}

// mention makes mentions of the entries of posts or of comments.
func (x *reader) mention(of string) func(*entry) sources.Mention {
	return func(e *entry) sources.Mention { return e.mention(x.prefix, of) }
}

func (x *reader) list(ctx context.Context, of string, q url.Values) ([]entry, sources.Response, error) {
	q.Set("rest_route", "/wp/v2/"+of)
	q.Set("_fields", "id,post,parent,link,date_gmt,modified_gmt,title,content,author,author_name,author_url,_links,_embedded")
	if of == "posts" {
		q.Set("_embed", "author")
	}
	u := *x.url
	u.RawQuery = q.Encode()
	var out []entry
	r, err := x.call.GetJSON(ctx, u.String(), &out)
	return out, r, err
}

// Recheck asks for the posts and the comments among held by their numbers.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	shown := map[string]sources.Mention{}
	for _, of := range []string{"posts", "comments"} {
		numbers := sources.NativeIDs(held, x.prefix+of+"/") // none of a site that the source read before
		if len(numbers) == 0 {
			continue
		}
		list, _, err := x.list(ctx, of, url.Values{"include": {strings.Join(numbers, ",")}, "per_page": {strconv.Itoa(pageSize)}})
		if err != nil {
			return nil, err
		}
		for _, m := range sources.Mentions(list, x.mention(of)) {
			shown[m.ID] = m
		}
	}
	return sources.Relisted(held, shown, func(m *sources.Mention) bool { return strings.HasPrefix(m.ID, x.prefix) }, x.Time()), nil
}

// Thread reads a post and its first hundred comments.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	post, ok := strings.CutPrefix(cmp.Or(m.ThreadID, m.ID), x.prefix+"posts/")
	if !ok {
		return nil, nil
	}
	var out []sources.Mention
	for _, part := range []struct {
		of    string
		query url.Values
	}{
		{"posts", url.Values{"include": {post}}},
		{"comments", url.Values{"post": {post}, "orderby": {"date_gmt"}, "order": {"asc"}, "per_page": {strconv.Itoa(pageSize)}}},
	} {
		list, _, err := x.list(ctx, part.of, part.query)
		if err != nil {
			return nil, err
		}
		out = append(out, sources.Mentions(list, x.mention(part.of))...)
	}
	return sources.Besides(m.ID, out), nil
}
