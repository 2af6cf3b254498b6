package node

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"earshot/cmd/internal/lifecycle"
	"earshot/sources/topic"

	"github.com/prometheus/client_golang/prometheus"
)

// LogConfig says which log to open.
type LogConfig struct {
	Data      string   // the embedded broker keeps its files in Data/log
	Brokers   []string // empty: embedded
	Prefix    string
	ClientID  string
	Retention time.Duration // zero: topic.DefaultRetention
	Log       *slog.Logger
	Registry  prometheus.Registerer
}

// Log is an open log with its two compacted tables.
type Log struct {
	Client   *topic.Client
	Embedded *topic.Embedded // nil with Apache Kafka
	Addrs    []string
	Settings *topic.Table
	Cursors  *topic.Table
	Metrics  *topic.Metrics
}

// OpenLog opens the log, makes sure of its topics, and reads both tables. What it opened is pushed on stack, also when it fails.
func OpenLog(ctx context.Context, cfg LogConfig, stack *lifecycle.Stack) (*Log, error) {
	l := &Log{Addrs: cfg.Brokers, Metrics: topic.NewMetrics(cfg.Registry)}
	log := cfg.Log.With("component", "log")
	if len(cfg.Brokers) == 0 {
		e, err := topic.OpenEmbedded(ctx, topic.EmbeddedConfig{Dir: filepath.Join(cfg.Data, "log"), Prefix: cfg.Prefix,
			Retention: cfg.Retention, Log: log, Metrics: l.Metrics})
		if err != nil {
			return nil, fmt.Errorf("open the log in %s: %w", filepath.Join(cfg.Data, "log"), err)
		}
		stack.Push("embedded broker", func(context.Context) error { return e.Close() })
		l.Embedded, l.Addrs = e, e.Addrs()
	}
	c, err := topic.Dial(ctx, topic.Config{Brokers: l.Addrs, Prefix: cfg.Prefix, ClientID: cfg.ClientID, Retention: cfg.Retention,
		Log: log, Metrics: l.Metrics})
	if err != nil {
		return nil, fmt.Errorf("reach the log: %w", err)
	}
	stack.Push("log client", func(context.Context) error { return c.Close() })
	l.Client = c
	mismatches, err := c.EnsureTopics(ctx)
	if err != nil {
		return nil, fmt.Errorf("make sure of the log's topics: %w", err)
	}
	for _, m := range mismatches {
		log.Warn("a topic is not as it should be", "what", m)
	}
	for name, to := range map[string]**topic.Table{topic.Settings: &l.Settings, topic.Cursors: &l.Cursors} {
		t, err := topic.OpenTable(ctx, c, name)
		if err != nil {
			return nil, fmt.Errorf("read the %s table: %w", name, err)
		}
		stack.Push(name+" table", func(context.Context) error { return t.Close() })
		*to = t
	}
	return l, nil
}
