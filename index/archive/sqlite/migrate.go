package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"

	"earshot/index/archive"
)

// Migrations go forward only. A file is named NUMBER_what.sql; the number of the last one applied is the file's user_version.
//
//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as this program's record: "Ears".
const applicationID = 0x45617273

type migration struct {
	number int
	name   string
	script string
}

// readMigrations returns the migrations in order. The files are part of the program, so a fault in them is one of the program.
func readMigrations() ([]migration, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", f.Name())
		}
		script, err := migrations.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, migration{n, strings.TrimSuffix(f.Name(), ".sql"), string(script)})
	}
	slices.SortFunc(out, func(a, b migration) int { return a.number - b.number })
	return out, nil
}

// migrate brings the file to the newest schema, one transaction a step.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	steps, err := readMigrations()
	if err != nil {
		return err
	}
	var have, app int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return err
	}
	last := steps[len(steps)-1].number
	switch {
	case have > last:
		return fmt.Errorf("%w (it has schema %d; this program knows %d)", archive.ErrNewer, have, last)
	case have > 0 && app != applicationID:
		return fmt.Errorf("the file is a SQLite database, but not a record of this program; name another file")
	}
	for _, m := range steps {
		if m.number <= have {
			continue
		}
		if err := apply(ctx, db, m); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, full(err))
		}
		log.Info("record migrated", "schema", m.number)
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, m migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, q := range []string{m.script, fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", m.number)} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return tx.Commit()
}
