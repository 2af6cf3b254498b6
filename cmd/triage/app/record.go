package app

import (
	"context"
	"os"
	"path/filepath"

	"earshot/index/archive"
	"earshot/index/archive/clickhouse"
	"earshot/index/archive/sqlite"
)

// openRecord opens the record that the configuration names.
func openRecord(ctx context.Context, cfg Config, m *archive.Metrics) (archive.Store, error) {
	log := cfg.Log.With("component", "archive")
	if dsn := cfg.ClickHouseDSN.Reveal(); dsn != "" {
		return clickhouse.Open(ctx, clickhouse.Config{DSN: dsn, Log: log, Metrics: m})
	}
	path := cfg.path("record", "record.db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, sqlite.Config{Path: path, Log: log, Metrics: m})
}
