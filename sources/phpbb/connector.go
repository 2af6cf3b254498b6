package phpbb

import (
	"bytes"
	"context"
	"encoding/xml"
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
	o := sources.OptionsOf(s, "a phpBB board")
	u := o.Site("url", "the address of its front page, such as https://board.example.org/")
	u.Path = strings.TrimSuffix(u.Path, "index.php")
	u = u.JoinPath("/")
	u.RawQuery, u.Fragment = "", ""
	x := &reader{board: u, prefix: platform + ":" + u.Host + u.Path, feeds: []string{"app.php/feed", "feed.php"}}
	if f := o.Text("forum"); f != "" {
		x.feeds = []string{"app.php/feed/forum/" + url.PathEscape(f), "feed.php?f=" + url.QueryEscape(f)}
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The board " + u.Host, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: 24 * time.Hour, Lookback: 90 * 24 * time.Hour, Now: d.Now}
	return x, o.Err()
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
	return sources.Page{Items: sources.Items(f.Entries, func(e *entry) sources.Mention { return sources.Some(x.mention(e, f.Lang)) })}, nil
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
	return sources.RecheckEach(ctx, held, x.Time(), func(ctx context.Context, h *sources.Mention) (m sources.Mention, err error) {
		if h.Permalink == "" {
			return m, nil
		}
		r, err := x.call.Get(ctx, h.Permalink)
		return m, r.OrGone(err)
	})
}
