// Package clickhouse keeps the record in ClickHouse: for councils that run on many machines, and for analytics over years. One database
// is one council.
//
// It owns the tables (migrations/) and how they are read and written; what a delivery changes is archive.Entry.Merge, as in every store.
// ClickHouse has no transactions and no unique keys. What takes their place:
//
//   - every table is a ReplacingMergeTree whose key is what must be unique, and every read says FINAL, so that a row written twice is
//     one row at every instant, merged or not;
//   - a write reads what is there, merges in the program and inserts whole rows with a higher revision. The log's key gives a mention to
//     one writer at a time; a writer that lost its partition writes the same rows its successor does;
//   - inserts go from the past to the present (old versions and verdicts, then the mention; events, then the case), so that after a
//     crash between two of them the repeated batch finds the present unchanged and completes it;
//   - removal inserts a row without words at once and takes the old rows off the disk by mutations in ExpireText and Erase. No TTL
//     is used: it could not know that a case is open.
package clickhouse
