package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"earshot/classify"
	"earshot/classify/encoder"
	"earshot/classify/judge"
	"earshot/classify/opinion"
	"earshot/cmd/internal/node"
	"earshot/settings"
)

// judges holds the classifiers in force: the fast one always, the considered one while the encoder is on and has read the register. New
// settings replace the fast one at once; the considered one of the settings before serves on until the register is encoded anew.
type judges struct {
	fast, considered atomic.Pointer[classify.Pool]
	atOnce           atomic.Pointer[classify.Pool] // considered, counted as the mention's first verdict
	never            bool                          // atOnce stays empty

	build    func(*node.Current) (classify.Classifier, error)
	consider func(context.Context, classify.Classifier) (classify.Classifier, error) // nil: off
	off      error                                                                   // why
	fault    atomic.Pointer[error]                                                   // why the newest settings have no considered classifier
	metrics  *classify.Metrics
	readings *readingMetrics
	log      *slog.Logger

	policy  string              // of the fast one, to build nothing twice
	changed chan judgedSettings // length 1: the newest to be read by the encoder
	ready   chan struct{}       // closed once the first considered classifier is there
}

// judgedSettings is a fast classifier whose considered one is still to be built.
type judgedSettings struct {
	fast   classify.Classifier
	policy string
}

// openJudges opens the encoder and builds the fast classifier. An encoder that is not there leaves everything to the fast one.
func (a *App) openJudges() error {
	j := &judges{build: a.cfg.fast, consider: a.cfg.considered, metrics: classify.NewMetrics(a.metrics), readings: newReadingMetrics(a.metrics),
		log: a.slog.With("component", "classify"), changed: make(chan judgedSettings, 1), ready: make(chan struct{})}
	a.judges = j
	if j.build == nil && j.consider == nil {
		a.openEncoder()
	}
	if j.build == nil {
		j.build = func(c *node.Current) (classify.Classifier, error) { return newFast(c) }
	}
	return j.use(a.settings.Current())
}

func newFast(c *node.Current) (*judge.Classifier, error) {
	cfg := judgeConfig(c)
	var err error
	if cfg.Adjust, cfg.Shadow, err = learnt(&c.Classifier); err != nil {
		return nil, err
	}
	return judge.New(cfg)
}

// judgeConfig is what the classifier is built from, without any version learnt here.
func judgeConfig(c *node.Current) judge.Config {
	return judge.Config{Council: c.Council, People: c.People, Facts: c.Facts, Services: c.Services, Policy: c.Version, Now: time.Now}
}

// learnt returns the versions in force and on trial. One that corrects another model, before an upgrade of the program, is left out:
// until a new one is learnt the program judges as it came, and /numbers says so.
func learnt(c *settings.Classifier) (on, trial *settings.ClassifierVersion, err error) {
	m, err := judge.Shipped()
	if err != nil {
		return nil, nil, err
	}
	fits := func(name string) *settings.ClassifierVersion {
		if v := c.Version(name); v != nil && v.Base == m.Base() {
			return v
		}
		return nil
	}
	return fits(c.On), fits(c.Trial), nil
}

// openEncoder sets how considered classifiers are built, or why they are not.
func (a *App) openEncoder() {
	j := a.judges
	enc, err := OpenEncoder(a.cfg.EncoderLib)
	if err != nil {
		j.off = err
		j.log.Warn("considered verdicts are off; every mention is judged by the fast reading alone", "err", err)
		if a.cfg.Opinion.URL != "" {
			j.log.Warn("second opinions are off too: they are asked about considered verdicts only")
		}
		return
	}
	a.stack.Push("encoder", func(context.Context) error { return enc.Close() })
	j.consider = func(ctx context.Context, fast classify.Classifier) (classify.Classifier, error) {
		return Consider(ctx, fast.(*judge.Classifier), enc)
	}
	if a.cfg.Opinion.URL != "" {
		a.askOpinions()
	}
}

// askOpinions puts second opinions behind the considered reading. A language model answers in seconds, so no mention's first verdict waits for
// it: with it on, every mention gets its fast verdict first.
func (a *App) askOpinions() {
	j, read, o := a.judges, a.judges.consider, a.cfg.Opinion
	metrics := opinion.NewMetrics(a.metrics)
	var asks *opinion.Opinion // keeps its budget, cache and back-off over new settings; of the goroutine of run
	j.never = true
	j.consider = func(ctx context.Context, fast classify.Classifier) (classify.Classifier, error) {
		c, err := read(ctx, fast)
		if err != nil {
			return nil, err
		}
		masker := fast.(*judge.Classifier)
		if asks != nil {
			return asks.With(c, masker), nil
		}
		asks, err = opinion.New(c, opinion.Config{URL: o.URL, Model: o.Model, Key: o.Key.Reveal(), Budget: o.Budget, Masker: masker,
			Metrics: metrics, Log: a.slog.With("component", "opinion")})
		if err != nil {
			return nil, err
		}
		return asks, nil
	}
}

// OpenEncoder opens the encoder inside this program with the ONNX Runtime in the file library; empty: looked for beside the program.
// Errors: encoder.Open's, and judge.ErrNoLayer where the model of this program cannot weigh what an encoder says.
func OpenEncoder(library string) (*encoder.Encoder, error) {
	m, err := judge.Shipped()
	if err != nil {
		return nil, err
	}
	if len(m.Considered.Second) == 0 {
		return nil, judge.ErrNoLayer
	}
	return encoder.Open(encoder.Config{Library: library})
}

// Consider returns the considered classifier beside a fast one. It encodes the register of facts.
func Consider(ctx context.Context, fast *judge.Classifier, enc *encoder.Encoder) (classify.Classifier, error) {
	r, err := fast.NewReader(ctx, enc)
	if err != nil {
		return nil, err
	}
	return fast.Considered(r, enc.Manifest().Version)
}

// WhyOff says in a few words why considered verdicts are off, after an error of OpenEncoder.
func WhyOff(err error) string {
	switch {
	case errors.Is(err, encoder.ErrNoRuntime):
		return "ONNX Runtime is not installed"
	case errors.Is(err, judge.ErrNoLayer):
		return "the model inside this program has not learnt to weigh what an encoder says"
	}
	return "the encoder cannot be loaded: " + err.Error()
}

// use puts the fast classifier of new settings into force and has the considered one built. Batches under way finish with those before.
func (j *judges) use(c *node.Current) error {
	if j.policy == c.Version && j.fast.Load() != nil {
		return nil
	}
	fast, err := j.build(c)
	if err != nil {
		return fmt.Errorf("build the classifier: %w", err)
	}
	pool, err := classify.NewPool(fast, classify.PoolConfig{Metrics: j.metrics})
	if err != nil {
		return err
	}
	j.fast.Store(pool)
	j.policy = c.Version
	if j.consider == nil {
		return nil
	}
	select { // what waits was replaced
	case <-j.changed:
	default:
	}
	j.changed <- judgedSettings{fast, c.Version}
	return nil
}

// run builds considered classifiers until ctx ends.
func (j *judges) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-j.changed:
			j.reconsider(ctx, s)
		}
	}
}

func (j *judges) reconsider(ctx context.Context, s judgedSettings) {
	began := time.Now()
	c, err := j.consider(ctx, s.fast)
	var pool, counted *classify.Pool
	if err == nil {
		pool, err = classify.NewPool(c, classify.PoolConfig{})
	}
	if err == nil {
		counted, err = classify.NewPool(c, classify.PoolConfig{Metrics: j.metrics})
	}
	switch {
	case ctx.Err() != nil:
		return
	case err != nil: // the one before serves on; without one, the fast verdicts stand
		j.fault.Store(&err)
		j.log.Error("the considered reading does not know the newest settings", "err", err)
		j.readings.on(j.considered.Load() != nil)
	default:
		j.fault.Store(nil)
		j.considered.Store(pool)
		if !j.never {
			j.atOnce.Store(counted)
		}
		j.readings.on(true)
		j.log.Info("considered verdicts are on", "policy", s.policy, "took", time.Since(began))
	}
	select {
	case <-j.ready:
	default:
		close(j.ready)
	}
}
