package topic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

func deleteAll(c *Client) *kafka.DeleteTopicsRequest {
	req := &kafka.DeleteTopicsRequest{}
	for _, s := range c.specs {
		req.Topics = append(req.Topics, c.name(s.Name))
	}
	return req
}

// numbers reads everything on a topic and returns, by key, the numbers in the order read.
func numbers(t *testing.T, c *Client, topic string) map[string][]int {
	t.Helper()
	out := map[string][]int{}
	err := c.readAll(t.Context(), topic, func(r Record) error {
		v, err := Decode[map[string]int](r, KindEvent)
		if err != nil {
			return err
		}
		out[string(r.Key)] = append(out[string(r.Key)], v["n"])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPublishKeepsOrderPerKey(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		const writers, each = 8, 500
		var wg sync.WaitGroup
		for g := range writers {
			wg.Go(func() {
				for n := 0; n < each; n += 50 {
					var recs []Record
					for i := range 50 {
						recs = append(recs, event(fmt.Sprintf("key-%d", g), n+i))
					}
					if err := c.Publish(t.Context(), recs); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got := numbers(t, c, Casework)
		if len(got) != writers {
			t.Fatalf("%d keys read, %d written", len(got), writers)
		}
		for key, ns := range got {
			if len(ns) != each {
				t.Errorf("%s: %d records, want %d", key, len(ns), each)
			}
			for i, n := range ns {
				if n != i {
					t.Fatalf("%s: number %d came at place %d", key, n, i)
				}
			}
		}
	})
}

func TestPublishReturnsOffsets(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		var recs []Record
		for n := range 300 {
			recs = append(recs, event(fmt.Sprintf("k%d", n), n))
		}
		offsets, err := c.publish(t.Context(), recs)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int64{}
		if err := c.readAll(t.Context(), Casework, func(r Record) error { at[string(r.Key)] = r.Offset; return nil }); err != nil {
			t.Fatal(err)
		}
		for i, o := range offsets {
			if at[string(recs[i].Key)] != o {
				t.Fatalf("record %d: told offset %d, lies at %d", i, o, at[string(recs[i].Key)])
			}
		}
	})
}

func TestPublishSizes(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		noise := incompressible(MaxValueBytes - 2)
		big := event("big", 1)
		big.Value = []byte(`"` + noise + `"`)
		if err := c.Publish(t.Context(), []Record{event("a", 1), big, event("b", 2)}); err != nil {
			t.Fatalf("a value of %d bytes: %v", len(big.Value), err)
		}
		found := 0
		if err := c.readAll(t.Context(), Casework, func(r Record) error {
			if string(r.Key) == "big" && string(r.Value) == string(big.Value) {
				found++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if found != 1 {
			t.Fatalf("the longest value was read %d times", found)
		}
		big.Value = append(big.Value, make([]byte, 64<<10)...)
		if err := c.Publish(t.Context(), []Record{big}); !errors.Is(err, ErrTooLarge) {
			t.Fatalf("a longer one: %v", err)
		}
	})
}

// incompressible returns n letters that no compression shortens by much.
func incompressible(n int) string {
	var b strings.Builder
	x := uint64(88172645463325252)
	for b.Len() < n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		fmt.Fprintf(&b, "%013s", strings.ToUpper(fmt.Sprintf("%x", x)))
	}
	return b.String()[:n]
}

func TestPublishEndsWithItsContext(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	c := world{brokers: e.Addrs()}.dial(t)
	if err := c.Publish(t.Context(), []Record{event("a", 1)}); err != nil {
		t.Fatal(err)
	}
	release := e.gate.hold(Casework)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := c.Publish(ctx, []Record{event("a", 2)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a topic that takes nothing: %v", err)
	}
	release()
	if err := c.Publish(t.Context(), []Record{event("a", 3)}); err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, c, Casework)["a"]; len(got) < 2 || got[0] != 1 || got[len(got)-1] != 3 {
		t.Fatalf("read %v", got)
	}
}
