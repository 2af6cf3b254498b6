package topic

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// keepDeadBytes is how much of the dead letters is kept within retention, whatever the other topics may keep.
const keepDeadBytes = 256 << 20

// Trim does one round of housekeeping now, instead of waiting for TrimEvery: removes what every stage has committed and retention or
// size no longer keeps, closes old segments so that they can go, and compacts the tables.
func (e *Embedded) Trim(ctx context.Context) error {
	e.tidy.Lock()
	defer e.tidy.Unlock()
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
		if parts[p], err = e.shelf.segments(e.c.name(s.Name), p); err != nil {
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
	keep := e.cfg.KeepBytes
	if s.Name == DeadLetters {
		keep = max(keep, keepDeadBytes) // nothing else holds them
	}
	keep /= int64(s.Partitions)
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
		if !segs[i].last.Before(oldest) && total <= keep {
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

// rollOld closes segments that have been open for long by writing a mark behind them, so that their records can go when their time
// comes, even on a partition to which nothing more is written.
func (e *Embedded) rollOld(ctx context.Context, s Spec, parts [][]segment) error {
	var old []int
	for p, segs := range parts {
		if n := len(segs); n > 0 && !segs[n-1].mark && time.Since(segs[n-1].first) > s.roll() {
			old = append(old, p)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return e.inNewSegment(ctx, s, func() error {
		var errs []error
		for _, p := range old {
			errs = append(errs, e.writeMark(ctx, s.Name, p))
		}
		return errors.Join(errs...)
	})
}

// inNewSegment runs write while every batch begins a segment, which closes the one before.
func (e *Embedded) inNewSegment(ctx context.Context, s Spec, write func() error) error {
	if err := e.c.alter(ctx, s.Name, segmentBytes, "1"); err != nil {
		return err
	}
	err := write()
	back := context.WithoutCancel(ctx) // left like this, the topic would open a file for every batch until the next start
	return errors.Join(err, e.c.alter(back, s.Name, segmentBytes, strconv.Itoa(s.segmentBytes())))
}

func (e *Embedded) writeMark(ctx context.Context, topic string, partition int) error {
	mark := &Record{Topic: topic, Key: []byte("mark"), Value: []byte{}, Headers: []Header{{HeaderWire, []byte(markWire)}}}
	_, err := e.c.produceAs(ctx, pass{e.gate.pass, kafka.Compression(0)}, laneKey{topic, partition}, []*Record{mark})
	if err != nil {
		return fmt.Errorf("write a mark to %s/%d: %w", topic, partition, err)
	}
	return nil
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
