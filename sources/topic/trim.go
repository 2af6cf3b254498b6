package topic

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// Trim does one round of housekeeping now, instead of waiting for TrimEvery: removes what every stage has committed and retention or
// size no longer keeps, closes old segments so that they can go, and compacts the tables.
func (e *Embedded) Trim(ctx context.Context) error {
	var errs []error
	var size int64
	for _, s := range e.c.specs {
		var n int64
		var err error
		if s.Compacted {
			n, err = e.compactTable(ctx, s)
		} else {
			n, err = e.trimTopic(ctx, s)
		}
		size += n
		if err != nil {
			errs = append(errs, fmt.Errorf("topic: trim %s: %w", s.Name, err))
		}
	}
	e.cfg.Metrics.stored(size, e.gate.left())
	return errors.Join(errs...)
}

// trimTopic returns the size the topic had.
func (e *Embedded) trimTopic(ctx context.Context, s Spec) (int64, error) {
	parts := make([][]segment, s.Partitions)
	var size int64
	for p := range parts {
		var err error
		if parts[p], err = segments(e.cfg.Dir, e.c.name(s.Name), p); err != nil {
			return 0, err
		}
		for _, seg := range parts[p] {
			size += seg.bytes
		}
	}
	if err := e.rollOld(ctx, s, parts); err != nil {
		return size, err
	}
	safe, err := e.safe(ctx, s.Name)
	if err != nil {
		return size, err
	}
	start, err := e.c.StartOffsets(ctx, s.Name)
	if err != nil {
		return size, err
	}
	keep := e.cfg.KeepBytes / int64(s.Partitions)
	for p, segs := range parts {
		cut := cutAt(segs, time.Now().Add(-(s.Retention - s.roll())), keep)
		to := min(cut, safe[p])
		if to < cut {
			e.cfg.Metrics.hold(s.Name)
		}
		if to <= start[p] {
			continue
		}
		if err := e.deleteRecords(ctx, s.Name, p, to); err != nil {
			return size, err
		}
		e.cfg.Metrics.trim(s.Name, to-start[p])
		e.log.Debug("trimmed", "topic", s.Name, "partition", p, "from", start[p], "to", to)
	}
	return size, nil
}

// cutAt is the offset below which a partition's records are older than oldest, or beyond keep bytes. It lies at the beginning of a segment, and
// the last segment stays: after a crash kfake learns from it where the partition ends.
func cutAt(segs []segment, oldest time.Time, keep int64) int64 {
	var total int64
	for _, s := range segs {
		total += s.bytes
	}
	cut := int64(0)
	for i := 0; i+1 < len(segs); i++ {
		expired := segs[i+1].first.Before(oldest) // the next one's first record is younger than any of this one's
		if !expired && total <= keep {
			break
		}
		total -= segs[i].bytes
		cut = segs[i+1].base
	}
	return cut
}

// safe is, by partition, the offset below which every group of the stages that read topic has committed.
func (e *Embedded) safe(ctx context.Context, topic string) (map[int]int64, error) {
	end, err := e.c.EndOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, g := range e.cfg.Readers[topic] {
		committed, err := e.c.Committed(ctx, g, topic)
		if err != nil {
			return nil, err
		}
		for p := range end {
			end[p] = min(end[p], max(0, committed[p]))
		}
	}
	return end, nil
}

// rollOld closes segments that have been open for long, by writing a mark to each with a segment size of one byte, so that their
// records can go when their time comes, even on a partition to which nothing more is written.
func (e *Embedded) rollOld(ctx context.Context, s Spec, parts [][]segment) error {
	const markBytes = 200 // a segment with only a mark in it need not be closed
	var old []int
	for p, segs := range parts {
		if n := len(segs); n > 0 && segs[n-1].bytes > markBytes && time.Since(segs[n-1].first) > s.roll() {
			old = append(old, p)
		}
	}
	if len(old) == 0 {
		return nil
	}
	if err := e.c.alter(ctx, s.Name, "segment.bytes", "1"); err != nil {
		return err
	}
	var errs []error
	for _, p := range old {
		mark := &Record{Topic: s.Name, Key: []byte("mark"), Value: []byte{}, Headers: []Header{{HeaderWire, []byte(markWire)}}}
		if _, err := e.c.produceAs(ctx, e.gate.pass, laneKey{s.Name, p}, []*Record{mark}); err != nil {
			errs = append(errs, err)
		}
	}
	back := context.WithoutCancel(ctx) // a topic left at one byte a segment would open a file for every batch
	return errors.Join(append(errs, e.c.alter(back, s.Name, "segment.bytes", strconv.Itoa(carrySegmentBytes)))...)
}

// deleteRecords removes a partition's records below to.
func (e *Embedded) deleteRecords(ctx context.Context, topic string, partition int, to int64) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := e.c.transport.RoundTrip(ctx, e.c.addr, &deleteRequest{
		TimeoutMs: int32(callTimeout.Milliseconds()),
		Topics:    []deleteTopic{{Name: e.c.name(topic), Partitions: []deletePartition{{Partition: int32(partition), Offset: to}}}},
	})
	if err != nil {
		return fmt.Errorf("delete records of %s/%d: %w", topic, partition, err)
	}
	for _, t := range res.(*deleteResponse).Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				return fmt.Errorf("delete records of %s/%d below %d: %w", topic, partition, to, kafka.Error(p.ErrorCode))
			}
		}
	}
	return nil
}
