package machinetest

import (
	"fmt"
	"syscall"
	"testing"
)

// SmallDisk mounts a file system of size bytes for the test, which only root may.
func SmallDisk(t testing.TB, size int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("mode=0700,size=%d", size)); err != nil {
		Need(t, "the right to mount a small file system (root): %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}
