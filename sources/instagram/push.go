package instagram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-json-experiment/json"

	"earshot/sources"
	"earshot/sources/meta"
)

// event reads one change. What is unknown, another account's, or the council's own is none of ours.
func (x *account) event(ctx context.Context, e meta.Event) ([]sources.Mention, error) {
	if e.Object != "instagram" || e.Account != x.id {
		return nil, nil
	}
	var v struct {
		comment
		CommentID meta.ID `json:"comment_id"`
		MediaID   meta.ID `json:"media_id"`
	}
	if json.Unmarshal(e.Value, &v) != nil {
		return nil, errors.New("the change is not what Instagram's webhooks look like")
	}
	var m sources.Mention
	switch e.Field {
	case "mentions":
		var err error
		if m, err = x.mentioned(ctx, string(v.MediaID), string(v.CommentID)); err != nil {
			return nil, meta.Seen(err) // deleted since, or private
		}
	case "comments", "live_comments":
		v.ID = cmp.Or(v.ID, string(v.CommentID))
		m = v.comment.mention(v.Media.ID, x.page(ctx, v.Media.ID), "own_thread")
		m.CreatedAt, m.CreatedPrecision = e.Sent.Time, "indexed" // the value tells no time
		if m.CreatedAt.IsZero() {
			m.CreatedAt = x.Poller.Time().UTC()
		}
	default:
		return nil, nil
	}
	if m.ID == platform+":" || x.own(m.Author) {
		return nil, nil
	}
	return []sources.Mention{m}, nil
}

// mentioned fetches media whose caption mentions the account, or a comment that does.
func (x *account) mentioned(ctx context.Context, mediaID, commentID string) (sources.Mention, error) {
	if !number(mediaID) && !number(commentID) {
		return sources.Mention{ID: platform + ":"}, nil
	}
	fields := fmt.Sprintf("mentioned_media.media_id(%s)%s", mediaID, mediaDetail)
	if number(commentID) {
		fields = fmt.Sprintf("mentioned_comment.comment_id(%s)%s", commentID, commentDetail)
	}
	var out struct {
		Media   *media   `json:"mentioned_media"`
		Comment *comment `json:"mentioned_comment"`
	}
	err := x.api.Get(ctx, x.id, url.Values{"fields": {fields}}, &out)
	switch {
	case err != nil:
		return sources.Mention{}, err
	case out.Comment != nil:
		return out.Comment.mention(cmp.Or(out.Comment.Media.ID, mediaID), out.Comment.Media.Permalink, "mention"), nil
	case out.Media != nil:
		return out.Media.mention("mention"), nil
	}
	return sources.Mention{}, meta.ErrGone
}

// maxPages bounds what is remembered of media.
const maxPages = 1000

// page returns the address of the council's own media; empty when it cannot be had, for which no comment is given up.
func (x *account) page(ctx context.Context, id string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p, ok := x.pages[id]; ok || !number(id) {
		return p
	}
	var m media
	if x.api.Get(ctx, id, url.Values{"fields": {"id,permalink"}}, &m) != nil {
		return ""
	}
	if len(x.pages) >= maxPages {
		clear(x.pages)
	}
	x.pages[id] = m.Permalink
	return m.Permalink
}
