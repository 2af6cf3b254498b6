package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"earshot/index/archive"
)

// Migrations go forward only. A file is named NUMBER_what.sql; its statements end with a semicolon at the end of a line and can be
// repeated, because ClickHouse has no transaction around them: one that was interrupted is run again whole.
//
//go:embed migrations/*.sql
var migrations embed.FS

type migration struct {
	number     uint32
	name       string
	statements []string
}

func readMigrations() ([]migration, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", f.Name())
		}
		script, err := migrations.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, err
		}
		m := migration{number: uint32(n), name: strings.TrimSuffix(f.Name(), ".sql")}
		for _, s := range strings.Split(string(script), ";\n") {
			if s = strings.TrimSpace(s); s != "" {
				m.statements = append(m.statements, s)
			}
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b migration) int { return int(a.number) - int(b.number) })
	return out, nil
}

// migrate brings the database to the newest schema. Two programs that start at once do the same thing twice, which does no harm.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := readMigrations()
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
	if last := steps[len(steps)-1].number; have > last {
		return fmt.Errorf("%w (it has schema %d; this program knows %d)", archive.ErrNewer, have, last)
	}
	for _, m := range steps {
		if m.number <= have {
			continue
		}
		for _, q := range m.statements {
			if err := s.conn.Exec(ctx, q); err != nil {
				return fmt.Errorf("migration %s: %w", m.name, err)
			}
		}
		if err := s.conn.Exec(ctx, "INSERT INTO schema_migrations (number, name) SELECT ?, ?", m.number, m.name); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
		s.log.Info("record migrated", "schema", m.number)
	}
	return nil
}
