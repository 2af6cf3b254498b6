package topic

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// benchWorld is the embedded broker, or the Kafka named by EARSHOT_TEST_KAFKA.
func benchWorld(b *testing.B) world {
	if list := os.Getenv("EARSHOT_TEST_KAFKA"); list != "" {
		w := world{brokers: strings.Split(list, ","), prefix: newPrefix()}
		if _, err := w.dial(b).EnsureTopics(b.Context()); err != nil {
			b.Fatal(err)
		}
		return w
	}
	e := openEmbedded(b, EmbeddedConfig{Dir: b.TempDir()})
	return world{brokers: e.Addrs(), embedded: e}
}

// posts are records of about 500 bytes that compress as posts do.
func posts(n int) []Record {
	words := strings.Fields("the bins on our road were not collected again this week and nobody at the council answers the phone when I ask why it is third time since june please send somebody #waste @council thank you so much for mending our park gate lovely work")
	recs := make([]Record, n)
	x := uint64(1)
	for i := range recs {
		var sb strings.Builder
		for sb.Len() < 400 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			sb.WriteString(words[x%uint64(len(words))])
			sb.WriteByte(' ')
		}
		id := fmt.Sprintf("bluesky:at://did:plc:%016x/app.bsky.feed.post/%d", x, i)
		r, err := Encode(Mentions, KindMention, id, map[string]string{"id": id, "platform": "bluesky", "text": sb.String()})
		if err != nil {
			panic(err)
		}
		recs[i] = r
	}
	return recs
}

func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			c := benchWorld(b).dial(b)
			recs := posts(size)
			b.SetBytes(int64(size * recs[0].size()))
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Publish(b.Context(), recs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkConsume(b *testing.B) {
	const total = 200_000
	c := benchWorld(b).dial(b)
	recs := posts(20_000)
	for n := 0; n < total; n += len(recs) {
		if err := c.Publish(b.Context(), recs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	round := 0
	for b.Loop() {
		round++
		ctx, stop := context.WithCancel(b.Context())
		var n atomic.Int64
		began := time.Now()
		var first time.Time
		err := c.Consume(ctx, ConsumeConfig{
			Group: fmt.Sprintf("bench-%d", round), Topics: []string{Mentions}, CommitEvery: time.Second,
			Handle: func(_ context.Context, recs []Record) error {
				if first.IsZero() {
					first = time.Now()
				}
				if n.Add(int64(len(recs))) >= total {
					stop()
				}
				return nil
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(total)/time.Since(first).Seconds(), "records/s")
		b.ReportMetric(first.Sub(began).Seconds()*1000, "ms-to-join")
	}
}

// BenchmarkLatency is from Publish of one record to its Handle in a group.
func BenchmarkLatency(b *testing.B) {
	c := benchWorld(b).dial(b)
	got := make(chan struct{}, 1)
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() {
		done <- c.Consume(ctx, ConsumeConfig{Group: "bench", Topics: []string{Mentions}, MaxWait: time.Millisecond,
			Handle: func(context.Context, []Record) error { got <- struct{}{}; return nil }})
	}()
	recs := posts(1)
	for b.Loop() {
		if err := c.Publish(b.Context(), recs); err != nil {
			b.Fatal(err)
		}
		<-got
	}
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkMillion puts 1,000,000 mentions through the embedded broker while the stages read and commit them, and reports what stays:
// resident memory of the whole process, disk, and the time a restart takes.
func BenchmarkMillion(b *testing.B) {
	const total, step = 1_000_000, 20_000
	for b.Loop() {
		dir := b.TempDir()
		e := openEmbedded(b, EmbeddedConfig{Dir: dir, TrimEvery: time.Second, Readers: map[string][]string{Mentions: {GroupClassify}}})
		c := world{brokers: e.Addrs()}.dial(b)
		ctx, stop := context.WithCancel(b.Context())
		var n atomic.Int64
		done := make(chan error, 1)
		go func() {
			done <- c.Consume(ctx, ConsumeConfig{Group: GroupClassify, Topics: []string{Mentions}, CommitEvery: time.Second,
				Handle: func(_ context.Context, recs []Record) error { n.Add(int64(len(recs))); return nil }})
		}()
		recs := posts(step)
		for sent := 0; sent < total; sent += step {
			if err := c.Publish(b.Context(), recs); err != nil {
				b.Fatal(err)
			}
		}
		eventually(b, time.Minute, "all read", func() bool { return n.Load() >= total })
		stop()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		recs = nil
		if err := e.Trim(b.Context()); err != nil {
			b.Fatal(err)
		}
		debug.FreeOSMemory()
		b.ReportMetric(resident(b), "MiB-resident")
		b.ReportMetric(float64(diskUse(b, dir))/total, "B-disk/mention")
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		openEmbedded(b, e.cfg)
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-to-open")
	}
}

// resident is the process's resident memory in MiB, on Linux.
func resident(b *testing.B) float64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("needs /proc/self/statm")
	}
	var size, pages int
	if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

func diskUse(b *testing.B, dir string) int64 {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}
