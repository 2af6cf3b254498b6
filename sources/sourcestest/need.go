package sourcestest

import (
	"os"
	"testing"

	"earshot/internal/machinetest"
)

// Need is machinetest.Need for what install.sh installs.
func Need(t testing.TB, sentence string) {
	t.Helper()
	machinetest.Need(t, "%s (sources/sourcestest/install.sh installs it)", sentence)
}

// MustExist calls Need unless every path exists.
func MustExist(t testing.TB, sentence string, paths ...string) {
	t.Helper()
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			Need(t, sentence)
		}
	}
}
