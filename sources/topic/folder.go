package topic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
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

// segment is one file of a partition.
type segment struct {
	base  int64     // offset of its first record
	bytes int64     // on disk
	first time.Time // of its first batch
}

// segments lists a partition's files, oldest first. Empty ones are left out.
func segments(dir, topic string, partition int) ([]segment, error) {
	folder := filepath.Join(logDir(dir), "partitions", topic+"-"+strconv.Itoa(partition))
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("topic: list segments: %w", err)
	}
	var all []segment
	for _, en := range entries {
		name, ok := strings.CutSuffix(en.Name(), ".dat")
		if !ok {
			continue
		}
		base, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			continue
		}
		s, ok, err := readSegment(filepath.Join(folder, en.Name()), base)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b segment) int { return int(min(1, max(-1, a.base-b.base))) })
	return all, nil
}

// readSegment reads the head of a segment, which is that of a record batch as on the wire: its first timestamp is at byte 27.
func readSegment(path string, base int64) (segment, bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return segment{}, false, nil // removed since it was listed
	}
	if err != nil {
		return segment{}, false, fmt.Errorf("topic: read segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return segment{}, false, fmt.Errorf("topic: read segment: %w", err)
	}
	var head [35]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return segment{}, false, nil // nothing, or not all of a batch, has been written yet
	}
	first := time.UnixMilli(int64(binary.BigEndian.Uint64(head[27:])))
	return segment{base: base, bytes: info.Size(), first: first}, true, nil
}
