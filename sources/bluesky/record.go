package bluesky

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

const (
	platform   = "bluesky"
	collection = "app.bsky.feed.post"
)

// post is the record app.bsky.feed.post as far as it is used.
type post struct {
	Text      string   `json:"text"`
	CreatedAt string   `json:"createdAt"`
	Langs     []string `json:"langs"`
	Reply     struct {
		Root   ref `json:"root"`
		Parent ref `json:"parent"`
	} `json:"reply"`
	Facets []struct {
		Features []struct {
			Type string `json:"$type"`
			DID  string `json:"did"`
			URI  string `json:"uri"`
			Tag  string `json:"tag"`
		} `json:"features"`
	} `json:"facets"`
	Tags   []string `json:"tags"`
	Embed  embed    `json:"embed"`
	Labels struct {
		Values []struct {
			Val string `json:"val"`
		} `json:"values"`
	} `json:"labels"`
}

type ref struct {
	URI string `json:"uri"`
}

// embed is the union of the kinds of embeds; unknown kinds leave it empty.
type embed struct {
	Type     string         `json:"$type"`
	Images   []image        `json:"images"`
	Items    []image        `json:"items"` // of a gallery
	Alt      string         `json:"alt"`   // of a video
	Video    blob           `json:"video"`
	External external       `json:"external"`
	Record   jsontext.Value `json:"record"` // a ref, or with media an object that holds one
	Media    *embed         `json:"media"`
}

type image struct {
	Alt   string `json:"alt"`
	Image blob   `json:"image"`
}

type blob struct {
	Ref struct {
		Link string `json:"$link"`
	} `json:"ref"`
}

type external struct {
	URI         string `json:"uri"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// mention makes a Mention of a post's record. seen is when the network had it: the record's own date is its author's claim.
func mention(did, rkey string, record jsontext.Value, seen time.Time, accounts []string) (sources.Mention, error) {
	var p post
	if err := json.Unmarshal(record, &p); err != nil {
		return sources.Mention{}, err
	}
	m := sources.Mention{
		ID: id(did, rkey), Platform: platform, Kind: sources.Post, Text: p.Text, Visibility: "public",
		Author: sources.Author{ID: did, URL: "https://bsky.app/profile/" + did}, Permalink: "https://bsky.app/profile/" + did + "/post/" + rkey,
		CreatedAt: seen, CreatedPrecision: "indexed",
	}
	if t, err := time.Parse(time.RFC3339Nano, p.CreatedAt); err == nil && t.Year() >= 1990 {
		m.CreatedAt, m.CreatedPrecision = t, "exact"
		if t.After(seen) {
			m.CreatedAt = seen
		}
	}
	if len(p.Langs) > 0 {
		m.Lang = p.Langs[0]
	}
	if p.Reply.Parent.URI != "" {
		m.Kind, m.ParentID, m.ThreadID = sources.Reply, mentionID(p.Reply.Parent.URI), mentionID(p.Reply.Root.URI)
	}
	for _, f := range p.Facets {
		for _, x := range f.Features {
			switch {
			case strings.HasSuffix(x.Type, "#link"):
				m.Links = append(m.Links, x.URI)
			case strings.HasSuffix(x.Type, "#mention") && contains(accounts, x.DID):
				m.MatchedBy = []string{"mention"}
			}
		}
	}
	for _, l := range p.Labels.Values {
		if l.Val == "!no-unauthenticated" {
			m.Visibility = "members"
		}
	}
	p.Embed.into(&m, did)
	return m, nil
}

func (e *embed) into(m *sources.Mention, did string) {
	for _, i := range append(e.Images, e.Items...) {
		m.Media = append(m.Media, sources.Media{Type: "image", Alt: i.Alt, URL: picture(did, i.Image.Ref.Link)})
	}
	if e.Alt != "" || e.Video.Ref.Link != "" {
		m.Media = append(m.Media, sources.Media{Type: "video", Alt: e.Alt, URL: m.Permalink})
	}
	if x := e.External; x.URI != "" {
		m.Links = append(m.Links, x.URI)
		if alt := strings.TrimSpace(x.Title + "\n" + x.Description); alt != "" {
			m.Media = append(m.Media, sources.Media{Type: "link", URL: x.URI, Alt: alt})
		}
	}
	if len(e.Record) > 0 {
		var r struct {
			URI    string `json:"uri"`
			Record ref    `json:"record"`
		}
		if json.Unmarshal(e.Record, &r) == nil { // a kind of record we do not know is no quote
			if q := mentionID(r.URI + r.Record.URI); q != "" {
				m.QuotedID = q
				if m.Kind == sources.Post {
					m.Kind = sources.Quote
				}
			}
		}
	}
	if e.Media != nil {
		e.Media.into(m, did)
	}
}

func picture(did, cid string) string {
	if cid == "" {
		return ""
	}
	return "https://cdn.bsky.app/img/feed_fullsize/plain/" + did + "/" + cid + "@jpeg"
}

func id(did, rkey string) string { return platform + ":at://" + did + "/" + collection + "/" + rkey }

// mentionID makes an ID of an at:// address of a post; of other records nothing.
func mentionID(uri string) string {
	if !strings.HasPrefix(uri, "at://") || !strings.Contains(uri, "/"+collection+"/") {
		return ""
	}
	return platform + ":" + uri
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s && s != "" {
			return true
		}
	}
	return false
}
