// Package archive is the record of everything: mentions as received, every version and verdict of them, casework, settings and
// the erasures that were asked for.
//
// It owns what "exactly once" means (merge.go: how one more delivery changes what is kept of a mention), what a deletion, an
// expiry and an erasure leave behind, and the compressed form in which a mention rests (pack.go). The subpackages own tables and
// nothing else; indextest.Archive asks the same of all of them. It knows nothing of routes, mails or pages.
//
// Order of durable writes: a Put returns after its transaction is on disk; only then may the caller commit its offset in the log.
// A crash between the two repeats the batch, which changes nothing. One mention has one writer at a time, because the log's key is
// the mention's ID; a writer that lost its partition without noticing repeats what its successor writes too, and does no harm.
package archive
