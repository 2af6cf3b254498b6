package trustpilot

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the reviews of one profile on Trustpilot.
var Connector = sources.Connector{
	Name: "trustpilot", Title: "Trustpilot", New: New, Push: NewReceiver, Every: every, PerDay: perDay, Recheck: 24 * time.Hour, Batch: 1,
	About: sources.About{
		Reads:    "Public reviews of the council's profile, with their stars.",
		Access:   "An API key, from Trustpilot Business under Integrations, Developers, APIs.",
		Price:    "The API is an extra of paid plans; ask Trustpilot for a price.",
		Approval: "As long as the contract takes; the key works at once.",
		Cannot:   "Invitations and customers' addresses are not read. Without a contract, use a staff report.",
	},
	Options: []sources.Field{
		{Name: "domain", Label: "Domain of the profile", Hint: "As in the profile's address on trustpilot.com, after /review/.", Example: "exampleford.gov.uk", Needed: true},
	},
	Keys: []sources.Field{
		{Name: "api_key", Label: "API key", Hint: "Not the secret beside it, which is not needed.", Needed: true},
		{Name: "hook_key", Label: "Key for pushes", Hint: "Optional: a long random word. Give Trustpilot this source's /hooks/ address with ?key= and the word behind it."},
	},
}

const (
	every    = time.Hour
	perDay   = 239_904 // 833 in five minutes
	overlap  = 48 * time.Hour
	lookback = 30 * 24 * time.Hour
	pageSize = 100 // the most Trustpilot gives
	api      = "https://api.trustpilot.com/v1/"
)

// client is what the poller and the receiver share.
type client struct {
	source settings.Source
	deps   sources.Deps
	domain string
	call   *sources.Caller

	mu   sync.Mutex
	unit string // the profile's id, once it is known
}

type reader struct {
	*client
	sources.Poller
}

var (
	_ sources.Rechecker = (*reader)(nil)
	_ sources.Threader  = (*reader)(nil)
)

// New makes the reader of a profile.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &reader{}
	var err error
	if x.client, err = newClient(s, d); err != nil {
		return nil, err
	}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: overlap, Lookback: lookback, PerDay: perDay, Now: d.Now}
	return x, nil
}

func newClient(s settings.Source, d sources.Deps) (*client, error) {
	o := sources.OptionsOf(s, "a Trustpilot source")
	c := &client{source: s, deps: d, domain: o.Need("domain", "such as exampleford.gov.uk")}
	if strings.Contains(c.domain, "/") {
		o.Fault("domain is a name alone, such as exampleford.gov.uk")
	}
	c.call = &sources.Caller{Client: d.HTTP(s), Name: "Trustpilot", Now: d.Now, Auth: d.InHeader(s.ID, "api_key", "apikey", "")}
	return c, o.Err()
}

// find returns the profile's id, which never changes and is asked for once.
func (c *client) find(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unit != "" {
		return c.unit, nil
	}
	var out struct {
		ID string `json:"id"`
	}
	r, err := c.call.GetJSON(ctx, api+"business-units/find?"+url.Values{"name": {c.domain}}.Encode(), &out)
	switch {
	case r.Status == http.StatusNotFound:
		return "", sources.Stopf("Trustpilot has no profile of %s. Correct the domain.", c.domain)
	case err == nil && out.ID == "":
		return "", &sources.Fault{Sentence: "Trustpilot did not say which profile it has of " + c.domain + ". It is tried again."}
	}
	c.unit = out.ID
	return c.unit, err
}

func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (p sources.Page, err error) {
	unit, err := x.find(ctx)
	if err != nil {
		return p, err
	}
	number := r.Number(1)
	var out struct {
		Links []struct {
			Rel string `json:"rel"`
		} `json:"links"`
		Reviews []review `json:"reviews"`
	}
	q := url.Values{"page": {strconv.Itoa(number)}, "perPage": {strconv.Itoa(pageSize)}, "orderBy": {"createdat.desc"}, "includeReportedReviews": {"false"}}
	if _, err := x.call.GetJSON(ctx, api+"business-units/"+unit+"/reviews?"+q.Encode(), &out); err != nil {
		return p, err
	}
	p.Items = sources.ItemsAt(out.Reviews, func(v *review) sources.Mention { return v.mention(unit) }, (*review).changed)
	for _, l := range out.Links {
		if l.Rel == "next-page" {
			p.Next = strconv.Itoa(number + 1)
		}
	}
	return p, nil
}

// one reads a review by its id; none when it is about somebody else.
func (c *client) one(ctx context.Context, id string) (v review, m sources.Mention, err error) {
	unit, err := c.find(ctx)
	if err != nil {
		return v, m, err
	}
	if err = c.call.Find(ctx, api+"reviews/"+url.PathEscape(id), &v); err == nil && (v.Unit.ID == "" || v.Unit.ID == unit) {
		m = v.mention(unit)
	}
	return v, m, err
}

// Recheck asks for each review by its id.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Time(), func(ctx context.Context, h *sources.Mention) (sources.Mention, error) {
		_, m, err := x.one(ctx, h.Native())
		return m, err
	})
}

// Thread brings the council's own answer to a review.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	v, _, err := x.one(ctx, m.Native())
	if err != nil || v.Reply == nil || v.Reply.Text == "" {
		return nil, sources.UnlessGone(err)
	}
	return []sources.Mention{{ID: m.ID + "/reply", Platform: platform, Kind: sources.Reply, Text: v.Reply.Text, CreatedAt: v.Reply.Created,
		ParentID: m.ID, ThreadID: m.ThreadID, Permalink: m.Permalink, Visibility: "public"}}, nil
}
