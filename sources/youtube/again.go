package youtube

import (
	"context"
	"strings"

	"earshot/sources"
)

// Recheck asks for the videos and the comments among held, 50 of each in one request.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var videos, comments []string
	for i := range held {
		if held[i].Kind == sources.Video {
			videos = append(videos, native(held[i].ID))
		} else {
			comments = append(comments, native(held[i].ID))
		}
	}
	now := map[string]sources.Mention{}
	if len(videos) > 0 {
		found, err := x.byID(ctx, videos)
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			now[id(v.ID)] = v.mention()
		}
	}
	if len(comments) > 0 {
		var out commentList
		if err := x.get(ctx, "comments", &out, "part", "snippet", "id", strings.Join(comments, ","), "textFormat", "plainText"); err != nil && !gone(err) {
			return nil, err
		}
		for i := range out.Items {
			now[id(out.Items[i].ID)] = out.Items[i].mention("")
		}
	}
	out := make([]sources.Mention, 0, len(held))
	for i := range held {
		m, ok := now[held[i].ID]
		if !ok {
			m = sources.Gone(&held[i], x.Time())
		} else if m.ThreadID == "" {
			m.ThreadID, m.ParentID, m.Permalink = held[i].ThreadID, held[i].ParentID, held[i].Permalink
		}
		m.MatchedBy = held[i].MatchedBy
		out = append(out, m)
	}
	return out, nil
}

// Thread brings the video, the comment above, and the newest replies.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	var around []sources.Mention
	of := []string{"videoId", native(m.ID)}
	if m.Kind != sources.Video {
		top, _, _ := strings.Cut(native(m.ID), ".")
		of = []string{"id", top}
		if m.ThreadID != "" {
			found, err := x.byID(ctx, []string{native(m.ThreadID)})
			if err != nil {
				return nil, err
			}
			for _, v := range found {
				around = append(around, v.mention())
			}
		}
	}
	var out threadList
	err := x.get(ctx, "commentThreads", &out, append(of, "part", "snippet,replies", "textFormat", "plainText", "maxResults", "100")...)
	if err != nil && !gone(err) {
		return nil, err
	}
	for i := range out.Items {
		t := &out.Items[i]
		around = append(around, t.Snippet.Top.mention(t.Snippet.Video))
		for j := range t.Replies.Comments {
			around = append(around, t.Replies.Comments[j].mention(t.Snippet.Video))
		}
	}
	kept := around[:0]
	for _, a := range around {
		if a.ID != m.ID {
			kept = append(kept, a)
		}
	}
	return kept, nil
}

func native(id string) string { return strings.TrimPrefix(id, platform+":") }
