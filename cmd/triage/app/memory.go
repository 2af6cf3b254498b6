package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Bounds of the heap, see docs/decisions/0007-heap.md.
const (
	heapGarbage = 160 << 20 // what may be garbage before it is collected
	gcLeast     = 50        // percent of what lives, where much does
	gcMost      = 400       // where little does
)

// heapEvery is how often the bound is fitted to what lives.
const heapEvery = 5 * time.Second

// keepHeap bounds what is garbage by a number of bytes, where Go bounds it by the share of what lives, until ctx ends. Who sets GOGC decides
// for himself.
func keepHeap(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	tick := time.NewTicker(heapEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := -1
	for {
		metrics.Read(live)
		if p := gcPercent(live[0].Value.Uint64()); p != set { // each setting stops the world for a moment
			debug.SetGCPercent(p)
			set = p
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// gcPercent is GOGC for a heap of which live bytes live, in steps of ten.
func gcPercent(live uint64) int {
	p := gcMost
	if live > 0 {
		p = int(min(100*heapGarbage/live, gcMost))
	}
	return max(p/10*10, gcLeast)
}
