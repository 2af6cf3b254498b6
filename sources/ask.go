package sources

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Rechecker is a Source whose platform tells nobody of edits and deletions, so that it must be asked again about what was taken in.
// Recheck is called on an instance of its own, by one goroutine at a time.
type Rechecker interface {
	// Recheck asks about held, mentions of the record that this source brought, at most Connector.Batch of them, and returns those that are no
	// longer as they were: with State Deleted and At where the platform has them no more, with State Edited and the new content where it
	// changed. What it returns unchanged does no harm. A platform that cannot be reached is an error, never a deletion. Errors as of Source.Next.
	Recheck(ctx context.Context, held []Mention) ([]Mention, error)
}

// Threader is a Source that can fetch what stands around a mention. It is asked within a budget (ThreadCalls), on an instance of its own.
type Threader interface {
	// Thread returns the parents of m and the replies in its thread, as far as one or a few requests bring them, without m itself; nothing
	// when m stands alone. Errors as of Source.Next.
	Thread(ctx context.Context, m Mention) ([]Mention, error)
}

// Compared returns m, what the platform shows now of held, with State Edited when its content is another one and the platform marks no edit.
func Compared(held *Mention, m Mention, now time.Time) Mention {
	Normalise(&m, now)
	m.ID, m.Platform = held.ID, held.Platform
	if (m.State == "" || m.State == Live) && m.Version() != held.Version() {
		m.State, m.EditedAt = Edited, now
	}
	return m
}

// RecheckEach is Rechecker.Recheck for a platform that is asked about one thing at a time: one says what is shown now of a mention, an error that
// wraps ErrGone when it is gone, and the zero Mention when it cannot be asked about.
func RecheckEach(ctx context.Context, held []Mention, now time.Time, one func(context.Context, *Mention) (Mention, error)) ([]Mention, error) {
	var out []Mention
	for i := range held {
		h := &held[i]
		m, err := one(ctx, h)
		switch {
		case errors.Is(err, ErrGone):
			out = append(out, Gone(h, now))
		case err != nil:
			return nil, err
		case m.ID != "":
			out = append(out, Compared(h, m, now))
		}
	}
	return out, nil
}

// NativeIDs are the platform's own ids of those of held whose ID begins with prefix.
func NativeIDs(held []Mention, prefix string) []string {
	var out []string
	for i := range held {
		if id, ok := strings.CutPrefix(held[i].ID, prefix); ok {
			out = append(out, id)
		}
	}
	return out
}

// Relisted is Rechecker.Recheck for a platform that is asked by listing: shown is by ID what it lists now, and covers says of a held mention that
// it would be among them if it were still there. What is not covered cannot be judged and is left out.
func Relisted(held []Mention, shown map[string]Mention, covers func(*Mention) bool, now time.Time) []Mention {
	var out []Mention
	for i := range held {
		h := &held[i]
		if m, ok := shown[h.ID]; ok {
			out = append(out, Compared(h, m, now))
		} else if covers(h) {
			out = append(out, Gone(h, now))
		}
	}
	return out
}

// Gone says that the platform no longer has held.
func Gone(held *Mention, now time.Time) Mention {
	return Mention{ID: held.ID, Platform: held.Platform, State: Deleted, At: now.UTC()}
}
