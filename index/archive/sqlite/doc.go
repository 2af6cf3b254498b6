// Package sqlite keeps the record in one SQLite file: the default, with nothing to install.
//
// It owns the tables (migrations/) and how they are read and written; what a delivery changes is archive.Entry.Merge. One connection
// writes, under Store.mu; a few read, each from a snapshot of its own (WAL). The file belongs to one process at a time, which holds the lock of the data
// folder.
//
// A write is one transaction with synchronous=FULL: when Put returns, the batch has been synced. NORMAL would be safe against kill -9 but
// not against a power cut: the log syncs every commit of an offset, so an unsynced batch here would be lost for good. One sync per batch
// of a thousand costs about a millisecond. secure_delete overwrites what is removed, and an erasure empties the write-ahead log too.
package sqlite
