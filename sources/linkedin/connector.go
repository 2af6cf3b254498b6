package linkedin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is what happens around one LinkedIn page.
var Connector = sources.Connector{
	Name: "linkedin", Title: "LinkedIn", New: New, Push: NewReceiver, Every: every, Recheck: 48 * time.Hour, Batch: 1,
	Keep: keep,
	About: sources.About{
		Reads: "Comments on the council page's posts, shares of them, and posts that mention the page.",
		Access: "An app with the Community Management product, allowed by an administrator of the page (scopes r_organization_social_feed and " +
			"rw_organization_admin). An access token lasts 60 days; approved partners also get a refresh token.",
		Price:    "Nothing.",
		Approval: "Weeks to months: Development tier, then Standard tier with a screen recording.",
		Cannot: "Posts that do not concern the page: there is no search. LinkedIn lets members' activity be kept briefly only, commonly 48 hours " +
			"(unverified): look at its Data Storage Requirements, and set a shorter retention where they demand one. Until approved, use the notification mailbox.",
	},
	Options: []sources.Field{
		{Name: "organization", Whose: true, Label: "Number of the page", Hint: "The digits in the address of the page's admin view.", Example: "12345", Needed: true},
		{Name: "version", Label: "Version of the interface", Hint: "Year and month; LinkedIn retires one after about a year.", Example: version},
	},
	Keys: []sources.Field{
		{Name: "access_token", Label: "Access token", Hint: "From the app's OAuth tools; a new one every 60 days. Not needed with a refresh token."},
		{Name: "refresh_token", Label: "Refresh token", Hint: "Where LinkedIn gives one; with it come the two keys below."},
		{Name: "client_id", Label: "Client ID", Hint: "Of the app, on its Auth page."},
		{Name: keySecret, Label: "Client secret", Hint: "Of the app; also needed to take what LinkedIn pushes."},
	},
}

const (
	every     = 15 * time.Minute
	keep      = 48 * time.Hour // members' social activity (unverified)
	api       = "https://api.linkedin.com/rest/"
	tokenURL  = "https://www.linkedin.com/oauth/v2/accessToken"
	version   = "202608"
	pageSize  = 50
	threadOf  = 50
	skew      = 24 * time.Hour // LinkedIn's clock may be fast
	keySecret = "client_secret"
	actions   = "List(COMMENT,SHARE_MENTION,SHARE,COMMENT_EDIT,COMMENT_DELETE)"
)

type page struct {
	urn      string // of the organisation
	call     *sources.Caller
	tokens   *sources.Tokens
	refusals atomic.Int32 // 429 in a row
	sources.Poller
}

var (
	_ sources.Rechecker = (*page)(nil)
	_ sources.Threader  = (*page)(nil)
)

// New makes the reader of a page's notifications.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	urn, err := organization(s)
	if err != nil {
		return nil, err
	}
	x := &page{urn: urn}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "LinkedIn", Now: d.Now, Refused: x.refused, Asks: []string{"/oauth/v2/accessToken"}, Header: http.Header{
		"Linkedin-Version": {cmp.Or(s.Options["version"], version)}, "X-Restli-Protocol-Version": {"2.0.0"}}}
	x.tokens = &sources.Tokens{Caller: x.call, Address: tokenURL, Source: s.ID, Deps: d, Plain: "access_token"}
	x.call.Auth = x.tokens.Authorize
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: 10 * time.Minute, Now: d.Now}
	return x, nil
}

func organization(s settings.Source) (string, error) {
	o := sources.OptionsOf(s, "a LinkedIn source")
	return "urn:li:organization:" + o.Number("organization", "the number of the page, such as 12345"), o.Err()
}

func (x *page) refused(r sources.Response, err error) error {
	switch r.Status {
	case http.StatusTooManyRequests:
		if x.refusals.Add(1) > 1 {
			tomorrow := x.Poller.Time().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
			return sources.Waitf(tomorrow, "LinkedIn's requests of today are used up. It is asked again after 00:00 UTC.")
		}
	case http.StatusUpgradeRequired:
		return sources.Stopf("LinkedIn has retired the version of its interface that this source asks for. Enter a newer one, such as the month before last as YYYYMM, in its settings.")
	}
	return x.tokens.Refused(r, err)
}

// get asks for a path under api. found is false when LinkedIn has nothing there.
func (x *page) get(ctx context.Context, path string, out any) (found bool, err error) {
	r, err := x.call.GetJSON(ctx, api+path, out)
	if err == nil {
		x.refusals.Store(0)
	}
	if r.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// fetch reads one page of notifications. The token is where it starts, the end of the stretch, and the first notification of the page before, in case
// start is passed over.
func (x *page) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	start, end, first := "0", strconv.FormatInt(x.Poller.Time().Add(skew).UnixMilli(), 10), ""
	if t := strings.Fields(r.Token); len(t) == 3 {
		start, end, first = t[0], t[1], t[2]
	}
	var out struct {
		Elements []notification `json:"elements"`
		Paging   struct {
			Count int `json:"count"`
		} `json:"paging"`
	}
	found, err := x.get(ctx, fmt.Sprintf("organizationalEntityNotifications?q=criteria&actions=%s&organizationalEntity=%s&timeRange=(start:%d,end:%s)&start=%s&count=%d",
		actions, key(x.urn), r.Since.UnixMilli(), end, start, pageSize), &out)
	if err != nil {
		return sources.Page{}, err
	}
	if !found {
		return sources.Page{}, sources.Stopf("LinkedIn knows no page with this number. Check the option organization.")
	}
	n := len(out.Elements)
	if n == 0 || string(out.Elements[0].ID) == first {
		return sources.Page{}, nil
	}
	var p sources.Page
	for i := range out.Elements {
		m, ok := out.Elements[i].mention(x.urn)
		if ok && m.Text == "" && m.State != sources.Deleted {
			ok, err = x.complete(ctx, &m)
		}
		if err != nil {
			return sources.Page{}, err
		}
		if ok {
			p.Items = append(p.Items, sources.Item{Mention: m, At: out.Elements[i].at()})
		}
	}
	if n >= out.Paging.Count {
		from, _ := strconv.Atoi(start)
		p.Next = fmt.Sprintf("%d %s %s", from+n, end, out.Elements[0].ID)
	}
	return p, nil
}

// complete fetches the text that a notification left out; ok is false when there is none.
func (x *page) complete(ctx context.Context, m *sources.Mention) (ok bool, err error) {
	now, found, err := x.one(ctx, m)
	m.Text = now.Text
	m.Author.ID = cmp.Or(m.Author.ID, now.Author.ID)
	return found && m.Text != "" && m.Author.ID != x.urn, err
}

// one fetches a comment or post by its URN.
func (x *page) one(ctx context.Context, m *sources.Mention) (now sources.Mention, found bool, err error) {
	urn := native(m.ID)
	if number, ok := commentNumber(urn); ok {
		var c comment
		found, err = x.get(ctx, "socialActions/"+key(native(m.ThreadID))+"/comments/"+number, &c)
		return c.mention(native(m.ThreadID)), found, err
	}
	var p post
	found, err = x.get(ctx, "posts/"+key(urn), &p)
	return p.mention(urn), found, err
}

// Recheck asks for each by its URN.
func (x *page) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Poller.Time(), func(ctx context.Context, h *sources.Mention) (sources.Mention, error) {
		m, found, err := x.one(ctx, h)
		if err == nil && !found {
			err = sources.ErrGone
		}
		return m, err
	})
}

// Thread brings the post that m stands under and the comments beside m.
func (x *page) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var out []sources.Mention
	urn := native(cmp.Or(m.ThreadID, m.ID))
	if m.ThreadID != "" {
		var p post
		found, err := x.get(ctx, "posts/"+key(urn), &p)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, p.mention(urn))
		}
	}
	var list struct {
		Elements []comment `json:"elements"`
	}
	if _, err := x.get(ctx, fmt.Sprintf("socialActions/%s/comments?start=0&count=%d", key(urn), threadOf), &list); err != nil {
		return nil, err
	}
	out = append(out, sources.Mentions(list.Elements, func(c *comment) sources.Mention { return c.mention(urn) })...)
	return sources.Besides(m.ID, out), nil
}

// key writes a URN as it stands in a path or query.
func key(urn string) string { return url.QueryEscape(urn) }
