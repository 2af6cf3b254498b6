package meta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

// Event is one change that a webhook tells.
type Event struct {
	Object  string // page, instagram; empty of Threads
	Account string // whose webhook it is
	Field   string // feed, mention, comments, ...
	Value   jsontext.Value
	Sent    Time
}

// Hook is the sources.Receiver of the three platforms: it answers the handshake, checks the signature over the raw body, and opens the
// envelope. Private messages (entry.messaging, and the field messages) are never among its events. A delivery carries no id and signs no time that
// could be held against replay, since a failed one is tried again for 36 hours: the body itself is its id.
type Hook struct {
	Source string // settings.Source.ID
	Deps   sources.Deps
	Read   func(ctx context.Context, e Event) ([]sources.Mention, error)
}

// Receive implements sources.Receiver.
func (h *Hook) Receive(ctx context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	if r.Method == http.MethodGet {
		return h.handshake(ctx, r)
	}
	secret, err := h.Deps.Key(ctx, h.Source, appSecret)
	if err != nil {
		return sources.Delivery{}, err
	}
	given := r.Header.Get("X-Hub-Signature-256")
	if !strings.HasPrefix(given, "sha256=") || !sources.SignedSHA256(secret, body, given) {
		return sources.Delivery{}, fmt.Errorf("signature of the body: %w", sources.ErrForged)
	}
	events, err := parseEvents(body)
	if err != nil {
		return sources.Delivery{}, err
	}
	var d sources.Delivery
	for _, e := range events {
		ms, err := h.Read(ctx, e)
		if err != nil {
			return sources.Delivery{}, fmt.Errorf("webhook of the field %q: %w", e.Field, err)
		}
		d.Mentions = append(d.Mentions, ms...)
	}
	return d, nil
}

func (h *Hook) handshake(ctx context.Context, r *http.Request) (sources.Delivery, error) {
	q := r.URL.Query()
	if err := h.Deps.Knows(ctx, h.Source, verifyToken, q.Get("hub.verify_token")); err != nil {
		return sources.Delivery{}, fmt.Errorf("handshake: %w", err)
	}
	if q.Get("hub.mode") != "subscribe" {
		return sources.Delivery{}, fmt.Errorf("handshake: %w", sources.ErrForged)
	}
	return sources.Delivery{Answer: q.Get("hub.challenge")}, nil
}

// change is a field and what became of it.
type change struct {
	Field string         `json:"field"`
	Value jsontext.Value `json:"value"`
}

// parseEvents opens the three envelopes that have been seen: entry[].changes[], entry[] with the change itself, and Threads' values, which
// is one change or, in a copy, wrapped in an entry.
func parseEvents(body []byte) ([]Event, error) {
	var in struct {
		Object string `json:"object"`
		Entry  []struct {
			change
			ID      ID       `json:"id"`
			Time    Time     `json:"time"`
			Changes []change `json:"changes"`
		} `json:"entry"`
		Target ID      `json:"target_id"`
		Time   Time    `json:"time"`
		Values *change `json:"values"`
	}
	if json.Unmarshal(body, &in) != nil { // the cause may quote somebody's words
		return nil, errors.New("the body is not what Meta's webhooks look like")
	}
	var out []Event
	add := func(c change, account ID, sent Time) {
		if c.Field != "" && c.Field != "messages" && len(c.Value) > 0 {
			out = append(out, Event{Object: in.Object, Account: string(account), Field: c.Field, Value: c.Value, Sent: sent})
		}
	}
	for _, e := range in.Entry {
		add(e.change, e.ID, e.Time)
		for _, c := range e.Changes {
			add(c, e.ID, e.Time)
		}
	}
	if in.Values != nil {
		add(*in.Values, in.Target, in.Time)
	}
	return out, nil
}
