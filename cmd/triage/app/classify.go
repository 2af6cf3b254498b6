package app

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"earshot/classify"
	"earshot/classify/fast"
	"earshot/cmd/internal/node"
	"earshot/sources"
	"earshot/sources/topic"
)

// judgeBatch is how many mentions at most are judged together; their verdicts are one batch a partition on the log.
const judgeBatch = 2000

// classifyStage reads mentions and publishes them with a verdict.
type classifyStage struct {
	client  *topic.Client
	pool    atomic.Pointer[classify.Pool]
	metrics *classify.Metrics
	now     func() time.Time

	flying *flight // of the consumer's goroutine
}

// flight is a batch of verdicts on its way to the log while the next is judged.
type flight struct {
	ctx  context.Context // of the handler that sent it
	recs []topic.Record
	done chan struct{}
	err  error // valid once done is closed
}

// use builds the classifier for the settings now in force. Batches under way finish with the one before.
func (s *classifyStage) use(c *node.Current) error {
	classifier, err := fast.New(fast.Config{Council: c.Council, People: c.People, Facts: c.Facts, Services: c.Services, Policy: c.Version, Now: s.now})
	if err != nil {
		return fmt.Errorf("build the classifier: %w", err)
	}
	pool, err := classify.NewPool(classifier, classify.PoolConfig{Metrics: s.metrics})
	if err != nil {
		return err
	}
	s.pool.Store(pool)
	return nil
}

// consume follows the mentions until ctx ends.
func (s *classifyStage) consume(ctx context.Context) error {
	err := s.client.Consume(ctx, topic.ConsumeConfig{Group: topic.GroupClassify, Topics: []string{topic.Mentions}, MaxBatch: judgeBatch,
		Handle: s.handle, BeforeCommit: s.landed})
	if s.flying != nil {
		<-s.flying.done
		s.flying = nil
	}
	return err
}

// handle judges one batch and sends it to the triaged topic; landed waits until the topic holds it. A mention that makes the classifier
// fail is set aside.
func (s *classifyStage) handle(ctx context.Context, recs []topic.Record) error {
	items, err := topic.Sift(ctx, s.client, topic.GroupClassify, recs, topic.DecodeMention)
	if err != nil {
		return topic.Retry(err)
	}
	mentions := mentionsOf(items)
	verdicts, errs := s.pool.Load().Classify(ctx, mentions)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	out := make([]topic.Record, 0, len(mentions))
	for i := range mentions {
		rec, err := topic.Record{}, errs[i]
		if err == nil {
			rec, err = topic.Encode(topic.Triaged, topic.KindTriaged, mentions[i].ID, classify.Tagged{Mention: mentions[i], Verdict: verdicts[i]})
		}
		if err != nil {
			if err := s.client.DeadLetter(ctx, topic.GroupClassify, items[i].Record, err); err != nil {
				return topic.Retry(err)
			}
			continue
		}
		out = append(out, rec)
	}
	if err := s.landed(ctx); err != nil {
		return err
	}
	f := &flight{ctx: ctx, recs: out, done: make(chan struct{})}
	go func() { f.err = s.client.Publish(ctx, out); close(f.done) }()
	s.flying = f
	return nil
}

// landed returns nil once the triaged topic holds everything that was judged. It must come before an offset is committed.
func (s *classifyStage) landed(ctx context.Context) error {
	f := s.flying
	if f == nil {
		return nil
	}
	<-f.done // Publish ends with its context
	switch {
	case f.err == nil:
	case f.ctx == ctx:
		if err := s.client.Publish(ctx, f.recs); err != nil {
			return topic.Retry(err)
		}
	default: // of a session that is over: what it did not commit comes again
	}
	s.flying = nil
	return nil
}

func mentionsOf(items []topic.Of[sources.Mention]) []sources.Mention {
	out := make([]sources.Mention, len(items))
	for i := range items {
		out[i] = items[i].V
	}
	return out
}
