package googlereviews

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the reviews of the council's places on Google.
var Connector = sources.Connector{
	Name: "googlereviews", Title: "Google reviews (Business Profile)", New: New, Every: every, PerDay: perDay, Recheck: 24 * time.Hour, Batch: 1,
	About: sources.About{
		Reads: "Reviews of places whose Business Profile the council has verified: the town hall, a leisure centre, the tip.",
		Access: "Access for a Google Cloud project (Application for Basic API Access), an OAuth client of that project, and a refresh token for the scope business.manage, " +
			"made by somebody who owns or manages the profile.",
		Price:    "Nothing.",
		Approval: "Weeks: Google looks at each application. A quota of 0 means that it has not been granted yet.",
		Cannot:   "Reviews of places that are not the council's, and questions on Maps. Use a staff report for these.",
	},
	Options: []sources.Field{
		{Name: "locations", Label: "Places", Hint: "Their names in the API, parted by commas: account and location.", Example: "accounts/100000000000000000001/locations/200000000000000001", Needed: true},
	},
	Keys: []sources.Field{
		{Name: "client_id", Label: "OAuth client id", Hint: "Of the Google Cloud project that was let in.", Needed: true},
		{Name: "client_secret", Label: "OAuth client secret", Hint: "Shown once, when the client is made.", Needed: true},
		{Name: "refresh_token", Label: "Refresh token", Hint: "Allowed once by a manager of the profile, with offline access.", Needed: true},
	},
}

const (
	every    = time.Hour
	perDay   = 432_000 // 300 a minute
	overlap  = 24 * time.Hour
	lookback = 30 * 24 * time.Hour
	pageSize = 50 // the most Google gives
	api      = "https://mybusiness.googleapis.com/v4/"
	places   = "https://mybusinessbusinessinformation.googleapis.com/v1/"
	exchange = "https://oauth2.googleapis.com/token"
)

type reader struct {
	call    *sources.Caller
	tokens  *sources.Tokens
	renewed atomic.Bool       // the token was renewed since Google last took one
	maps    map[string]string // place: its link
	sources.Poller
}

var (
	_ sources.Rechecker = (*reader)(nil)
	_ sources.Threader  = (*reader)(nil)
)

var location = regexp.MustCompile(`^accounts/[^/\s]+/locations/[^/\s]+$`)

// New makes the reader of some places.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a source of Google reviews")
	x := &reader{maps: map[string]string{}}
	locations := strings.FieldsFunc(o.Need("locations", "the names of the council's places"), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	for _, l := range locations {
		if !location.MatchString(l) {
			o.Fault("a place on Google is named like accounts/100000000000000000001/locations/200000000000000001")
		}
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Google", Refused: x.refused, Asks: []string{"/token"}, Now: d.Now}
	x.tokens = &sources.Tokens{Caller: x.call, Address: exchange, Source: s.ID, Deps: d}
	x.call.Auth = x.tokens.Authorize
	x.Poller = sources.Poller{Fetch: sources.ChainOf(locations, x.reviews), Every: sources.Every(s, every), Overlap: overlap,
		Lookback: lookback, PerDay: perDay, Now: d.Now}
	return x, o.Err()
}

// reviews reads a page of one place.
func (x *reader) reviews(ctx context.Context, place string, r sources.PageRequest) (p sources.Page, err error) {
	var out struct {
		Reviews []review `json:"reviews"`
		Next    string   `json:"nextPageToken"`
	}
	q := url.Values{"pageSize": {strconv.Itoa(pageSize)}, "orderBy": {"updateTime desc"}}
	if r.Token != "" {
		q.Set("pageToken", r.Token)
	}
	if _, err := x.get(ctx, api+place+"/reviews?"+q.Encode(), &out); err != nil {
		return p, err
	}
	link, err := x.link(ctx, place)
	if err != nil {
		return p, err
	}
	return sources.Page{Items: sources.ItemsAt(out.Reviews, func(v *review) sources.Mention { return v.mention(link) }, (*review).updated), Next: out.Next}, nil
}

func (x *reader) get(ctx context.Context, address string, out any) (sources.Response, error) {
	r, err := x.call.GetJSON(ctx, address, out)
	if err == nil {
		x.renewed.Store(false)
	}
	return r, err
}

// link is the place's page on Maps, asked for once; empty where the API is not switched on.
func (x *reader) link(ctx context.Context, place string) (string, error) {
	if u, ok := x.maps[place]; ok {
		return u, nil
	}
	var out struct {
		Metadata struct {
			Maps string `json:"mapsUri"`
		} `json:"metadata"`
	}
	r, err := x.get(ctx, places+place[strings.Index(place, "locations/"):]+"?readMask=metadata", &out)
	if err != nil && r.Status != http.StatusForbidden && r.Status != http.StatusNotFound {
		return "", err
	}
	x.maps[place] = out.Metadata.Maps
	return out.Metadata.Maps, nil
}

// refused renews a token that ended early, once, and tells a quota that was never given from one that is used up.
func (x *reader) refused(r sources.Response, err error) error {
	switch r.Status {
	case http.StatusUnauthorized:
		if x.renewed.CompareAndSwap(false, true) {
			x.tokens.Forget()
			return &sources.Fault{Sentence: "Google wants a new token (401). It is asked for one, and tried again."}
		}
	case http.StatusForbidden:
		return sources.Stopf("Google refuses access (403). Check that whoever allowed it still manages the Business Profile, then save the source again.")
	case http.StatusTooManyRequests:
		var e struct {
			Error struct {
				Details []struct {
					Metadata struct {
						Limit string `json:"quota_limit_value"`
					} `json:"metadata"`
				} `json:"details"`
			} `json:"error"`
		}
		if x.call.Decode(r, &e) == nil && len(e.Error.Details) > 0 && e.Error.Details[0].Metadata.Limit == "0" {
			return sources.Stopf("Google has not let this project in yet: its quota is 0. Send the Application for Basic API Access, then save the source again.")
		}
	}
	return err
}

// one reads a review by its name.
func (x *reader) one(ctx context.Context, m *sources.Mention) (v review, err error) {
	r, err := x.get(ctx, api+m.Native(), &v)
	return v, r.OrGone(err)
}

// Recheck asks for each review by its name.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Time(), func(ctx context.Context, h *sources.Mention) (sources.Mention, error) {
		v, err := x.one(ctx, h)
		return v.mention(h.Permalink), err
	})
}

// Thread brings the council's own answer to a review.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	v, err := x.one(ctx, &m)
	if err != nil || v.Reply.Comment == "" {
		return nil, sources.UnlessGone(err)
	}
	return []sources.Mention{{ID: m.ID + "/reply", Platform: platform, Kind: sources.Reply, Text: original(v.Reply.Comment), CreatedAt: v.Reply.Updated,
		ParentID: m.ID, ThreadID: m.ID, Permalink: m.Permalink, Visibility: "public"}}, nil
}
