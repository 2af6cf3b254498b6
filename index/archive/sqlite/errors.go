package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"earshot/index/archive"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// full marks the errors that mean "no room" as archive.ErrFull.
func full(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code()&0xff == sqlite3.SQLITE_FULL, e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE:
		return fmt.Errorf("%w: %w", archive.ErrFull, err)
	}
	return err
}

// scanner is (*sql.Rows).Scan.
type scanner = func(dest ...any) error

// each passes every row to fn and closes rows whatever happens. It takes the error of the query too, so that calls stay short.
func each(rows *sql.Rows, err error, fn func(scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
