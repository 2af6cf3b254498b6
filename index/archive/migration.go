package archive

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Migration is one step of a store's schema. Migrations go forward only.
type Migration struct {
	Number int
	Name   string
	Script string
}

// Migrations reads the files NUMBER_what.sql of a folder, in order of their numbers. They are part of the program, so a fault in them is one
// of the program.
func Migrations(files fs.FS, folder string) ([]Migration, error) {
	list, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, f := range list {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", f.Name())
		}
		script, err := fs.ReadFile(files, folder+"/"+f.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, Migration{n, strings.TrimSuffix(f.Name(), ".sql"), string(script)})
	}
	slices.SortFunc(out, func(a, b Migration) int { return a.Number - b.Number })
	return out, nil
}
