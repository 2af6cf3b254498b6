package topic

import (
	"fmt"
	"slices"
	"time"
)

// The topics, without the deployment's prefix.
const (
	Mentions    = "mentions"     // as received, keyed by mention ID
	Triaged     = "triaged"      // mention and verdict, keyed by mention ID
	Casework    = "casework"     // acts on mentions, keyed by mention ID
	Settings    = "settings"     // compacted: settings, accounts, sessions, tokens
	Cursors     = "cursors"      // compacted: places in platforms' streams, health of sources
	DeadLetters = "dead-letters" // bytes that a stage could not read, with the cause
)

// The consumer groups of the stages.
const (
	GroupClassify = "classify"
	GroupConsider = "consider"
	GroupArchive  = "archive"
	GroupFulltext = "fulltext"
	GroupEscalate = "escalate"
)

// Limits of the log.
const (
	// MaxValueBytes is the longest value of every topic but DeadLetters: a mention of 1 MiB, a verdict beside it, and headroom.
	MaxValueBytes = 1<<20 + 512<<10
	// MaxDeadLetterBytes is the longest value of DeadLetters; longer ones are cut and say so in a header.
	MaxDeadLetterBytes = 4<<20 - 64<<10
	// MaxRetention is the longest a record may stay, so that an erasure is true everywhere within the month.
	MaxRetention = 30 * 24 * time.Hour
	// DefaultRetention applies when the setting retention.log is absent.
	DefaultRetention = 14 * 24 * time.Hour
	// DefaultPartitions is the partition count of the topics that carry mentions. It bounds how many nodes share one stage.
	DefaultPartitions = 4
)

// Spec is what one topic must be.
type Spec struct {
	Name            string // without prefix
	Partitions      int
	Compacted       bool
	Retention       time.Duration // of a topic that is not compacted
	MaxMessageBytes int           // of one batch on the wire, as max.message.bytes
}

// Specs lists every topic. partitions is the count for mentions, triaged, casework and dead-letters; zero means DefaultPartitions.
// retention is how long records stay; zero means DefaultRetention and more than MaxRetention is an error.
func Specs(partitions int, retention time.Duration) ([]Spec, error) {
	if partitions == 0 {
		partitions = DefaultPartitions
	}
	if retention == 0 {
		retention = DefaultRetention
	}
	if partitions < 1 || partitions > 512 {
		return nil, fmt.Errorf("topic: %d partitions asked for; choose 1 to 512", partitions)
	}
	if retention < time.Hour || retention > MaxRetention {
		return nil, fmt.Errorf("topic: the log is to keep records for %s; choose from 1 hour to 30 days, so that an erasure is true everywhere within the month", retention)
	}
	const headroom = 64 << 10 // key, headers and the batch's own frame
	carry := func(name string) Spec {
		return Spec{Name: name, Partitions: partitions, Retention: retention, MaxMessageBytes: MaxValueBytes + headroom}
	}
	table := func(name string) Spec {
		return Spec{Name: name, Partitions: 1, Compacted: true, MaxMessageBytes: MaxValueBytes + headroom}
	}
	dead := carry(DeadLetters)
	dead.MaxMessageBytes = MaxDeadLetterBytes + headroom
	return []Spec{carry(Mentions), carry(Triaged), carry(Casework), table(Settings), table(Cursors), dead}, nil
}

// known lists the topics in the order of the flow.
var known = []string{Mentions, Triaged, Casework, Settings, Cursors, DeadLetters}

func isKnown(name string) bool { return slices.Contains(known, name) }

// maxValue is the longest value that may be put on a topic.
func maxValue(topic string) int {
	if topic == DeadLetters {
		return MaxDeadLetterBytes
	}
	return MaxValueBytes
}
