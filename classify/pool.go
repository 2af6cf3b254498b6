package classify

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime"
	"time"

	"earshot/sources"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"
	"github.com/sourcegraph/conc/stream"
)

// ErrPanicked is wrapped by the error of a mention whose judging panicked: bad input for the dead letters, not a reason to stop.
var ErrPanicked = errors.New("classify: the classifier panicked")

// PoolConfig says how wide a Pool runs.
type PoolConfig struct {
	// Workers is how many goroutines judge at once, 1 to 256. Zero: as many as Go may use processors.
	Workers int
	// Batches is how many batches Run keeps in flight, 1 to 64. Zero: 2, so that one is judged while another is stored.
	Batches int
	// Metrics counts what goes in and out; nil counts nothing.
	Metrics *Metrics
}

// Validate reports every fault.
func (c PoolConfig) Validate() error {
	var errs []error
	if c.Workers < 0 || c.Workers > 256 {
		errs = append(errs, fmt.Errorf("classify pool: workers is %d; it must be 0 (automatic) to 256", c.Workers))
	}
	if c.Batches < 0 || c.Batches > 64 {
		errs = append(errs, fmt.Errorf("classify pool: batches is %d; it must be 0 (automatic) to 64", c.Batches))
	}
	return errors.Join(errs...)
}

// Pool runs a Classifier concurrently over batches. Inside one batch the mentions of one thread are judged in their order by one
// worker; results keep the order of the batch. It owns no goroutine between calls. Safe for concurrent use.
type Pool struct {
	c       Classifier
	workers int
	batches int
	metrics *Metrics
	seed    maphash.Seed
}

// NewPool returns a Pool over c.
func NewPool(c Classifier, cfg PoolConfig) (*Pool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Pool{c: c, workers: cfg.Workers, batches: cfg.Batches, metrics: cfg.Metrics, seed: maphash.MakeSeed()}
	if p.workers == 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	if p.batches == 0 {
		p.batches = 2
	}
	return p, nil
}

// Classify judges mentions. Both results are as long as mentions; where errs[i] is not nil, verdicts[i] is the zero Verdict and the
// caller sets mention i aside: ErrPanicked when it made the classifier panic, ctx.Err() when ctx ended first, else the
// classifier's own error for the whole.
func (p *Pool) Classify(ctx context.Context, mentions []sources.Mention) (verdicts []Verdict, errs []error) {
	start := time.Now()
	verdicts, errs = make([]Verdict, len(mentions)), make([]error, len(mentions))
	shards := p.shard(mentions)
	if len(shards) == 1 {
		p.judge(ctx, mentions, shards[0], verdicts, errs)
	} else {
		var wg conc.WaitGroup
		for _, at := range shards {
			wg.Go(func() { p.judge(ctx, mentions, at, verdicts, errs) })
		}
		wg.Wait()
	}
	p.metrics.batch(verdicts, errs, time.Since(start))
	return verdicts, errs
}

// minShard is the least number of mentions worth a goroutine of its own: at 50 microseconds each, well above its cost.
const minShard = 16

// shard gives each worker the positions it judges: all mentions of one thread to one worker, in order.
func (p *Pool) shard(mentions []sources.Mention) [][]int {
	n := min(p.workers, (len(mentions)+minShard-1)/minShard)
	if n <= 1 {
		all := make([]int, len(mentions))
		for i := range all {
			all[i] = i
		}
		return [][]int{all}
	}
	shards := make([][]int, n)
	for i := range mentions {
		w := maphash.String(p.seed, mentions[i].Thread()) % uint64(n)
		shards[w] = append(shards[w], i)
	}
	return shards
}

// judge asks the classifier about the mentions at the given positions. When it panics they are asked about one by one, so that only
// the mention that did it fails.
func (p *Pool) judge(ctx context.Context, mentions []sources.Mention, at []int, verdicts []Verdict, errs []error) {
	if len(at) == 0 {
		return
	}
	some := make([]sources.Mention, len(at))
	for k, i := range at {
		some[k] = mentions[i]
	}
	vs, err := p.try(ctx, some)
	if errors.Is(err, ErrPanicked) && len(at) > 1 {
		for k := range at {
			p.judge(ctx, mentions, at[k:k+1], verdicts, errs)
		}
		return
	}
	for k, i := range at {
		if err != nil {
			errs[i] = err
		} else {
			verdicts[i] = vs[k]
		}
	}
}

// try calls the classifier once, turning a panic or a broken promise into an error.
func (p *Pool) try(ctx context.Context, mentions []sources.Mention) (vs []Verdict, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if caught := panics.Try(func() { vs, err = p.c.Classify(ctx, mentions) }); caught != nil {
		// The panic's value may hold somebody's words; the stack names the place and that is enough.
		return nil, fmt.Errorf("%w\n%s", ErrPanicked, caught.Stack)
	}
	if err == nil && len(vs) != len(mentions) {
		return nil, fmt.Errorf("classify: %d verdicts for %d mentions", len(vs), len(mentions))
	}
	return vs, err
}

// Batch is one batch on its way through Run. Tag is the caller's own (offsets to commit, say) and comes back untouched.
type Batch struct {
	Mentions []sources.Mention
	Verdicts []Verdict // filled by Run, as long as Mentions
	Errs     []error   // filled by Run, as long as Mentions
	Tag      any
}

// Run judges batches from in until it is closed or ctx ends and hands each to out, in the order in which they came, one at a time.
// At most PoolConfig.Batches are in flight; a slow out holds up the reading of in. The first error of out stops the run and is
// returned; batches judged after it are not handed out.
func (p *Pool) Run(ctx context.Context, in <-chan Batch, out func(context.Context, Batch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := stream.New().WithMaxGoroutines(p.batches)
	func() {
		for {
			select {
			case <-ctx.Done():
				return
			case b, ok := <-in:
				if !ok {
					return
				}
				s.Go(func() stream.Callback {
					b.Verdicts, b.Errs = p.Classify(ctx, b.Mentions)
					return func() {
						if ctx.Err() != nil {
							return
						}
						if err := out(ctx, b); err != nil {
							cancel(err)
						}
					}
				})
			}
		}
	}()
	s.Wait()
	return context.Cause(ctx)
}
