package sqlite_test

import (
	"path/filepath"
	"testing"

	"earshot/index/archive"
	"earshot/index/archive/sqlite"
	"earshot/index/indextest"
)

func TestArchive(t *testing.T) {
	indextest.Archive(t, func(t *testing.T) func() archive.Store {
		path := filepath.Join(t.TempDir(), "record.db")
		return func() archive.Store {
			s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}
