package app

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Bounds of the heap, see docs/decisions/0007-heap.md.
const (
	busyGarbage  = 256 << 20 // what may be garbage before it is collected, while much is allocated
	quietGarbage = 48 << 20  // and while little is
	busyBytes    = 150 << 20 // allocated in a second are much: an import, a start
	gcLeast      = 20        // percent of what lives, where much does
	gcMost       = 200       // where little does
)

// heapEvery is how often the bounds are fitted to what the program does. At a start much comes alive in a second, and what was set before it stands
// until then.
const heapEvery = time.Second

// keepHeap bounds what is garbage by a number of bytes, where Go bounds it by the share of what lives, until ctx ends: more while an import
// runs, less in quiet times, when what was needed meanwhile goes back to the system. Who sets GOGC decides for himself.
func keepHeap(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	h := heap{}
	for range every(ctx, heapEvery) {
		samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(samples)
		percent, rest := h.fit(samples[0].Value.Uint64(), samples[1].Value.Uint64())
		if percent != h.set { // each setting stops the world for a moment
			debug.SetGCPercent(percent)
			h.set = percent
		}
		if rest {
			debug.FreeOSMemory()
		}
	}
	return nil
}

// quietLooks is how many quiet looks in a row end a busy time: going over the whole heap to give memory back is for its end, not for its pauses.
const quietLooks = 10

// heap is what keepHeap knows from the last time.
type heap struct {
	allocated uint64 // since the start
	busy      int    // looks until it is quiet
	set       int    // GOGC
}

// fit returns GOGC, in steps of ten, for a heap of which live bytes live, and whether a busy time has just ended.
func (h *heap) fit(live, allocated uint64) (percent int, rest bool) {
	if allocated-h.allocated > busyBytes*uint64(heapEvery/time.Second) {
		h.busy = quietLooks
	} else if h.busy > 0 {
		h.busy--
		rest = h.busy == 0
	}
	h.allocated = allocated
	garbage := uint64(quietGarbage)
	if h.busy > 0 {
		garbage = busyGarbage
	}
	percent = gcMost
	if live > 0 {
		percent = int(min(100*garbage/live, gcMost))
	}
	return max(percent/10*10, gcLeast), rest
}

// giveBackEvery is how often what is mapped from files is given back. Searches that follow take some 2,000 faults more, 10 ms all together.
const giveBackEvery = 20 * time.Second

// keepGivingBack keeps what files have mapped into memory from staying there, until ctx ends.
func (a *App) keepGivingBack(ctx context.Context) error {
	for range every(ctx, giveBackEvery) {
		if err := errors.Join(a.fulltext.giveBack(), a.escalate.giveBack()); err != nil {
			a.slog.Warn("mapped files stay in memory for now", "err", err)
		}
	}
	return nil
}
