package topic

import (
	"context"
	"testing"
	"time"
)

// TestCommitsAreSeldomWhileBehind: large batches put a commit off, and not for good.
func TestCommitsAreSeldomWhileBehind(t *testing.T) {
	for _, c := range []struct {
		name string
		ago  time.Duration
		busy bool
		want bool
	}{
		{"just done", time.Minute, false, false},
		{"time", 2 * time.Hour, false, true},
		{"time, but more is waiting", 2 * time.Hour, true, false},
		{"more is waiting, and long", commitSeldom * 2 * time.Hour, true, true},
	} {
		s := &session{cfg: &ConsumeConfig{CommitEvery: time.Hour}, busy: c.busy, lastDone: time.Now().Add(-c.ago)}
		if got := s.due(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestBatchesAreGatheredLongerWhileMuchComes: a batch waits BusyWait only after a large one, which small ones never see.
func TestBatchesAreGatheredLongerWhileMuchComes(t *testing.T) {
	cfg := ConsumeConfig{Group: "g", Topics: []string{Casework}, MaxBatch: 10 * largeBatch, MaxWait: time.Millisecond, BusyWait: 2 * time.Millisecond,
		Handle: func(context.Context, []Record) error { return nil }}
	if err := cfg.fill(); err != nil {
		t.Fatal(err)
	}
	s := &session{cfg: &cfg}
	for _, c := range []struct {
		records int
		want    time.Duration
	}{{1, time.Millisecond}, {10, 2 * time.Millisecond}, {9, time.Millisecond}} {
		chunks := make(chan chunk, 1)
		chunks <- chunk{recs: make([]Record, c.records)}
		if got, ok := s.gather(t.Context(), chunks); !ok || len(got) != 1 {
			t.Fatalf("gathered %v, %v", got, ok)
		}
		if w := s.wait(); w != c.want {
			t.Errorf("after %d records the next batch is gathered for %s, want %s", c.records, w, c.want)
		}
	}
}
