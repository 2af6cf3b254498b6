package mastodon

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

const (
	platform    = "mastodon"
	secretToken = "access_token"
	pageSize    = 40 // the most a server gives
	maxTags     = 5  // one and four others (any[])
	overlap     = 10 * time.Minute
)

// timeline fetches pages of one timeline or search, and asks the server about statuses it knows.
type timeline struct {
	sources.Poller
	server *url.URL
	tags   []string
	query  string
	call   *sources.Caller
}

var _ sources.Factory = New

// New makes the reader of a hashtag timeline or of a search.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a Mastodon source")
	t := &timeline{server: o.Site("server", "such as https://social.example.org"), tags: sources.TagsOption(o.Text("hashtags")), query: o.Text("query")}
	switch {
	case (len(t.tags) == 0) == (t.query == ""):
		o.Fault("a Mastodon source needs one of the options hashtags and query, not both")
	case len(t.tags) > maxTags:
		o.Fault("hashtags names %d tags; a server takes %d at once, so make a second source of the others", len(t.tags), maxTags)
	}
	t.call = &sources.Caller{Client: d.HTTP(s), Name: "The Mastodon server " + t.server.Host, Now: d.Now, Refused: refused,
		Signal: sources.ISOReset("X-RateLimit-Remaining", "X-RateLimit-Reset"), Auth: d.MaybeBearer(s.ID, secretToken)}
	t.Poller = sources.Poller{Fetch: t.fetch, Every: time.Duration(s.Every), Overlap: overlap, Now: d.Now}
	return t, o.Err()
}

func refused(r sources.Response, err error) error {
	if r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden {
		return sources.Stopf("The Mastodon server shows this to signed-in readers only, or does not accept the key. Enter an access_token for an "+
			"account on %s (Preferences, Development, scopes read:statuses and read:search).", r.URL.Hostname())
	}
	return err
}

func (t *timeline) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	if t.query != "" {
		return t.search(ctx, r)
	}
	address := r.Token
	if address == "" {
		address = sources.Address(t.server, url.Values{"limit": {strconv.Itoa(pageSize)}, "any[]": t.tags[1:]}, "api/v1/timelines/tag", t.tags[0])
	}
	var list []status
	res, err := t.call.GetJSON(ctx, address, &list)
	if err != nil {
		return sources.Page{}, err
	}
	return sources.Page{Items: sources.Items(list, t.by("tag")), Next: t.next(res.Header)}, nil
}

func (t *timeline) search(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	offset := r.Number(0)
	q := url.Values{"q": {t.query}, "type": {"statuses"}, "limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	var out struct {
		Statuses []status `json:"statuses"`
	}
	if _, err := t.call.GetJSON(ctx, sources.Address(t.server, q, "api/v2/search"), &out); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: sources.Items(out.Statuses, t.by(""))}
	if len(out.Statuses) == pageSize {
		p.Next = strconv.Itoa(offset + pageSize)
	}
	return p, nil
}

// next is the address of the older page, if the server names one of its own.
func (t *timeline) next(h http.Header) string {
	for _, l := range h.Values("Link") {
		for part := range strings.SplitSeq(l, ", ") {
			address, params, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(part), "<"), ">")
			if u, err := url.Parse(address); ok && err == nil && strings.Contains(params, `rel="next"`) && u.Host == t.server.Host {
				return address
			}
		}
	}
	return ""
}

// by makes mentions of the statuses that may be taken.
func (t *timeline) by(reason string) func(*status) sources.Mention {
	return func(s *status) sources.Mention { return sources.Some(s.mention(t.server.Hostname(), reason)) }
}
