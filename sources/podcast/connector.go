package podcast

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/feed"
)

// Connector is one podcast.
var Connector = sources.Connector{
	Name: "podcast", Title: "Podcast", New: New, Push: NewReceiver, Every: time.Hour,
	About: sources.About{
		Reads:    "Titles and notes of the episodes of one podcast, and what was said around your watch terms where it offers transcripts.",
		Access:   "No key. Copy the address of the podcast's RSS feed from its site or from a directory.",
		Price:    "Nothing.",
		Approval: "Nobody is asked.",
		Cannot:   "What is said in episodes without a transcript, and podcasts that live in one app only. Use a staff report with the time and the words.",
	},
	Options: []sources.Field{
		{Name: "url", Label: "Address of the feed", Hint: "Of the podcast's RSS feed, not of its page in an app.", Example: "https://pod.example.org/feed.xml", Needed: true},
		sources.CallbackField,
	},
}

const (
	platform      = "podcast"
	maxFeed       = 25 << 20
	maxTranscript = 5 << 20
	young         = 30 * 24 * time.Hour
	tries         = 3
	transcript    = "transcript" // Media.Type
)

type reader struct {
	deps   sources.Deps
	call   *sources.Caller
	failed map[string]int // by address
}

// New makes the reader of a podcast.
func New(s settings.Source, d sources.Deps) (sources.Source, error) { return open(s, d) }

// NewReceiver makes the reader of what the podcast's hub pushes.
func NewReceiver(s settings.Source, d sources.Deps) (sources.Receiver, error) { return open(s, d) }

func open(s settings.Source, d sources.Deps) (*feed.Feed, error) {
	x := &reader{deps: d, failed: map[string]int{}}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The transcript", MaxBytes: maxTranscript, Now: d.Now}
	return feed.NewExtended(s, d, feed.Extra{Platform: platform, MaxBytes: maxFeed, Item: item, Fresh: x.fresh})
}

// item adds to an episode what only podcasts have.
func item(of *gofeed.Feed, it *gofeed.Item, m *sources.Mention) (bool, error) {
	for _, b := range named(of.Extensions, "block") {
		if b.Attrs["id"] == "" && strings.EqualFold(b.Value, "yes") {
			return false, sources.Stopf("The podcast asks not to be listed anywhere (podcast:block). Remove the source.")
		}
	}
	m.Author = sources.Author{Name: of.Title}
	if of.ITunesExt != nil {
		m.Author.Name = cmp.Or(of.ITunesExt.Author, of.Title)
	}
	if it.ITunesExt != nil {
		m.Author.Name = cmp.Or(it.ITunesExt.Author, m.Author.Name)
		if m.Text == "" && m.TextRaw == "" {
			m.TextRaw = it.ITunesExt.Summary
		}
	}
	m.Permalink = cmp.Or(m.Permalink, of.Link)
	if guid := named(of.Extensions, "guid"); len(guid) > 0 && guid[0].Value != "" {
		m.ThreadID = platform + ":" + guid[0].Value
	}
	if best := preferred(named(it.Extensions, transcript)); best != "" {
		m.Media = append(m.Media, sources.Media{Type: transcript, URL: best})
	}
	return true, nil
}

// named finds the elements of podcast: by their name, whatever its prefix here. No other namespace in use has them, but itunes: has a block.
func named(e ext.Extensions, name string) (out []ext.Extension) {
	for prefix, elements := range e {
		if prefix != "itunes" && prefix != "googleplay" && prefix != "media" {
			out = append(out, elements[name]...)
		}
	}
	return out
}

var order = []string{"text/vtt", "application/x-subrip", "application/srt", "application/json", "text/html", "text/plain"}

// preferred is the address of the transcript that tells most: with times before without.
func preferred(list []ext.Extension) string {
	for _, kind := range order {
		if i := slices.IndexFunc(list, func(t ext.Extension) bool { return t.Attrs["type"] == kind && t.Attrs["url"] != "" }); i >= 0 {
			return list[i].Attrs["url"]
		}
	}
	return ""
}

// fresh adds to new episodes what was said around the watch terms.
func (x *reader) fresh(ctx context.Context, ms []sources.Mention) error {
	for i := range ms {
		m := &ms[i]
		at := slices.IndexFunc(m.Media, func(f sources.Media) bool { return f.Type == transcript })
		if at < 0 || x.deps.Terms == nil || x.deps.Time().Sub(m.CreatedAt) > young {
			continue
		}
		body, err := x.transcript(ctx, m.Media[at].URL)
		if err != nil {
			return err
		}
		add(m, passages(cues(body), x.deps.Terms()))
	}
	return nil
}

// transcript asks for one; nil when it is not to be had.
func (x *reader) transcript(ctx context.Context, address string) ([]byte, error) {
	r, err := x.call.Get(ctx, address)
	if err == nil || ctx.Err() != nil {
		return r.Body, cmp.Or(ctx.Err(), err)
	}
	if x.failed[address]++; x.failed[address] < tries && !errors.Is(err, sources.ErrStop) {
		return nil, err
	}
	delete(x.failed, address)
	x.deps.Logger().Warn("episode comes without its transcript", "err", err)
	return nil, nil
}

// add puts the passages under the episode's notes.
func add(m *sources.Mention, said string) {
	if said == "" {
		return
	}
	if m.Text == "" {
		d := sources.HTMLToText(m.TextRaw)
		m.Text, m.Links = d.Text, append(m.Links, d.Links...)
	}
	m.Text = strings.TrimSpace(m.Text + "\n\n" + said)
}
