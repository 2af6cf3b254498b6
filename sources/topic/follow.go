package topic

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// FollowConfig says what Follow reads.
type FollowConfig struct {
	Topic string        // without prefix
	From  map[int]int64 // first offset wanted, by partition; absent partitions from the beginning
	AtEnd bool          // absent partitions from the end instead: only what comes from now on
	// OnCaughtUp is called once, when everything that was there at the start has been through Handle. Nil: nobody asks.
	OnCaughtUp func()
	// OnReset is called before Handle when the place in a partition was gone, and reading begins again at its oldest record.
	OnReset func(partition int)
	// Handle is given records in the order of each partition, by one goroutine. An error wrapped by Retry is tried again;
	// every other stops Follow. The place to go on from is the offset of the last record, plus one.
	Handle func(ctx context.Context, recs []Record) error
}

// Follow reads every partition of a topic without a group until ctx ends, and then returns ctx.Err(). Brokers that are away are
// waited for. Every node that follows sees every record.
func (c *Client) Follow(ctx context.Context, cfg FollowConfig) error {
	n, err := c.partitions(ctx, cfg.Topic)
	if err != nil {
		return err
	}
	goal, err := c.goal(ctx, cfg.Topic)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	var streams sync.WaitGroup
	defer func() { stop(); streams.Wait() }()
	chunks := make(chan chunk)
	for p := range n {
		at, ok := cfg.From[p]
		switch {
		case !ok && cfg.AtEnd:
			at = kafka.LastOffset
		case !ok:
			at = kafka.FirstOffset
		}
		if ok && at >= goal[p] {
			delete(goal, p)
		}
		streams.Go(func() { c.stream(reading, cfg.Topic, p, at, chunks) })
	}
	return c.follow(ctx, &cfg, goal, chunks)
}

// goal is where each partition ends now. It waits for the brokers.
func (c *Client) goal(ctx context.Context, topic string) (map[int]int64, error) {
	wait := patience()
	for {
		goal, err := c.EndOffsets(ctx, topic)
		if err == nil {
			return goal, nil
		}
		select {
		case <-time.After(wait.NextBackOff()):
		case <-ctx.Done():
			return nil, fmt.Errorf("topic: follow %s: %w", topic, errors.Join(context.Cause(ctx), err))
		}
	}
}

func (c *Client) follow(ctx context.Context, cfg *FollowConfig, goal map[int]int64, chunks <-chan chunk) error {
	caught := false
	for {
		if !caught && len(goal) == 0 {
			caught = true
			if cfg.OnCaughtUp != nil {
				cfg.OnCaughtUp()
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ch := <-chunks:
			if ch.reset && cfg.OnReset != nil {
				cfg.OnReset(ch.partition)
			}
			if err := c.followed(ctx, cfg, ch.recs); err != nil {
				return err
			}
			if end, ok := goal[ch.partition]; ok && ch.next >= end {
				delete(goal, ch.partition)
			}
		}
	}
}

func (c *Client) followed(ctx context.Context, cfg *FollowConfig, recs []Record) error {
	if len(recs) == 0 {
		return nil
	}
	wait := patience()
	for {
		err := cfg.Handle(ctx, recs)
		if err == nil || !isRetry(err) {
			return err
		}
		select {
		case <-time.After(wait.NextBackOff()):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
