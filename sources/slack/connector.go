package slack

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the public channels of one Slack workspace.
var Connector = sources.Connector{
	Name: platform, Title: "Slack", New: New, Push: Push, Every: every, PerDay: perDay,
	Recheck: 7 * 24 * time.Hour, Batch: 10,
	About: sources.About{
		Reads: "Messages in public channels of a workspace, such as a residents' group's, whose owners installed the council's app and invited it to the channel.",
		Access: "Make an app at api.slack.com/apps with the bot scopes channels:history, channels:read and users:read (for names); the workspace's owner installs it and invites it to each channel. " +
			"The token (xoxb-) stands under OAuth & Permissions. For the push, subscribe to the bot event message.channels and enter the address of this source; the signing secret " +
			"stands under Basic Information.",
		Price:    "Nothing.",
		Approval: "The workspace's owner decides, usually the same day. Tell the channel that the council reads along.",
		Cannot:   "Private channels and direct messages are never read. Without the push, replies in threads older than an hour are not seen.",
	},
	Options: []sources.Field{
		{Name: "workspace", Label: "Workspace", Hint: "Its address.", Example: "https://exampleford-residents.slack.com", Needed: true},
		{Name: "channels", Label: "Channels", Hint: "Their IDs, separated by commas: open a channel's details and look at the end.", Example: "C0123456789", Needed: true},
		{Name: "own", Label: "The council's own members", Hint: "Their member IDs: what they write is no mention, and what addresses them is one whatever it says.", Example: "U0123456789"},
	},
	Keys: []sources.Field{
		{Name: secretToken, Label: "Bot token", Hint: "Begins with xoxb-.", Needed: true},
		{Name: secretSigning, Label: "Signing secret", Hint: "Needed for the push."},
	},
}

const (
	platform      = "slack"
	secretToken   = "token"
	secretSigning = "signing_secret"

	api      = "https://slack.com/api/"
	every    = 5 * time.Minute
	overlap  = time.Hour
	perDay   = 72_000 // tier 3: 50 a minute for each method
	pageSize = 200
)

type workspace struct {
	view
	call   *sources.Caller
	public map[string]bool // channels that were found to be open to all
	people sources.People
	sources.Poller
}

var (
	_ sources.Rechecker = (*workspace)(nil)
	_ sources.Threader  = (*workspace)(nil)
)

// New makes the reader of a workspace's channels.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	v, err := newView(s)
	if err != nil {
		return nil, err
	}
	x := &workspace{view: v, public: map[string]bool{}}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Slack", Now: d.Now,
		Asks: []string{"/api/conversations.history", "/api/conversations.replies", "/api/conversations.info", "/api/users.info"},
		Auth: d.Bearer(s.ID, secretToken)}
	x.people = sources.People{Ask: x.names, Most: 20, Now: d.Now}
	x.Poller = sources.Poller{Fetch: sources.ChainOf(v.channels, x.fetch), Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
	return x, nil
}

// answer is what every answer of Slack has.
type answer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Metadata struct {
		Next string `json:"next_cursor"`
	} `json:"response_metadata"`
}

type history struct {
	answer
	Messages []message `json:"messages"`
}

func (x *workspace) ask(ctx context.Context, method string, form url.Values, out any, a *answer) error {
	r, err := x.call.PostForm(ctx, api+method, form)
	if err != nil {
		return err
	}
	if err := x.call.Decode(r, out); err != nil {
		return err
	}
	if !a.OK {
		return x.refused(a.Error, form.Get("channel"))
	}
	return nil
}

// refused makes a sentence of Slack's own code.
func (x *workspace) refused(code, channel string) error {
	switch code {
	case "ratelimited", "rate_limited":
		until := x.Poller.Time().Add(time.Minute)
		return sources.Waitf(until, "Slack asks for patience until %s.", until.UTC().Format("15:04 MST"))
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required":
		return sources.Stopf("Slack does not accept the token (%s). Enter a new one on the sources page.", code)
	case "missing_scope", "no_permission", "not_allowed_token_type", "access_denied", "team_access_not_granted":
		return sources.Stopf("The Slack app may not read this (%s). Give it the scopes channels:history and channels:read, and install it again.", code)
	case "channel_not_found", "not_in_channel", "is_archived":
		return sources.Stopf("Slack's channel %s cannot be read (%s). Have the app invited to it, or take it out of this source.", channel, code)
	}
	return &sources.Fault{Sentence: "Slack refuses the request for a reason that is not understood. It is tried again.", Err: errors.New("slack: " + code)}
}

// checkPublic refuses a channel that is not open to the whole workspace, once.
func (x *workspace) checkPublic(ctx context.Context, channel string) error {
	if x.public[channel] {
		return nil
	}
	var out struct {
		answer
		Channel struct {
			IM      bool `json:"is_im"`
			MPIM    bool `json:"is_mpim"`
			Private bool `json:"is_private"`
		} `json:"channel"`
	}
	if err := x.ask(ctx, "conversations.info", url.Values{"channel": {channel}}, &out, &out.answer); err != nil {
		return err
	}
	if c := out.Channel; c.IM || c.MPIM || c.Private {
		return sources.Stopf("Slack's channel %s is private, and Earshot reads no private messages. Take it out of this source.", channel)
	}
	x.public[channel] = true
	return nil
}

func (x *workspace) fetch(ctx context.Context, channel string, r sources.PageRequest) (sources.Page, error) {
	if err := x.checkPublic(ctx, channel); err != nil {
		return sources.Page{}, err
	}
	oldest := stamp(r.Since)
	var out history
	q := url.Values{"channel": {channel}, "oldest": {oldest}, "limit": {strconv.Itoa(pageSize)}, "cursor": {r.Token}}
	if err := x.ask(ctx, "conversations.history", q, &out, &out.answer); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: x.items(channel, out.Messages), Next: out.Metadata.Next}
	for i := range out.Messages {
		if m := &out.Messages[i]; m.Replies > 0 && timeOf(m.LatestReply).After(r.Since) {
			replies, err := x.replies(ctx, channel, m.TS, oldest)
			if err != nil {
				return p, err
			}
			p.Items = append(p.Items, x.items(channel, replies)...)
		}
	}
	x.people.Fill(ctx, p.Items)
	return p, nil
}

// names asks who is behind each ID. Bots have no such entry.
func (x *workspace) names(ctx context.Context, ids []string) (map[string]sources.Author, error) {
	found := map[string]sources.Author{}
	for _, id := range ids {
		if !strings.HasPrefix(id, "U") && !strings.HasPrefix(id, "W") {
			continue
		}
		var out struct {
			answer
			User struct {
				Name     string `json:"name"`
				RealName string `json:"real_name"`
			} `json:"user"`
		}
		err := x.ask(ctx, "users.info", url.Values{"user": {id}}, &out, &out.answer)
		if out.Error == "user_not_found" {
			continue
		}
		if err != nil {
			return found, err
		}
		found[id] = sources.Author{Handle: out.User.Name, Name: out.User.RealName}
	}
	return found, nil
}

func (x *workspace) items(channel string, list []message) []sources.Item {
	out := make([]sources.Item, 0, len(list))
	for i := range list {
		if m, ok := x.mention(channel, &list[i]); ok {
			out = append(out, sources.Item{Mention: m, At: timeOf(list[i].TS)})
		}
	}
	return out
}

// replies reads a thread from oldest on.
func (x *workspace) replies(ctx context.Context, channel, thread, oldest string) ([]message, error) {
	var all []message
	q := url.Values{"channel": {channel}, "ts": {thread}, "oldest": {oldest}, "limit": {strconv.Itoa(pageSize)}}
	for {
		var out history
		if err := x.ask(ctx, "conversations.replies", q, &out, &out.answer); err != nil {
			return nil, err
		}
		all = append(all, out.Messages...)
		if next := out.Metadata.Next; next == "" || next == q.Get("cursor") || len(all) > 20*pageSize {
			return all, nil
		}
		q.Set("cursor", out.Metadata.Next)
	}
}

// Recheck asks for each message by its time.
func (x *workspace) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var changed []sources.Mention
	for i := range held {
		channel, ts, ok := place(held[i].ID)
		if !ok {
			continue
		}
		method, q := "conversations.history", url.Values{"channel": {channel}, "oldest": {ts}, "latest": {ts}, "inclusive": {"true"}, "limit": {"1"}}
		if _, thread, ok := place(held[i].ThreadID); ok && thread != ts {
			method = "conversations.replies"
			q.Set("ts", thread)
		}
		var out history
		if err := x.ask(ctx, method, q, &out, &out.answer); err != nil {
			return nil, err
		}
		m := sources.Gone(&held[i], x.Poller.Time())
		for j := range out.Messages {
			if found, ok := x.mention(channel, &out.Messages[j]); ok && found.ID == held[i].ID {
				m = found
			}
		}
		changed = append(changed, m)
	}
	return changed, nil
}

// Thread reads the thread that m stands in.
func (x *workspace) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	channel, ts, ok := place(cmp.Or(m.ThreadID, m.ID))
	if !ok {
		return nil, nil
	}
	list, err := x.replies(ctx, channel, ts, "0")
	if err != nil {
		return nil, err
	}
	var out []sources.Mention
	for i := range list {
		if o, ok := x.mention(channel, &list[i]); ok && o.ID != m.ID {
			out = append(out, o)
		}
	}
	return out, nil
}

// place reads channel and time out of an ID.
func place(id string) (channel, ts string, ok bool) {
	return strings.Cut(strings.TrimPrefix(id, platform+":"), "/")
}
