package topic

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
)

var errDraft = errors.New("topic: being written")

type Metrics struct{}

func NewMetrics(reg prometheus.Registerer) *Metrics { return &Metrics{} }

// EmbeddedConfig says where the embedded broker keeps its log.
type EmbeddedConfig struct {
	Dir          string        // its own folder, made when absent; one process at a time
	Prefix       string        // the clients' Config.Prefix
	Partitions   int           // as in Config
	Retention    time.Duration // as in Config
	Groups       []string      // nothing that one of these has not committed is trimmed; nil: the four stages
	KeepBytes    int64         // committed records of a topic beyond this many bytes are trimmed; zero: 256 MiB
	TrimEvery    time.Duration // zero: a minute
	ReserveBytes int64         // free disk below which records are refused; zero: 256 MiB
	Log          *slog.Logger
	Metrics      *Metrics
}

// Embedded is the broker inside the process.
type Embedded struct{}

func OpenEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) { return nil, errDraft }
func (e *Embedded) Addrs() []string                                           { return nil }
func (e *Embedded) Close() error                                              { return nil }

// Client speaks to the log.
type Client struct{}

// Dial checks that a broker answers (until ctx ends) and returns a Client to Close.
func Dial(ctx context.Context, cfg Config) (*Client, error) { return nil, errDraft }
func (c *Client) Close() error                              { return nil }

// EnsureTopics creates missing topics; one sentence per existing topic that is not as it must be.
func (c *Client) EnsureTopics(ctx context.Context) (mismatches []string, err error) {
	return nil, errDraft
}

// Publish returns nil once all records are acknowledged.
func (c *Client) Publish(ctx context.Context, recs []Record) error { return errDraft }

// ConsumeConfig says what a group reads.
type ConsumeConfig struct {
	Group        string        // without prefix
	Topics       []string      // without prefix
	MaxBatch     int           // records a Handle; zero: 1000
	MaxWait      time.Duration // wait for more after the first; zero: 20 ms
	CommitEvery  time.Duration // zero: after each Handle
	StartAtEnd   bool          // a group without offsets begins at the end instead of the beginning
	Handle       func(ctx context.Context, recs []Record) error
	BeforeCommit func(ctx context.Context) error // nil: nothing to do
}

func (c *Client) Consume(ctx context.Context, cfg ConsumeConfig) error { return errDraft }

// Lag is, per topic without prefix, how many records a group has not committed. Only topics the group has offsets for, or that are named.
func (c *Client) Lag(ctx context.Context, group string, topics ...string) (map[string]int64, error) {
	return nil, errDraft
}
func (c *Client) EndOffsets(ctx context.Context, topic string) (map[int]int64, error) {
	return nil, errDraft
}
func (c *Client) Committed(ctx context.Context, group, topic string) (map[int]int64, error) {
	return nil, errDraft
}

// FollowConfig says what Follow reads.
type FollowConfig struct {
	Topic      string
	From       map[int]int64 // first offset wanted by partition; absent partitions from the beginning
	AtEnd      bool          // absent partitions from the end
	OnCaughtUp func()        // called once, when everything that was there at the start has been through Handle
	Handle     func(ctx context.Context, recs []Record) error
}

func (c *Client) Follow(ctx context.Context, cfg FollowConfig) error { return errDraft }

// Lead runs fn on one node at a time; ctx of fn ends when leadership is lost. Returns when ctx ends (its error) or fn returns an error.
func (c *Client) Lead(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	return errDraft
}

// Table is an in-memory view of a compacted topic.
type Table struct{}

// OpenTable returns once the view holds everything that was on the topic.
func OpenTable(ctx context.Context, c *Client, topic string) (*Table, error) { return nil, errDraft }

// Entry is one key of a table.
type Entry struct {
	Key    string
	Value  []byte // not to be changed
	Offset int64
	Time   time.Time
}

func (t *Table) Get(key string) (Entry, bool)                                     { return Entry{}, false }
func (t *Table) All(prefix string) []Entry                                        { return nil } // by key
func (t *Table) Put(ctx context.Context, key string, value []byte) (int64, error) { return 0, errDraft }

// PutIf writes only when the key's offset is still expected (-1: the key is absent).
func (t *Table) PutIf(ctx context.Context, key string, expected int64, value []byte) (int64, error) {
	return 0, errDraft
}
func (t *Table) Delete(ctx context.Context, key string) error { return errDraft }

// Watch calls fn for each change after now, in order, until stop is called; a deleted key comes with a nil Value.
func (t *Table) Watch(fn func(Entry)) (stop func()) { return func() {} }
func (t *Table) Close() error                       { return nil }

// CursorStore keeps sources' cursors and health on the cursors table.
type CursorStore struct{}

func NewCursorStore(t *Table) *CursorStore { return &CursorStore{} }
func (s *CursorStore) Load(ctx context.Context, source string) (sources.Cursor, error) {
	return "", errDraft
}
func (s *CursorStore) Save(ctx context.Context, source string, c sources.Cursor) error {
	return errDraft
}
func (s *CursorStore) SaveHealth(ctx context.Context, h sources.Health) error { return errDraft }
func (s *CursorStore) Health() []sources.Health                               { return nil }

// DeadLetter sets the bytes of rec aside with stage and cause (CauseOf err).
func (c *Client) DeadLetter(ctx context.Context, stage string, rec Record, err error) error {
	return errDraft
}

// Dead is one dead letter.
type Dead struct {
	Stage     string
	Cause     Cause
	Error     string
	Topic     string // it came from
	Partition int
	Offset    int64
	Time      time.Time // it was set aside
	Cut       int       // its full length in bytes when it was cut, else 0
	Record    Record    // as it was
}

// Replay publishes dead letters again to the topics they came from; filter nil: all.
func (c *Client) Replay(ctx context.Context, filter func(Dead) bool) (int, error) { return 0, errDraft }

// Of is a record and what it holds.
type Of[T any] struct {
	Record Record
	V      T
}

// Sift decodes records, sets the unreadable ones aside on dead-letters for stage, and returns the others in order.
func Sift[T any](ctx context.Context, c *Client, stage string, recs []Record, decode func(Record) (T, error)) ([]Of[T], error) {
	return nil, errDraft
}
