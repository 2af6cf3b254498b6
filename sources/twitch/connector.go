package twitch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is Twitch, by chat or by search of titles.
var Connector = sources.Connector{
	Name: platform, Title: "Twitch", New: New, Every: every, PerDay: perDay,
	About: sources.About{
		Reads: "The chat of channels whose streamers agreed, such as the council's own live stream; or the titles of live streams that match a search.",
		Access: "Register an application at dev.twitch.tv/console and enter its client ID and secret. For the chat, sign in with the council's account and the scope user:read:chat, and " +
			"enter the refresh token.",
		Price:    "Nothing.",
		Approval: "Nobody is asked for a search; for a chat, the streamer. Say in the chat that the council reads along.",
		Cannot:   "Twitch keeps no chat: what is said while Earshot is not connected is lost. There is no search of all chats. Whispers are never read.",
	},
	Options: []sources.Field{
		{Name: "mode", Label: "What to read", Hint: "The chat of channels, or live streams found by a search.", Values: []string{"chat", "search"}},
		{Name: "channels", Label: "Channels", Hint: "Their login names, separated by commas; needed for the chat.", Example: "examplefordlive"},
		{Name: "query", Label: "Search for", Hint: "Needed for a search.", Example: "Exampleford"},
		{Name: "own", Label: "The council's own accounts", Hint: "Login names: what they write is no mention.", Example: "exampleford_council"},
	},
	Keys: []sources.Field{
		{Name: secretID, Label: "Client ID", Hint: "Of the application.", Needed: true},
		{Name: secretSecret, Label: "Client secret", Hint: "Of the application.", Needed: true},
		{Name: secretRefresh, Label: "Refresh token", Hint: "Needed for the chat; of the account that listens."},
	},
}

const (
	platform      = "twitch"
	secretID      = "client_id"
	secretSecret  = "client_secret"
	secretRefresh = "refresh_token"

	helix    = "https://api.twitch.tv/helix/"
	oauth    = "https://id.twitch.tv/oauth2/"
	every    = 10 * time.Minute
	overlap  = 48 * time.Hour // the longest that a stream may be
	perDay   = 1_152_000      // 800 points a minute
	pageSize = 100
)

// app asks Helix with the keys of one application.
type app struct {
	own    []string
	tokens *sources.Tokens
	call   *sources.Caller
}

var login = regexp.MustCompile(`^[a-z0-9_]{1,25}$`)

// New makes the listener or the search that the option mode names.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	a := newApp(s, d)
	switch mode := s.Options["mode"]; mode {
	case "", "chat":
		channels := sources.ListOption(strings.ToLower(s.Options["channels"]))
		if len(channels) == 0 {
			return nil, errors.New("a Twitch source needs the option channels, login names such as examplefordlive, or the mode search")
		}
		for _, c := range channels {
			if !login.MatchString(c) {
				return nil, fmt.Errorf("%q is no login name of Twitch", c)
			}
		}
		return newChat(a, channels, s, d), nil
	case "search":
		x := &search{app: a, query: strings.TrimSpace(s.Options["query"])}
		if x.query == "" {
			return nil, errors.New("a search of Twitch needs the option query, the words to search for")
		}
		x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
		return x, nil
	default:
		return nil, fmt.Errorf("mode is %q; write chat or search", mode)
	}
}

func newApp(s settings.Source, d sources.Deps) *app {
	a := &app{own: sources.ListOption(strings.ToLower(s.Options["own"]))}
	a.call = &sources.Caller{Client: d.HTTP(s), Name: "Twitch", Now: d.Now, Signal: sources.UnixReset("Ratelimit-Remaining", "Ratelimit-Reset"),
		Asks: []string{"/oauth2/token", "/helix/eventsub/subscriptions"}}
	a.tokens = &sources.Tokens{Caller: a.call, Address: oauth + "token", Source: s.ID, Deps: d}
	if s.Options["mode"] == "search" {
		a.tokens.Form = url.Values{"grant_type": {"client_credentials"}}
	}
	a.call.Auth = func(r *http.Request) error {
		id, err := d.Key(r.Context(), s.ID, secretID)
		if err != nil {
			return err
		}
		r.Header.Set("Client-Id", id)
		return a.tokens.Authorize(r)
	}
	return a
}

// again calls do, and once more with a fresh token when Twitch no longer takes the one before.
func (a *app) again(do func() (sources.Response, error)) error {
	r, err := do()
	if r.Status == http.StatusUnauthorized {
		a.tokens.Forget()
		_, err = do()
	}
	return err
}

func (a *app) get(ctx context.Context, path string, q url.Values, out any) error {
	return a.again(func() (sources.Response, error) { return a.call.GetJSON(ctx, helix+path+"?"+q.Encode(), out) })
}

func (a *app) isOwn(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(a.own, strings.ToLower(n)) })
}

// search finds live streams.
type search struct {
	*app
	query string
	sources.Poller
}

func (x *search) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	var out struct {
		Data       []stream `json:"data"`
		Pagination struct {
			Cursor string `json:"cursor"`
		} `json:"pagination"`
	}
	q := url.Values{"query": {x.query}, "live_only": {"true"}, "first": {fmt.Sprint(pageSize)}}
	if r.Token != "" {
		q.Set("after", r.Token)
	}
	if err := x.get(ctx, "search/channels", q, &out); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Next: out.Pagination.Cursor}
	for i := range out.Data {
		// The order is Twitch's own: what is too old ends nothing.
		if m, ok := x.mention(&out.Data[i]); ok && !m.CreatedAt.Before(r.Since) {
			p.Items = append(p.Items, sources.Item{Mention: m})
		}
	}
	return p, nil
}
