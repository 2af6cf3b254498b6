package clickhouse_test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"earshot/casework"
	"earshot/index/archive"
	"earshot/index/archive/clickhouse"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// connect opens the test's database beside the store.
func connect(t *testing.T, dsn string) driver.Conn {
	t.Helper()
	opts, err := ch.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ch.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t *testing.T, conn driver.Conn, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if err := conn.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// firstRecord makes a database as the program's first schema left it, with a delivery in it.
func firstRecord(t *testing.T) (dsn string) {
	t.Helper()
	dsn = freshDatabase(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/default"
	run(t, connect(t, u.String()), "CREATE DATABASE "+name)
	script, err := os.ReadFile("migrations/0001_record.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	for _, q := range strings.Split(string(script), ";\n") {
		if strings.TrimSpace(q) != "" {
			run(t, conn, q)
		}
	}
	run(t, conn, "CREATE TABLE schema_migrations (number UInt32, name String, at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree ORDER BY number",
		"INSERT INTO schema_migrations (number, name) SELECT 1, '0001_record'",
		`INSERT INTO events (mention, id, n, at, type, incident, actor, body) SELECT 'x:1', 'd1', 0, now64(3), 'delivered', 'i', 'system',
			'{"id":"d1","mention":"x:1","type":"delivered","at":"2026-01-02T03:04:05Z","by":{"kind":"system","id":"escalate"}}'`)
	return dsn
}

func TestOlderRecord(t *testing.T) {
	dsn := firstRecord(t)
	s := open(t, dsn)
	deliveries := 0
	if err := s.Deliveries(t.Context(), func(e casework.Event) error { deliveries++; return nil }); err != nil || deliveries != 1 {
		t.Fatal(deliveries, err)
	}
	var schema uint32
	if err := connect(t, dsn).QueryRow(t.Context(), "SELECT max(number) FROM schema_migrations").Scan(&schema); err != nil || schema != 3 {
		t.Fatal(schema, err)
	}
	open(t, dsn) // again, with nothing to do
}

func TestNewerRecord(t *testing.T) {
	dsn := firstRecord(t)
	run(t, connect(t, dsn), "INSERT INTO schema_migrations (number, name) SELECT 99, 'from the future'")
	s, err := clickhouse.Open(t.Context(), clickhouse.Config{DSN: dsn})
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, archive.ErrNewer) || !strings.Contains(err.Error(), "99") {
		t.Fatal(err)
	}
}
