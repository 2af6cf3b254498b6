package clickhouse

import (
	"errors"
	"log/slog"

	"earshot/index/archive"
)

// Config says where the record is.
type Config struct {
	DSN     string // clickhouse://user:pass@host:9000/database or http://user:pass@host:8123/database; a database a council, made when absent
	Log     *slog.Logger
	Metrics *archive.Metrics // nil: none
}

// Validate says what is wrong with c, never repeating the DSN, which may hold a password.
func (c Config) Validate() error {
	if c.DSN == "" {
		return errors.New("the ClickHouse address is missing: set EARSHOT_CLICKHOUSE_DSN, such as clickhouse://user:password@host:9000/earshot")
	}
	return nil
}
