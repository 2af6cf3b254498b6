package app

import (
	"context"
	"errors"
	"io"
	"time"

	"earshot/cmd/internal/control"
	"earshot/cmd/internal/lifecycle"
	"earshot/cmd/internal/node"
	"earshot/sources"
	"earshot/sources/file"
	"earshot/sources/topic"

	"github.com/prometheus/client_golang/prometheus"
)

// importBatch is how many mentions are acknowledged together.
const importBatch = 1000

// Import hands the mentions of a file to the log and returns how many it accepted and how many lines it left out, each of which is told to
// bad. Whatever is counted as accepted is on the log. Importing a file again makes no duplicates.
func Import(ctx context.Context, cfg Config, path string, stdin io.Reader, opt file.Options, progress func(done, total int64),
	bad func(line int, why string)) (accepted, faults int, err error) {
	stack := lifecycle.Stack{Log: cfg.Log}
	defer func() { err = errors.Join(err, stack.Close(ctx)) }()
	client, err := openLog(ctx, cfg, &stack)
	if err != nil {
		return 0, 0, err
	}
	var r *file.Reader
	opt.Stdin = stdin
	opt.Progress = func(bytes, _ int64) { progress(bytes, r.Size()) }
	r, err = file.Open(path, opt)
	if err != nil {
		return 0, 0, err
	}
	stack.Push("file", func(context.Context) error { return r.Close() })
	for {
		ms, lines, err := r.Read(ctx, importBatch)
		for _, l := range lines {
			faults++
			bad(l.Line, l.Err)
		}
		now := time.Now()
		for i := range ms {
			sources.Normalise(&ms[i], now)
		}
		if len(ms) > 0 {
			if err := client.PublishMentions(ctx, ms); err != nil {
				return accepted, faults, err
			}
			accepted += len(ms)
		}
		if errors.Is(err, io.EOF) {
			return accepted, faults, nil
		}
		if err != nil {
			return accepted, faults, err
		}
	}
}

// openLog finds the log: the Kafka that the environment names, that of the triage that runs on the data folder, or the folder itself.
func openLog(ctx context.Context, cfg Config, stack *lifecycle.Stack) (*topic.Client, error) {
	lc := node.LogConfig{Data: cfg.Data, Brokers: cfg.KafkaBrokers, Prefix: cfg.TopicPrefix, ClientID: "ingest-import", Log: cfg.Log,
		Registry: prometheus.NewRegistry()}
	if cfg.Embedded() {
		var running control.Brokers
		err := control.Call(ctx, cfg.Data, "brokers", nil, nil, &running)
		switch {
		case err == nil:
			lc.Brokers, lc.Prefix = running.Addrs, running.Prefix
		case errors.Is(err, control.ErrNotRunning):
			if err := node.LockData(ctx, cfg.Data, stack); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
	l, err := node.OpenLog(ctx, lc, stack)
	if err != nil {
		return nil, err
	}
	return l.Client, nil
}
