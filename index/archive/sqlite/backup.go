package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup implements archive.Backuper by VACUUM INTO: a copy without free pages, taken from one snapshot while writes go on.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up the record: %s exists already; name another file", path)
	}
	db, err := connect(s.cfg.Path, readerCacheKiB, "")
	if err != nil {
		return fmt.Errorf("back up the record: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return errors.Join(fmt.Errorf("back up the record: %w", full(err)), removeIfThere(path))
	}
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := syncPath(p); err != nil {
			return fmt.Errorf("back up the record: %w", err)
		}
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
