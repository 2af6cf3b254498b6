package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"earshot/cmd/internal/lifecycle"
)

// ErrInUse says that another process has the data folder.
var ErrInUse = errors.New("another process is using this data folder; stop it first")

// LockData makes the data folder and takes it for this process alone, until the stack closes or the process ends, however it ends.
func LockData(dir string, stack *lifecycle.Stack) error {
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "run", "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the data folder's lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("%w (%s)", ErrInUse, dir)
	}
	stack.Push("data folder lock", func(context.Context) error { return f.Close() })
	return nil
}
