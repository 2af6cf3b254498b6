package escalate

import (
	"context"

	"earshot/casework"
	"earshot/classify"
)

// Journal is the casework topic. Safe for concurrent use.
type Journal interface {
	// Append returns nil once the log has acknowledged every event. After an error some may have been taken: the same events,
	// with the same IDs, are appended again.
	Append(ctx context.Context, events []casework.Event) error
}

// History is the record's casework, read once when a node starts.
type History interface {
	// Events calls fn for every event of every mention that was ever escalated, in order within each mention. It stops at fn's error.
	Events(ctx context.Context, fn func(casework.Event) error) error
}

// Lookup finds a mention that a person's act made urgent but that the Dispatcher has not seen: relabelled, confirmed, referred.
type Lookup interface {
	// Tagged returns the newest version and verdict of a mention.
	Tagged(ctx context.Context, id string) (classify.Tagged, error)
}
