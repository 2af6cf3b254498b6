package mastodon

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

var (
	_ sources.Rechecker = (*timeline)(nil)
	_ sources.Threader  = (*timeline)(nil)
)

// errGone is what the server says of a status it no longer has.
var errGone = errors.New("mastodon: no such status")

// known asks for a status and what belongs to it by the server's own id; path may be empty. What another server showed, which the source asked
// before, is left alone: there the same id is another status, or none.
func (t *timeline) known(ctx context.Context, m *sources.Mention, path string, out any) error {
	var local localID
	if err := json.Unmarshal(m.Unknown, &local); err != nil || local.ID == "" {
		return nil // of a time before ids were kept: it cannot be asked for
	}
	if !strings.HasSuffix(m.Author.ID, "@"+t.server.Hostname()) {
		return nil
	}
	res, err := t.call.GetJSON(ctx, t.server.JoinPath("api/v1/statuses", local.ID, path).String(), out)
	if res.Status == http.StatusNotFound || res.Status == http.StatusGone {
		return errGone
	}
	return err
}

// Recheck implements sources.Rechecker.
func (t *timeline) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var out []sources.Mention
	for i := range held {
		var s status
		switch err := t.known(ctx, &held[i], "", &s); {
		case errors.Is(err, errGone):
			out = append(out, sources.Gone(&held[i], t.Time()))
		case err != nil:
			return nil, err
		default:
			if m, ok := s.mention(t.server.Hostname(), ""); ok {
				out = append(out, sources.Compared(&held[i], m, t.Time()))
			}
		}
	}
	return out, nil
}

// Thread implements sources.Threader.
func (t *timeline) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var around struct {
		Ancestors   []status `json:"ancestors"`
		Descendants []status `json:"descendants"`
	}
	if err := t.known(ctx, &m, "context", &around); err != nil && !errors.Is(err, errGone) {
		return nil, err
	}
	var out []sources.Mention
	for _, s := range append(around.Ancestors, around.Descendants...) {
		if x, ok := s.mention(t.server.Hostname(), ""); ok {
			x.ThreadID = m.Thread() // the server names no thread
			out = append(out, x)
		}
	}
	return out, nil
}
