package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// fillDisk writes a file that leaves only so many bytes free.
func fillDisk(t *testing.T, dir string, leave int64) string {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := int64(fs.Bavail)*fs.Bsize - leave; size > 0; size -= 1 << 20 {
		if _, err := f.Write(make([]byte, min(size, 1<<20))); err != nil {
			break // the program took the last bytes first
		}
	}
	return path
}
