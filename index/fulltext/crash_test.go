package fulltext

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"earshot/index"
	"earshot/index/indextest"
)

// crashEnv makes the test binary a child that applies changes until it is killed: "folder seed from run".
const crashEnv = "EARSHOT_TEST_CRASH_CHILD"

func TestMain(m *testing.M) {
	if args := os.Getenv(crashEnv); args != "" {
		if err := crashChild(strings.Fields(args)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const crashChanges = 500

// crashBatches are the changes of a run, always the same ones for a seed.
func crashBatches(seed uint64) [][]index.Change {
	c := indextest.NewCorpus(seed, indextest.SearchNow)
	var out [][]index.Change
	for range crashChanges / 10 {
		var batch []index.Change
		for range 10 {
			batch = append(batch, c.Change())
		}
		out = append(out, batch)
	}
	return out
}

// crashChild applies the batches from a number on, with a checkpoint after every third, and says so after each step.
func crashChild(args []string) error {
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	run, err := strconv.ParseUint(args[3], 10, 64)
	if err != nil {
		return err
	}
	x, err := Open(args[0], Config{Zone: london, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	for i, batch := range crashBatches(seed) {
		if i < from {
			continue
		}
		if err := x.Apply(context.Background(), interleaved(batch, run)); err != nil {
			return err
		}
		fmt.Println("applied", i+1)
		if i%3 == 2 {
			if err := x.Checkpoint(context.Background()); err != nil {
				return err
			}
			fmt.Println("saved", i+1)
		}
	}
	if err := x.Checkpoint(context.Background()); err != nil {
		return err
	}
	fmt.Println("saved", len(crashBatches(seed)))
	return nil // without Close: the end of a run is one more crash
}

// interleaved brings the mentions of a batch into another order in each run, as partitions do; what is about one mention stays in order.
func interleaved(batch []index.Change, run uint64) []index.Change {
	rank := func(c index.Change) uint64 {
		id := c.Remove
		if c.Tagged != nil {
			id = c.Tagged.Mention.ID
		} else if c.Event != nil {
			id = c.Event.Mention
		}
		return hash64(fmt.Sprint(run, id))
	}
	out := slices.Clone(batch)
	slices.SortStableFunc(out, func(a, b index.Change) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// TestCrash kills a writer at random steps, again and again, each time going on from the last checkpoint it told of; in the end the index must be what
// a plain scan of all changes is.
func TestCrash(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	dir, from, kills := t.TempDir(), 0, 0
	batches := crashBatches(seed)
	for from < len(batches) {
		before := from
		saved, killed := runCrashChild(t, dir, seed, from, kills, 1+r.IntN(12))
		if killed {
			kills++
		}
		if from = saved; kills > 60 {
			t.Fatalf("no progress beyond %d", before)
		}
	}
	if kills < 3 {
		t.Fatalf("the writer was killed %d times: that proves nothing", kills)
	}
	x := openTest(t, dir)
	scan := indextest.NewScan(london, testConfig(t).Now)
	for _, b := range batches {
		if err := scan.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	indextest.CompareSearches(t, x, scan, indextest.NewCorpus(seed+1, indextest.SearchNow), london, 60)
	t.Logf("%d kills", kills)
}

// runCrashChild starts a child and kills it once it has told of steps steps. It returns how many batches are safe.
func runCrashChild(t *testing.T, dir string, seed uint64, from, run, steps int) (saved int, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %d", crashEnv, dir, seed, from, run))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	saved = from
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, n, _ := strings.Cut(lines.Text(), " ")
		if what == "saved" {
			if saved, err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
		}
		if steps--; steps == 0 {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil && !killed {
		t.Fatalf("the child failed: %v\n%s", err, stderr.String())
	}
	return saved, killed
}

// TestRedelivery applies stretches of the stream again, as after a rebalance: the index ends where it ended before.
func TestRedelivery(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	x := openTest(t, t.TempDir())
	scan := indextest.NewScan(london, testConfig(t).Now)
	batches := crashBatches(seed)
	again := 0
	for i, b := range batches {
		indextest.Both(t, x, scan, b)
		if r.IntN(4) != 0 {
			continue
		}
		for _, old := range batches[max(0, i-r.IntN(8)) : i+1] {
			again++
			if err := x.Apply(t.Context(), old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if again < 5 {
		t.Fatalf("%d batches came again: that proves nothing", again)
	}
	indextest.CompareSearches(t, x, scan, indextest.NewCorpus(seed+1, indextest.SearchNow), london, 60)
}
