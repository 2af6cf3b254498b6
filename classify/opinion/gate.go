package opinion

import (
	"sync"
	"time"
)

// Bounds of the wait after failures: it doubles from the first to the last; a server that names a time is believed up to an hour.
const (
	minBackOff  = 2 * time.Second
	maxBackOff  = 5 * time.Minute
	maxPatience = time.Hour
)

// gate lets calls through while the day's budget lasts and no failure is recent. Safe for concurrent use.
type gate struct {
	mu     sync.Mutex
	budget int
	day    string // the UTC day that spent counts
	spent  int
	wait   time.Duration // the last wait after a failure
	until  time.Time     // no call before
}

// pass takes one call out of the budget, or says why there is none.
func (g *gate) pass(now time.Time) (skipped string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.until) {
		return skipBackOff
	}
	if day := now.UTC().Format(time.DateOnly); day != g.day {
		g.day, g.spent = day, 0
	}
	if g.spent >= g.budget {
		return skipBudget
	}
	g.spent++
	return ""
}

// succeeded ends the waiting.
func (g *gate) succeeded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wait = 0
}

// failed closes the gate for twice as long as last time, or for as long as the server asked, and returns for how long. Several calls that
// were under way together count once.
func (g *gate) failed(now time.Time, asked time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.until) && asked == 0 {
		return g.until.Sub(now)
	}
	g.wait = min(max(2*g.wait, minBackOff), maxBackOff)
	wait := g.wait
	if asked > 0 {
		wait = min(asked, maxPatience)
	}
	g.until = now.Add(wait)
	return wait
}
