package pinterest

import (
	"cmp"

	"earshot/sources"
)

const platform = "pinterest"

// pin is a SummaryPin.
type pin struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Link        string `json:"link"`
	Alt         string `json:"alt_text"`
	Media       struct {
		Type   string           `json:"media_type"`
		Images map[string]image `json:"images"`
	} `json:"media"`
}

type image struct {
	URL string `json:"url"`
}

func (p *pin) mention() sources.Mention {
	m := sources.Mention{ID: platform + ":" + p.ID, Platform: platform, Kind: sources.Photo, Title: p.Title, Text: cmp.Or(p.Description, p.Alt), Visibility: "public",
		Permalink: "https://www.pinterest.com/pin/" + p.ID + "/"}
	if p.Media.Type == "video" {
		m.Kind = sources.Video
	}
	if p.Link != "" {
		m.Links = []string{p.Link}
	}
	if u := cmp.Or(p.Media.Images["600x"].URL, p.Media.Images["400x300"].URL, p.Media.Images["1200x"].URL); u != "" {
		m.Media = []sources.Media{{Type: "image", URL: u, Alt: p.Alt}}
	}
	return m
}
