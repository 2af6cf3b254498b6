package mapped

import (
	"os"

	"golang.org/x/sys/unix"
)

// giveBack makes the whole pages among the n bytes at address at not resident.
func giveBack(at uintptr, n int) error {
	page := uintptr(os.Getpagesize())
	from, to := (at+page-1)&^(page-1), (at+uintptr(n))&^(page-1)
	if from >= to {
		return nil
	}
	if _, _, errno := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED); errno != 0 {
		return os.NewSyscallError("madvise", errno)
	}
	return nil
}
