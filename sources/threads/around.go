package threads

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"earshot/sources"
	"earshot/sources/meta"
)

func native(id string) string { return strings.TrimPrefix(id, platform+":") }

func (x *profile) one(ctx context.Context, m sources.Mention) (sources.Mention, error) {
	var v post
	err := x.api.Get(ctx, native(m.ID), url.Values{"fields": {fields}}, &v)
	return v.mention(""), err
}

// Recheck asks for each by its number. Since a post that may not be asked for is told like one that is gone, "gone" is believed only when another post
// from the same list can be had.
func (x *profile) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	groups := map[string][]sources.Mention{}
	for _, m := range held {
		groups[from(m)] = append(groups[from(m)], m)
	}
	var changed []sources.Mention
	for _, by := range []string{"mention", "own_thread", ""} {
		more, err := meta.Again{Read: x.one, Now: x.Poller.Time, Trust: func(ctx context.Context, _ sources.Mention) error { return x.trust(ctx, by) }}.Recheck(ctx, groups[by])
		if err != nil {
			return nil, err
		}
		changed = append(changed, more...)
	}
	return changed, nil
}

// from names the list that brought m; the empty name is a search.
func from(m sources.Mention) string {
	for _, by := range []string{"mention", "own_thread"} {
		if slices.Contains(m.MatchedBy, by) {
			return by
		}
	}
	return ""
}

// trust reads the newest post of a list by its number. An empty list proves nothing, and then the platform is believed.
func (x *profile) trust(ctx context.Context, by string) error {
	path, q := x.id+"/threads", meta.Query(fields, 1, "")
	switch {
	case by == "mention":
		path = x.id + "/mentions"
	case by == "" && len(x.keywords) > 0:
		path, q = "keyword_search", searchFor(x.keywords[0], q)
	}
	newest, err := x.list(ctx, path, q, "")
	if err != nil || len(newest.Items) == 0 {
		return err
	}
	_, err = x.one(ctx, newest.Items[0].Mention)
	return err
}

// Thread returns the post that m answers and the first of its thread, where they may be seen, and, under the council's own posts, the newest replies.
func (x *profile) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var out []sources.Mention
	ids := []string{m.ThreadID, m.ParentID}
	for _, id := range slices.Compact(ids) {
		if id == "" || id == m.ID {
			continue
		}
		v, err := x.one(ctx, sources.Mention{ID: id})
		if err == nil {
			out = append(out, v)
		} else if err = meta.Seen(err); err != nil {
			return nil, err
		}
	}
	if from(m) != "own_thread" || m.ThreadID == "" {
		return out, nil
	}
	q := meta.Query(fields, pageSize, "")
	q.Set("reverse", "true")
	p, err := x.list(ctx, native(m.ThreadID)+"/conversation", q, "")
	for _, it := range p.Items {
		if it.Mention.ID != m.ID && it.Mention.ID != m.ParentID {
			out = append(out, it.Mention)
		}
	}
	return out, meta.Seen(err)
}
