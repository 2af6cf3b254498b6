package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// worker runs one stage and can be asked to stand still, so that what it writes can be replaced under it.
type worker struct {
	name string
	run  func(ctx context.Context) error // until ctx ends
	log  *slog.Logger

	mu      sync.Mutex
	changed *sync.Cond // of everything below
	held    bool
	cancel  context.CancelFunc // of the run under way; nil when there is none
	failed  error              // why the stage last stopped by itself
}

func newWorker(name string, log *slog.Logger, run func(ctx context.Context) error) *worker {
	w := &worker{name: name, run: run, log: log.With("component", name)}
	w.changed = sync.NewCond(&w.mu)
	return w
}

// errFatal marks an error that starting the stage again cannot mend: the process stops.
var errFatal = errors.New("this cannot be mended by trying again")

// loop runs the stage until ctx ends. A stage that fails is started again after a pause that grows to 30 seconds: what it needs may be
// away for an hour, and the other stages must go on.
func (w *worker) loop(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changed.Broadcast()
	})
	defer stop()
	pause := backoff.NewExponentialBackOff(backoff.WithInitialInterval(200*time.Millisecond), backoff.WithMaxInterval(30*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		began := time.Now()
		held, err := w.once(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case held:
			continue
		case errors.Is(err, errFatal):
			return fmt.Errorf("%s: %w", w.name, err)
		case time.Since(began) > time.Minute:
			pause.Reset()
		}
		wait := pause.NextBackOff()
		w.log.Error("the stage stopped and will start again", "err", err, "in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// once waits until nobody holds the stage and runs it; held says that it ended because somebody asked.
func (w *worker) once(ctx context.Context) (held bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.mu.Lock()
	for w.held && ctx.Err() == nil {
		w.changed.Wait()
	}
	w.cancel = cancel
	w.mu.Unlock()
	err = w.run(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel = nil
	w.changed.Broadcast()
	if !w.held {
		w.failed = err
	}
	return w.held, err
}

// hold stops the stage, returning once it stands still, until release. A second caller waits for the first.
func (w *worker) hold() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.held {
		w.changed.Wait()
	}
	w.held = true
	if w.cancel != nil {
		w.cancel()
	}
	for w.cancel != nil {
		w.changed.Wait()
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.held = false
		w.changed.Broadcast()
	}
}

// failure returns why the stage last stopped by itself.
func (w *worker) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}
