package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"log/slog"

	"earshot/index/archive"
)

// The number of the last migration applied is the file's user_version.
//
//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as this program's record: "Ears".
const applicationID = 0x45617273

// migrate brings the file to the newest schema, one transaction a step.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	steps, err := archive.Migrations(migrations, "migrations")
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
	last := steps[len(steps)-1].Number
	switch {
	case have > last:
		return fmt.Errorf("%w (it has schema %d; this program knows %d)", archive.ErrNewer, have, last)
	case have > 0 && app != applicationID:
		return fmt.Errorf("the file is a SQLite database, but not a record of this program; name another file")
	}
	for _, m := range steps {
		if m.Number <= have {
			continue
		}
		if err := apply(ctx, db, m); err != nil {
			return fmt.Errorf("migration %s: %w", m.Name, full(err))
		}
		log.Info("record migrated", "schema", m.Number)
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, m archive.Migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, q := range []string{m.Script, fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", m.Number)} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return tx.Commit()
}
