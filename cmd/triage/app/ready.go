package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// parts must all have said that they can serve before the node is ready.
var parts = []string{"search index", "incidents"}

// readiness collects which parts can serve. The zero value has none.
type readiness struct {
	mu   sync.Mutex
	done []string
}

func (r *readiness) set(part string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.done, part) {
		r.done = append(r.done, part)
	}
}

// check returns nil once every part is there, else a sentence that names those that are not.
func (r *readiness) check(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var missing []string
	for _, p := range parts {
		if !slices.Contains(r.done, p) {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("still starting: %s", strings.Join(missing, ", "))
	}
	return nil
}
