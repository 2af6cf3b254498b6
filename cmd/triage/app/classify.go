package app

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"earshot/classify"
	"earshot/classify/judge"
	"earshot/cmd/internal/node"
	"earshot/sources"
	"earshot/sources/topic"
)

// classifyStage reads mentions and publishes them with a verdict.
type classifyStage struct {
	client  *topic.Client
	pool    atomic.Pointer[classify.Pool]
	metrics *classify.Metrics
	now     func() time.Time
}

// use builds the classifier for the settings now in force. Batches under way finish with the one before.
func (s *classifyStage) use(c *node.Current) error {
	classifier, err := judge.New(judge.Config{Council: c.Council, People: c.People, Facts: c.Facts, Services: c.Services, Policy: c.Version, Now: s.now})
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

// handle judges one batch and returns once the triaged topic holds it. A mention that makes the classifier fail is set aside.
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
	return topic.Retry(s.client.Publish(ctx, out))
}

func mentionsOf(items []topic.Of[sources.Mention]) []sources.Mention {
	out := make([]sources.Mention, len(items))
	for i := range items {
		out[i] = items[i].V
	}
	return out
}
