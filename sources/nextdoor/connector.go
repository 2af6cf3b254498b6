package nextdoor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is Nextdoor's search of public posts around the council's places.
var Connector = sources.Connector{
	Name: "nextdoor", Title: "Nextdoor", New: New, Every: every, Cost: 2, Recheck: 24 * time.Hour, Batch: 1000, Keep: window,
	About: sources.About{
		Reads: "Posts that their authors made public within the last seven days, around places you name, with their comments.",
		Access: "Client ID and secret from Nextdoor's partnerships team (scopes openid content_api.search_post). The form refuses research, AI training and marketing: " +
			"describe answering residents' service requests.",
		Price:    "Not published.",
		Approval: "Months, and only on application.",
		Cannot: "Posts for neighbours only, which are private. Without the approval, and for replies to the council's own posts, use the notification mailbox of the " +
			"agency account and staff reports.",
	},
	Options: []sources.Field{
		{Name: "query", Whose: true, Label: "Search for", Hint: "Words to find in posts.", Example: "Exampleford Council", Needed: true},
		{Name: "circles", Whose: true, Label: "Places", Hint: "Latitude, longitude and radius in miles (100 at most); several are separated by semicolons and may overlap.",
			Example: "52.0, -1.0, 5; 52.1, -1.1, 5", Needed: true},
		{Name: "host", Label: "Host", Hint: "As Nextdoor gives it with the approval.", Example: "nextdoor.co.uk"},
		{Name: "token_url", Label: "Address for tokens", Hint: "As Nextdoor gives it with the approval.", Example: tokenURL},
	},
	Keys: []sources.Field{
		{Name: "client_id", Label: "Client ID", Hint: "From Nextdoor.", Needed: true},
		{Name: "client_secret", Label: "Client secret", Hint: "From Nextdoor.", Needed: true},
	},
}

const (
	every    = 15 * time.Minute
	tokenURL = "https://auth.nextdoor.com/v2/token"
	window   = 7 * 24 * time.Hour
	judged   = window - 12*time.Hour // what is older may have left the search by age
	maxMiles = 100
)

type search struct {
	host, query string
	circles     []circle
	call        *sources.Caller
	sources.Poller
}

// circle is a place in degrees and a distance in miles, as they are written.
type circle struct{ lat, lon, radius string }

var (
	_ sources.Rechecker = (*search)(nil)
	_ sources.Threader  = (*search)(nil)
)

// New makes the reader of a search.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &search{host: cmp.Or(strings.TrimSpace(s.Options["host"]), "nextdoor.co.uk"), query: strings.TrimSpace(s.Options["query"])}
	var faults []error
	if x.query == "" {
		faults = append(faults, errors.New("a Nextdoor source needs the option query, the words to search for"))
	}
	if strings.ContainsAny(x.host, "/:@ ") {
		faults = append(faults, errors.New("host is a name alone, such as nextdoor.co.uk"))
	}
	token, err := url.Parse(cmp.Or(s.Options["token_url"], tokenURL))
	if err != nil || token.Scheme != "https" || token.Host == "" {
		faults = append(faults, errors.New("token_url is an address that begins with https://"))
	}
	if x.circles, err = parseCircles(s.Options["circles"]); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Nextdoor", Now: d.Now, Asks: []string{token.Path}}
	tokens := &sources.Tokens{Caller: x.call, Address: token.String(), Source: s.ID, Deps: d, Basic: true,
		Form: url.Values{"grant_type": {"client_credentials"}, "scope": {"openid content_api.search_post"}}}
	x.call.Auth, x.call.Refused = tokens.Authorize, tokens.Refused
	var lists []sources.Fetch
	for _, c := range x.circles {
		lists = append(lists, x.around(c))
	}
	x.Poller = sources.Poller{Fetch: sources.Chain(lists...), Every: cmp.Or(time.Duration(s.Every), every), Overlap: 10 * time.Minute, Lookback: window, Now: d.Now}
	return x, nil
}

func parseCircles(s string) ([]circle, error) {
	var out []circle
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		var n [3]string
		var v [3]float64
		fields := strings.Split(part, ",")
		ok := len(fields) == 3
		for i := 0; ok && i < 3; i++ {
			var err error
			n[i] = strings.TrimSpace(fields[i])
			v[i], err = strconv.ParseFloat(n[i], 64)
			ok = err == nil
		}
		if !ok || !(math.Abs(v[0]) <= 90 && math.Abs(v[1]) <= 180 && v[2] > 0 && v[2] <= maxMiles) { // nor is NaN a place
			return nil, fmt.Errorf("circles holds %q, which is no latitude, longitude and radius of at most %d miles, such as 52.0, -1.0, 5", strings.TrimSpace(part), maxMiles)
		}
		out = append(out, circle{n[0], n[1], n[2]})
	}
	if len(out) == 0 {
		return nil, errors.New("a Nextdoor source needs the option circles, such as 52.0, -1.0, 5")
	}
	return out, nil
}

// around lists one circle, whose order is not stated: what is too old is passed over here, and does not end the list.
func (x *search) around(c circle) sources.Fetch {
	return func(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
		posts, next, err := x.page(ctx, c, r.Token)
		p := sources.Page{Next: next}
		for i := range posts {
			for _, m := range posts[i].mentions() {
				if !m.CreatedAt.Before(r.Since) {
					p.Items = append(p.Items, sources.Item{Mention: m})
				}
			}
		}
		return p, err
	}
}

// page asks for one page. The token is its number and the first post of the page before.
func (x *search) page(ctx context.Context, c circle, token string) ([]post, string, error) {
	number, first, _ := strings.Cut(cmp.Or(token, "1"), " ")
	q := url.Values{"query": {x.query}, "lat": {c.lat}, "lon": {c.lon}, "radius": {c.radius}, "include_comments": {"true"}, "current_page": {number}}
	var out struct {
		Posts []post `json:"posts"`
	}
	if _, err := x.call.GetJSON(ctx, "https://"+x.host+"/content_api/v2/search_post?"+q.Encode(), &out); err != nil {
		return nil, "", err
	}
	if len(out.Posts) == 0 || string(out.Posts[0].ID) == first {
		return nil, "", nil
	}
	n, _ := strconv.Atoi(number)
	return out.Posts, fmt.Sprintf("%d %s", n+1, out.Posts[0].ID), nil
}

// all reads every page around every place; found may end it.
func (x *search) all(ctx context.Context, found func(*post) (done bool)) error {
	for _, c := range x.circles {
		for token := ""; ; {
			posts, next, err := x.page(ctx, c, token)
			if err != nil {
				return err
			}
			for i := range posts {
				if found(&posts[i]) {
					return nil
				}
			}
			if next == "" {
				break
			}
			token = next
		}
	}
	return nil
}

// Recheck searches again: what is young enough to be found and is not, is gone.
func (x *search) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	shown := map[string]sources.Mention{}
	err := x.all(ctx, func(p *post) bool {
		for _, m := range p.mentions() {
			shown[m.ID] = m
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	now := x.Poller.Time()
	posts := map[string]bool{} // that are there, or would be
	for id := range shown {
		posts[id] = true
	}
	for i := range held {
		if m := &held[i]; m.ThreadID == "" && now.Sub(m.CreatedAt) < judged {
			posts[m.ID] = true
		}
	}
	return sources.Relisted(held, shown, func(m *sources.Mention) bool { return posts[cmp.Or(m.ThreadID, m.ID)] }, now), nil
}

// Thread searches again for the post, and brings it with its comments.
func (x *search) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var out []sources.Mention
	thread := cmp.Or(m.ThreadID, m.ID)
	err := x.all(ctx, func(p *post) bool {
		if p.mentionID() != thread {
			return false
		}
		for _, o := range p.mentions() {
			if o.ID != m.ID {
				out = append(out, o)
			}
		}
		return true
	})
	return out, err
}
