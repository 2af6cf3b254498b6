package phpbb

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the posts of one phpBB board.
var Connector = sources.Connector{
	Name: "phpbb", Title: "phpBB board", New: New, Every: every,
	Recheck: 30 * 24 * time.Hour, Batch: 1,
	About: sources.About{
		Reads:    "The newest posts of a board's public forums.",
		Access:   "No key. Enter the address of the board's front page.",
		Price:    "Nothing.",
		Approval: "Nobody is asked; a note to the board's keeper is good manners.",
		Cannot:   "Boards whose keeper switched the feed off, or that only members may read: ask the keeper. Boards of other makes (MyBB, vBulletin, XenForo) are added with the address of their feed, as a source of the kind Feed.",
	},
	Options: []sources.Field{
		{Name: "url", Label: "Address of the board", Hint: "Of its front page.", Example: "https://board.example.org/", Needed: true},
		{Name: "forum", Label: "Forum", Hint: "The number after f= in a forum's address; leave empty for the whole board.", Example: "7"},
	},
}

const (
	every    = 15 * time.Minute
	platform = "phpbb"
)

type reader struct {
	board  *url.URL
	prefix string // of every ID: "phpbb:board.example.org/"
	feeds  []string
	found  string // which of them answered
	call   *sources.Caller
	sources.Poller
}

// New makes the reader of a board.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	u, ok := sources.WebAddress(strings.TrimSpace(s.Options["url"]))
	if !ok {
		return nil, errors.New("a phpBB board needs the option url, the address of its front page, such as https://board.example.org/")
	}
	u.Path = strings.TrimSuffix(u.Path, "index.php")
	u = u.JoinPath("/")
	u.RawQuery, u.Fragment = "", ""
	x := &reader{board: u, prefix: platform + ":" + u.Host + u.Path, feeds: []string{"app.php/feed", "feed.php"}}
	if f := strings.TrimSpace(s.Options["forum"]); f != "" {
		x.feeds = []string{"app.php/feed/forum/" + url.PathEscape(f), "feed.php?f=" + url.QueryEscape(f)}
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The board " + u.Host, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: cmp.Or(time.Duration(s.Every), every), Overlap: 24 * time.Hour, Lookback: 90 * 24 * time.Hour, Now: d.Now}
	return x, nil
}

func (x *reader) fetch(ctx context.Context, _ sources.PageRequest) (sources.Page, error) {
	r, err := x.feed(ctx)
	if err != nil {
		return sources.Page{}, err
	}
	var f feed
	if sources.IsHTML(r.Body) {
		return sources.Page{}, &sources.Fault{Sentence: x.call.Name + " answered with a web page instead of its feed. It is tried again."}
	}
	d := xml.NewDecoder(bytes.NewReader(r.Body))
	d.CharsetReader = charset.NewReaderLabel
	if err := d.Decode(&f); err != nil {
		return sources.Page{}, &sources.Fault{Sentence: x.call.Name + " answered with a feed that cannot be read. It is tried again.", Err: err}
	}
	p := sources.Page{Items: make([]sources.Item, 0, len(f.Entries))}
	for i := range f.Entries {
		if m, ok := x.mention(&f.Entries[i], f.Lang); ok {
			p.Items = append(p.Items, sources.Item{Mention: m})
		}
	}
	return p, nil
}

// feed asks where the board answered before, or else in both places.
func (x *reader) feed(ctx context.Context) (r sources.Response, err error) {
	for _, f := range x.feeds {
		if x.found != "" && f != x.found {
			continue
		}
		if r, err = x.call.Get(ctx, x.board.String()+f, "Accept", "application/atom+xml, application/xml;q=0.9"); err == nil {
			x.found = f
			return r, nil
		}
		if r.Status != http.StatusNotFound {
			return r, err
		}
	}
	return r, sources.Stopf("%s offers no feed (404). Ask its keeper to switch on the Atom feeds, or correct the address.", x.call.Name)
}

// Recheck asks for the page of each post.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var gone []sources.Mention
	for i := range held {
		if held[i].Permalink == "" {
			continue
		}
		r, err := x.call.Get(ctx, held[i].Permalink)
		switch {
		case r.Status == http.StatusNotFound || r.Status == http.StatusGone:
			gone = append(gone, sources.Gone(&held[i], x.Time()))
		case err != nil:
			return nil, err
		}
	}
	return gone, nil
}
