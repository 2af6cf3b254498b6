package fulltext

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"earshot/casework"
	"earshot/index"
)

// crashCopy returns the files of x as a crash would leave them now, with everything that was asked of bleve on the disk.
func crashCopy(t *testing.T, x *Index) string {
	t.Helper()
	for _, s := range x.shards {
		if err := s.text.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for {
		dir := filepath.Join(t.TempDir(), "index")
		err := os.CopyFS(dir, os.DirFS(x.dir))
		if err == nil {
			return dir
		}
		if !errors.Is(err, os.ErrNotExist) || t.Context().Err() != nil { // bleve removed a merged file meanwhile: no crash looks like that
			t.Fatal(err)
		}
	}
}

func expect(t *testing.T, x *Index, when string, want map[string]int) {
	t.Helper()
	for query, n := range want {
		if got := search(t, x, query, casework.Comms); len(got) != n {
			t.Errorf("%s, %s finds %v, want %d", when, query, got, n)
		}
	}
}

// TestGhosts: words that a crash left at a place belong to nobody, least of all to the mention that takes the place next.
func TestGhosts(t *testing.T) {
	x := openTest(t, t.TempDir())
	apply(t, x, mention("a:0", "stays", time.Hour))
	checkpoint(t, x)
	apply(t, x, mention("a:1", "ghost words", time.Hour), mention("a:2", "ghost again", time.Hour))
	for _, s := range x.shards { // into one segment with what stays: a segment of ghosts alone would vanish by itself
		if err := errors.Join(s.text.flush(t.Context()), s.text.merge(t.Context(), whole), s.text.flush(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	after := openTest(t, crashCopy(t, x))
	expect(t, after, "after the crash", map[string]int{"ghost": 0, "words": 0, "stays": 1})
	apply(t, after, mention("a:3", "real words", time.Hour))
	expect(t, after, "once the place is taken", map[string]int{"ghost": 0, "words": 1, "gho*": 0, `"ghost words"`: 0})
}

// TestFailedCheckpoint: a checkpoint that cannot save has taken nothing off the disk that the last one promised, and the next one mends it.
func TestFailedCheckpoint(t *testing.T) {
	x := openTest(t, t.TempDir())
	apply(t, x, mention("a:1", "first words", time.Hour), mention("a:2", "other words", time.Hour))
	checkpoint(t, x)
	apply(t, x, mention("a:1", "second words", time.Hour), index.Change{Remove: "a:2"})
	if err := x.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Checkpoint(t.Context()); err == nil {
		t.Fatal("a checkpoint without a store succeeds: the test proves nothing")
	}
	after := openTest(t, crashCopy(t, x))
	expect(t, after, "after the crash", map[string]int{"first": 1, "second": 0, "other": 1})
	var err error
	if x.db, err = openStore(x.dir, london); err != nil {
		t.Fatal(err)
	}
	checkpoint(t, x)
	expect(t, x, "after the next checkpoint", map[string]int{"first": 0, "second": 1, "other": 0})
}
