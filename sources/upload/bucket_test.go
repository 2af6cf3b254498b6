package upload

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"gocloud.dev/blob/memblob"
)

// TestBuckets asks of every bucket what this package relies on.
func TestBuckets(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) Bucket{
		"memory": func(*testing.T) Bucket { return Cloud(memblob.OpenBucket(nil)) },
		"folder": func(t *testing.T) Bucket {
			b, err := OpenBucket(t.Context(), "", filepath.Join(t.TempDir(), "new", "blobs"))
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
		"file url": func(t *testing.T) Bucket {
			b, err := OpenBucket(t.Context(), "file://"+filepath.ToSlash(t.TempDir()), "")
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			t.Cleanup(func() { b.Close() })
			testBucket(t, b)
		})
	}
}

func testBucket(t *testing.T, b Bucket) {
	ctx := t.Context()
	if _, err := b.Get(ctx, "original/aa/none"); !errors.Is(err, ErrNoBlob) {
		t.Errorf("Get of nothing = %v, want ErrNoBlob", err)
	}
	if ok, err := b.Has(ctx, "original/aa/none"); ok || err != nil {
		t.Errorf("Has of nothing = %v, %v", ok, err)
	}
	if keys, err := b.List(ctx, "uses/none/"); len(keys) != 0 || err != nil {
		t.Errorf("List of nothing = %v, %v", keys, err)
	}
	for _, text := range []string{"first", "", "second"} {
		if err := b.Put(ctx, "uses/aa/x", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, b, "uses/aa/x"); got != text {
			t.Errorf("read %q, want %q", got, text)
		}
	}
	broken := errors.New("the line broke")
	if err := b.Put(ctx, "uses/aa/x", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("Put of half a blob = %v, want the reader's fault", err)
	}
	if got := read(t, b, "uses/aa/x"); got != "second" {
		t.Errorf("half a Put left %q", got)
	}
	for _, k := range []string{"uses/aa/y", "uses/ab/z"} {
		if err := b.Put(ctx, k, strings.NewReader(k)); err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := b.List(ctx, "uses/aa/"); err != nil || !slices.Equal(keys, []string{"uses/aa/x", "uses/aa/y"}) {
		t.Errorf("List = %v, %v", keys, err)
	}
	for range 2 {
		if err := b.Delete(ctx, "uses/aa/x"); err != nil {
			t.Errorf("Delete = %v", err)
		}
	}
	if ok, _ := b.Has(ctx, "uses/aa/x"); ok {
		t.Error("a deleted blob is there")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := b.Put(cancelled, "uses/aa/late", strings.NewReader("x")); err == nil {
		t.Error("Put under a cancelled context succeeded")
	}
}

func read(t *testing.T, b Bucket, key string) string {
	t.Helper()
	r, err := b.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestFolderLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	b, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "original/aa/x", iotest.ErrReader(errors.New("no"))); err == nil {
		t.Fatal("Put of a broken reader succeeded")
	}
	if left, err := os.ReadDir(filepath.Join(dir, staging)); err != nil || len(left) != 0 {
		t.Errorf("staging holds %v, %v", left, err)
	}
	for _, key := range []string{"../x", "/etc/x", "a/../../x", "a//b", "", ".staging/x", "A"} {
		if err := b.Put(t.Context(), key, bytes.NewReader(nil)); err == nil {
			t.Errorf("key %q was taken", key)
		}
	}
}

func TestBucketErrorsHoldNoKeys(t *testing.T) {
	for _, u := range []string{"s3://b%zz?hunter2", "nowhere://hunter2"} {
		_, err := OpenBucket(t.Context(), u, "")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("OpenBucket(%s) = %v", u, err)
		}
	}
}
