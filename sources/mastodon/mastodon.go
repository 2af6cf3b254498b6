package mastodon

import (
	"context"
	"errors"
	"fmt"
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
	t := &timeline{query: strings.TrimSpace(s.Options["query"])}
	var faults []error
	u, ok := sources.WebAddress(strings.TrimSuffix(s.Options["server"], "/"))
	if !ok {
		faults = append(faults, errors.New("a Mastodon source needs the option server, such as https://social.example.org"))
	}
	t.server = u
	for tag := range strings.SplitSeq(s.Options["hashtags"], ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "#"); tag != "" {
			t.tags = append(t.tags, tag)
		}
	}
	switch {
	case len(t.tags) == 0 && t.query == "", len(t.tags) > 0 && t.query != "":
		faults = append(faults, errors.New("a Mastodon source needs one of the options hashtags and query, not both"))
	case len(t.tags) > maxTags:
		faults = append(faults, fmt.Errorf("hashtags names %d tags; a server takes %d at once, so make a second source of the others", len(t.tags), maxTags))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	t.call = &sources.Caller{Client: d.HTTP(s), Name: "The Mastodon server " + u.Host, Now: d.Now, Refused: refused,
		Signal: sources.ISOReset("X-RateLimit-Remaining", "X-RateLimit-Reset"),
		Auth: func(r *http.Request) error {
			token, err := d.OptionalKey(r.Context(), s.ID, secretToken)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return err
		}}
	t.Poller = sources.Poller{Fetch: t.fetch, Every: time.Duration(s.Every), Overlap: overlap, Now: d.Now}
	return t, nil
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
		u := t.server.JoinPath("api/v1/timelines/tag", t.tags[0])
		u.RawQuery = url.Values{"limit": {strconv.Itoa(pageSize)}, "any[]": t.tags[1:]}.Encode()
		address = u.String()
	}
	var list []status
	res, err := t.call.GetJSON(ctx, address, &list)
	if err != nil {
		return sources.Page{}, err
	}
	return sources.Page{Items: t.items(list, "tag"), Next: t.next(res.Header)}, nil
}

func (t *timeline) search(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	offset, _ := strconv.Atoi(r.Token) // empty on the first page
	u := t.server.JoinPath("api/v2/search")
	u.RawQuery = url.Values{"q": {t.query}, "type": {"statuses"}, "limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}.Encode()
	var out struct {
		Statuses []status `json:"statuses"`
	}
	if _, err := t.call.GetJSON(ctx, u.String(), &out); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: t.items(out.Statuses, "")}
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

func (t *timeline) items(list []status, by string) []sources.Item {
	out := make([]sources.Item, 0, len(list))
	for i := range list {
		if m, ok := list[i].mention(t.server.Hostname(), by); ok {
			out = append(out, sources.Item{Mention: m})
		}
	}
	return out
}
