package sourcestest

import (
	"os"
	"testing"
)

// Need skips the test because something is not installed, or fails it where EARSHOT_TEST_REQUIRE=1 says that everything must be. The
// sentence continues "needs ".
func Need(t testing.TB, sentence string) {
	t.Helper()
	if os.Getenv("EARSHOT_TEST_REQUIRE") == "1" {
		t.Fatalf("needs %s (sources/sourcestest/install.sh installs it)", sentence)
	}
	t.Skipf("needs %s (sources/sourcestest/install.sh installs it)", sentence)
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
