package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"earshot/casework"
	"earshot/index/archive"
	"earshot/index/archive/sqlite"
	"earshot/index/indextest"
)

// TestDiskFull lets the disk be full at every size from empty to roomy: a write is there whole or not at all, and says which.
func TestDiskFull(t *testing.T) {
	s, path := open(t)
	ctx := t.Context()
	var puts, refused int
	for pages := 30; pages <= 200; pages += 4 {
		sqlite.LimitPages(t, s, pages)
		batch := indextest.Sample(uint64(1000*pages), 100)
		before := stats(t, s)
		_, err := s.PutTagged(ctx, batch)
		after := stats(t, s)
		switch {
		case err == nil:
			puts++
			if after.Mentions != before.Mentions+100 {
				t.Fatalf("%d mentions after %d and a batch of 100", after.Mentions, before.Mentions)
			}
		case errors.Is(err, archive.ErrFull):
			refused++
			if after.Mentions != before.Mentions {
				t.Fatalf("a refused batch left %d mentions behind", after.Mentions-before.Mentions)
			}
		default:
			t.Fatal(err)
		}
		event := casework.Event{ID: fmt.Sprint(pages), Mention: batch[0].Mention.ID, Type: casework.Noted, At: batch[0].Mention.CreatedAt, Note: strings.Repeat("long ", 2000) + fmt.Sprint(pages)}
		if _, err := s.PutEvents(ctx, []casework.Event{event}); err != nil && !errors.Is(err, archive.ErrFull) {
			t.Fatal(err)
		}
	}
	if puts == 0 || refused == 0 {
		t.Fatalf("%d batches went in and %d were refused: the limit was not met on both sides", puts, refused)
	}
	sqlite.LimitPages(t, s, 1<<30)
	if _, err := s.PutTagged(ctx, indextest.Sample(1, 100)); err != nil {
		t.Fatalf("there is room again: %v", err)
	}
	integrity(t, s, path)
}

// integrity closes the store and has SQLite check the whole file.
func integrity(t *testing.T, s *sqlite.Store, path string) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatal(verdict, err)
	}
}

func stats(t *testing.T, s archive.Store) archive.Stats {
	t.Helper()
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// childEnv makes the test binary a process that writes until it is killed.
const childEnv = "EARSHOT_RECORD_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

// writeForEver records batch after batch and says so after each. It begins with the last batch it finds, as the log would repeat it: its event
// may be missing.
func writeForEver(path string) {
	s, err := sqlite.Open(context.Background(), sqlite.Config{Path: path})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	st, err := s.Stats(context.Background())
	for n := max(0, int(st.Mentions)/50-1); err == nil; n++ {
		batch := indextest.Sample(uint64(n)*50, 50)
		if _, err = s.PutTagged(context.Background(), batch); err == nil {
			_, err = s.PutEvents(context.Background(), []casework.Event{{ID: fmt.Sprint("e", n), Mention: batch[0].Mention.ID, Type: casework.Escalated, At: batch[0].Mention.CreatedAt}})
		}
		fmt.Println("done", n)
	}
	fmt.Println("error", err)
	os.Exit(1)
}

// TestKill kills the writing process at arbitrary instants; what it had said was done is there.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.db")
	last := -1
	for round := range 8 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), childEnv+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for said := 0; said < 3+round && lines.Scan(); said++ {
			if _, err := fmt.Sscanf(lines.Text(), "done %d", &last); err != nil {
				t.Fatal(lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // said before it died
			fmt.Sscanf(lines.Text(), "done %d", &last)
		}
		child.Wait()

		s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		st := stats(t, s)
		if batches := int(st.Mentions) / 50; st.Mentions%50 != 0 || batches < last+1 || batches > last+2 {
			t.Fatalf("%d mentions after batch %d was done", st.Mentions, last)
		}
		if int(st.Events) < last+1 {
			t.Fatalf("%d events after batch %d was done", st.Events, last)
		}
		if round == 7 {
			integrity(t, s, path)
		}
		s.Close()
	}
	if last < 20 {
		t.Fatalf("only %d batches were written in all", last)
	}
}

// TestErasedBytes looks into the files themselves.
func TestErasedBytes(t *testing.T) {
	s, path := open(t)
	batch := indextest.Sample(1, 500)
	if _, err := s.PutTagged(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	id := batch[77].Mention.ID
	if !inFiles(t, path, id) {
		t.Fatal("the id is not in the files before the erasure: the test would prove nothing")
	}
	if n, err := s.Erase(t.Context(), []archive.Erasure{{Hash: archive.Hash(id), At: batch[0].Mention.CreatedAt}}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if inFiles(t, path, id) {
		t.Fatal("the id is still in the files after the erasure")
	}
	if !inFiles(t, path, batch[78].Mention.ID) {
		t.Fatal("its neighbour is gone too")
	}
}

func inFiles(t *testing.T, path, words string) bool {
	t.Helper()
	found := false
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		found = found || bytes.Contains(b, []byte(words))
	}
	return found
}

// TestBackup copies the record while it is written to.
func TestBackup(t *testing.T) {
	s, _ := open(t)
	fill(t, s, 3000)
	copyPath := filepath.Join(t.TempDir(), "copy.db")
	ctx, stop := context.WithCancel(t.Context())
	started, wrote := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if _, err := s.PutTagged(context.WithoutCancel(ctx), indextest.Sample(uint64(1_000_000+n*10), 10)); err != nil {
				t.Error(err)
				break
			}
			if n == 0 {
				close(started)
			}
		}
		wrote <- n
	}()
	<-started
	err := s.Backup(t.Context(), copyPath)
	stop()
	if n := <-wrote; err != nil || n == 0 {
		t.Fatal(n, err)
	}
	c, err := sqlite.Open(t.Context(), sqlite.Config{Path: copyPath})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if st := stats(t, c); st.Mentions < 3000 || st.Mentions%10 != 0 {
		t.Fatalf("%+v", st)
	}
	if err := s.Backup(t.Context(), copyPath); err == nil {
		t.Fatal("a backup was written over another")
	}
}
