package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// folder is a Bucket in the file system. gocloud.dev's own does not fsync, and what Put has returned for must be there after a power cut.
type folder struct{ dir string }

var _ Bucket = (*folder)(nil)

// OpenFolder opens a folder as a Bucket and makes it when it is missing.
func OpenFolder(dir string) (Bucket, error) {
	f := &folder{dir}
	if err := f.mkdir(filepath.Join(dir, staging)); err != nil {
		return nil, fmt.Errorf("open the blob folder: %w", err)
	}
	return f, nil
}

// staging holds files that are not whole yet; what a crash left there is never read.
const staging = ".staging"

var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9.-]*)*$`)

func (f *folder) path(key string) (string, error) {
	if !keyForm.MatchString(key) {
		return "", fmt.Errorf("%q cannot be a blob's key", key)
	}
	return filepath.Join(f.dir, filepath.FromSlash(key)), nil
}

func (f *folder) Put(ctx context.Context, key string, r io.Reader) error {
	to, err := f.path(key)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Join(f.dir, staging), "put-*")
	if err != nil {
		return fmt.Errorf("store blob: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone already when the rename succeeded
	_, err = io.Copy(tmp, r)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("store blob: %w", err)
	}
	if err := f.mkdir(filepath.Dir(to)); err != nil {
		return fmt.Errorf("store blob: %w", err)
	}
	if err := os.Rename(tmp.Name(), to); err != nil {
		return fmt.Errorf("store blob: %w", err)
	}
	return syncDir(filepath.Dir(to))
}

// mkdir makes dir and makes sure that a power cut cannot take it away again.
func (f *folder) mkdir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := f.mkdir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f *folder) Get(_ context.Context, key string) (io.ReadCloser, error) {
	name, err := f.path(key)
	if err != nil {
		return nil, err
	}
	r, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoBlob, key)
	}
	return r, err
}

func (f *folder) Has(_ context.Context, key string) (bool, error) {
	name, err := f.path(key)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (f *folder) List(_ context.Context, prefix string) ([]string, error) {
	root, err := f.path(strings.TrimSuffix(prefix, "/"))
	if err != nil {
		return nil, err
	}
	var out []string
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing yet, or deleted while we looked
		}
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(f.dir, name) // name lies under f.dir
			out = append(out, path.Clean(filepath.ToSlash(rel)))
		}
		return err
	})
	slices.Sort(out)
	return out, err
}

func (f *folder) Delete(_ context.Context, key string) error {
	name, err := f.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("delete blob: %w", err)
	}
	return syncDir(filepath.Dir(name))
}

func (f *folder) Close() error { return nil }
