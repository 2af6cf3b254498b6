package lifecycle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestCloseRunsBackwardsOnceAndReportsEveryFault(t *testing.T) {
	var s Stack
	var order []string
	s.Push("log", func(context.Context) error { order = append(order, "log"); return nil })
	s.Push("record", func(context.Context) error { order = append(order, "record"); return errors.New("disk is full") })
	s.Push("pages", func(ctx context.Context) error {
		order = append(order, "pages")
		return ctx.Err() // the caller's cancelled context must not reach the steps
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Close(ctx)
	if want := []string{"pages", "record", "log"}; !slices.Equal(order, want) {
		t.Errorf("closed in order %v, want %v", order, want)
	}
	if err == nil || !strings.Contains(err.Error(), "close record: disk is full") || strings.Contains(err.Error(), "pages") {
		t.Errorf("Close = %v, want the record's fault alone", err)
	}
	if err := s.Close(t.Context()); err != nil || len(order) != 3 {
		t.Errorf("second Close = %v after %d steps, want nothing done", err, len(order))
	}
}
