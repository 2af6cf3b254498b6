package trustpilot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

type receiver struct{ *client }

// maxPushed is how many reviews of one push are read; the next sweep brings the others.
const maxPushed = 20

// NewReceiver makes the reader of what Trustpilot pushes.
func NewReceiver(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	c, err := newClient(s, d)
	return &receiver{c}, err
}

// Receive reads from the API each review that a push names, and believes nothing else in it.
func (x *receiver) Receive(ctx context.Context, r *http.Request, body []byte) (d sources.Delivery, err error) {
	key, err := x.deps.OptionalKey(ctx, x.source.ID, "hook_key")
	if err != nil {
		return d, err
	}
	if r.Method != http.MethodPost || key == "" || !sources.SameSecret(key, r.URL.Query().Get("key")) {
		return d, fmt.Errorf("%w: no hook_key", sources.ErrForged)
	}
	var in struct {
		Events []struct {
			Name string `json:"eventName"`
			Data struct {
				ID string `json:"id"`
			} `json:"eventData"`
		} `json:"events"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return d, &sources.Fault{Sentence: "Trustpilot pushed something that is not understood; the next reading brings what it was about.", Err: err}
	}
	for _, e := range in.Events {
		if !strings.HasPrefix(e.Name, "service-review-") || e.Data.ID == "" || len(d.Mentions) == maxPushed {
			continue
		}
		_, m, err := x.one(ctx, e.Data.ID)
		if errors.Is(err, sources.ErrGone) {
			m = sources.Gone(&sources.Mention{ID: platform + ":" + e.Data.ID, Platform: platform}, x.deps.Time())
		} else if err != nil {
			return sources.Delivery{}, err
		}
		if m.ID != "" {
			d.Mentions = append(d.Mentions, m)
		}
	}
	return d, nil
}
