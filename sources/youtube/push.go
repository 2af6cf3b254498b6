package youtube

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

type receiver struct{ hub sources.WebSub }

// NewReceiver makes the reader of what YouTube's hub pushes: new videos of followed channels, changed titles, videos that are gone.
func NewReceiver(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	return &receiver{hub: sources.WebSub{Source: s.ID, Deps: d}}, nil
}

type pushed struct {
	Entries []struct {
		Video     string    `xml:"http://www.youtube.com/xml/schemas/2015 videoId"`
		Channel   string    `xml:"http://www.youtube.com/xml/schemas/2015 channelId"`
		Title     string    `xml:"title"`
		Name      string    `xml:"author>name"`
		Published time.Time `xml:"published"`
	} `xml:"entry"`
	Deleted []struct {
		Ref  string    `xml:"ref,attr"`
		When time.Time `xml:"when,attr"`
	} `xml:"http://purl.org/atompub/tombstones/1.0 deleted-entry"`
}

// Receive implements sources.Receiver. A video comes without its description, which the next sweep brings.
func (x *receiver) Receive(ctx context.Context, r *http.Request, body []byte) (d sources.Delivery, err error) {
	if d.Answer, err = x.hub.Check(ctx, r, body); err != nil || d.Answer != "" {
		return d, err
	}
	var p pushed
	if err := xml.Unmarshal(body, &p); err != nil {
		return d, &sources.Fault{Sentence: "YouTube's hub sent something that is no Atom feed.", Err: err}
	}
	for _, e := range p.Entries {
		if e.Video == "" {
			continue
		}
		var v video
		v.ID, v.Snippet.Channel, v.Snippet.ChannelTitle, v.Snippet.Title, v.Snippet.Published = e.Video, e.Channel, e.Name, e.Title, e.Published
		d.Mentions = append(d.Mentions, v.mention())
	}
	for _, e := range p.Deleted {
		if video, ok := strings.CutPrefix(e.Ref, "yt:video:"); ok {
			d.Mentions = append(d.Mentions, sources.Mention{ID: id(video), Platform: platform, State: sources.Deleted, At: e.When})
		}
	}
	return d, nil
}
