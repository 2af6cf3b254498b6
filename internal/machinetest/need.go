package machinetest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// Need skips the test because the machine lacks something, or fails it where EARSHOT_TEST_REQUIRE=1 says that everything must be there. The
// sentence, as fmt.Sprintf takes it, continues "needs ".
func Need(t testing.TB, sentence string, args ...any) {
	t.Helper()
	why := "needs " + fmt.Sprintf(sentence, args...)
	if os.Getenv("EARSHOT_TEST_REQUIRE") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Until polls another process until ok returns nil, and fails the test after limit.
func Until(t testing.TB, what string, limit time.Duration, ok func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s until %s: %v", limit, what, err)
		}
	}
}
