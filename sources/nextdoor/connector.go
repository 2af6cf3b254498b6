package nextdoor

import (
	"cmp"
	"context"
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
		{Name: "host", Server: true, Label: "Host", Hint: "As Nextdoor gives it with the approval.", Example: "nextdoor.co.uk"},
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
	o := sources.OptionsOf(s, "a Nextdoor source")
	x := &search{host: cmp.Or(o.Text("host"), "nextdoor.co.uk"), query: o.Need("query", "the words to search for"), circles: parseCircles(o)}
	if strings.ContainsAny(x.host, "/:@ ") {
		o.Fault("host is a name alone, such as nextdoor.co.uk")
	}
	token, ok := sources.WebAddress(cmp.Or(o.Text("token_url"), tokenURL))
	if !ok || token.Scheme != "https" {
		o.Fault("token_url is an address that begins with https://")
		return nil, o.Err()
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Nextdoor", Now: d.Now, Asks: []string{token.Path}}
	tokens := &sources.Tokens{Caller: x.call, Address: token.String(), Source: s.ID, Deps: d, Basic: true,
		Form: url.Values{"grant_type": {"client_credentials"}, "scope": {"openid content_api.search_post"}}}
	x.call.Auth, x.call.Refused = tokens.Authorize, tokens.Refused
	var lists []sources.Fetch
	for _, c := range x.circles {
		lists = append(lists, sources.Unordered(x.around(c)))
	}
	x.Poller = sources.Poller{Fetch: sources.Chain(lists...), Every: sources.Every(s, every), Overlap: 10 * time.Minute, Lookback: window, Now: d.Now}
	return x, o.Err()
}

func parseCircles(o *sources.Options) (out []circle) {
	for _, part := range o.Parts("circles", "such as 52.0, -1.0, 5") {
		c, ok := parseCircle(part)
		if !ok {
			o.Fault("circles holds %q, which is no latitude, longitude and radius of at most %d miles, such as 52.0, -1.0, 5", part, maxMiles)
		}
		out = append(out, c)
	}
	return out
}

func parseCircle(s string) (c circle, ok bool) {
	f := strings.Split(strings.ReplaceAll(s, " ", ""), ",")
	if len(f) != 3 {
		return c, false
	}
	for i, limit := range [...]struct{ least, most float64 }{{-90, 90}, {-180, 180}, {math.SmallestNonzeroFloat64, maxMiles}} {
		if v, err := strconv.ParseFloat(f[i], 64); err != nil || !(limit.least <= v && v <= limit.most) { // nor is NaN a place
			return c, false
		}
	}
	return circle{f[0], f[1], f[2]}, true
}

// around lists the posts of one circle with their comments, in no stated order. A page's token is its number and the first post of the page before.
func (x *search) around(c circle) sources.Fetch {
	return func(ctx context.Context, r sources.PageRequest) (p sources.Page, err error) {
		number, first, _ := strings.Cut(cmp.Or(r.Token, "1"), " ")
		q := url.Values{"query": {x.query}, "lat": {c.lat}, "lon": {c.lon}, "radius": {c.radius}, "include_comments": {"true"}, "current_page": {number}}
		var out struct {
			Posts []post `json:"posts"`
		}
		if _, err = x.call.GetJSON(ctx, "https://"+x.host+"/content_api/v2/search_post?"+q.Encode(), &out); err != nil {
			return p, err
		}
		if len(out.Posts) == 0 || string(out.Posts[0].ID) == first {
			return p, nil
		}
		for i := range out.Posts {
			for _, m := range out.Posts[i].mentions() {
				p.Items = append(p.Items, sources.Item{Mention: m})
			}
		}
		n, _ := strconv.Atoi(number)
		p.Next = fmt.Sprintf("%d %s", n+1, out.Posts[0].ID)
		return p, nil
	}
}

// Recheck searches again: what is young enough to be found and is not, is gone.
func (x *search) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	shown, err := sources.Shown(ctx, x.Fetch)
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
	return sources.Relisted(held, shown, func(m *sources.Mention) bool { return posts[m.Thread()] }, now), nil
}

// Thread searches again for the post, and brings it with its comments.
func (x *search) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	for p, err := range sources.Pages(ctx, x.Fetch) {
		if err != nil {
			return nil, err
		}
		var thread []sources.Mention
		for _, it := range p.Items {
			if it.Mention.Thread() == m.Thread() {
				thread = append(thread, it.Mention)
			}
		}
		if len(thread) > 0 {
			return sources.Besides(m.ID, thread), nil
		}
	}
	return nil, nil
}
