package telegram

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
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
		Reads: "Messages in chosen groups and posts in chosen channels of which the council's bot is a member, from the day it came.",
		Access: "Write to @BotFather, /newbot, and enter the token. /setprivacy Disable lets the bot read groups; a channel must make it an administrator. For the " +
			"webhook call https://api.telegram.org/bot<token>/setWebhook once, with url (the address of this source), secret_token and allowed_updates.",
		Price:    "Nothing.",
		Approval: "The administrators of each group or channel decide. Tell the members that the council reads along.",
		Cannot:   "Telegram does not tell bots of deletions: honour requests to erase by hand. Private chats are never read; there is no search of all of Telegram for bots.",
	},
	Options: []sources.Field{
		{Name: "mode", Label: "How to read", Hint: "A poll needs nothing; the webhook needs an address that Telegram can reach.", Values: []string{"poll", "webhook"}},
		{Name: "chats", Label: "Groups and channels", Hint: "Their @names or IDs, separated by commas. Leave it empty and press Test to see which there are; nothing else is read.", Example: "@exampleford_residents"},
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

	api       = "https://api.telegram.org/"
	pageSize  = 100
	longPoll  = 15 // seconds; the guarded client waits 20 for an answer to begin
	askAgain  = time.Second
	checkHook = 15 * time.Minute
	updates   = `["message","edited_message","channel_post","edited_channel_post","my_chat_member"]`
)

type bot struct {
	view
	source string
	deps   sources.Deps
	call   *sources.Caller
	sources.Poller
}

// New makes the reader of a bot's updates.
func New(s settings.Source, d sources.Deps) (sources.Source, error) { return open(s, d) }

// Push makes the reader of what Telegram pushes.
func Push(s settings.Source, d sources.Deps) (sources.Receiver, error) { return open(s, d) }

func open(s settings.Source, d sources.Deps) (*bot, error) {
	o := sources.OptionsOf(s, "a Telegram source")
	x := &bot{view: newView(s), source: s.ID, deps: d}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Telegram", Now: d.Now, Refused: x.refused,
		Auth: d.WithKey(s.ID, secretToken, func(r *http.Request, token string) { r.URL.Path = "/bot" + token + r.URL.Path })} // which no error repeats
	x.Poller = sources.Poller{Fetch: x.fetch, Forward: true, Every: sources.Every(s, askAgain), Now: d.Now}
	choose := x.choose
	if o.Choice("mode", "poll", "webhook") == "webhook" {
		x.Poller = sources.Poller{Fetch: x.check, Every: sources.Every(s, checkHook), Now: d.Now}
		choose = x.chooseByLink
	}
	if len(x.chats) == 0 {
		x.Poller.Fetch = choose
	}
	return x, o.Err()
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
		return x.call.Patience(time.Duration(min(said.Parameters.RetryAfter, 3600)) * time.Second)
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusNotFound:
		return sources.Stopf("Telegram does not accept the bot's token (%d). Enter a new one on the sources page.", r.Status)
	case r.Status == http.StatusConflict && strings.Contains(said.Description, "webhook"):
		return sources.Stopf("The bot has a webhook, so that it cannot be polled. Set this source's mode to webhook, or call deleteWebhook.")
	case r.Status == http.StatusConflict:
		return &sources.Fault{Sentence: "Another program reads the same bot's updates, and each takes them from the other. Give Earshot a bot of its own."}
	}
	return err
}

func (x *bot) fetch(ctx context.Context, r sources.PageRequest) (p sources.Page, err error) {
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "timeout": {strconv.Itoa(longPoll)}, "allowed_updates": {updates}}
	if r.Mark != "" {
		q.Set("offset", r.Mark)
	}
	var out struct {
		Result []update `json:"result"`
	}
	_, err = x.call.GetJSON(ctx, api+"getUpdates?"+q.Encode(), &out)
	p.Items = sources.Items(out.Result, x.taken)
	if n := len(out.Result); n > 0 {
		p.Mark = strconv.FormatInt(out.Result[n-1].ID+1, 10)
	}
	return p, err
}

// check asks whether Telegram still delivers to the webhook.
func (x *bot) check(ctx context.Context, _ sources.PageRequest) (p sources.Page, err error) {
	var out struct {
		Result struct {
			URL     string         `json:"url"`
			ErrorAt sources.Moment `json:"last_error_date"`
		} `json:"result"`
	}
	_, err = x.call.GetJSON(ctx, api+"getWebhookInfo", &out)
	switch h := out.Result; {
	case err != nil:
		return p, err
	case h.URL == "":
		return p, &sources.Fault{Sentence: "Telegram knows no webhook of this bot, so nothing comes. Call setWebhook with the address of this source and its secret token."}
	case x.Poller.Time().Sub(h.ErrorAt.Time) < checkHook:
		return p, &sources.Fault{Sentence: "Telegram cannot deliver to the address of this source. It tries again for a day; check that it can be reached from outside."}
	}
	return p, nil
}

// Receive implements sources.Receiver: one update a request. Telegram signs nothing: it repeats the secret that setWebhook was given.
func (x *bot) Receive(ctx context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	if err := x.deps.Knows(ctx, x.source, secretHook, r.Header.Get("X-Telegram-Bot-Api-Secret-Token")); err != nil {
		return sources.Delivery{}, err
	}
	var u update
	if err := json.Unmarshal(body, &u); err != nil {
		return sources.Delivery{}, fmt.Errorf("telegram: what was pushed cannot be read: %w", err)
	}
	return sources.Delivery{Events: []string{strconv.FormatInt(u.ID, 10)}, Mentions: sources.Mentions([]update{u}, x.taken)}, nil
}
