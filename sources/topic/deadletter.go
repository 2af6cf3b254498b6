package topic

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Headers of a dead letter. The headers of the record itself follow under originPrefix.
const (
	headerStage     = "stage"
	headerCause     = "cause"
	headerError     = "error"
	headerTopic     = "topic"
	headerPartition = "partition"
	headerOffset    = "offset"
	headerCut       = "cut"      // full length in bytes of a value that was cut
	headerReplayed  = "replayed" // of a note: the dead letter that was published again
	originPrefix    = "origin."
)

// maxErrorBytes bounds the error text kept with a dead letter.
const maxErrorBytes = 500

// Dead is one dead letter.
type Dead struct {
	Stage     string // who set it aside
	Cause     Cause
	Error     string    // why, in words; it repeats nothing of the content
	Record    Record    // as it was, with Topic, Partition and Offset of where it lay; -1 when it came from outside the log
	Time      time.Time // when it was set aside
	Cut       int       // full length in bytes when the value was cut, else 0
	Replayed  bool      // it was published again
	partition int
	offset    int64
}

// DeadLetter sets a record aside and returns once the log has it. The cause is CauseOf(reason). A value longer than
// MaxDeadLetterBytes is cut and says so. Bytes that never were on the log are set aside as a Record with Partition and Offset -1.
func (c *Client) DeadLetter(ctx context.Context, stage string, rec Record, reason error) error {
	letter := letterOf(stage, rec, reason)
	if err := c.Publish(ctx, []Record{letter}); err != nil {
		return fmt.Errorf("topic: set a record of %s/%d/%d aside: %w", rec.Topic, rec.Partition, rec.Offset, err)
	}
	c.cfg.Metrics.setAside(stage, CauseOf(reason))
	c.log.Warn("record set aside", "stage", stage, "cause", CauseOf(reason), "topic", rec.Topic, "partition", rec.Partition, "offset", rec.Offset)
	return nil
}

func letterOf(stage string, rec Record, reason error) Record {
	text := strings.ToValidUTF8(reason.Error(), "?")
	for len(text) > maxErrorBytes {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	letter := Record{Topic: DeadLetters, Key: rec.Key, Value: rec.Value}
	if len(letter.Key) == 0 {
		letter.Key = keyless(&rec)
	}
	add := func(key, value string) { letter.Headers = append(letter.Headers, Header{key, []byte(value)}) }
	add(headerStage, stage)
	add(headerCause, string(CauseOf(reason)))
	add(headerError, text)
	add(headerTopic, rec.Topic)
	add(headerPartition, strconv.Itoa(rec.Partition))
	add(headerOffset, strconv.FormatInt(rec.Offset, 10))
	if len(rec.Value) > MaxDeadLetterBytes {
		letter.Value = rec.Value[:MaxDeadLetterBytes]
		add(headerCut, strconv.Itoa(len(rec.Value)))
	}
	if letter.Value == nil {
		letter.Value = []byte{} // a letter without content is still a letter
	}
	for _, h := range rec.Headers {
		letter.Headers = append(letter.Headers, Header{originPrefix + h.Key, h.Value})
	}
	return letter
}

// deadOf reads a dead letter back. It reports false for a note about a replay.
func deadOf(letter Record) (Dead, bool) {
	d := Dead{Time: letter.Time, partition: letter.Partition, offset: letter.Offset}
	d.Record = Record{Key: letter.Key, Value: letter.Value, Partition: -1, Offset: -1}
	for _, h := range letter.Headers {
		v := string(h.Value)
		switch h.Key {
		case headerReplayed:
			return d, false
		case headerStage:
			d.Stage = v
		case headerCause:
			d.Cause = Cause(v)
		case headerError:
			d.Error = v
		case headerTopic:
			d.Record.Topic = v
		case headerPartition:
			d.Record.Partition = atoi(v)
		case headerOffset:
			d.Record.Offset = int64(atoi(v))
		case headerCut:
			d.Cut = atoi(v)
		default:
			if name, ok := strings.CutPrefix(h.Key, originPrefix); ok {
				d.Record.Headers = append(d.Record.Headers, Header{name, h.Value})
			}
		}
	}
	if bytes.Equal(d.Record.Key, keyless(&d.Record)) {
		d.Record.Key = nil
	}
	return d, true
}

// keyless is the key of a dead letter whose record had none.
func keyless(r *Record) []byte { return fmt.Appendf(nil, "%s/%d/%d", r.Topic, r.Partition, r.Offset) }

// atoi reads a number that this package wrote; -1 when somebody else did.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
