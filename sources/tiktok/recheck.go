package tiktok

import (
	"context"
	"slices"
	"strings"
	"time"

	"earshot/sources"
)

// The lists that held mentions can be looked for in, beside one for each own video.
const (
	ofVideos   = "videos"
	ofComments = "comments"
)

// Recheck reads the lists again, back to the oldest of held.
func (x *account) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	since := x.Poller.Time()
	wanted := map[string]bool{}
	for i := range held {
		if at := held[i].CreatedAt; at.Before(since) {
			since = at
		}
		wanted[listOf(&held[i])] = true
	}
	shown := map[string]sources.Mention{}
	from := map[string]time.Time{} // how far back each list was read
	for name := range wanted {
		for _, fetch := range x.listsOf(name) {
			at, err := relist(ctx, fetch, since, shown)
			if err != nil {
				return nil, err
			}
			if at.After(from[name]) {
				from[name] = at
			}
		}
	}
	return sources.Relisted(held, shown, func(m *sources.Mention) bool {
		return m.Kind != sources.Reply && !m.CreatedAt.Before(from[listOf(m)]) // a comment need not list all its replies
	}, x.Poller.Time()), nil
}

func listOf(m *sources.Mention) string {
	switch {
	case slices.Contains(m.MatchedBy, "own_thread"):
		return strings.TrimPrefix(m.ThreadID, platform+":")
	case m.Kind == sources.Video:
		return ofVideos
	}
	return ofComments
}

func (x *account) listsOf(name string) []sources.Fetch {
	switch name {
	case ofComments:
		return []sources.Fetch{x.mentionComments}
	case ofVideos:
		lists := []sources.Fetch{x.mentionVideos}
		for _, tag := range x.tags {
			lists = append(lists, x.tagged(tag))
		}
		return lists
	}
	return []sources.Fetch{func(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
		cursor := r.Token
		if cursor == "" {
			cursor = "0"
		}
		return x.commentsOn(ctx, name, "", cursor)
	}}
}

// relist adds what a list shows since then, and returns how far back it was whole.
func relist(ctx context.Context, fetch sources.Fetch, since time.Time, shown map[string]sources.Mention) (time.Time, error) {
	r := sources.PageRequest{Since: since}
	oldest := since
	for n := 0; ; {
		p, err := fetch(ctx, r)
		if err != nil {
			return oldest, err
		}
		for _, it := range p.Items {
			shown[it.Mention.ID] = it.Mention
			oldest = it.Mention.CreatedAt
		}
		switch n += len(p.Items); {
		case oldest.Before(since), p.Next == "" && n < reach, p.Next == r.Token:
			return since, nil
		case p.Next == "":
			return oldest, nil // it holds no more than this
		}
		r.Token = p.Next
	}
}
