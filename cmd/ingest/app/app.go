package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"earshot/cmd/internal/env"
	"earshot/cmd/internal/lifecycle"
	"earshot/cmd/internal/node"
	"earshot/sources/topic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
)

// Config is what an ingest process is told.
type Config struct {
	env.Config
	Version string
	Log     *slog.Logger
}

// Run reads platforms into Kafka until ctx ends, then drains.
func Run(ctx context.Context, cfg Config) (err error) {
	if cfg.Embedded() {
		return errors.New("EARSHOT_KAFKA_BROKERS is not set: without Kafka, triage runs the connectors itself")
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	stack := lifecycle.Stack{Log: cfg.Log}
	defer func() { err = errors.Join(err, stack.Close(ctx)) }()
	host, _ := os.Hostname()
	log, err := node.OpenLog(ctx, node.LogConfig{Brokers: cfg.KafkaBrokers, Prefix: cfg.TopicPrefix, ClientID: "ingest-" + host, Log: cfg.Log, Registry: reg}, &stack)
	if err != nil {
		return err
	}
	secret, err := cfg.Key()
	if err != nil {
		return err
	}
	keys, err := node.NewKeys(log.Settings, secret)
	if err != nil {
		return err
	}
	s := node.OpenSettings(log.Settings, cfg.Log)
	if s.Current() == nil {
		cfg.Log.Warn("waiting for settings", "why", node.ErrNoSettings)
	}
	// One ingest at a time reads the platforms, so that a second one can stand by; leadership moves when this one ends.
	fleet := node.NewConnectors(node.ConnectorConfig{Log: log, Settings: s, Keys: keys, Version: cfg.Version, Contact: cfg.PublicURL, Node: host,
		Logger: cfg.Log, Metrics: reg}).Fleet(log.Client)
	ln, err := net.Listen("tcp", cfg.IngestListen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.IngestListen, err)
	}
	srv := &http.Server{Handler: handler(reg, log.Client, s), ReadHeaderTimeout: 5 * time.Second}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	g.Go(func() error {
		err := log.Client.Lead(ctx, "ingest", fleet.Run)
		if ctx.Err() != nil {
			return nil
		}
		return err
	})
	g.Go(func() error {
		stop := context.AfterFunc(ctx, func() { srv.Close() })
		defer stop()
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	cfg.Log.Info("ingest runs", "listen", ln.Addr(), "version", cfg.Version)
	return g.Wait()
}

// handler serves health and metrics.
func handler(reg *prometheus.Registry, c *topic.Client, s *node.Settings) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		_, err := c.EndOffsets(r.Context(), topic.Mentions)
		var why []string
		if err != nil {
			why = append(why, "the log cannot be reached")
		}
		if s.Current() == nil {
			why = append(why, "the log holds no settings yet")
		}
		if len(why) > 0 {
			http.Error(w, strings.Join(why, "; "), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	return mux
}
