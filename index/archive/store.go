package archive

import (
	"context"
	"errors"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/settings"
)

// Store is the record. Safe for concurrent use: reads answer from a consistent view while writes go on. Every error but
// index.ErrNotFound, ErrFull and ErrNewer is worth another try.
type Store interface {
	index.Reader
	Writer
	Historian
	Walker
	Remover

	// Stats counts what is kept.
	Stats(ctx context.Context) (Stats, error)
	// Ping reports whether the record can be reached and read.
	Ping(ctx context.Context) error
	// Close waits for running calls and gives everything back. A second Close does nothing.
	Close() error
}

// Writer adds to the record. When a method returns nil, what was passed is on disk; when it returns an error nothing of the call is,
// or (ClickHouse) a repetition of the call completes it.
type Writer interface {
	// PutTagged records deliveries in order. However often one is repeated, the record is the same; see Entry.Merge for what a
	// delivery changes. A mention whose erasure was asked for is refused and counted in Result.Refused, not an error.
	PutTagged(ctx context.Context, batch []classify.Tagged) (Result, error)
	// PutEvents records casework in order and keeps each mention's Case the fold of its events. Repeated events are known by
	// their ID. An event may come before its mention. Returns how many were new.
	PutEvents(ctx context.Context, events []casework.Event) (int, error)
	// PutSettings records versions of settings; (Key, Version) is written once.
	PutSettings(ctx context.Context, versions []index.SettingVersion) error
}

// Historian reads what was before.
type Historian interface {
	// Versions returns every version of a mention whose text is kept, as v may see it, oldest first and the current one last, each with
	// the verdict it had when it was set aside.
	Versions(ctx context.Context, v casework.Viewer, id string) ([]classify.Tagged, error)
	// Verdicts returns every verdict on a mention as v may see it, oldest first.
	Verdicts(ctx context.Context, v casework.Viewer, id string) ([]classify.Verdict, error)
	// Settings returns every version of one setting, oldest first; of all of them, by key, when key is empty.
	Settings(ctx context.Context, key string) ([]index.SettingVersion, error)
}

// Cursor is a place in a walk, opaque; the zero Cursor is the beginning.
type Cursor string

// Walker goes through the whole record on behalf of the program itself: rebuild, verify, backup. Nothing is hidden or masked.
type Walker interface {
	// Scan returns up to limit records after a cursor, without events, and the cursor to go on from, empty after the last. The order
	// is stable: every mention there at the start of a walk is met exactly once; one written meanwhile at most once.
	Scan(ctx context.Context, after Cursor, limit int) ([]index.Record, Cursor, error)
	// Events walks the casework in the same way, each mention's events in the order in which they were recorded.
	Events(ctx context.Context, after Cursor, limit int) ([]casework.Event, Cursor, error)
	// Deliveries passes every delivered event to fn until fn returns an error.
	Deliveries(ctx context.Context, fn func(casework.Event) error) error
	// Held returns up to limit mentions that a source brought and whose text is here, in the order in which they were first kept: after a
	// cursor, or without one those kept at from or later. One that is written meanwhile comes where its time of keeping stands. Stores may find
	// sources by a hash: whoever must be sure compares Mention.Source.
	Held(ctx context.Context, source string, from time.Time, after Cursor, limit int) ([]Holding, error)
	// Holds counts all of them.
	Holds(ctx context.Context, source string) (int, error)
	// OfAuthors returns the IDs of the mentions whose text is here, by the platform's ID of their author (sources.Author.ID), for IDs of the kind
	// IsDID; others are not looked up.
	OfAuthors(ctx context.Context, platform string, authors []string) (map[string][]string, error)
	// Identities passes the name and state of every mention to fn, without reading any text, until fn returns an error.
	Identities(ctx context.Context, fn func(Identity) error) error
	// Erasures returns every erasure made, oldest first, so that a restored backup can make them again.
	Erasures(ctx context.Context) ([]Erasure, error)
}

// Remover takes away what may no longer be kept.
type Remover interface {
	// ByAuthor returns the IDs of mentions whose author has this handle, ID, name or address (any case, with or without @): what a
	// data subject's request is about.
	ByAuthor(ctx context.Context, author string) ([]string, error)
	// Erase removes mentions on request: all versions and verdicts, and the free words of their events. What stays is the hash of
	// the id and the acts of officers under it, so that the mention is refused when it is delivered again. Repeatable. Returns how
	// many mentions were there to remove.
	Erase(ctx context.Context, erasures []Erasure) (int, error)
	// ExpireText removes the text of mentions kept longer than r allows, as a platform's deletion does, except where the case is
	// Open. It works in small batches, so that writers are never held up for long, and can be stopped and called again. before, when
	// not nil, is called with the ids of each batch before their text goes here, so that a search index can forget them first and
	// nothing is forgotten halfway; its error ends the call.
	ExpireText(ctx context.Context, now time.Time, r settings.Retention, before func(ids []string) error) (Expired, error)
}

// Backuper is a Store that can copy itself into one file while it is being written to.
type Backuper interface {
	// Backup writes a complete, consistent copy to path, which must not exist, and syncs it.
	Backup(ctx context.Context, path string) error
}

// Result adds up: New + Edited + Deleted + Judged + Repeated + Refused is the length of the batch.
type Result struct {
	New      int // mentions not seen before
	Edited   int // new versions of known mentions
	Deleted  int // the platform took them away
	Judged   int // new verdicts on known versions
	Repeated int // nothing new
	Refused  int // erased on request, or text offered again after a deletion
}

// Add returns the sum of both.
func (r Result) Add(o Result) Result {
	return Result{r.New + o.New, r.Edited + o.Edited, r.Deleted + o.Deleted, r.Judged + o.Judged, r.Repeated + o.Repeated, r.Refused + o.Refused}
}

// Identity names one mention and what is kept of it.
type Identity struct {
	ID      string
	Version string // sources.Mention.Version of the current version, as it was delivered
	Gone    index.Gone
}

// Holding names one mention whose text is kept.
type Holding struct {
	ID     string
	Kept   time.Time // since when, in milliseconds
	Cursor Cursor    // to go on after it
}

// Erasure is one erasure on request: the hash of the mention's id (see Hash) and when it was made.
type Erasure struct {
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

// Expired says what ExpireText did.
type Expired struct {
	Removed int // mentions whose text was removed
	Kept    int // mentions past their time whose case is open
}

// Stats counts what is kept. Bytes is on disk; zero when the store cannot know.
type Stats struct {
	Mentions, Deleted, Expired, Versions, Verdicts, Events, Settings, Erasures int64

	Bytes int64
}

// ErrFull is wrapped when the disk has no room: nothing of the call was written, and it will succeed once there is room.
var ErrFull = errors.New("archive: the disk is full")

// ErrNewer is wrapped by Open when the record was written by a newer program.
var ErrNewer = errors.New("archive: the record was written by a newer version of this program; install that version or restore an older backup")
