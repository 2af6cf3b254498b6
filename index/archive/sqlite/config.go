package sqlite

import (
	"errors"
	"log/slog"

	"earshot/index/archive"
)

// Config says where the record is.
type Config struct {
	Path    string // of the database file; its folder must exist
	Readers int    // connections for reading; zero: 4
	Log     *slog.Logger
	Metrics *archive.Metrics // nil: none
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	if c.Path == "" {
		return errors.New("the record's file is not named")
	}
	return nil
}
