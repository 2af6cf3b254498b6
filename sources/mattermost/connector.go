package mattermost

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the public channels of one Mattermost server.
var Connector = sources.Connector{
	Name: platform, Title: "Mattermost", New: New, Every: every,
	About: sources.About{
		Reads: "Posts in public channels of one server, such as a residents' association's, with their edits and deletions.",
		Access: "The server's administrator makes a bot account (Integrations, Bot Accounts), adds it to the team and to each channel, and gives the " +
			"council its access token.",
		Price:    "Nothing.",
		Approval: "The server's administrator decides. Tell the channel that the council reads along.",
		Cannot:   "Private channels and direct messages are never read.",
	},
	Options: []sources.Field{
		{Name: "server", Server: true, Label: "Server", Hint: "Its address.", Example: "https://chat.example", Needed: true},
		{Name: "team", Label: "Team", Hint: "Its name as it stands in addresses.", Example: "residents", Needed: true},
		{Name: "channels", Label: "Channels", Hint: "Their IDs, separated by commas: they stand under View Info.", Example: "4xp9fdt77pncbef59f4k1qe83o", Needed: true},
		{Name: "own", Label: "The council's own members", Hint: "Their user IDs: what they write is no mention.", Example: "oxyb5j6z3pbqbfp6kqk7d1ibny"},
	},
	Keys: []sources.Field{{Name: secretToken, Label: "Access token", Hint: "Of the bot account.", Needed: true}},
}

const (
	platform    = "mattermost"
	secretToken = "access_token"

	every     = 5 * time.Minute
	overlap   = 10 * time.Minute
	pageSize  = 200
	sinceMost = 1000 // posts that an answer to "since" holds

	usersByID = "/api/v4/users/ids" // a POST, since there may be many
)

type server struct {
	base   *url.URL
	team   string
	own    sources.Accounts
	call   *sources.Caller
	public map[string]bool // channels that were found to be open to all
	people sources.People
	sources.Poller
}

var _ sources.Threader = (*server)(nil)

// New makes the reader of a server's channels.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a Mattermost source")
	u := o.Site("server", "such as https://chat.example")
	x := &server{base: u, team: strings.Trim(o.Need("team", "its name as it stands in addresses"), "/ "),
		own: sources.AccountsOption(o.Text("own")), public: map[string]bool{}}
	channels := o.List("channels", "their IDs")
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The Mattermost server " + u.Host, Now: d.Now,
		Asks: []string{u.Path + usersByID}, Signal: sources.SecondsReset("X-RateLimit-Remaining", "X-RateLimit-Reset"),
		Auth: d.Bearer(s.ID, secretToken)}
	x.people = sources.People{Ask: x.names, Now: d.Now}
	x.Poller = sources.Poller{Fetch: sources.ChainOf(channels, x.fetch), Every: sources.Every(s, every), Overlap: overlap, Now: d.Now}
	return x, o.Err()
}

func (x *server) get(ctx context.Context, q url.Values, out any, path ...string) error {
	_, err := x.call.GetJSON(ctx, sources.Address(x.base, q, append([]string{"api/v4"}, path...)...), out)
	return err
}

// checkPublic refuses a channel that is not open to the whole team, once.
func (x *server) checkPublic(ctx context.Context, channel string) error {
	if x.public[channel] {
		return nil
	}
	var out struct {
		Type string `json:"type"`
	}
	if err := x.get(ctx, nil, &out, "channels", channel); err != nil {
		return err
	}
	if out.Type != "O" {
		return sources.Stopf("The Mattermost channel %s is private, and Earshot reads no private messages. Take it out of this source.", channel)
	}
	x.public[channel] = true
	return nil
}

func (x *server) fetch(ctx context.Context, channel string, r sources.PageRequest) (sources.Page, error) {
	if err := x.checkPublic(ctx, channel); err != nil {
		return sources.Page{}, err
	}
	q := url.Values{"since": {strconv.FormatInt(r.Since.UnixMilli(), 10)}}
	page, byPage := 0, r.Token != ""
	if byPage {
		page, _ = strconv.Atoi(r.Token)
		q = url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(pageSize)}}
	}
	var list postList
	if err := x.get(ctx, q, &list, "channels", channel, "posts"); err != nil {
		return sources.Page{}, err
	}
	if !byPage && len(list.Order) >= sinceMost {
		return sources.Page{Next: "0"}, nil // what is missing cannot be told: the channel is read by pages
	}
	p := sources.Page{Items: make([]sources.Item, 0, len(list.Order))}
	recent := false
	for _, id := range list.Order {
		o := list.Posts[id]
		recent = recent || !milli(o.Created).Before(r.Since)
		if m, ok := x.mention(&o); ok {
			p.Items = append(p.Items, sources.Item{Mention: m, At: milli(max(o.Updated, o.Deleted))})
		}
	}
	if byPage && recent && len(list.Order) == pageSize {
		p.Next = strconv.Itoa(page + 1)
	}
	x.people.Fill(ctx, p.Items)
	return p, nil
}

// names asks who is behind the IDs.
func (x *server) names(ctx context.Context, ids []string) (map[string]sources.Author, error) {
	var out []struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		First    string `json:"first_name"`
		Last     string `json:"last_name"`
	}
	_, err := x.call.PostJSON(ctx, x.base.JoinPath(usersByID).String(), ids, &out)
	found := map[string]sources.Author{}
	for _, u := range out {
		found[u.ID] = sources.Author{Handle: u.Username, Name: strings.TrimSpace(u.First + " " + u.Last)}
	}
	return found, err
}

// Thread reads the thread that m stands in.
func (x *server) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var list postList
	if err := x.get(ctx, nil, &list, "posts", strings.TrimPrefix(m.ID, platform+":"), "thread"); err != nil {
		return nil, err
	}
	var out []sources.Mention
	for _, id := range list.Order {
		o := list.Posts[id]
		if t, ok := x.mention(&o); ok && t.ID != m.ID && t.State != sources.Deleted {
			out = append(out, t)
		}
	}
	return out, nil
}
