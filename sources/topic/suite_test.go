package topic

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/machinetest"
)

// world is one log to test against, with a prefix of its own.
type world struct {
	brokers  []string
	prefix   string
	embedded *Embedded // nil on a real Kafka
}

// onEveryLog runs a test on the embedded broker and on the Kafka named by EARSHOT_TEST_KAFKA.
func onEveryLog(t *testing.T, test func(t *testing.T, w world)) {
	t.Run("embedded", func(t *testing.T) {
		e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
		test(t, world{brokers: e.Addrs(), embedded: e})
	})
	t.Run("kafka", func(t *testing.T) {
		list := os.Getenv("EARSHOT_TEST_KAFKA")
		if list == "" {
			machinetest.Need(t, "a real Kafka: set EARSHOT_TEST_KAFKA to host:port,...")
		}
		w := world{brokers: strings.Split(list, ","), prefix: newPrefix()}
		c := w.dial(t)
		if wrong, err := c.EnsureTopics(t.Context()); err != nil || len(wrong) > 0 {
			t.Fatalf("topics: %v %q", err, wrong)
		}
		t.Cleanup(func() { w.drop(t) })
		test(t, w)
	})
}

var prefixes atomic.Int64

func newPrefix() string {
	return fmt.Sprintf("t%d-%d-%d.", time.Now().UnixNano(), os.Getpid(), prefixes.Add(1))
}

func openEmbedded(t testing.TB, cfg EmbeddedConfig) *Embedded {
	t.Helper()
	cfg.Log = testLog(t)
	e, err := OpenEmbedded(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func (w world) dial(t testing.TB) *Client {
	t.Helper()
	return w.dialAs(t, Config{})
}

func (w world) dialAs(t testing.TB, cfg Config) *Client {
	t.Helper()
	cfg.Brokers, cfg.Prefix, cfg.Log = w.brokers, w.prefix, testLog(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := Dial(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// drop removes the topics of a test from a real Kafka.
func (w world) drop(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := Dial(ctx, Config{Brokers: w.brokers, Prefix: w.prefix})
	if err != nil {
		t.Log(err)
		return
	}
	defer c.Close()
	if _, err := c.kc.DeleteTopics(ctx, deleteAll(c)); err != nil {
		t.Log(err)
	}
}

// testLog writes warnings of a test to its own output for as long as it runs.
func testLog(t testing.TB) *slog.Logger {
	var over atomic.Bool
	t.Cleanup(func() { over.Store(true) })
	return slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		if !over.Load() {
			t.Logf("%s", p)
		}
		return len(p), nil
	}), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// eventually waits for a condition on the other side of a network.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("after %s still not so: %s", within, what)
		case <-tick.C:
		}
	}
}

// event makes a record of casework.
func event(key string, n int) Record {
	r, err := Encode(Casework, KindEvent, key, map[string]any{"n": n})
	if err != nil {
		panic(err)
	}
	return r
}
