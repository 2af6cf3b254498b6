package sources

import "context"

// Rechecker is a Source whose platform tells nobody of edits and deletions, so that it must be asked again about what was taken in.
type Rechecker interface {
	// Recheck asks about held, mentions of the record that this source brought, at most Connector.Batch of them, and returns those that are no
	// longer as they were: with State Deleted and At where the platform has them no more, with State Edited and the new content where it
	// changed. What it returns unchanged does no harm. A platform that cannot be reached is an error, never a deletion. Errors as of Source.Next.
	Recheck(ctx context.Context, held []Mention) ([]Mention, error)
}

// Threader is a Source that can fetch what stands around a mention.
type Threader interface {
	// Thread returns the parents of m and the replies in its thread, as far as one or a few requests bring them, without m itself; nothing
	// when m stands alone. Errors as of Source.Next.
	Thread(ctx context.Context, m Mention) ([]Mention, error)
}
