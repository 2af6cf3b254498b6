package app

import (
	"context"

	"earshot/classify"
	"earshot/sources"
	"earshot/sources/topic"
)

// judgeBatch is how many mentions at most are judged together; their verdicts are one batch a partition on the log.
const judgeBatch = 2000

// considerAtOnce is the largest batch whose first verdict is the considered one. A batch as small as that means that nothing waits behind it,
// and costs the encoder two tenths of a second or so; a larger one is published with fast verdicts, and considerStage follows.
const considerAtOnce = 16

// classifyStage reads mentions and publishes them with a verdict.
type classifyStage struct {
	client  *topic.Client
	decoder *decoder
	judges  *judges

	flying *flight // of the consumer's goroutine
}

// flight is a batch of verdicts on its way to the log while the next is judged.
type flight struct {
	ctx  context.Context // of the handler that sent it
	recs []topic.Record
	done chan struct{}
	err  error // valid once done is closed
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
	verdicts, errs := s.judges.first(ctx, mentions)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	out := make([]topic.Record, 0, len(mentions))
	for i := range mentions {
		rec, err := topic.Record{}, errs[i]
		if err == nil {
			t := &classify.Tagged{Mention: mentions[i], Verdict: verdicts[i]}
			if rec, err = encodeTagged(*t); err == nil {
				s.decoder.hand(rec, t)
			}
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

// first gives mentions their first verdicts: considered ones where they can be had at once. A reading that fails leaves its mention to the fast
// classifier.
func (j *judges) first(ctx context.Context, mentions []sources.Mention) ([]classify.Verdict, []error) {
	considered := j.atOnce.Load()
	if considered == nil || len(mentions) > considerAtOnce {
		return j.fast.Load().Classify(ctx, mentions)
	}
	verdicts, errs := considered.Classify(ctx, mentions)
	var again []sources.Mention
	var at []int
	for i := range errs {
		if errs[i] != nil {
			again, at = append(again, mentions[i]), append(at, i)
		}
	}
	j.readings.read(readAtOnce, len(mentions)-len(at))
	if len(at) == 0 || ctx.Err() != nil {
		return verdicts, errs
	}
	j.readings.read(readFailed, len(at))
	j.log.Error("mentions could not be considered; their fast verdicts stand", "mentions", len(at), "err", errs[at[0]])
	vs, es := j.fast.Load().Classify(ctx, again)
	for k, i := range at {
		verdicts[i], errs[i] = vs[k], es[k]
	}
	return verdicts, errs
}

func mentionsOf(items []topic.Of[sources.Mention]) []sources.Mention {
	out := make([]sources.Mention, len(items))
	for i := range items {
		out[i] = items[i].V
	}
	return out
}
