package topic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Limits of one batch. A batch is one fsync of the embedded broker and one decoded block in every reader's memory.
const (
	batchBytes   = 1 << 20
	batchRecords = 4096
)

type laneKey struct {
	topic     string
	partition int
}

// lane writes one partition: one batch at a time, so that order holds through retries. What is published while a batch is under way
// goes out together in the next one; nothing waits for a timer.
type lane struct {
	c   *Client
	key laneKey

	mu      sync.Mutex
	queue   []*send
	running bool

	limit int // records a batch; lowered when the broker finds a batch too large
}

// send is the part of one Publish call that goes to one partition.
type send struct {
	ctx   context.Context
	topic string
	recs  []*Record
	index []int   // of each record in the caller's slice
	base  []int64 // offset of each record, once known
	next  int     // first record not yet acknowledged

	once sync.Once
	done chan struct{}
	err  error // valid once done is closed

	mu   sync.Mutex
	last error // why the latest attempt failed
}

func (s *send) finish(err error) { s.once.Do(func() { s.err = err; close(s.done) }) }

func (s *send) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = err
}

func (s *send) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// enqueue hands s to its partition's lane, starting it when it is idle.
func (c *Client) enqueue(key laneKey, s *send) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	l := c.lanes[key]
	if l == nil {
		l = &lane{c: c, key: key, limit: batchRecords}
		c.lanes[key] = l
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, s)
	if !l.running {
		l.running = true
		c.wg.Go(l.run)
	}
	return nil
}

// run writes until the queue is empty.
func (l *lane) run() {
	wait := patience()
	for {
		batch := l.take()
		if batch == nil {
			return
		}
		base, err := l.c.produce(l.key, batch)
		if err == nil {
			l.ack(batch, base)
			wait.Reset()
			continue
		}
		if l.c.root.Err() != nil {
			l.fail(ErrClosed)
			continue
		}
		if l.giveUp(batch, err) {
			continue
		}
		l.c.cfg.Metrics.retried(l.key.topic)
		select {
		case <-time.After(wait.NextBackOff()):
		case <-l.c.root.Done():
		}
	}
}

// take returns the next batch in order, or nil after marking the lane idle. Calls whose context has ended are dropped.
func (l *lane) take() []*Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	live := l.queue[:0]
	for _, s := range l.queue {
		if err := s.ctx.Err(); err != nil {
			s.finish(fmt.Errorf("topic: publish to %s: %w", s.topic, errors.Join(context.Cause(s.ctx), s.why())))
			continue
		}
		live = append(live, s)
	}
	clear(l.queue[len(live):])
	l.queue = live
	if len(live) == 0 {
		l.running = false
		return nil
	}
	var batch []*Record
	size := 0
	for _, s := range live {
		for _, r := range s.recs[s.next:] {
			size += r.size()
			if len(batch) > 0 && (size > batchBytes || len(batch) >= l.limit) {
				return batch
			}
			batch = append(batch, r)
		}
	}
	return batch
}

// ack notes the offsets of a written batch and finishes the calls that are complete.
func (l *lane) ack(batch []*Record, base int64) {
	l.limit = batchRecords
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(batch) > 0 {
		s := l.queue[0]
		n := min(len(batch), len(s.recs)-s.next)
		for i := range n {
			s.base[s.next+i] = base + int64(i)
		}
		base, batch = base+int64(n), batch[n:]
		if s.next += n; s.next == len(s.recs) {
			s.finish(nil)
			l.queue[0] = nil
			l.queue = l.queue[1:]
		}
	}
}

// giveUp deals with a failure that the same batch would meet again. It reports whether it did.
func (l *lane) giveUp(batch []*Record, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.queue {
		s.note(err)
	}
	if !isPermanent(err) {
		if errors.Is(err, kafka.UnknownTopicOrPartition) {
			l.c.forgetPartitions(l.key.topic)
		}
		return false
	}
	if len(batch) > 1 { // find the record that is refused
		l.limit = max(1, len(batch)/2)
		return true
	}
	l.limit = batchRecords
	if errors.Is(err, kafka.MessageSizeTooLarge) {
		err = errors.Join(ErrTooLarge, err)
	}
	l.queue[0].finish(fmt.Errorf("topic: publish to %s: %w", l.key.topic, err))
	l.queue[0] = nil
	l.queue = l.queue[1:]
	return true
}

// fail ends every waiting call.
func (l *lane) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.queue {
		s.finish(err)
	}
	l.queue = nil
}

// isPermanent says that the brokers will never take these bytes.
func isPermanent(err error) bool {
	for _, e := range []kafka.Error{
		kafka.MessageSizeTooLarge, kafka.InvalidTopic, kafka.RecordListTooLarge, kafka.TopicAuthorizationFailed,
		kafka.ClusterAuthorizationFailed, kafka.InvalidTimestamp, kafka.UnsupportedForMessageFormat, kafka.PolicyViolation,
		kafka.InvalidRecord, kafka.InvalidRequiredAcks,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// produce writes one batch and returns the offset of its first record.
func (c *Client) produce(key laneKey, batch []*Record) (int64, error) {
	return c.produceAs(c.root, pass{compression: kafka.Snappy}, key, batch)
}

// pass is how a batch is written: word lets the embedded broker's own writes through its gate and is empty for everybody else.
type pass struct {
	word        string
	compression kafka.Compression
}

func (c *Client) produceAs(ctx context.Context, how pass, key laneKey, batch []*Record) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := c.kc.Produce(ctx, &kafka.ProduceRequest{
		Topic: c.name(key.topic), Partition: key.partition, RequiredAcks: kafka.RequireAll,
		Records: &batchReader{recs: batch}, Compression: how.compression, TransactionalID: how.word,
	})
	if err != nil {
		return 0, err
	}
	if res.Error != nil {
		if errors.Is(res.Error, kafka.KafkaStorageError) {
			return 0, fmt.Errorf("%w: %w", ErrDiskFull, res.Error)
		}
		return 0, res.Error
	}
	c.cfg.Metrics.published(key.topic, batch)
	return res.BaseOffset, nil
}

// batchReader shows records to kafka-go without copying them.
type batchReader struct {
	recs       []*Record
	key, value bytes.Reader
	rec        protocol.Record
	headers    []protocol.Header
}

// ReadRecord implements kafka.RecordReader.
func (b *batchReader) ReadRecord() (*protocol.Record, error) {
	if len(b.recs) == 0 {
		return nil, io.EOF
	}
	r := b.recs[0]
	b.recs = b.recs[1:]
	b.headers = b.headers[:0]
	for _, h := range r.Headers {
		b.headers = append(b.headers, protocol.Header{Key: h.Key, Value: h.Value})
	}
	b.rec = protocol.Record{Time: r.Time, Key: wireBytes(&b.key, r.Key), Value: wireBytes(&b.value, r.Value), Headers: b.headers}
	return &b.rec, nil
}

// wireBytes lends b to kafka-go; nil stays nil, which is a tombstone on the wire.
func wireBytes(rd *bytes.Reader, b []byte) protocol.Bytes {
	if b == nil {
		return nil
	}
	rd.Reset(b)
	return lent{rd}
}

type lent struct{ *bytes.Reader }

func (l lent) Close() error { return nil }
