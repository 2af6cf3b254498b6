package topic

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// logDir is where kfake keeps its files; ours lie beside it.
func logDir(dir string) string { return filepath.Join(dir, "log") }

// lockDir makes the folder and holds it for this process. The lock ends with the process, however it ends.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("topic: make the log's folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("topic: open the log's lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("topic: the log in %s is in use by another process; stop that one first", dir), f.Close())
	}
	return f, nil
}

// readPort is the port the broker had before; zero when there is none.
func readPort(dir string) int {
	raw, err := os.ReadFile(filepath.Join(dir, "port"))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

func writePort(dir, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "port"), []byte(port+"\n"), 0o600)
	}
	if err != nil {
		return fmt.Errorf("topic: note the broker's port: %w", err)
	}
	return nil
}

func isAddrInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
