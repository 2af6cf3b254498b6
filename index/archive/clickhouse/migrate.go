package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"earshot/index/archive"
)

// A migration's statements end with a semicolon at the end of a line and can be
// repeated, because ClickHouse has no transaction around them: one that was interrupted is run again whole.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the newest schema. Two programs that start at once do the same thing twice, which does no harm.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := archive.Migrations(migrations, "migrations")
	if err != nil {
		return err
	}
	err = s.conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, name String, at DateTime64(3, 'UTC') DEFAULT now64(3))
		ENGINE = ReplacingMergeTree ORDER BY number`)
	if err != nil {
		return err
	}
	var have uint32
	if err := s.conn.QueryRow(ctx, "SELECT max(number) FROM schema_migrations").Scan(&have); err != nil {
		return err
	}
	if last := steps[len(steps)-1].Number; int(have) > last {
		return fmt.Errorf("%w (it has schema %d; this program knows %d)", archive.ErrNewer, have, last)
	}
	for _, m := range steps {
		if m.Number <= int(have) {
			continue
		}
		for _, q := range strings.Split(m.Script, ";\n") {
			if q = strings.TrimSpace(q); q == "" {
				continue
			}
			if err := s.conn.Exec(ctx, q); err != nil {
				return fmt.Errorf("migration %s: %w", m.Name, err)
			}
		}
		if err := s.conn.Exec(ctx, "INSERT INTO schema_migrations (number, name) SELECT ?, ?", uint32(m.Number), m.Name); err != nil {
			return fmt.Errorf("migration %s: %w", m.Name, err)
		}
		s.log.Info("record migrated", "schema", m.Number)
	}
	return nil
}
