package clickhouse_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"earshot/index/archive"
	"earshot/index/archive/clickhouse"
	"earshot/index/indextest"
	"earshot/internal/machinetest"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

const addressEnv = "EARSHOT_TEST_CLICKHOUSE"

// freshDatabase returns the DSN of a database that is not there yet. It is kept when the test fails.
func freshDatabase(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv(addressEnv)
	if dsn == "" {
		machinetest.Need(t, "a ClickHouse server: set %s, or run make test-engines", addressEnv)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "earshot_test_" + strings.ToLower(rand.Text())
	u.Path = "/" + name
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("database %s is kept", name)
			return
		}
		drop(t, dsn, name)
	})
	return u.String()
}

func drop(t testing.TB, dsn, name string) {
	t.Helper()
	opts, err := ch.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ch.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(context.WithoutCancel(t.Context()), "DROP DATABASE IF EXISTS "+name); err != nil { // a cleanup's context has ended
		t.Errorf("drop the test's database: %v", err)
	}
}

func open(t testing.TB, dsn string) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(t.Context(), clickhouse.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestArchive(t *testing.T) {
	indextest.Archive(t, func(t *testing.T) func() archive.Store {
		dsn := freshDatabase(t)
		return func() archive.Store { return open(t, dsn) }
	})
}
