package linkedin

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// receiver takes ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS.
type receiver struct {
	page   string
	source string
	deps   sources.Deps
}

// NewReceiver makes the reader of what LinkedIn pushes. It needs the key client_secret.
func NewReceiver(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	page, err := organization(s)
	return &receiver{page, s.ID, d}, err
}

var challenge = regexp.MustCompile(`^[0-9A-Fa-f-]{8,64}$`)

// Receive implements sources.Receiver.
func (x *receiver) Receive(ctx context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	secret, err := x.deps.Key(ctx, x.source, keySecret)
	if err != nil {
		return sources.Delivery{}, err
	}
	if r.Method == http.MethodGet {
		return handshake(secret, r.URL.Query().Get("challengeCode"))
	}
	if !sources.SignedSHA256(secret, slices.Concat([]byte("hmacsha256="), body), r.Header.Get("X-LI-Signature")) {
		return sources.Delivery{}, fmt.Errorf("%w: X-LI-Signature", sources.ErrForged)
	}
	var in struct {
		Type          string         `json:"type"`
		Notifications []notification `json:"notifications"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return sources.Delivery{}, fmt.Errorf("read a LinkedIn delivery: %w", err)
	}
	var d sources.Delivery
	for i := range in.Notifications {
		n := &in.Notifications[i]
		d.Events = append(d.Events, string(n.ID))
		if m, ok := n.mention(x.page); ok && (m.Text != "" || m.State == sources.Deleted) { // the poll brings what came without its text
			d.Mentions = append(d.Mentions, m)
		}
	}
	return d, nil
}

func handshake(secret, code string) (sources.Delivery, error) {
	if !challenge.MatchString(code) {
		return sources.Delivery{}, fmt.Errorf("%w: challengeCode", sources.ErrForged)
	}
	return sources.Delivery{AnswerType: "application/json",
		Answer: fmt.Sprintf(`{"challengeCode":%q,"challengeResponse":"%s"}`, code, hex.EncodeToString(sources.MAC(secret, []byte(code))))}, nil
}
