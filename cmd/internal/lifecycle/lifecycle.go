// Package lifecycle closes what a process opened, in reverse order and inside one time budget.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Stack remembers what was opened. The same stack undoes a failed start and ends a good one. Used by one goroutine.
type Stack struct {
	Budget  time.Duration // for the whole Close; zero: 30 seconds
	Log     *slog.Logger
	closers []closer
}

type closer struct {
	name string
	fn   func(context.Context) error
}

// Push adds a step that Close will take before all steps pushed earlier.
func (s *Stack) Push(name string, fn func(context.Context) error) {
	s.closers = append(s.closers, closer{name, fn})
}

// Close takes every step, last opened first, even when ctx is already over, and joins their errors. A second Close does nothing.
func (s *Stack) Close(ctx context.Context) error {
	budget := s.Budget
	if budget == 0 {
		budget = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), budget)
	defer cancel()
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		started := time.Now()
		if err := c.fn(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.name, err))
		}
		if s.Log != nil {
			s.Log.Debug("closed", "part", c.name, "took", time.Since(started))
		}
	}
	s.closers = nil
	return errors.Join(errs...)
}
