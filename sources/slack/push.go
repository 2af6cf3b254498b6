package slack

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// receiver reads the Events API.
type receiver struct {
	view
	source string
	deps   sources.Deps
}

// Push makes the reader of what Slack pushes.
func Push(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	v, err := newView(s)
	if err != nil {
		return nil, err
	}
	return &receiver{view: v, source: s.ID, deps: d}, nil
}

type envelope struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	ID        string `json:"event_id"`
	Event     struct {
		message
		Channel     string   `json:"channel"`
		ChannelType string   `json:"channel_type"`
		DeletedTS   string   `json:"deleted_ts"`
		EventTS     string   `json:"event_ts"`
		Changed     *message `json:"message"`
	} `json:"event"`
}

// Receive implements sources.Receiver.
func (x *receiver) Receive(ctx context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	secret, err := x.deps.Key(ctx, x.source, secretSigning)
	if err != nil {
		return sources.Delivery{}, err
	}
	sent := r.Header.Get("X-Slack-Request-Timestamp")
	at, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || !signed(secret, sent, body, r.Header.Get("X-Slack-Signature")) {
		return sources.Delivery{}, fmt.Errorf("slack: %w", sources.ErrForged)
	}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return sources.Delivery{}, fmt.Errorf("slack: what was pushed cannot be read: %w", err)
	}
	d := sources.Delivery{SignedAt: time.Unix(at, 0)}
	switch e.Type {
	case "url_verification":
		d.Answer = e.Challenge
	case "event_callback":
		if e.ID != "" {
			d.Events = []string{e.ID}
		}
		if m, ok := x.event(&e); ok {
			d.Mentions = []sources.Mention{m}
		}
	}
	return d, nil
}

// event makes a mention of a message in one of our channels; everything else, direct messages above all, is none.
func (x *receiver) event(e *envelope) (sources.Mention, bool) {
	v := &e.Event
	if v.Type != "message" || v.ChannelType != "channel" || !slices.Contains(x.channels, v.Channel) {
		return sources.Mention{}, false
	}
	switch v.Subtype {
	case "message_deleted":
		return sources.Mention{ID: x.id(v.Channel, v.DeletedTS), Platform: platform, State: sources.Deleted, At: timeOf(v.EventTS)}, v.DeletedTS != ""
	case "message_changed":
		if v.Changed == nil {
			return sources.Mention{}, false
		}
		return x.mention(v.Channel, v.Changed)
	}
	return x.mention(v.Channel, &v.message)
}

// signed compares the signature over version, time and body in constant time.
func signed(secret, sent string, body []byte, given string) bool {
	sum, err := hex.DecodeString(strings.TrimPrefix(given, "v0="))
	if err != nil {
		return false
	}
	return hmac.Equal(sources.MAC(secret, append([]byte("v0:"+sent+":"), body...)), sum)
}
