package clickhouse

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"earshot/index/archive"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var _ archive.Store = (*Store)(nil)

// Store is the record in one ClickHouse database.
type Store struct {
	cfg  Config
	log  *slog.Logger
	conn driver.Conn
	once sync.Once
}

// Open connects, makes the database and its tables when they are absent and brings them to this program's schema when they are older.
// Errors: archive.ErrNewer, wrapped, when they are newer. No error repeats the DSN, which may hold a password.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	opts, err := ch.ParseDSN(cfg.DSN)
	if err != nil {
		return nil, fmt.Errorf("the ClickHouse address cannot be read: write it as clickhouse://user:password@host:9000/database or http://user:password@host:8123/database")
	}
	if err := makeDatabase(ctx, *opts); err != nil {
		return nil, fmt.Errorf("open the record in ClickHouse: %w", err)
	}
	conn, err := ch.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("open the record in ClickHouse: %w", err)
	}
	s := &Store{cfg: cfg, log: cfg.Log.With("component", "archive"), conn: conn}
	if err := s.migrate(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open the record in ClickHouse: %w", err)
	}
	return s, nil
}

// makeDatabase makes the council's database when it is not there. A user without the right to do so may have it made by somebody else.
func makeDatabase(ctx context.Context, opts ch.Options) error {
	name := opts.Auth.Database
	if name == "" || name == "default" {
		return nil
	}
	opts.Auth.Database = "default"
	opts.MaxOpenConns, opts.MaxIdleConns = 1, 1
	conn, err := ch.Open(&opts)
	if err != nil {
		return err
	}
	defer conn.Close()
	var there uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = ?", name).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return nil
	}
	return conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS `"+strings.ReplaceAll(name, "`", "\\`")+"`")
}

// Ping asks the server for a row of the record.
func (s *Store) Ping(ctx context.Context) error {
	var n uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM (SELECT 1 FROM mentions LIMIT 1)").Scan(&n); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// Close gives the connections back.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() { err = s.conn.Close() })
	return err
}
