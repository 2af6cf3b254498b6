//go:build unix

package classifytest

import (
	"syscall"
	"time"
)

// spent is the processor time this process has used: unlike the clock it does not grow while other programs run.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
