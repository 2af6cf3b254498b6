package topic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// tombstoneAge is how long a deletion is kept for readers that have not seen it, as Kafka's delete.retention.ms.
const tombstoneAge = 24 * time.Hour

// compactEvery is how long a value that was replaced may stay on a table to which little is written.
const compactEvery = 24 * time.Hour

// compaction is when a table was last compacted, and where it ended then.
type compaction struct {
	end int64
	at  time.Time
}

// compactTable shortens a compacted topic when enough was written since the last time, and returns its size on disk.
//
// What is current is written again at the end, and then everything before is removed. A crash in between leaves the same values
// twice, which means the same. Nobody else may write meanwhile: a value written again after a newer one would undo it. Each entry
// keeps the offset it had in a header, so that a change made from what a person saw before the compaction is no conflict.
func (e *Embedded) compactTable(ctx context.Context, s Spec) (int64, error) {
	segs, err := e.shelf.segments(e.c.name(s.Name), 0)
	if err != nil {
		return 0, err
	}
	var size int64
	for _, seg := range segs {
		size += seg.bytes
	}
	start, err := e.c.StartOffsets(ctx, s.Name)
	if err != nil {
		return size, err
	}
	end, err := e.c.EndOffsets(ctx, s.Name)
	if err != nil {
		return size, err
	}
	n, last := end[0]-start[0], e.opened
	if c, ok := e.compacted[s.Name]; ok {
		n, last = end[0]-c.end, c.at
	}
	if n < e.cfg.CompactAfter && (n == 0 || time.Since(last) < compactEvery) {
		return size, nil
	}
	return size, e.compactNow(ctx, s)
}

func (e *Embedded) compactNow(ctx context.Context, s Spec) error {
	release := e.gate.hold(e.c.name(s.Name))
	defer release()
	end, err := e.c.EndOffsets(ctx, s.Name) // behind every write that was let through before the gate was shut
	if err != nil {
		return err
	}
	safe, err := e.safe(ctx, s.Name)
	if err != nil {
		return err
	}
	if safe[0] < end[0] {
		e.cfg.Metrics.hold(s.Name)
		return nil
	}
	live, err := e.current(ctx, s.Name)
	if err != nil {
		return err
	}
	if err := e.inNewSegment(ctx, s, func() error { return e.rewrite(ctx, s.Name, live) }); err != nil {
		return err
	}
	after, err := e.c.EndOffsets(ctx, s.Name)
	if err != nil {
		return err
	}
	// The last record stays: after a crash kfake learns from it where the partition ends.
	if err := e.deleteRecords(ctx, s.Name, 0, min(end[0], after[0]-1)); err != nil {
		return err
	}
	e.compacted[s.Name] = compaction{after[0], time.Now()}
	e.log.Debug("compacted", "topic", s.Name, "entries", len(live), "end", end[0])
	return nil
}

// current reads the latest record of each key, in the order in which they were written; old tombstones are left out.
func (e *Embedded) current(ctx context.Context, topic string) ([]*Record, error) {
	latest := map[string]*Record{}
	var size int
	err := e.c.readAll(ctx, topic, func(r Record) error {
		key := string(r.Key)
		if old := latest[key]; old != nil {
			size -= old.size()
		}
		// A record's bytes share a block with its neighbours; a copy lets the block go.
		r.Key, r.Value = slices.Clone(r.Key), slices.Clone(r.Value)
		if size += r.size(); size > 4*maxTableBytes {
			return errors.New("the table is too large to compact")
		}
		latest[key] = &r
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s to compact it: %w", topic, err)
	}
	var live []*Record
	for _, r := range latest {
		if r.Value == nil && time.Since(r.Time) > tombstoneAge || len(r.Key) == 0 {
			continue
		}
		r.setHeader(headerKept, strconv.FormatInt(r.Origin(), 10))
		live = append(live, r)
	}
	slices.SortFunc(live, func(a, b *Record) int { return int(min(1, max(-1, a.Offset-b.Offset))) })
	return live, nil
}

// rewrite appends records as they are, times and all; a mark when there are none.
func (e *Embedded) rewrite(ctx context.Context, topic string, live []*Record) error {
	if len(live) == 0 {
		return e.writeMark(ctx, topic, 0)
	}
	for len(live) > 0 {
		n, size := 0, 0
		for n < len(live) && n < batchRecords && (n == 0 || size+live[n].size() <= batchBytes) {
			size += live[n].size()
			n++
		}
		if _, err := e.c.produceAs(ctx, pass{e.gate.pass, kafka.Snappy}, laneKey{topic, 0}, live[:n]); err != nil {
			return fmt.Errorf("write %s again: %w", topic, err)
		}
		live = live[n:]
	}
	return nil
}
