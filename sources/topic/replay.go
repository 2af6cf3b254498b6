package topic

import (
	"context"
	"errors"
	"fmt"
)

// EachDead calls fn for every dead letter on the log, oldest first within a partition.
func (c *Client) EachDead(ctx context.Context, fn func(Dead) error) error {
	replayed := map[string]bool{}
	err := c.readAll(ctx, DeadLetters, func(r Record) error {
		if id, ok := r.Header(headerReplayed); ok {
			replayed[id] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.readAll(ctx, DeadLetters, func(r Record) error {
		d, ok := deadOf(r)
		if !ok {
			return nil
		}
		d.Replayed = replayed[d.id()]
		return fn(d)
	})
}

// id names a dead letter by its own place.
func (d *Dead) id() string { return fmt.Sprintf("%d/%d", d.partition, d.offset) }

// Replay publishes again, to the topics they came from, the dead letters that filter wants, and returns how many those were. filter may
// mend the Record; nil wants every one. Letters that were cut or replayed before are left where they are.
func (c *Client) Replay(ctx context.Context, filter func(*Dead) bool) (int, error) {
	n := 0
	err := c.EachDead(ctx, func(d Dead) error {
		if d.Replayed || d.Cut > 0 || !isKnown(d.Record.Topic) || d.Record.Topic == DeadLetters {
			return nil
		}
		if filter != nil && !filter(&d) {
			return nil
		}
		note := Record{Topic: DeadLetters, Key: d.Record.Key, Headers: []Header{{headerReplayed, []byte(d.id())}}, Value: []byte{}}
		if err := c.Publish(ctx, []Record{d.Record}); err != nil {
			return fmt.Errorf("topic: replay %s: %w", d.id(), err)
		}
		if err := c.Publish(ctx, []Record{note}); err != nil {
			return fmt.Errorf("topic: note the replay of %s: %w", d.id(), err)
		}
		n++
		return nil
	})
	return n, err
}

// errEnough ends readAll at the end.
var errEnough = errors.New("topic: everything read")

// readAll calls fn for every record that is on a topic now.
func (c *Client) readAll(ctx context.Context, topic string, fn func(Record) error) error {
	goal, err := c.EndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = c.Follow(reading, FollowConfig{
		Topic: topic, OnCaughtUp: func() { stop(errEnough) },
		Handle: func(_ context.Context, recs []Record) error {
			for _, r := range recs {
				if r.Offset >= goal[r.Partition] {
					continue // written since, perhaps by fn itself
				}
				if err := fn(r); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if errors.Is(context.Cause(reading), errEnough) && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
