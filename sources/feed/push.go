package feed

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"

	"earshot/sources"
)

// links are where a feed says that it is pushed from, and under which name.
type links struct{ hub, self string }

func (l *links) take(rel, href string) {
	switch {
	case rel == "hub" && l.hub == "":
		l.hub = href
	case rel == "self" && l.self == "":
		l.self = href
	}
}

var linkHeader = regexp.MustCompile(`<([^>]*)>[^,<]*?;\s*rel="?([^",;]+)`)

// linksOf reads rel=hub and rel=self, of which the header goes before the document (W3C WebSub, 4).
func linksOf(h http.Header, f *gofeed.Feed, base *url.URL) (l links) {
	for _, m := range linkHeader.FindAllStringSubmatch(strings.Join(h.Values("Link"), ","), -1) {
		l.take(m[2], m[1])
	}
	if f != nil {
		if o, ok := f.OriginalFeed().(*atom.Feed); ok {
			for _, x := range o.Links {
				l.take(x.Rel, x.Href)
			}
		}
		for _, prefix := range []string{"atom", "atom10", "atom03"} {
			for _, x := range f.Extensions[prefix]["link"] {
				l.take(x.Attrs["rel"], x.Attrs["href"])
			}
		}
	}
	return links{hub: resolve(base, l.hub), self: resolve(base, l.self)}
}

// subscribe asks the feed's hub for pushes, where the officer gave it somewhere to push to.
func (f *Feed) subscribe(ctx context.Context, l links, address string) {
	f.looked = true
	if l.hub != "" {
		f.links = l
	}
	f.push.Keep(ctx, f.links.hub, cmp.Or(f.links.self, address))
}

// Receive implements sources.Receiver. A push holds the feed, or only what is new in it, in the feed's own form.
func (f *Feed) Receive(ctx context.Context, r *http.Request, body []byte) (d sources.Delivery, err error) {
	if d.Answer, err = f.push.Check(ctx, r, body); err != nil || d.Answer != "" {
		return d, err
	}
	base, err := url.Parse(f.url)
	if err != nil { // New has looked
		return d, err
	}
	doc, err := f.parse(sources.Response{Body: body, URL: base})
	d.Mentions = doc.items
	return d, err
}
