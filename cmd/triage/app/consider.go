package app

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources"
	"earshot/sources/topic"
)

const (
	// considerWindow is how many records are put in order together: the more, the sooner a risk among them is read, and the more is read again
	// after a crash. At 100 verdicts a second, facts read beside each, it is fifty seconds.
	considerWindow = 5000
	// considerChunk is how many are judged and published together: what a stop has to wait for.
	considerChunk = 64
)

// considerStage reads fast verdicts on the triaged topic and publishes considered ones for the same versions, riskiest first, then newest
// first. Reading a window again gives the same verdicts, which change nothing.
type considerStage struct {
	client *topic.Client
	judges *judges
	record index.Reader
	gone   *erasures
	log    *slog.Logger
}

// run follows the topic until ctx ends. While the encoder is off it commits what it passes, so that it holds up no trimming of the log.
func (s *considerStage) run(ctx context.Context) error {
	if s.judges.consider != nil {
		select {
		case <-s.judges.ready:
		case <-ctx.Done():
			return nil
		}
	}
	return s.client.Consume(ctx, topic.ConsumeConfig{Group: topic.GroupConsider, Topics: []string{topic.Triaged}, MaxBatch: considerWindow,
		Handle: func(work context.Context, recs []topic.Record) error { return s.handle(ctx, work, recs) }})
}

// handle considers one window and returns once the topic holds every verdict. When stop ends, what is left comes again after the next start.
func (s *considerStage) handle(stop, ctx context.Context, recs []topic.Record) error {
	if s.judges.considered.Load() == nil {
		return nil
	}
	for chunk := range slices.Chunk(s.window(recs), considerChunk) {
		if err := stop.Err(); err != nil {
			return topic.Retry(err)
		}
		if err := s.consider(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// window returns what of recs is to be considered, in the order in which it should be. What cannot be read is left to the stages that set it
// aside.
func (s *considerStage) window(recs []topic.Record) []classify.Tagged {
	newest := map[string]classify.Tagged{}
	for _, rec := range recs {
		t, err := decodeTagged(rec)
		if err != nil {
			continue
		}
		if old, ok := newest[t.Mention.ID]; ok && !t.Supersedes(&old) {
			continue
		}
		newest[t.Mention.ID] = t
	}
	out := make([]classify.Tagged, 0, len(newest))
	for _, t := range newest {
		if t.Verdict.Stage == classify.Fast && t.Mention.State != sources.Deleted && t.Mention.State != sources.Withheld {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b classify.Tagged) int {
		return cmp.Or(cmp.Compare(riskOf(&a), riskOf(&b)), b.Mention.CreatedAt.Compare(a.Mention.CreatedAt), cmp.Compare(a.Mention.ID, b.Mention.ID))
	})
	return out
}

// riskOf is the place of the most urgent risk of a verdict; past all of them, that of abuse, which may be a threat, and then of the rest.
func riskOf(t *classify.Tagged) int {
	for i, r := range classify.Risks {
		if slices.Contains(t.Verdict.Risk, r) {
			return i
		}
	}
	if t.Verdict.Has(classify.Abuse) || slices.Contains(t.Verdict.Unsure, classify.Abuse) {
		return len(classify.Risks)
	}
	return len(classify.Risks) + 1
}

// consider judges a few mentions and publishes their verdicts.
func (s *considerStage) consider(ctx context.Context, few []classify.Tagged) error {
	wanted := s.wanted(ctx, few)
	s.judges.readings.read(readSkipped, len(few)-len(wanted))
	mentions := make([]sources.Mention, len(wanted))
	for i := range wanted {
		mentions[i] = wanted[i].Mention
	}
	verdicts, errs := s.judges.considered.Load().Classify(ctx, mentions)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	out, outcomes := make([]topic.Record, 0, len(wanted)), map[string]int{}
	for i := range wanted {
		rec, err := topic.Record{}, errs[i]
		if err == nil {
			rec, err = encodeTagged(classify.Tagged{Mention: mentions[i], Verdict: verdicts[i], Again: true})
		}
		if err != nil {
			outcomes[readFailed]++
			s.log.Error("a mention could not be considered; its fast verdict stands", "mention", mentions[i].ID, "err", err)
			continue
		}
		out = append(out, rec)
		outcomes[outcomeOf(&wanted[i].Verdict, &verdicts[i])]++
	}
	if err := s.client.Publish(ctx, out); err != nil {
		return topic.Retry(err)
	}
	for o, n := range outcomes {
		s.judges.readings.read(o, n)
	}
	return nil
}

func outcomeOf(fast, considered *classify.Verdict) string {
	if slices.Equal(fast.Labels, considered.Labels) && slices.Equal(fast.Risk, considered.Risk) {
		return readConfirmed
	}
	return readChanged
}

// wanted leaves out what was edited, taken away or considered meanwhile. While the record is away nothing is left out: its stages know what to
// make of a verdict that comes late.
func (s *considerStage) wanted(ctx context.Context, few []classify.Tagged) []classify.Tagged {
	ids := make([]string, len(few))
	for i := range few {
		ids[i] = few[i].Mention.ID
	}
	recs, err := s.record.GetMany(ctx, system, ids)
	if err != nil {
		s.log.Debug("the record cannot say what changed meanwhile", "err", err)
	}
	now := make(map[string]*index.Record, len(recs))
	for i := range recs {
		now[recs[i].Mention.ID] = &recs[i]
	}
	return slices.DeleteFunc(slices.Clone(few), func(t classify.Tagged) bool {
		return s.gone.has(t.Mention.ID) || now[t.Mention.ID] != nil && settled(now[t.Mention.ID], &t)
	})
}

// settled reports whether what is known of a mention leaves t's version without need of another verdict.
func settled(now *index.Record, t *classify.Tagged) bool {
	if now.Gone != index.NotGone || now.Mention.State == sources.Deleted {
		return true
	}
	if now.Mention.Version() != t.Mention.Version() {
		return archive.Seen(&now.Mention).After(archive.Seen(&t.Mention))
	}
	return now.Verdict.Stage.Outranks(classify.Fast) && now.Verdict.Policy == t.Verdict.Policy
}

// erasures are the mentions whose erasure the log tells of: their words may still be on the triaged topic.
type erasures struct {
	mu  sync.Mutex
	ids map[string]struct{}
}

func (e *erasures) add(events []casework.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range events {
		if events[i].Type == casework.Erased {
			if e.ids == nil {
				e.ids = map[string]struct{}{}
			}
			e.ids[events[i].Mention] = struct{}{}
		}
	}
}

func (e *erasures) has(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.ids[id]
	return ok
}
