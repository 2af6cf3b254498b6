package node

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestConnectorsSayWhatAnOfficerMustKnow: the sources page is made of this.
func TestConnectorsSayWhatAnOfficerMustKnow(t *testing.T) {
	for name, c := range Registry() {
		if c.Name != name || c.Title == "" || c.New == nil {
			t.Errorf("%s: it has no name, title or way to make it", name)
		}
		for what, s := range map[string]string{"reads": c.About.Reads, "access": c.About.Access, "price": c.About.Price, "approval": c.About.Approval, "cannot": c.About.Cannot} {
			if !strings.HasSuffix(s, ".") {
				t.Errorf("%s: what it says of %q is no sentence: %q", name, what, s)
			}
		}
		for _, f := range slices.Concat(c.Options, c.Keys) {
			if f.Name == "" || f.Label == "" || !strings.HasSuffix(f.Hint, ".") {
				t.Errorf("%s: the field %q has no label, or no hint that is a sentence", name, f.Name)
			}
		}
		if c.Keep%(24*time.Hour) != 0 || c.Keep > 0 && c.Keep < c.Recheck {
			t.Errorf("%s: text is kept for %v, which is no number of days, or less than the %v after which it is asked about again", name, c.Keep, c.Recheck)
		}
		if c.PerDay > 0 && c.Every > 0 {
			if calls := int(24*time.Hour/c.Every) * max(1, c.Cost); calls > c.PerDay {
				t.Errorf("%s: %d calls a day at the default rhythm, of the %d that the platform allows", name, calls, c.PerDay)
			}
		}
	}
}

// writes is how Go code sends something else than a GET; a connector that speaks HTTP does so through sources.Caller, which lets only reads out.
var writes = regexp.MustCompile(`http\.Post|\.Client\.Do\(|client\.Do\(|http\.Method(Put|Patch|Delete)|http\.DefaultClient`)

func TestConnectorsReadThroughTheCaller(t *testing.T) {
	files, err := filepath.Glob("../../../sources/*/*.go")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || strings.Contains(f, "/sourcestest/") || strings.Contains(f, "/topic/") {
			continue
		}
		code, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := writes.Find(code); m != nil {
			t.Errorf("%s: %s goes past sources.Caller", f, m)
		}
	}
}

// TestEveryConnectorIsRegistered: a package with a connector that no program knows is of no use.
func TestEveryConnectorIsRegistered(t *testing.T) {
	files, err := filepath.Glob("../../../sources/*/connector.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d connectors, %v", len(files), err)
	}
	known := Registry()
	for _, f := range files {
		if name := filepath.Base(filepath.Dir(f)); known[name].Name == "" {
			t.Errorf("%s is not in the registry", name)
		}
	}
}
