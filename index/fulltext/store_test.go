package fulltext

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/indextest"
	"earshot/settings"
	"earshot/sources"
)

func mention(id, text string, ago time.Duration) index.Change {
	platform, _, _ := strings.Cut(id, ":")
	return index.Change{Tagged: &classify.Tagged{Mention: sources.Mention{ID: id, Platform: platform, Text: text, CreatedAt: indextest.SearchNow.Add(-ago)}}}
}

func event(id, about string, typ casework.Type) index.Change {
	return index.Change{Event: &casework.Event{ID: id, Mention: about, Type: typ, At: indextest.SearchNow, Incident: "i1"}}
}

func apply(t *testing.T, x *Index, changes ...index.Change) {
	t.Helper()
	if err := x.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

func checkpoint(t *testing.T, x *Index) {
	t.Helper()
	if err := x.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func search(t *testing.T, x *Index, query string, role casework.Role) []string {
	t.Helper()
	q, err := index.ParseQuery(query, indextest.SearchNow, london)
	if err != nil {
		t.Fatal(err)
	}
	res, err := x.Search(t.Context(), index.Request{Query: q, Viewer: casework.Viewer{Role: role}, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, h := range res.Hits {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	return ids
}

// TestReopen: everything is as it was, after Checkpoint and Close, with casework that waits for its mention.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	c := indextest.NewCorpus(7, indextest.SearchNow)
	scan := indextest.NewScan(london, testConfig(t).Now)
	for range 3 {
		x, err := Open(dir, testConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			var batch []index.Change
			for range 30 {
				batch = append(batch, c.Change())
			}
			indextest.Both(t, x, scan, batch)
		}
		indextest.CompareSearches(t, x, scan, c, london, 12)
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	x := openTest(t, dir)
	indextest.CompareSearches(t, x, scan, c, london, 30)
	if x.Stats().Pending == 0 {
		t.Error("no casework waits: the corpus proves nothing about it")
	}
}

// TestVerifyAndCount: All gives each mention once with its version; Has, Count and Stats agree.
func TestVerifyAndCount(t *testing.T) {
	x := openTest(t, t.TempDir())
	apply(t, x, mention("a:1", "one", time.Hour), mention("a:2", "two", 90*24*time.Hour), mention("a:1", "one edited", time.Hour))
	apply(t, x, mention("a:3", "three", time.Hour), index.Change{Remove: "a:3"})
	got := map[string]string{}
	err := x.All(t.Context(), func(id, version string) error {
		if _, twice := got[id]; twice {
			t.Errorf("%s comes twice", id)
		}
		got[id] = version
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := mention("a:1", "one edited", time.Hour).Tagged.Mention
	if len(got) != 2 || got["a:1"] != want.Version() {
		t.Errorf("all are %v; version of a:1 is %s", got, want.Version())
	}
	if has := x.Has([]string{"a:1", "a:3", "a:4", "a:2"}); !slices.Equal(has, []bool{true, false, false, true}) {
		t.Errorf("has %v", has)
	}
	if st := x.Stats(); x.Count() != 2 || st.Mentions != 2 || st.Shards != 2 || st.Bytes == 0 {
		t.Errorf("count %d, %+v", x.Count(), st)
	}
	stop := errors.New("stop")
	if err := x.All(t.Context(), func(string, string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("All goes on after an error: %v", err)
	}
}

// TestNames: a junior officer's name finds a mention only for those who see names, also inside a phrase, also after it became known.
func TestNames(t *testing.T) {
	x := openTest(t, t.TempDir())
	m := mention("a:1", "thanks to Jane Doe of the bins team", time.Hour)
	apply(t, x, m)
	if got := search(t, x, "jane", casework.Comms); len(got) != 1 {
		t.Errorf("an unknown name is not found: %v", got)
	}
	judged := *m.Tagged
	judged.Verdict.Officers = []classify.Officer{{Name: "Jane Doe", Grade: settings.Junior, Start: 10, End: 18}}
	apply(t, x, index.Change{Tagged: &judged})
	for query, want := range map[string][2]int{"jane": {0, 1}, "ja*": {0, 1}, `"to jane doe of"`: {0, 1}, `"of the bins"`: {1, 1}, `"to bins"~6`: {1, 1}, "-jane": {1, 0}} {
		if c, h := len(search(t, x, query, casework.Comms)), len(search(t, x, query, casework.HR)); c != want[0] || h != want[1] {
			t.Errorf("%s: comms finds %d, HR finds %d, want %v", query, c, h, want)
		}
	}
	if x.Count() != 1 {
		t.Errorf("%d mentions", x.Count())
	}
}

// TestRebuildNeeded: files that cannot be trusted are said to be so, each fault in its own way.
func TestRebuildNeeded(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"attributes are rubbish": func(t *testing.T, dir string) {
			overwrite(t, filepath.Join(dir, "attributes.db"), bytes.Repeat([]byte("rubbish "), 4096))
		},
		"IDs are cut short": func(t *testing.T, dir string) { overwrite(t, only(t, dir, "shards/*/ids"), nil) },
		"a segment is gone": func(t *testing.T, dir string) {
			if err := os.Remove(only(t, dir, "shards/*/words/store/*.zap")); err != nil {
				t.Fatal(err)
			}
		},
		"a shard is gone": func(t *testing.T, dir string) {
			if err := os.RemoveAll(only(t, dir, "shards/*")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			x, err := Open(dir, testConfig(t))
			if err != nil {
				t.Fatal(err)
			}
			apply(t, x, mention("a:1", "bins", time.Hour), mention("a:2", "bins", time.Hour))
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			spoil(t, dir)
			x, err = Open(dir, testConfig(t))
			if !errors.Is(err, ErrRebuild) {
				t.Errorf("opened with %v", err)
			}
			if err == nil {
				x.Close()
			}
		})
	}
	t.Run("another zone", func(t *testing.T) {
		dir := t.TempDir()
		x, err := Open(dir, testConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
		if _, err := Open(dir, Config{Zone: time.UTC}); !errors.Is(err, ErrRebuild) {
			t.Errorf("opened with %v", err)
		}
	})
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

func overwrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestClosed: nothing works after Close, and a second Close is none.
func TestClosed(t *testing.T) {
	x, err := Open(t.TempDir(), testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	apply(t, x, mention("a:1", "bins", time.Hour))
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	_, searched := x.Search(t.Context(), index.Request{Viewer: casework.Viewer{Role: casework.Comms}})
	for name, err := range map[string]error{"apply": x.Apply(t.Context(), nil), "checkpoint": x.Checkpoint(t.Context()), "search": searched,
		"compact": x.Compact(t.Context()), "all": x.All(t.Context(), nil)} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

// TestRemovalInOneBatch: a removal forgets what came before it in the same batch, and nothing that comes after.
func TestRemovalInOneBatch(t *testing.T) {
	x := openTest(t, t.TempDir())
	remove := index.Change{Remove: "a:1"}
	apply(t, x, mention("a:1", "bins", time.Hour), event("e1", "a:1", casework.Escalated))
	apply(t, x, event("e2", "a:1", casework.Replied), remove, mention("a:1", "bins", time.Hour), event("e3", "a:1", casework.Held))
	if got := search(t, x, "is:held -has:reply", casework.Comms); len(got) != 1 {
		t.Errorf("found %v", got)
	}
	apply(t, x, remove, event("e4", "a:1", casework.Closed))
	if x.Count() != 0 || x.Stats().Pending != 1 {
		t.Errorf("%d mentions, %+v", x.Count(), x.Stats())
	}
	apply(t, x, mention("a:1", "bins", time.Hour))
	if got := search(t, x, "is:closed -has:reply", casework.Comms); len(got) != 1 {
		t.Errorf("found %v", got)
	}
}

// TestWildDates: dates out of their mind share a few shards and sort where they belong.
func TestWildDates(t *testing.T) {
	x := openTest(t, t.TempDir())
	var batch []index.Change
	for year := 1990; year <= 2200; year++ {
		m := mention(fmt.Sprintf("a:%d", year), "bins", 0)
		m.Tagged.Mention.CreatedAt = time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC)
		batch = append(batch, m)
	}
	apply(t, x, batch...)
	if n := x.Stats().Shards; n > 40 {
		t.Errorf("%d shards for 211 years", n)
	}
	res, err := x.Search(t.Context(), index.Request{Viewer: casework.Viewer{Role: casework.Comms}, Limit: 300})
	if err != nil || len(res.Hits) != 211 || res.Hits[0].ID != "a:2200" || res.Hits[210].ID != "a:1990" {
		t.Errorf("%d hits, %v", len(res.Hits), err)
	}
}

// TestEmptyMonthsGo: a month all of whose mentions are gone leaves nothing behind once the index is opened again.
func TestEmptyMonthsGo(t *testing.T) {
	dir := t.TempDir()
	for round, months := range []int{2, 1, 1} {
		x, err := Open(dir, testConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		switch round {
		case 0:
			apply(t, x, mention("a:old", "bins", 90*24*time.Hour), mention("a:new", "bins", time.Hour))
			checkpoint(t, x)
			apply(t, x, index.Change{Remove: "a:old"})
			apply(t, x, mention("a:new", "bins again", time.Hour)) // while the emptied month is still open
		case 2:
			if got := search(t, x, "bins", casework.Comms); !slices.Equal(got, []string{"a:new"}) {
				t.Errorf("found %v", got)
			}
		}
		if n := x.Stats().Shards; n != months {
			t.Errorf("round %d: %d months, want %d", round, n, months)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	only(t, dir, "shards/*")
}

// TestBadChanges: a change that says two things is refused whole.
func TestBadChanges(t *testing.T) {
	x := openTest(t, t.TempDir())
	both := mention("a:1", "bins", time.Hour)
	both.Remove = "a:2"
	for name, c := range map[string]index.Change{"two things": both, "nothing": {}} {
		if err := x.Apply(t.Context(), []index.Change{mention("a:3", "bins", 0), c}); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if x.Count() != 0 {
		t.Errorf("a part of a refused batch was applied: %d", x.Count())
	}
}
