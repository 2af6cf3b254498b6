package pinterest

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is a term in Pinterest's search for partners.
var Connector = sources.Connector{
	Name: "pinterest", Title: "Pinterest", New: New, Every: every, PerDay: trialPerDay, Cost: 4, Keep: keep,
	About: sources.About{
		Reads: "The top Pins that Pinterest's search for partners finds, without their authors and dates.",
		Access: "An app at developers.pinterest.com, allowed by the council's business account (scopes pins:read, boards:read, user_accounts:read), and " +
			"Pinterest's leave to use the partner search, a restricted beta.",
		Price:    "Nothing.",
		Approval: "Days for Trial access (1,000 requests a day), weeks for Standard; nothing is promised for the beta.",
		Cannot: "Comments, authors, dates, and whether a Pin still exists. Pinterest forbids keeping most of its data beyond use and names no number of days (unverified): " +
			"thirty is what Earshot makes of it. " +
			"Without the beta use staff reports.",
	},
	Options: []sources.Field{
		{Name: "term", Label: "Search for", Hint: "Words to find in Pins.", Example: "Exampleford District Council", Needed: true},
		{Name: "country_code", Label: "Country", Hint: "Two letters.", Example: "GB"},
		{Name: "locale", Label: "Language and region", Hint: "Such as en-GB.", Example: "en-GB"},
		{Name: "tier", Label: "Access tier of the app", Hint: "With Trial access the day's requests are spread over the day.", Values: []string{"trial", "standard"}},
	},
	Keys: []sources.Field{
		{Name: "access_token", Label: "Access token", Hint: "For a trial; it lasts a month at most."},
		{Name: "refresh_token", Label: "Refresh token", Hint: "Came with the access token; with it come the two keys below."},
		{Name: "client_id", Label: "App ID", Hint: "Of the app."},
		{Name: "client_secret", Label: "App secret", Hint: "Of the app."},
	},
}

const (
	every       = time.Hour
	trialPerDay = 1000
	api         = "https://api.pinterest.com/v5"
	pageSize    = 50
	keep        = 30 * 24 * time.Hour       // a reading of "beyond use", which names no number: a month to answer and to report
	always      = 10 * 365 * 24 * time.Hour // what was seen once is never new again
)

type search struct {
	term, country, locale string
	call                  *sources.Caller
	sources.Poller
}

// New makes the reader of a term.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a Pinterest source")
	x := &search{term: o.Need("term", "the words to search for"), country: cmp.Or(o.Text("country_code"), "GB"), locale: cmp.Or(o.Text("locale"), "en-GB")}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Pinterest", Now: d.Now, Asks: []string{"/v5/oauth/token"},
		Signal: sources.SecondsReset("X-RateLimit-Remaining", "X-RateLimit-Reset")}
	tokens := &sources.Tokens{Caller: x.call, Address: api + "/oauth/token", Source: s.ID, Deps: d, Basic: true, Plain: "access_token"}
	x.call.Auth = tokens.Authorize
	x.call.Refused = func(r sources.Response, err error) error {
		if r.Status == http.StatusForbidden {
			return sources.Stopf("Pinterest does not permit the partner search to this app (403). Ask Pinterest for the beta, then save the source again.")
		}
		return tokens.Refused(r, err)
	}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: always, Now: d.Now}
	if o.Text("tier") != "standard" {
		x.Poller.PerDay = trialPerDay
	}
	return x, o.Err()
}

// fetch reads one page. The token is when the sweep began, which is every Pin's place in the order, and the bookmark.
func (x *search) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	began, bookmark, _ := strings.Cut(r.Token, " ")
	nano, err := strconv.ParseInt(began, 10, 64)
	if err != nil { // the first page
		nano = x.Poller.Time().UnixNano()
	}
	q := url.Values{"term": {x.term}, "country_code": {x.country}, "locale": {x.locale}, "limit": {strconv.Itoa(pageSize)}}
	if bookmark != "" {
		q.Set("bookmark", bookmark)
	}
	var out struct {
		Items    []pin  `json:"items"`
		Bookmark string `json:"bookmark"`
	}
	if _, err := x.call.GetJSON(ctx, api+"/search/partner/pins?"+q.Encode(), &out); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: sources.ItemsAt(out.Items, (*pin).mention, func(*pin) time.Time { return time.Unix(0, nano) })}
	if out.Bookmark != "" && out.Bookmark != bookmark {
		p.Next = strconv.FormatInt(nano, 10) + " " + out.Bookmark
	}
	return p, nil
}
