// Package fulltext finds mentions: words through bleve, everything else through sets of its own.
//
// It owns the search index of one node and knows nothing of where changes come from. The index is disposable: the record can make it
// again (ErrRebuild), so nothing in it is the only copy of anything.
//
// # Layout
//
// Mentions lie in shards, one a month. In a shard each mention has a place, a number counted up from 0; an edit takes a new place and
// leaves the old one dead. bleve (scorch) holds, for each place, the terms of the mention and where they stand; it stores no text. Beside
// it, in chunks of 4096 places, lie the attributes: immutable columns (time, hashes of author and thread, version) and, for each value of
// each field, the set of mentions that carry it. IDs lie in a file of their own. Junior officers' names are terms of a second field that
// is read only for viewers who see names (P12).
//
// A search works shard by shard, newest first, on bits: posting lists of bleve are taken whole and turned into places, sets of
// attributes are joined to them by machine words, totals and facets are counts of bits, and a page follows the order of time until it is
// full. Nothing is visited hit by hit but the page itself, phrases (whose positions must be compared) and scores.
//
// # Views and locks
//
// One goroutine at a time writes (wmu). What a search sees is a view: chunk pointers, the order of time, and pinned bleve snapshots, none
// of which ever change. The writer copies a chunk before the first change of each Apply (columns only grow, behind what views can
// see) and publishes all shards at once, so that a search sees whole batches only. Views are counted and let go of files with the last
// search.
//
// # Durability
//
// Apply writes words to bleve with unsafe batches and IDs without sync. Checkpoint makes everything durable, in this order: bleve's
// segments, the files of IDs, then one transaction (bbolt) with the changed chunks, cases and dictionary. Offsets may be committed only
// then. A crash therefore leaves attributes exactly as of the last checkpoint, and perhaps words and IDs of places beyond them, which
// Open cuts off and the replay takes again. Words and IDs of mentions that went are deleted after the transaction that says so, never before.
// The words themselves leave the disk when Compact or bleve merges their segments.
//
// # Casework
//
// Every act that decides a state is kept per mention in short form, and the state is folded from all of them (casework.Fold). Events
// delivered again change nothing; events before their mention wait under its ID; an undoing finds what it undoes. An erasure leaves a
// hash of the ID, and what comes for that ID afterwards is ignored.
package fulltext
