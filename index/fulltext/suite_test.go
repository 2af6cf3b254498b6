package fulltext

import (
	"log/slog"
	"testing"
	"time"

	"earshot/index/indextest"
)

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
}()

func testConfig(t *testing.T) Config {
	return Config{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Zone: london, Now: func() time.Time { return indextest.SearchNow }}
}

func openTest(t *testing.T, dir string) *Index {
	t.Helper()
	x, err := Open(dir, testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestSearch(t *testing.T) {
	indextest.Search(t, london, func(t *testing.T) indextest.Engine { return openTest(t, t.TempDir()) })
}
