package topic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

const (
	// fetchBytes bounds one answer of a broker; a batch that is larger comes alone. With the partitions of a few groups in flight
	// it is what keeps memory flat while a stage catches up.
	fetchBytes = 512 << 10
	// fetchWait is how long a broker holds a fetch when there is nothing new.
	fetchWait = 2 * time.Second
)

// chunk is what one fetch brought.
type chunk struct {
	topic     string
	partition int
	recs      []Record
	next      int64 // where the next fetch begins
	end       int64 // the partition's end when it was fetched
	reset     bool  // the place asked for was gone; this begins at the oldest record
}

// size is about the memory of its records.
func (g *chunk) size() int {
	n := 0
	for i := range g.recs {
		n += g.recs[i].size()
	}
	return n
}

// stream reads one partition from offset on, or from kafka.FirstOffset or kafka.LastOffset, and sends what it finds to out in order.
// A broker that is away is waited for. It returns when ctx ends.
func (c *Client) stream(ctx context.Context, topic string, partition int, offset int64, out chan<- chunk) {
	wait, failing := patience(), false
	for ctx.Err() == nil {
		var got chunk
		var err error
		if offset < 0 {
			got, err = c.seek(ctx, topic, partition, offset)
		} else {
			got, err = c.fetch(ctx, topic, partition, offset)
		}
		switch {
		case err == nil:
			if failing {
				c.log.Info("reading again", "topic", topic, "partition", partition)
			}
			wait.Reset()
			failing = false
		case errors.Is(err, kafka.OffsetOutOfRange):
			got, err = c.restart(ctx, topic, partition, offset)
		}
		if err != nil {
			if ctx.Err() == nil && !failing {
				c.log.Warn("cannot read, trying again", "topic", topic, "partition", partition, "err", err)
			}
			failing = true
			select {
			case <-time.After(wait.NextBackOff()):
			case <-ctx.Done():
			}
			continue
		}
		moved := got.next != offset
		offset = got.next
		if !moved && !got.reset {
			continue
		}
		select {
		case out <- got:
		case <-ctx.Done():
		}
	}
}

// seek turns kafka.FirstOffset and kafka.LastOffset into a place.
func (c *Client) seek(ctx context.Context, topic string, partition int, which int64) (chunk, error) {
	at, err := c.listOffsets(ctx, topic, which)
	if err != nil {
		return chunk{}, err
	}
	return chunk{topic: topic, partition: partition, next: at[partition], end: at[partition]}, nil
}

// restart begins again at the oldest record after the place asked for turned out to be gone.
func (c *Client) restart(ctx context.Context, topic string, partition int, offset int64) (chunk, error) {
	got, err := c.seek(ctx, topic, partition, kafka.FirstOffset)
	if err != nil {
		return got, err
	}
	c.cfg.Metrics.skip(topic, got.next-offset)
	c.log.Error("the place to read from is gone, going on with the oldest record",
		"topic", topic, "partition", partition, "wanted", offset, "oldest", got.next)
	got.reset = true
	return got, nil
}

// fetch asks once for what follows offset.
func (c *Client) fetch(ctx context.Context, topic string, partition int, offset int64) (chunk, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWait+callTimeout)
	defer cancel()
	res, err := c.kc.Fetch(ctx, &kafka.FetchRequest{
		Topic: c.name(topic), Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
	})
	if err != nil {
		return chunk{}, err
	}
	if res.Error != nil {
		return chunk{}, res.Error
	}
	got := chunk{topic: topic, partition: partition, next: offset, end: res.HighWatermark}
	if err := got.read(res.Records, offset); err != nil {
		return chunk{}, fmt.Errorf("topic: read %s/%d at %d: %w", topic, partition, got.next, err)
	}
	c.cfg.Metrics.read(topic, got.recs)
	return got, nil
}

// read copies records out of kafka-go's buffers. A batch may begin before the offset asked for.
func (g *chunk) read(from kafka.RecordReader, offset int64) error {
	var mem arena
	for {
		r, err := from.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rec := Record{Topic: g.topic, Partition: g.partition, Offset: r.Offset, Time: r.Time}
		if r.Offset >= offset {
			if rec.Key, err = mem.take(r.Key); err != nil {
				return err
			}
			if rec.Value, err = mem.take(r.Value); err != nil {
				return err
			}
		}
		if r.Key != nil {
			r.Key.Close()
		}
		if r.Value != nil {
			r.Value.Close()
		}
		if r.Offset < offset {
			continue
		}
		g.next = r.Offset + 1
		if len(r.Headers) > 0 {
			rec.Headers = make([]Header, len(r.Headers))
			for i, h := range r.Headers {
				rec.Headers[i] = Header{h.Key, h.Value}
			}
		}
		if !rec.isMark() {
			g.recs = append(g.recs, rec)
		}
	}
}

// arena hands out small slices of large blocks: records of one fetch live and die together.
type arena struct{ block []byte }

func (a *arena) take(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	const blockBytes = 64 << 10
	n := b.Len()
	if n == 0 {
		return []byte{}, nil // not nil, which would be a tombstone
	}
	if n > cap(a.block)-len(a.block) {
		if n > blockBytes/4 {
			return protocol.ReadAll(b)
		}
		a.block = make([]byte, 0, blockBytes)
	}
	at := len(a.block)
	a.block = a.block[:at+n]
	out := a.block[at : at+n : at+n]
	_, err := io.ReadFull(b, out)
	return out, err
}
