package feed

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"earshot/settings"
	"earshot/sources"
)

const (
	minEvery = 15 * time.Minute // unless the settings say otherwise, for a site of the council's own
	maxEvery = 24 * time.Hour   // however patient the feed wants its readers
	maxSeen  = 3000             // items that a cursor remembers
	accept   = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.1"
)

// Feed is one feed. Make it with New.
type Feed struct {
	source   settings.Source
	url      string // as configured: part of every ID
	platform string
	deps     sources.Deps
	call     *sources.Caller
	extra    Extra
	push     sources.WebSub
	links    links
	looked   bool // for links, since start

	last sources.Last
	due  time.Time // next request

	mu    sync.Mutex
	pulse sources.Pulse
}

var (
	_ sources.Source   = (*Feed)(nil)
	_ sources.Pulser   = (*Feed)(nil)
	_ sources.Receiver = (*Feed)(nil)
	_ sources.Factory  = New
)

// New makes a feed from its settings.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	return NewExtended(s, d, Extra{})
}

// NewReceiver makes the reader of what a feed's hub pushes; Extra.Fresh is left to the next poll.
func NewReceiver(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	return NewExtended(s, d, Extra{})
}

// NewExtended makes a feed with something added.
func NewExtended(s settings.Source, d sources.Deps, x Extra) (*Feed, error) {
	if _, ok := sources.WebAddress(s.Options["url"]); !ok {
		return nil, errors.New("a feed needs the option url, the address of the feed, such as https://www.example.org/feed/")
	}
	if every := time.Duration(s.Every); every != 0 && every < time.Second {
		return nil, errors.New("every is less than a second; write 15m for a feed of somebody else's")
	}
	f := &Feed{source: s, url: s.Options["url"], platform: cmp.Or(x.Platform, s.Options["platform"], "feed"), deps: d, extra: x}
	client := d.HTTP(s)
	f.call = &sources.Caller{Client: client, Name: "The feed", Now: d.Now, Refused: f.refused, MaxBytes: x.MaxBytes}
	f.push = sources.WebSub{Source: s.ID, Deps: d, Client: client, Callback: s.Options["callback"]}
	return f, nil
}

// refused turns what may pass by itself on other people's sites into a wait.
func (f *Feed) refused(r sources.Response, err error) error {
	switch r.Status {
	case http.StatusNotFound, http.StatusForbidden:
		return sources.Waitf(f.deps.Time().Add(time.Hour), "The feed's address answers %d (%s). Check it in a browser; it is tried again every hour.",
			r.Status, http.StatusText(r.Status))
	}
	return err
}

// Pulse tells when the feed last answered and when it is asked again.
func (f *Feed) Pulse() sources.Pulse {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pulse
}

// Next implements sources.Source.
func (f *Feed) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	if ms, next, ok := f.last.Again(after); ok {
		return ms, next, nil
	}
	c, err := parseCursor(after)
	if err != nil {
		return nil, after, err
	}
	for {
		if err := f.wait(ctx); err != nil {
			return nil, after, err
		}
		ms, next, err := f.poll(ctx, c)
		if err != nil {
			return nil, after, err
		}
		encoded := next.encode()
		if encoded == after {
			continue
		}
		ms, encoded = f.last.Keep(after, encoded, ms)
		return ms, encoded, nil
	}
}

func (f *Feed) wait(ctx context.Context) error {
	t := time.NewTimer(f.due.Sub(f.deps.Time()))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return ctx.Err()
	}
}

// poll asks once and says what is new since c.
func (f *Feed) poll(ctx context.Context, c cursor) ([]sources.Mention, cursor, error) {
	address := f.url
	if c.Moved != "" && c.From == f.url {
		address = c.Moved
	}
	tag, modified := c.ETag, c.Modified
	if f.push.Callback != "" && !f.looked { // the hub stands in the feed
		tag, modified = "", ""
	}
	r, err := f.call.Get(ctx, address, "Accept", accept, "If-None-Match", tag, "If-Modified-Since", modified)
	if err != nil {
		return nil, c, err
	}
	now := f.deps.Time()
	if r.Status == http.StatusNotModified {
		f.subscribe(ctx, linksOf(r.Header, nil, r.URL), address)
		f.answered(now, f.interval(r.Header, rhythm{}))
		return nil, c, nil
	}
	doc, err := f.parse(r)
	if err != nil {
		return nil, c, err
	}
	f.subscribe(ctx, doc.links, address)
	ms, next := c.compare(doc, now)
	if f.extra.Fresh != nil {
		if err := f.extra.Fresh(ctx, ms); err != nil {
			return nil, c, err
		}
	}
	next.ETag, next.Modified = r.Header.Get("ETag"), r.Header.Get("Last-Modified")
	if r.Moved != nil {
		next.Moved, next.From = r.Moved.String(), f.url
	}
	f.answered(now, f.interval(r.Header, doc.rhythm))
	return ms, next, nil
}

func (f *Feed) answered(now time.Time, wait func(time.Time) time.Time) {
	f.due = wait(now)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pulse.LastSuccess, f.pulse.NextTry = now, f.due
}
