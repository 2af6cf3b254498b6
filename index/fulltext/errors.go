package fulltext

import "errors"

// ErrRebuild is wrapped when the files of an index cannot be read or belong to another version of this program. Nothing is lost: the
// index is disposable, "triage rebuild" makes it again from the record.
var ErrRebuild = errors.New("fulltext: the search index must be rebuilt from the record (triage rebuild)")

// ErrClosed is returned by every method after Close.
var ErrClosed = errors.New("fulltext: index is closed")
