package sqlite

import (
	"fmt"
	"testing"
)

// LimitPages makes the disk as small as pages of 8 KiB.
func LimitPages(t *testing.T, s *Store, pages int) {
	t.Helper()
	if _, err := s.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
}

// Pragma reads one number about the file.
func Pragma(t *testing.T, s *Store, name string) (n int) {
	t.Helper()
	if err := s.write.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
