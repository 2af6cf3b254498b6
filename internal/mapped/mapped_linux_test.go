package mapped_test

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/mapped"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// residentOf is how many bytes of a file are resident through its mappings.
func residentOf(t *testing.T, path string) (n int) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ours := false
	for s := bufio.NewScanner(f); s.Scan(); {
		var kib int
		switch first, _, _ := strings.Cut(s.Text(), " "); {
		case !strings.HasSuffix(first, ":"):
			ours = strings.HasSuffix(s.Text(), path)
		case ours && first == "Rss:":
			if _, err := fmt.Sscanf(s.Text(), "Rss: %d kB", &kib); err != nil {
				t.Fatal(err)
			}
			n += kib << 10
		}
	}
	return n
}

// read is the checksum of what touch read last, so that the compiler cannot leave the reading out.
var read uint32

// touch reads every page of b, so that it is resident.
func touch(b []byte) { read = crc32.ChecksumIEEE(b) }

func TestWholePagesAreGivenBack(t *testing.T) {
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "mapped")
	want := bytes.Repeat([]byte("earshot "), 64*page/8)
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := unix.Mmap(int(f.Fd()), 0, len(want), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(b)
	for _, c := range []struct {
		name     string
		from, to int
		left     int // pages
	}{
		{"all", 0, len(b), 0},
		{"pages that are not whole stay", 1, len(b) - 1, 2},
		{"less than a page", 1, page, 64},
		{"nothing", page, page, 64},
	} {
		touch(b)
		if got := residentOf(t, path); got != len(b) {
			t.Fatalf("%s: %d bytes are resident of %d that were read", c.name, got, len(b))
		}
		if err := mapped.GiveBack(b[c.from:c.to]); err != nil {
			t.Fatal(err)
		}
		if got := residentOf(t, path); got != c.left*page {
			t.Errorf("%s: %d bytes stay resident, want %d pages", c.name, got, c.left)
		}
		if !bytes.Equal(b, want) {
			t.Errorf("%s: the mapping says something else than the file", c.name)
		}
	}
	if err := mapped.GiveBack(nil); err != nil {
		t.Error(err)
	}
}

func TestAStoreIsGivenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	key, value := []byte("value"), bytes.Repeat([]byte("mention "), 1<<17)
	put := func() error {
		return db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("bucket"))
			if err != nil {
				return err
			}
			return b.Put(key, value)
		})
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		got := tx.Bucket([]byte("bucket")).Get(key)
		touch(got)
		if n := residentOf(t, path); n < len(value) {
			t.Errorf("%d bytes are resident of a value of %d that was read", n, len(value))
		}
		if err := mapped.GiveBackBolt(tx); err != nil {
			return err
		}
		if n := residentOf(t, path); n > len(value)/10 { // bbolt's own look at its pages may come between
			t.Errorf("%d bytes stay resident", n)
		}
		if !bytes.Equal(got, value) {
			t.Error("the value is another one")
		}
		return nil
	})
	if err == nil {
		err = put() // it can still be written
	}
	if err != nil {
		t.Fatal(err)
	}
}
