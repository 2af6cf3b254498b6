package topic

import (
	"strconv"
	"time"
)

// Record is one message of the log. Topic is without the deployment's prefix. A nil Value is a tombstone, which deletes Key from a
// compacted topic. Partition and Offset are set on what was read and ignored on what is published; Time zero means now.
type Record struct {
	Topic     string
	Key       []byte
	Value     []byte
	Headers   []Header
	Partition int
	Offset    int64
	Time      time.Time
}

// Header is a name and a value carried beside a record.
type Header struct {
	Key   string
	Value []byte
}

// Header returns the value of the first header called name, and whether there is one.
func (r *Record) Header(name string) (string, bool) {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value), true
		}
	}
	return "", false
}

// headerKept carries the offset an entry had when it was first written, through the embedded broker's compaction.
const headerKept = "kept"

// Origin is the offset under which an entry of a compacted topic was first written. It names the version of the entry: the embedded
// broker's compaction writes what is current again, under a new Offset and the same Origin. Elsewhere it is Offset.
func (r *Record) Origin() int64 {
	if kept, ok := r.Header(headerKept); ok {
		if at, err := strconv.ParseInt(kept, 10, 64); err == nil {
			return at
		}
	}
	return r.Offset
}

// setHeader replaces or adds a header without touching a slice that another record may share.
func (r *Record) setHeader(name, value string) {
	kept := make([]Header, 0, len(r.Headers)+1)
	for _, h := range r.Headers {
		if h.Key != name {
			kept = append(kept, h)
		}
	}
	r.Headers = append(kept, Header{Key: name, Value: []byte(value)})
}

// size is about what a record takes on the wire before compression.
func (r *Record) size() int {
	n := 32 + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += 8 + len(h.Key) + len(h.Value)
	}
	return n
}

// A mark is a record without content that the embedded broker writes to close a segment; readers of this package never see one.
const markWire = "mark/1"

func (r *Record) isMark() bool {
	if len(r.Value) != 0 {
		return false
	}
	wire, _ := r.Header(HeaderWire)
	return wire == markWire
}
