package meta

import (
	"context"
	"errors"
	"time"

	"earshot/sources"
)

// Again asks about mentions that were taken in, one by one.
type Again struct {
	// Read returns m as it is now, or ErrGone, wrapped.
	Read func(ctx context.Context, m sources.Mention) (sources.Mention, error)
	// Trust is asked once before the first ErrGone is believed, for which it stands: a token that lost a permission is told the same as when a
	// thing was deleted. Its error is the answer then.
	Trust func(ctx context.Context, m sources.Mention) error
	Now   func() time.Time
}

// Recheck is sources.Rechecker's.
func (a Again) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var changed []sources.Mention
	trusted := false
	for i := range held {
		m, err := a.Read(ctx, held[i])
		switch {
		case errors.Is(err, ErrGone):
			if !trusted {
				if err := a.Trust(ctx, held[i]); err != nil {
					return nil, err
				}
				trusted = true
			}
			changed = append(changed, sources.Gone(&held[i], a.Now()))
		case err != nil:
			return nil, err
		default:
			if m, ok := edited(held[i], m, a.Now()); ok {
				changed = append(changed, m)
			}
		}
	}
	return changed, nil
}

// edited makes the edit of held that now is, if the words changed. The platform marks no edits, so the time is when it was noticed.
func edited(held, now sources.Mention, at time.Time) (sources.Mention, bool) {
	n := now
	sources.Normalise(&n, at)
	if n.Text == held.Text && n.Title == held.Title {
		return now, false
	}
	now.State, now.EditedAt = sources.Edited, at.UTC()
	now.Kind, now.MatchedBy, now.ParentID, now.ThreadID, now.Permalink = held.Kind, held.MatchedBy, held.ParentID, held.ThreadID, held.Permalink
	return now, true
}

// maxPages bounds how far back a list is read again.
const maxPages = 50

// Listed says of each of held what a list shows of it now: of things that cannot be asked for by their number, as a platform may show
// other people's only in its lists. What lies further back than the list was read is not spoken of.
func Listed(ctx context.Context, page func(ctx context.Context, after string) (Piece, error), held []sources.Mention, now time.Time) ([]sources.Mention, error) {
	if len(held) == 0 {
		return nil, nil
	}
	oldest := held[0].CreatedAt
	for i := range held {
		if held[i].CreatedAt.Before(oldest) {
			oldest = held[i].CreatedAt
		}
	}
	shown, to, after := map[string]sources.Mention{}, time.Time{}, ""
	for n := 0; ; n++ {
		got, err := page(ctx, after)
		if err != nil {
			return nil, err
		}
		for _, it := range got.Items {
			shown[it.Mention.ID] = it.Mention
			to = it.Mention.CreatedAt
		}
		if got = got.Done(oldest); got.Next == "" || got.Next == after {
			to = time.Time{} // read as far as it matters
			break
		}
		if n == maxPages {
			break
		}
		after = got.Next
	}
	var changed []sources.Mention
	for i := range held {
		m, ok := shown[held[i].ID]
		switch {
		case !ok && !held[i].CreatedAt.Before(to):
			changed = append(changed, sources.Gone(&held[i], now))
		case ok:
			if m, ok := edited(held[i], m, now); ok {
				changed = append(changed, m)
			}
		}
	}
	return changed, nil
}
