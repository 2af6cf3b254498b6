package sources

import (
	"context"
	"errors"
	"time"
)

// Cursor is a place in one platform's stream, opaque to everybody but its connector. The zero Cursor means the beginning.
// It holds no secret: cursors are kept on a compacted topic.
type Cursor string

// Source reads one platform. It is used by one goroutine at a time.
type Source interface {
	// Next returns the mentions that follow after, oldest first, and the cursor to pass once all of them are stored.
	// It blocks until there is at least one mention or the cursor has moved, and returns the same mentions when called again with
	// the same cursor. Deletions are mentions with State Deleted. Errors: io.EOF itself, not wrapped, when there can never be more; a *Wait, wrapped,
	// when the platform asks for patience; ErrStop, wrapped, when a person must act; ctx.Err() when ctx ends; everything
	// else is worth another try.
	Next(ctx context.Context, after Cursor) ([]Mention, Cursor, error)
}

// Closer is a Source with a connection to give back.
type Closer interface{ Close() error }

// Wait says that the platform asked for patience until Until (from its own headers).
type Wait struct {
	Until  time.Time
	Reason string // a sentence for the officer
}

func (w *Wait) Error() string {
	return "sources: wait until " + w.Until.UTC().Format(time.RFC3339) + ": " + w.Reason
}

// ErrStop is wrapped when trying again cannot help until a person acts: a dead key, a withdrawn permission, a feed that is gone.
// The wrapping error's text is a sentence for the officer.
var ErrStop = errors.New("sources: a person must act")

// What a Health's state comes from, for those who judge it.
const (
	CauseDone   = "done"   // stopped: everything there was has been read
	CauseAnswer = "answer" // failing: the platform answers in a form that is not understood
	CauseStore  = "store"  // failing: the log or the cursors cannot be written; no fault of the source
)

// Health is what the sources page shows about one source.
type Health struct {
	Source      string    `json:"source"`
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	State       string    `json:"state"` // starting, running, waiting, quiet, failing, stopped, paused
	Sentence    string    `json:"sentence,omitzero"`
	Cause       string    `json:"cause,omitzero"` // of State, where the state alone does not tell: one of the Cause constants
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastMention time.Time `json:"last_mention,omitzero"`
	Since       time.Time `json:"since,omitzero"` // when listening began: silence is counted from here at the earliest
	NextTry     time.Time `json:"next_try,omitzero"`
	Sweep       string    `json:"sweep,omitzero"`  // a sentence when deletions and edits are noticed late; see Sweep
	Rhythm      string    `json:"rhythm,omitzero"` // the longest silence that is normal, as 36h0m0s
	Accepted    int64     `json:"accepted"`        // mentions handed on since start
	Dropped     int64     `json:"dropped"`         // items that matched no watch term, since start
	Failures    int64     `json:"failures"`        // since start
	At          time.Time `json:"at"`              // when this was written
	Node        string    `json:"node,omitzero"`
}
