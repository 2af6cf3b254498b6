package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the groups and channels of a Telegram bot.
var Connector = sources.Connector{
	Name: platform, Title: "Telegram", New: New, Push: Push,
	About: sources.About{
		Reads: "Messages in groups and posts in channels of which the council's bot is a member, from the day it came.",
		Access: "Write to @BotFather, /newbot, and enter the token. /setprivacy Disable lets the bot read groups; a channel must make it an administrator. For the " +
			"webhook call https://api.telegram.org/bot<token>/setWebhook once, with url (the address of this source), secret_token and allowed_updates.",
		Price:    "Nothing.",
		Approval: "The administrators of each group or channel decide. Tell the members that the council reads along.",
		Cannot:   "Telegram does not tell bots of deletions: honour requests to erase by hand. Private chats are never read; there is no search of all of Telegram for bots.",
	},
	Options: []sources.Field{
		{Name: "mode", Label: "How to read", Hint: "A poll needs nothing; the webhook needs an address that Telegram can reach.", Values: []string{"poll", "webhook"}},
		{Name: "chats", Label: "Groups and channels", Hint: "Their @names or IDs, separated by commas; empty: all that invited the bot.", Example: "@exampleford_residents"},
		{Name: "own", Label: "The council's own accounts and channels", Hint: "Their @names or IDs: what they write is no mention, and what addresses them is one.", Example: "@exampleford_council"},
	},
	Keys: []sources.Field{
		{Name: secretToken, Label: "Bot token", Hint: "From @BotFather.", Needed: true},
		{Name: secretHook, Label: "Secret token of the webhook", Hint: "Any long word of letters and digits; the same as given to setWebhook. Needed for the webhook."},
	},
}

const (
	platform    = "telegram"
	secretToken = "token"
	secretHook  = "secret_token"

	pageSize  = 100
	longPoll  = 15 // seconds; the guarded client waits 20 for an answer to begin
	askAgain  = time.Second
	checkHook = 15 * time.Minute
	updates   = `["message","edited_message","channel_post","edited_channel_post"]`
)

type bot struct {
	view
	source settings.Source
	deps   sources.Deps
	call   *sources.Caller
	sources.Poller
}

// New makes the reader of a bot's updates.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &bot{view: newView(s), source: s, deps: d}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Telegram", Now: d.Now, Refused: x.refused}
	switch mode := s.Options["mode"]; mode {
	case "", "poll":
		x.Poller = sources.Poller{Fetch: x.fetch, Forward: true, Every: cmp.Or(time.Duration(s.Every), askAgain), Now: d.Now}
	case "webhook":
		x.Poller = sources.Poller{Fetch: x.check, Every: cmp.Or(time.Duration(s.Every), checkHook), Now: d.Now}
	default:
		return nil, fmt.Errorf("mode is %q; write poll or webhook", mode)
	}
	return x, nil
}

// ask calls one method. The token stands in the address, which no error repeats.
func (x *bot) ask(ctx context.Context, method string, q url.Values, out any) error {
	token, err := x.deps.Key(ctx, x.source.ID, secretToken)
	if err != nil {
		return err
	}
	_, err = x.call.GetJSON(ctx, "https://api.telegram.org/bot"+url.PathEscape(token)+"/"+method+"?"+q.Encode(), out)
	return err
}

// refused reads Telegram's own words about a refusal.
func (x *bot) refused(r sources.Response, err error) error {
	var said struct {
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int64 `json:"retry_after"` // seconds
		} `json:"parameters"`
	}
	_ = json.Unmarshal(r.Body, &said) // a proxy's page says nothing
	switch {
	case r.Status == http.StatusTooManyRequests && said.Parameters.RetryAfter > 0:
		until := x.Poller.Time().Add(time.Duration(min(said.Parameters.RetryAfter, 3600)) * time.Second)
		return sources.Waitf(until, "Telegram asks for patience until %s.", until.UTC().Format("15:04 MST"))
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusNotFound:
		return sources.Stopf("Telegram does not accept the bot's token (%d). Enter a new one on the sources page.", r.Status)
	case r.Status == http.StatusConflict && strings.Contains(said.Description, "webhook"):
		return sources.Stopf("The bot has a webhook, so that it cannot be polled. Set this source's mode to webhook, or call deleteWebhook.")
	case r.Status == http.StatusConflict:
		return &sources.Fault{Sentence: "Another program reads the same bot's updates, and each takes them from the other. Give Earshot a bot of its own.",
			Err: errors.New("telegram: 409 Conflict")}
	}
	return err
}

func (x *bot) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "timeout": {strconv.Itoa(longPoll)}, "allowed_updates": {updates}}
	if r.Mark != "" {
		q.Set("offset", r.Mark)
	}
	var out struct {
		Result []update `json:"result"`
	}
	if err := x.ask(ctx, "getUpdates", q, &out); err != nil {
		return sources.Page{}, err
	}
	var p sources.Page
	for i := range out.Result {
		u := &out.Result[i]
		p.Mark = strconv.FormatInt(u.ID+1, 10)
		if m, ok := x.mention(u); ok {
			p.Items = append(p.Items, sources.Item{Mention: m, Mark: p.Mark, At: cmp.Or(m.EditedAt, m.CreatedAt)})
		}
	}
	return p, nil
}

// check asks whether Telegram still delivers to the webhook.
func (x *bot) check(ctx context.Context, _ sources.PageRequest) (sources.Page, error) {
	var out struct {
		Result struct {
			URL       string `json:"url"`
			ErrorAt   int64  `json:"last_error_date"`
			LastError string `json:"last_error_message"`
		} `json:"result"`
	}
	if err := x.ask(ctx, "getWebhookInfo", nil, &out); err != nil {
		return sources.Page{}, err
	}
	switch h := out.Result; {
	case h.URL == "":
		return sources.Page{}, &sources.Fault{Sentence: "Telegram knows no webhook of this bot, so nothing comes. Call setWebhook with the address of this source and its secret token.",
			Err: errors.New("telegram: no webhook")}
	case h.ErrorAt > 0 && x.Poller.Time().Sub(time.Unix(h.ErrorAt, 0)) < checkHook:
		return sources.Page{}, &sources.Fault{Sentence: "Telegram cannot deliver to the address of this source. It tries again for a day; check that it can be reached from outside.",
			Err: errors.New("telegram: " + h.LastError)}
	}
	return sources.Page{}, nil
}

// fold makes a name or ID comparable.
func fold(names []string) []string {
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimPrefix(n, "@"))
	}
	return names
}

// among says whether an ID or a name is in the list.
func among(list []string, id int64, name string) bool {
	return id != 0 && slices.Contains(list, strconv.FormatInt(id, 10)) || name != "" && slices.Contains(list, strings.ToLower(name))
}
