package topic

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Committed is, by partition, the offset of the first record that group has not committed; -1 where it has committed nothing.
func (c *Client) Committed(ctx context.Context, group, topic string) (map[int]int64, error) {
	n, err := c.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	var res *kafka.OffsetFetchResponse
	err = c.ask(ctx, func(ctx context.Context) (err error) {
		res, err = c.kc.OffsetFetch(ctx, &kafka.OffsetFetchRequest{
			GroupID: c.name(group), Topics: map[string][]int{c.name(topic): ordinals(n)},
		})
		if err == nil {
			err = res.Error
		}
		return err
	})
	out := make(map[int]int64, n)
	switch {
	case errors.Is(err, kafka.GroupIdNotFound): // it has never committed anything
		for p := range n {
			out[p] = -1
		}
		return out, nil
	case err != nil:
		return nil, fmt.Errorf("topic: offsets of %s on %s: %w", group, topic, err)
	}
	for _, p := range res.Topics[c.name(topic)] {
		if p.Error != nil {
			return nil, fmt.Errorf("topic: offsets of %s on %s: %w", group, topic, p.Error)
		}
		out[p.Partition] = max(p.CommittedOffset, -1)
	}
	return out, nil
}

// EndOffsets is, by partition, the offset that the next record will have.
func (c *Client) EndOffsets(ctx context.Context, topic string) (map[int]int64, error) {
	return c.listOffsets(ctx, topic, kafka.LastOffset)
}

// StartOffsets is, by partition, the offset of the oldest record that is still there.
func (c *Client) StartOffsets(ctx context.Context, topic string) (map[int]int64, error) {
	return c.listOffsets(ctx, topic, kafka.FirstOffset)
}

func (c *Client) listOffsets(ctx context.Context, topic string, which int64) (map[int]int64, error) {
	n, err := c.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	ask := make([]kafka.OffsetRequest, n)
	for i := range ask {
		ask[i] = kafka.OffsetRequest{Partition: i, Timestamp: which}
	}
	var out map[int]int64
	err = c.ask(ctx, func(ctx context.Context) error {
		res, err := c.kc.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{c.name(topic): ask}})
		if err != nil {
			return err
		}
		out = make(map[int]int64, n)
		for _, p := range res.Topics[c.name(topic)] {
			if p.Error != nil {
				return p.Error
			}
			out[p.Partition] = p.LastOffset
			if which == kafka.FirstOffset {
				out[p.Partition] = p.FirstOffset
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("topic: offsets of %s: %w", topic, err)
	}
	if len(out) != n {
		return nil, fmt.Errorf("topic: offsets of %s: %d of %d partitions answered", topic, len(out), n)
	}
	return out, nil
}

// Lag is, by topic, how many records group has yet to commit. A partition it never committed counts whole.
func (c *Client) Lag(ctx context.Context, group string, topics ...string) (map[string]int64, error) {
	out := make(map[string]int64, len(topics))
	for _, t := range topics {
		committed, err := c.Committed(ctx, group, t)
		if err != nil {
			return nil, err
		}
		start, err := c.StartOffsets(ctx, t)
		if err != nil {
			return nil, err
		}
		end, err := c.EndOffsets(ctx, t)
		if err != nil {
			return nil, err
		}
		for p, e := range end {
			out[t] += max(0, e-max(committed[p], start[p]))
		}
	}
	return out, nil
}
