// Package topic is the log between the stages: the wire form of its records, both ends of Kafka, and the broker that runs inside
// the process when no Kafka is named.
//
// It owns the topics (names, partitions, retention, compaction), the header that says how a record is written, the consumer groups,
// the dead letters, and the tables kept on compacted topics. It knows mentions, cursors and health, which sources defines; what
// classify and the later stages put on the log is bytes to it, written and read through Encode and Decode.
//
// Order and durability. A record's key is the mention's ID and decides its partition, so records of one mention are read in the order in
// which they were written. Publish returns nil only after every in-sync replica has each record (in the embedded broker: after
// fsync). Consume commits a group's offsets only after Handle and BeforeCommit returned nil, so a crash repeats records and never skips
// one; handlers must not mind seeing a record twice. The embedded broker removes a record only when every stage's group has committed it.
//
// Locking. A Client, Table and Embedded are safe for concurrent use. Handle and BeforeCommit of one Consume are called by one
// goroutine at a time.
package topic
