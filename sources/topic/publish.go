package topic

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// balancer is the hash of Kafka's own clients, so that a key lands on the same partition whoever writes it.
var balancer = kafka.Murmur2Balancer{Consistent: true}

// Publish puts records on their topics and returns nil only when every one is acknowledged by all in-sync replicas. Records of one
// partition are written in the order given, and after those of an earlier Publish. Failures of brokers are tried again until ctx ends;
// then some records may be on the log and others not, and publishing all of them again is safe because readers expect repeats.
// Errors: ErrTooLarge, wrapped, before anything is written; ErrDiskFull beside ctx's error when that was the reason; ErrClosed.
// The records' bytes must not be changed afterwards, since a failed call may still be sending them.
func (c *Client) Publish(ctx context.Context, recs []Record) error {
	_, err := c.publish(ctx, recs)
	return err
}

// publish also returns the offset of each record.
func (c *Client) publish(ctx context.Context, recs []Record) ([]int64, error) {
	if len(recs) == 0 {
		return nil, nil
	}
	sends, err := c.route(ctx, recs)
	if err != nil {
		return nil, err
	}
	offsets := make([]int64, len(recs))
	for key, s := range sends {
		if err := c.enqueue(key, s); err != nil {
			s.finish(err)
		}
	}
	var errs []error
	for _, s := range sends {
		select {
		case <-s.done:
			if s.err != nil {
				errs = append(errs, s.err)
				continue
			}
			for i, at := range s.index {
				offsets[at] = s.base[i]
			}
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("topic: publish to %s: %w", s.topic, errors.Join(context.Cause(ctx), s.why())))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return offsets, nil
}

// route judges every record and sorts them by partition.
func (c *Client) route(ctx context.Context, recs []Record) (map[laneKey]*send, error) {
	sends := map[laneKey]*send{}
	for i := range recs {
		r := &recs[i]
		if !isKnown(r.Topic) {
			return nil, fmt.Errorf("topic: %q is no topic of the log", r.Topic)
		}
		if most := maxValue(r.Topic); r.size() > most+32<<10 {
			return nil, fmt.Errorf("%w: %d bytes for %s, at most %d fit", ErrTooLarge, r.size(), r.Topic, most)
		}
		n, err := c.partitions(ctx, r.Topic)
		if err != nil {
			return nil, err
		}
		key := laneKey{r.Topic, partitionOf(r.Key, n)}
		s := sends[key]
		if s == nil {
			s = &send{ctx: ctx, topic: r.Topic, done: make(chan struct{})}
			sends[key] = s
		}
		s.recs = append(s.recs, r)
		s.index = append(s.index, i)
		s.base = append(s.base, 0)
	}
	return sends, nil
}

// partitionOf is the partition of a key among n.
func partitionOf(key []byte, n int) int {
	if n == 1 {
		return 0
	}
	return balancer.Balance(kafka.Message{Key: key}, ordinals(n)...)
}

// ordinals returns 0 to n-1 without an allocation for the usual counts.
func ordinals(n int) []int {
	if n <= len(first64) {
		return first64[:n]
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

var first64 = func() []int {
	all := make([]int, 64)
	for i := range all {
		all[i] = i
	}
	return all
}()
