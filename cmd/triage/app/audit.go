package app

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"earshot/casework"
)

// auditMost bounds the list; at 500 bytes an act that is 5 MiB. Older acts stand in the history of their case.
const auditMost = 10_000

// audit keeps the latest acts of people, as the casework on the log brings them.
type audit struct {
	mu    sync.Mutex
	acts  []casework.Event // oldest first
	first int              // number of acts[0], counted since the start
	seen  map[string]bool  // IDs in acts
}

func (a *audit) add(events []casework.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	for _, e := range events {
		if e.By.Kind == "system" || a.seen[e.ID] {
			continue
		}
		a.seen[e.ID] = true
		a.acts = append(a.acts, e)
	}
	byTime := func(x, y casework.Event) int { return x.At.Compare(y.At) }
	if !slices.IsSortedFunc(a.acts, byTime) { // partitions and the record's settings come in their own order each
		slices.SortStableFunc(a.acts, byTime)
	}
	if n := len(a.acts) - auditMost; n > 0 {
		for _, e := range a.acts[:n] {
			delete(a.seen, e.ID)
		}
		a.acts, a.first = append([]casework.Event(nil), a.acts[n:]...), a.first+n
	}
}

// Acts returns up to limit acts that v may see, newest first, and the cursor to go on from. What is no cursor of ours begins with the newest.
func (a *audit) Acts(_ context.Context, v casework.Viewer, cursor string, limit int) (acts []casework.Event, next string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.first + len(a.acts)
	if n, err := strconv.Atoi(cursor); err == nil {
		at = min(at, n)
	}
	for at > a.first {
		at--
		if e := a.acts[at-a.first]; v.SeesWall(e.Wall) {
			acts = append(acts, e)
		}
		if len(acts) == limit && at > a.first {
			return acts, strconv.Itoa(at), nil
		}
	}
	return acts, "", nil
}
