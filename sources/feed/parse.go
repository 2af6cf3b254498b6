package feed

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	jsonfeed "github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"
	"golang.org/x/net/html"

	"earshot/sources"
)

// document is a feed as far as we need it: its items oldest first, and how often it wants to be asked.
type document struct {
	items  []sources.Mention
	rhythm rhythm
	links  links
}

func (f *Feed) parse(r sources.Response) (document, error) {
	if sources.IsHTML(r.Body) {
		return document{}, &sources.Fault{Sentence: "The address gives a web page, not a feed." + suggestion(r), Err: sources.ErrAnswer}
	}
	if tooDeep(r.Body) {
		return document{}, &sources.Fault{Sentence: "The feed's elements lie too deep in each other to be an honest feed. Its operator must mend that.", Err: sources.ErrAnswer}
	}
	p := gofeed.NewParser()
	p.KeepOriginalFeed = true
	parsed, err := p.Parse(bytes.NewReader(r.Body))
	if err != nil {
		return document{}, &sources.Fault{Sentence: "The address gives something that is neither RSS, Atom nor a JSON feed, or a broken one. " +
			"Check it with a feed validator; it is tried again.", Err: errors.Join(sources.ErrAnswer, err)}
	}
	base := r.URL
	d := document{rhythm: rhythmOf(parsed), links: linksOf(r.Header, parsed, base)}
	for i, item := range parsed.Items {
		m, ok := f.mention(parsed, item, i, base)
		if ok && f.extra.Item != nil {
			if ok, err = f.extra.Item(parsed, item, &m); err != nil {
				return document{}, err
			}
		}
		if ok {
			d.items = append(d.items, m)
		}
	}
	d.items = append(d.items, f.tombstones(parsed)...)
	slices.Reverse(d.items) // feeds are newest first
	slices.SortStableFunc(d.items, func(a, b sources.Mention) int { return stamp(a).Compare(stamp(b)) })
	return d, nil
}

func stamp(m sources.Mention) time.Time {
	if m.State == sources.Deleted {
		return m.At
	}
	return m.CreatedAt
}

// id is the item's own id under this feed's short name; what is too long is hashed.
func (f *Feed) id(native string) string {
	prefix := f.platform + ":" + shortHash(f.url)[:8] + "/"
	if len(prefix)+len(native) > sources.MaxIDBytes {
		native = "sha-" + shortHash(native) + shortHash(native+"\x00")
	}
	return prefix + native
}

func (f *Feed) mention(feed *gofeed.Feed, item *gofeed.Item, i int, base *url.URL) (sources.Mention, bool) {
	link, alert := target(resolve(base, item.Link))
	native := cmp.Or(strings.TrimSpace(item.GUID), link)
	if native == "" && len(item.Enclosures) > 0 {
		native = item.Enclosures[0].URL
	}
	if native == "" {
		if item.Title == "" && item.Published == "" {
			return sources.Mention{}, false
		}
		native = "hash-" + shortHash(item.Title+"\x00"+item.Published)
	}
	m := sources.Mention{ID: f.id(native), Platform: f.platform, Source: f.source.ID, Kind: sources.Article, Visibility: "public",
		Title: sources.PlainText(item.Title), Permalink: link, Lang: feed.Language, CreatedPrecision: "exact"}
	setText(&m, feed, item, i)
	m.Truncated = endsCut(m.Text + m.TextRaw)
	if len(item.Authors) > 0 && item.Authors[0] != nil {
		m.Author = sources.Author{Name: item.Authors[0].Name, URL: authorURL(feed, i)}
	}
	switch {
	case item.PublishedParsed != nil:
		m.CreatedAt = *item.PublishedParsed
	case item.UpdatedParsed != nil:
		m.CreatedAt = *item.UpdatedParsed
	}
	if item.UpdatedParsed != nil && item.PublishedParsed != nil && item.UpdatedParsed.After(*item.PublishedParsed) {
		m.EditedAt = *item.UpdatedParsed
	}
	if alert {
		m.CreatedPrecision, m.Truncated, m.Author = "indexed", true, sources.Author{}
	}
	f.setThread(&m, item)
	for _, e := range item.Enclosures {
		m.Media = append(m.Media, sources.Media{Type: mediaType(e.Type), URL: resolve(base, e.URL)})
	}
	if item.Image != nil {
		m.Media = append(m.Media, sources.Media{Type: "image", URL: resolve(base, item.Image.URL), Alt: item.Image.Title})
	}
	if strings.TrimSpace(m.Title+m.Text+m.TextRaw) == "" && len(m.Media) == 0 {
		m.Title = cmp.Or(link, native) // an item with a link and nothing else still says something
	}
	return m, true
}

// setText takes the fullest text the feed gives, as text or as HTML.
func setText(m *sources.Mention, feed *gofeed.Feed, item *gofeed.Item, i int) {
	switch o := feed.OriginalFeed().(type) {
	case *jsonfeed.Feed:
		if i < len(o.Items) && o.Items[i] != nil && o.Items[i].ContentHTML == "" {
			m.Text = cmp.Or(o.Items[i].ContentText, o.Items[i].Summary)
			return
		}
	case *atom.Feed:
		if i < len(o.Entries) && o.Entries[i].Content != nil && o.Entries[i].Content.Type == "text" {
			m.Text = o.Entries[i].Content.Value
			return
		}
	}
	m.TextRaw = cmp.Or(item.Content, item.Description)
}

func (f *Feed) setThread(m *sources.Mention, item *gofeed.Item) {
	if strings.Contains(m.Permalink, "#comment-") || strings.Contains(item.GUID, "#comment-") {
		m.Kind = sources.Comment
	}
	thr := item.Extensions["thr"]
	if to := first(thr, "in-reply-to"); to != nil && to.Attrs["ref"] != "" {
		m.Kind, m.ParentID = sources.Comment, f.id(to.Attrs["ref"])
	}
	count := ""
	if x := first(thr, "total"); x != nil {
		count = x.Value
	} else if x := first(item.Extensions["slash"], "comments"); x != nil {
		count = x.Value
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64); err == nil && n >= 0 {
		m.Engagement = map[string]int64{"replies": n}
	}
}

// tombstones are the entries an Atom feed says are deleted (RFC 6721).
func (f *Feed) tombstones(feed *gofeed.Feed) []sources.Mention {
	var out []sources.Mention
	for _, x := range feed.Extensions["at"]["deleted-entry"] {
		if x.Attrs["ref"] == "" {
			continue
		}
		at, _ := time.Parse(time.RFC3339, x.Attrs["when"]) // without one, Normalise takes the time of reading
		out = append(out, sources.Mention{ID: f.id(x.Attrs["ref"]), Platform: f.platform, Source: f.source.ID, State: sources.Deleted, At: at})
	}
	return out
}

func first(e map[string][]ext.Extension, name string) *ext.Extension {
	if l := e[name]; len(l) > 0 {
		return &l[0]
	}
	return nil
}

func authorURL(feed *gofeed.Feed, i int) string {
	switch o := feed.OriginalFeed().(type) {
	case *atom.Feed:
		if i < len(o.Entries) && len(o.Entries[i].Authors) > 0 {
			return o.Entries[i].Authors[0].URI
		}
	case *jsonfeed.Feed:
		if i < len(o.Items) && len(o.Items[i].Authors) > 0 && o.Items[i].Authors[0] != nil {
			return o.Items[i].Authors[0].URL
		}
	case *rss.Feed:
	}
	return ""
}

// target follows a Google redirect (https://www.google.com/url?...&url=TARGET&...) on paper.
func target(link string) (to string, alert bool) {
	u, err := url.Parse(link)
	if err != nil || u.Path != "/url" || !strings.HasPrefix(strings.TrimPrefix(u.Hostname(), "www."), "google.") {
		return link, false
	}
	q := u.Query()
	if t := cmp.Or(q.Get("url"), q.Get("q")); strings.HasPrefix(t, "http") {
		return t, true
	}
	return link, false
}

func resolve(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	u, err := url.Parse(ref)
	if err != nil || base == nil || ref == "" {
		return ref
	}
	return base.ResolveReference(u).String()
}

func mediaType(mime string) string {
	t, _, _ := strings.Cut(mime, "/")
	switch t {
	case "image", "video", "audio":
		return t
	}
	return "file"
}

// endsCut says that a text ends as WordPress and others cut an excerpt.
func endsCut(s string) bool {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "</p>"))
	for _, end := range []string{"[…]", "[&#8230;]", "[&hellip;]", "[...]"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// suggestion looks in a page for the address of its feed.
func suggestion(r sources.Response) string {
	z := html.NewTokenizer(bytes.NewReader(r.Body[:min(len(r.Body), 256<<10)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return " Look in that page for a link named RSS, Atom or feed and use its address."
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.Data != "link" {
				continue
			}
			attrs := map[string]string{}
			for _, a := range t.Attr {
				attrs[a.Key] = a.Val
			}
			if attrs["rel"] == "alternate" && (strings.Contains(attrs["type"], "rss") || strings.Contains(attrs["type"], "atom") || strings.Contains(attrs["type"], "feed+json")) {
				if u := sources.CleanURL(resolve(r.URL, attrs["href"])); u != "" {
					return fmt.Sprintf(" That page names its feed: use %s instead.", u)
				}
			}
		}
	}
}
