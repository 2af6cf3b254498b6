package fulltext

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"earshot/casework"
)

// TestErasure: neither ID nor words of an erased mention are on the disk after Compact, and it does not come back.
func TestErasure(t *testing.T) {
	dir := t.TempDir()
	x := openTest(t, dir)
	apply(t, x, mention("a:secretid", "zyxwvut bins", time.Hour), mention("a:other", "bins stay", time.Hour))
	apply(t, x, event("e1", "a:secretid", casework.Escalated))
	checkpoint(t, x)
	if !onDisk(t, dir, "secretid") || !inSegments(t, x, "zyxwvut") {
		t.Fatal("ID and words were never there: the test proves nothing")
	}
	apply(t, x, event("e2", "a:secretid", casework.Erased))
	if got := search(t, x, "bins", casework.Comms); !slices.Equal(got, []string{"a:other"}) {
		t.Errorf("found %v", got)
	}
	checkpoint(t, x)
	checkpoint(t, x)
	if err := x.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if inSegments(t, x, "zyxwvut") || !inSegments(t, x, "stay") {
		t.Error("the words are still in a segment, or those of another mention are not")
	}
	if onDisk(t, dir, "secretid") {
		t.Error("the ID is still on the disk")
	}
	apply(t, x, mention("a:secretid", "zyxwvut bins", time.Hour), event("e3", "a:secretid", casework.Escalated))
	if x.Count() != 1 || x.Stats().Pending != 0 {
		t.Errorf("what was erased came back: %d mentions, %+v", x.Count(), x.Stats())
	}
}

// inSegments reports whether a segment's dictionary holds term, whoever may see it.
func inSegments(t *testing.T, x *Index, term string) bool {
	t.Helper()
	v, err := x.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.release()
	for _, s := range v.shards {
		for _, seg := range s.text.segs {
			d, err := seg.seg.Dictionary(textField)
			if err != nil {
				t.Fatal(err)
			}
			if there, err := d.Contains([]byte(term)); err != nil || there {
				return there
			}
		}
	}
	return false
}

func onDisk(t *testing.T, dir, what string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // files go while they are listed
		}
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte(what)) {
			found = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
