package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"earshot/cmd/internal/lifecycle"
)

// ErrInUse says that another process has the data folder.
var ErrInUse = errors.New("another process is using this data folder; stop it first")

// lockPatience is how long LockData waits for a command that has the folder, such as an import, to finish.
const lockPatience = 20 * time.Second

// LockData makes the data folder and takes it for this process alone, until the stack closes or the process ends, however it ends. It waits
// a while for a command that has it: a program started by its service manager must not fail because somebody was just importing a file.
func LockData(ctx context.Context, dir string, stack *lifecycle.Stack) error {
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "run", "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the data folder's lock: %w", err)
	}
	if err := take(ctx, f); err != nil {
		return errors.Join(fmt.Errorf("%w (%s)", err, dir), f.Close())
	}
	stack.Push("data folder lock", func(context.Context) error { return f.Close() })
	return nil
}

func take(ctx context.Context, f *os.File) error {
	limit := time.After(lockPatience)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		select {
		case <-again.C:
		case <-limit:
			return ErrInUse
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
