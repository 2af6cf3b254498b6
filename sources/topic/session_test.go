package topic

import (
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
