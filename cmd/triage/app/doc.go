// Package app is the triage process: it opens the log, the record, the index and the pages, runs one stage beside the other, and closes
// them in reverse.
//
// Each stage is a consumer group of its own and commits its offsets only after its durable write: classify after the triaged topic
// acknowledged, archive after the record's transaction, fulltext after a checkpoint, escalate after the journal acknowledged. A stage that
// cannot write waits and tries again; it holds up no other. Only this package and ingest's see every other package.
package app
