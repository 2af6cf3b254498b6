package telegram

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// receiver reads the webhook: one update a request.
type receiver struct {
	view
	source string
	deps   sources.Deps
}

// Push makes the reader of what Telegram pushes.
func Push(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	return &receiver{view: newView(s), source: s.ID, deps: d}, nil
}

// Receive implements sources.Receiver. Telegram signs nothing: it repeats the secret that setWebhook was given.
func (x *receiver) Receive(ctx context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	secret, err := x.deps.Key(ctx, x.source, secretHook)
	if err != nil {
		return sources.Delivery{}, err
	}
	if !sources.SameSecret(secret, r.Header.Get("X-Telegram-Bot-Api-Secret-Token")) {
		return sources.Delivery{}, fmt.Errorf("telegram: %w", sources.ErrForged)
	}
	var u update
	if err := json.Unmarshal(body, &u); err != nil {
		return sources.Delivery{}, fmt.Errorf("telegram: what was pushed cannot be read: %w", err)
	}
	d := sources.Delivery{Events: []string{strconv.FormatInt(u.ID, 10)}}
	if m, ok := x.mention(&u); ok {
		d.Mentions = []sources.Mention{m}
	}
	return d, nil
}
