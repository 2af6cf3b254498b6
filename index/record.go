package index

import (
	"context"
	"errors"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// Record is everything kept about one mention. Events is nil unless asked for.
type Record struct {
	classify.Tagged
	Case   casework.Case
	Events []casework.Event
	Gone   Gone // why the text is no longer kept
}

// ErrNotFound is returned for an ID the record does not hold, and for one the viewer may not see: the two cannot be told apart.
var ErrNotFound = errors.New("index: no such mention")

// Reader reads the record for a viewer. Safe for concurrent use.
type Reader interface {
	// Get returns the newest version of one mention with its events, both as v may see them.
	Get(ctx context.Context, v casework.Viewer, id string) (Record, error)
	// GetMany returns the records of ids that v may see, in the order of ids, leaving out the others. Events are nil.
	GetMany(ctx context.Context, v casework.Viewer, ids []string) ([]Record, error)
	// Thread returns up to limit mentions of one thread, oldest first.
	Thread(ctx context.Context, v casework.Viewer, thread string, limit int) ([]Record, error)
}

// SettingVersion is one version of one settings file, as the archive keeps it for good.
type SettingVersion struct {
	Key     string // file name, such as terms.yaml
	Version int64  // offset of the settings topic
	At      time.Time
	By      string
	Why     string
	Value   []byte
}
