package chdb_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"earshot/casework"
	"earshot/index/archive/clickhouse"
	"earshot/index/indextest"
	"earshot/internal/machinetest"
)

// daemon starts chdbd on a data folder and returns its DSN and how to kill it.
func daemon(t *testing.T, data string) (dsn string, kill func()) {
	t.Helper()
	dir := os.Getenv("EARSHOT_TEST_CHDB")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "build", "chdb")
	}
	if _, err := os.Stat(filepath.Join(dir, "chdbd")); err != nil {
		machinetest.Need(t, "the ClickHouse library: run index/indextest/chdb/install.sh, or name its folder in EARSHOT_TEST_CHDB (%v)", err)
	}
	cmd := exec.Command(filepath.Join(dir, "chdbd"), "-library", filepath.Join(dir, "libchdb.so"), "-data", data)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("chdbd ended before it said where it listens")
	}
	return strings.Replace(lines.Text(), "/default", "/council", 1), kill
}

// TestKill kills the engine with SIGKILL between writes: what was acknowledged is there when it is started again on the same folder.
func TestKill(t *testing.T) {
	data := t.TempDir()
	const rounds, perRound = 3, 50
	for round := range rounds {
		dsn, kill := daemon(t, data)
		s, err := clickhouse.Open(t.Context(), clickhouse.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		if st, err := s.Stats(t.Context()); err != nil || st.Mentions != int64(round*perRound) {
			t.Fatalf("round %d begins with %d mentions, %v", round, st.Mentions, err)
		}
		batch := indextest.Sample(uint64(round*perRound), perRound)
		if r, err := s.PutTagged(t.Context(), batch); err != nil || r.New != perRound {
			t.Fatal(r, err)
		}
		if rec, err := s.Get(t.Context(), casework.Viewer{Role: casework.System}, batch[7].Mention.ID); err != nil || rec.Mention.Text != batch[7].Mention.Text {
			t.Fatal(err)
		}
		kill()
		if err := s.Ping(t.Context()); err == nil {
			t.Fatal("the engine is killed and answers")
		}
		s.Close()
	}
}
