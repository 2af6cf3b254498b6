package mastodon

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

var (
	_ sources.Rechecker = (*timeline)(nil)
	_ sources.Threader  = (*timeline)(nil)
)

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
	return t.call.Find(ctx, t.server.JoinPath("api/v1/statuses", local.ID, path).String(), out)
}

// Recheck implements sources.Rechecker.
func (t *timeline) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, t.Time(), func(ctx context.Context, h *sources.Mention) (sources.Mention, error) {
		var s status
		err := t.known(ctx, h, "", &s)
		return t.by("")(&s), err
	})
}

// Thread implements sources.Threader.
func (t *timeline) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var around struct {
		Ancestors   []status `json:"ancestors"`
		Descendants []status `json:"descendants"`
	}
	if err := t.known(ctx, &m, "context", &around); err != nil {
		return nil, sources.UnlessGone(err)
	}
	out := sources.Mentions(append(around.Ancestors, around.Descendants...), t.by(""))
	for i := range out {
		out[i].ThreadID = m.Thread() // the server names no thread
	}
	return out, nil
}
