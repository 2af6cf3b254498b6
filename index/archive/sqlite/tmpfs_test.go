package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"earshot/index/archive"
	"earshot/index/archive/sqlite"
	"earshot/index/indextest"
)

// TestDiskReallyFull fills a disk of 4 MiB: the file, the write-ahead log and its index are all refused room by the kernel itself.
func TestDiskReallyFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("needs the right to mount a small disk: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	path := filepath.Join(dir, "record.db")
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := 0
	for err == nil {
		if _, err = s.PutTagged(t.Context(), indextest.Sample(uint64(put), 100)); err == nil {
			put += 100
		}
	}
	if !errors.Is(err, archive.ErrFull) || put == 0 {
		t.Fatalf("after %d mentions: %v", put, err)
	}
	for range 3 { // it stays full, and says so
		if _, err := s.PutTagged(t.Context(), indextest.Sample(uint64(put), 100)); !errors.Is(err, archive.ErrFull) {
			t.Fatal(err)
		}
	}
	if st := stats(t, s); int(st.Mentions) != put {
		t.Fatalf("%d mentions can be read of %d", st.Mentions, put)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if r, err := s.PutTagged(t.Context(), indextest.Sample(uint64(put), 100)); err != nil || r.New != 100 {
		t.Fatalf("there is room again: %+v, %v", r, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	integrity(t, s, path)
}
