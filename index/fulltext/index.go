package fulltext

import (
	"context"
	"errors"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

// Change is one thing to apply: exactly one of its members is set.
type Change struct {
	Tagged *classify.Tagged // a mention with its verdict: new, edited, judged again, or deleted by its platform
	Event  *casework.Event  // an act on a case; it may come before its mention
	Remove string           // the ID of a mention that search must forget (retention)
}

// Stats are figures of an Index for health pages.
type Stats struct {
	Mentions int   // that can be found
	Shards   int   // months
	Pending  int   // mentions that have casework but have not come themselves
	Bytes    int64 // on disk
}

// Index is the search index. One goroutine at a time calls Apply, Checkpoint and Compact; everything else is safe for concurrent use.
type Index struct{}

var _ index.Searcher = (*Index)(nil)

var errUnfinished = errors.New("fulltext: not there yet")

// Open opens the index in dir, making an empty one when there is none. Errors: ErrRebuild, wrapped.
func Open(dir string, cfg Config) (*Index, error) { return nil, errUnfinished }

// Apply makes changes findable, in their order, all at once: no search sees a part of them. It is idempotent under redelivery.
// After an error nothing of changes is visible and the same call may be made again.
func (x *Index) Apply(ctx context.Context, changes []Change) error { return errUnfinished }

// Checkpoint returns once everything applied so far is on disk for good. Offsets may be committed after it.
func (x *Index) Checkpoint(ctx context.Context) error { return errUnfinished }

// Search answers r from one consistent view.
func (x *Index) Search(ctx context.Context, r index.Request) (index.Result, error) {
	return index.Result{}, errUnfinished
}

// Has reports for each of ids whether it can be found.
func (x *Index) Has(ids []string) []bool { return nil }

// All calls fn with the ID and version (sources.Mention.Version) of every mention that can be found, in no order, until fn fails.
func (x *Index) All(ctx context.Context, fn func(id, version string) error) error { return errUnfinished }

// Count returns how many mentions can be found.
func (x *Index) Count() int { return 0 }

// Stats returns figures for health pages.
func (x *Index) Stats() Stats { return Stats{} }

// Compact merges closed shards and takes the words of deleted mentions off the disk. It may take minutes; searches go on.
func (x *Index) Compact(ctx context.Context) error { return errUnfinished }

// Close makes a last Checkpoint and closes the files. Searches that run are waited for.
func (x *Index) Close() error { return errUnfinished }
