package topic

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/internal/machinetest"
)

// reopen stops an embedded broker and starts it again on the same folder.
func reopen(t *testing.T, e *Embedded) *Embedded {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := e.cfg
	return openEmbedded(t, cfg)
}

func TestEmbeddedKeepsEverythingAndItsPort(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	c := world{brokers: e.Addrs()}.dial(t)
	publishEvents(t, c, "e", 500)
	y := newTally()
	r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error { y.take(recs); return nil }})
	eventually(t, 20*time.Second, "all read", func() bool { return y.keys() == 500 })
	if err := r.end(t); err != nil {
		t.Fatal(err)
	}
	again := reopen(t, e)
	if again.Addrs()[0] != e.Addrs()[0] {
		t.Errorf("the broker moved from %s to %s", e.Addrs()[0], again.Addrs()[0])
	}
	if got := len(numbers(t, c, Casework)); got != 500 {
		t.Errorf("%d of 500 records after a restart", got)
	}
	if lag, err := c.Lag(t.Context(), "g", Casework); err != nil || lag[Casework] != 0 {
		t.Errorf("lag %v after a restart, %v: the group's place is gone", lag, err)
	}
	if wrong, err := c.EnsureTopics(t.Context()); err != nil || len(wrong) != 0 {
		t.Errorf("the broker's own topics: %q %v", wrong, err)
	}
}

func TestEmbeddedFolderIsHeldByOne(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	_, err := OpenEmbedded(t.Context(), EmbeddedConfig{Dir: e.cfg.Dir})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatalf("a second broker on one folder: %v", err)
	}
}

func TestEmbeddedTakesAnotherPortWhenItsOwnIsTaken(t *testing.T) {
	other := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	dir := t.TempDir()
	if err := writePort(dir, other.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	e := openEmbedded(t, EmbeddedConfig{Dir: dir})
	if e.Addrs()[0] == other.Addrs()[0] {
		t.Fatal("two brokers on one port")
	}
}

func TestClientsOutliveTheBroker(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	c := world{brokers: e.Addrs()}.dial(t)
	tab := openTable(t, c, Settings)
	y := newTally()
	r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error { y.take(recs); return nil }})
	publishEvents(t, c, "before", 50)
	eventually(t, 20*time.Second, "all read", func() bool { return y.keys() == 50 })
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	published := make(chan error, 1)
	go func() { // begins while the broker is away
		var recs []Record
		for i := range 50 {
			recs = append(recs, event(fmt.Sprintf("while-%d", i), i))
		}
		published <- c.Publish(t.Context(), recs)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Publish(ctx, []Record{event("lost", 1)}); err == nil {
		t.Fatal("acknowledged without a broker")
	}
	again := openEmbedded(t, e.cfg)
	if again.Addrs()[0] != e.Addrs()[0] {
		t.Skip("the port was taken meanwhile by another program")
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the group goes on by itself", func() bool { return y.keys() >= 100 })
	if _, err := tab.Put(t.Context(), "k", []byte(`1`)); err != nil {
		t.Fatalf("the table did not go on: %v", err)
	}
	if err := r.end(t); err != nil {
		t.Fatal(err)
	}
}

// childDir makes this test binary a child that publishes until it is killed; see TestMain.
const childDir = "EARSHOT_TOPIC_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// child publishes records, commits as a group and puts to a table, and prints what was acknowledged.
func child(dir string) error {
	ctx := context.Background()
	e, err := OpenEmbedded(ctx, EmbeddedConfig{Dir: dir, TrimEvery: 20 * time.Millisecond, CompactAfter: 20, Readers: map[string][]string{}})
	if err != nil {
		return err
	}
	c, err := Dial(ctx, Config{Brokers: e.Addrs()})
	if err != nil {
		return err
	}
	tab, err := OpenTable(ctx, c, Settings)
	if err != nil {
		return err
	}
	ends, err := c.EndOffsets(ctx, Casework)
	if err != nil {
		return err
	}
	n := 0
	for _, end := range ends {
		n += int(end)
	}
	go c.Consume(ctx, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(context.Context, []Record) error { return nil }})
	var out sync.Mutex
	go func() {
		for v := 1; ; v++ {
			if _, err := tab.Put(ctx, fmt.Sprintf("k%d", v%10), fmt.Appendf(nil, "%d", time.Now().UnixNano())); err != nil {
				return
			}
			e, _ := tab.Get(fmt.Sprintf("k%d", v%10))
			out.Lock()
			fmt.Printf("put k%d %s\n", v%10, e.Value)
			out.Unlock()
		}
	}()
	for ; ; n += 20 {
		var recs []Record
		for i := range 20 {
			recs = append(recs, event(fmt.Sprintf("e-%d", n+i), n+i))
		}
		if err := c.Publish(ctx, recs); err != nil {
			return err
		}
		out.Lock()
		for i := range 20 {
			fmt.Printf("ack e-%d\n", n+i)
		}
		out.Unlock()
	}
}

func TestEmbeddedLosesNothingWhenKilled(t *testing.T) {
	dir := t.TempDir()
	acked, puts := map[string]bool{}, map[string]string{}
	for round := range 6 {
		before := len(acked)
		runChild(t, dir, 1500+333*round, acked, puts)
		if len(acked) == before {
			t.Fatalf("round %d: killed before anything was acknowledged", round)
		}
	}
	e := openEmbedded(t, EmbeddedConfig{Dir: dir, TrimEvery: time.Hour})
	c := world{brokers: e.Addrs()}.dial(t)
	got := numbers(t, c, Casework)
	for key := range acked {
		if len(got[key]) == 0 {
			t.Errorf("%s was acknowledged and is gone", key)
		}
	}
	tab := openTable(t, c, Settings)
	for key, value := range puts {
		e, _ := tab.Get(key)
		have, _ := strconv.Atoi(string(e.Value))
		least, _ := strconv.Atoi(value)
		if have < least { // a later one may be there without having been reported
			t.Errorf("table %s: %d was acknowledged, %q is there", key, least, e.Value)
		}
	}
	start, err := c.StartOffsets(t.Context(), Settings)
	if err != nil {
		t.Fatal(err)
	}
	if start[0] == 0 {
		t.Error("the table was never compacted, so this proves less than it should")
	}
	committed, err := c.Committed(t.Context(), "g", Casework)
	if err != nil {
		t.Fatal(err)
	}
	end, err := c.EndOffsets(t.Context(), Casework)
	if err != nil {
		t.Fatal(err)
	}
	for p, at := range committed {
		if at > end[p] {
			t.Errorf("partition %d: the group is at %d, the log ends at %d: records to come would be skipped", p, at, end[p])
		}
	}
	t.Logf("%d records and %d keys survived six kills", len(acked), len(puts))
}

// runChild starts a child on dir, kills it after so many lines, and notes what it reported.
func runChild(t *testing.T, dir string, lines int, acked map[string]bool, puts map[string]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(out)
	for n := 0; sc.Scan(); n++ {
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		switch f := strings.Fields(sc.Text()); {
		case len(f) == 2 && f[0] == "ack":
			acked[f[1]] = true
		case len(f) == 3 && f[0] == "put":
			puts[f[1]] = f[2]
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v", err)
	}
}

func TestTrimKeepsWhatAStageHasNotSeen(t *testing.T) {
	const stage = "slow"
	e := openEmbedded(t, EmbeddedConfig{
		Dir: t.TempDir(), KeepBytes: 1, TrimEvery: time.Hour, Readers: map[string][]string{Casework: {stage}},
	})
	c := world{brokers: e.Addrs()}.dial(t)
	smallSegments(t, e, Casework)
	for n := range 20 {
		publishEvents(t, c, fmt.Sprintf("r%d", n), 100)
	}
	files := func() int { return countSegments(t, e, Casework) }
	full := files()
	if full < 4*DefaultPartitions {
		t.Fatalf("only %d segments, too few to prove anything", full)
	}
	trim(t, e)
	if got := files(); got != full {
		t.Fatalf("%d of %d segments left although nobody has read anything", got, full)
	}
	y := newTally()
	half := errors.New("enough for now")
	r := consume(t, c, ConsumeConfig{Group: stage, Topics: []string{Casework}, MaxBatch: 100, CommitEvery: -1, Handle: func(_ context.Context, recs []Record) error {
		if y.keys() >= 1000 {
			return half
		}
		y.take(recs)
		return nil
	}})
	if err := r.wait(t); !errors.Is(err, half) {
		t.Fatal(err)
	}
	trim(t, e)
	if got := files(); got >= full {
		t.Errorf("nothing was removed after half was committed: %d segments", got)
	}
	e = reopen(t, e) // also after a restart nothing is missing
	r = consume(t, c, ConsumeConfig{Group: stage, Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error { y.take(recs); return nil }})
	eventually(t, 20*time.Second, "everything was seen", func() bool { return y.keys() == 2000 })
	if err := r.end(t); err != nil {
		t.Fatal(err)
	}
	trim(t, e)
	if got := files(); got != DefaultPartitions {
		t.Errorf("%d segments left after all was committed, want the last of each partition", got)
	}
}

func trim(t *testing.T, e *Embedded) {
	t.Helper()
	if err := e.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// smallSegments makes a topic of the embedded broker begin a file for each batch.
func smallSegments(t *testing.T, e *Embedded, topic string) {
	t.Helper()
	if err := e.c.alter(t.Context(), topic, "segment.bytes", "1"); err != nil {
		t.Fatal(err)
	}
}

func countSegments(t *testing.T, e *Embedded, topic string) int {
	t.Helper()
	n := 0
	for p := range DefaultPartitions {
		segs, err := newShelf(e.cfg.Dir).segments(e.c.name(topic), p)
		if err != nil {
			t.Fatal(err)
		}
		n += len(segs)
	}
	return n
}

// TestRetentionReachesQuietPartitions: what is old and committed goes, from the disk too, though nothing more is ever written.
func TestRetentionReachesQuietPartitions(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir(), TrimEvery: time.Hour, Readers: map[string][]string{}})
	c := world{brokers: e.Addrs()}.dial(t)
	old := event("please forget me", 1)
	old.Time = time.Now().Add(-DefaultRetention - 48*time.Hour)
	if err := c.Publish(t.Context(), []Record{old}); err != nil {
		t.Fatal(err)
	}
	if !onDisk(t, e.cfg.Dir, "forget me") {
		t.Fatal("the text is not found on disk even before, so this proves nothing")
	}
	trim(t, e) // closes the segment with a mark
	trim(t, e) // removes it
	if onDisk(t, e.cfg.Dir, "forget me") {
		t.Error("the text is still on disk after retention")
	}
	if got := numbers(t, c, Casework); len(got) != 0 {
		t.Errorf("read %v; the mark must not be seen", got)
	}
	y := newTally()
	r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error { y.take(recs); return nil }})
	publishEvents(t, c, "new", 10)
	eventually(t, 20*time.Second, "new records come", func() bool { return y.keys() == 10 })
	if err := r.end(t); err != nil {
		t.Fatal(err)
	}
	if lag, err := c.Lag(t.Context(), "g", Casework); err != nil || lag[Casework] != 0 {
		t.Errorf("lag %v, %v: marks must be committed like the rest", lag, err)
	}
	end, err := c.EndOffsets(t.Context(), Casework)
	if err != nil {
		t.Fatal(err)
	}
	trim(t, e)
	reopen(t, e)
	again, err := c.EndOffsets(t.Context(), Casework)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(end) {
		t.Errorf("ends %v, were %v: %v", again, end, err)
	}
}

func onDisk(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		found = found || strings.Contains(string(raw), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCompactionKeepsTheLatest(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir(), TrimEvery: time.Hour, CompactAfter: 100, Readers: map[string][]string{}})
	c := world{brokers: e.Addrs()}.dial(t)
	tab := openTable(t, c, Settings)
	ctx := t.Context()
	changes := 0
	defer tab.Watch(func(Entry) { changes++ })()
	if _, err := tab.Put(ctx, "gone", []byte(`1`)); err != nil {
		t.Fatal(err)
	}
	if err := tab.Delete(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	var seen int64
	for n := range 150 {
		at, err := tab.Put(ctx, "busy", fmt.Appendf(nil, "%d", n))
		if err != nil {
			t.Fatal(err)
		}
		seen = at
	}
	// Somebody writes all the while: compaction must not undo that.
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				done <- n
				return
			default:
			}
			n++
			if _, err := tab.Put(ctx, "racing", fmt.Appendf(nil, "%d", n)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 5 {
		for _, s := range e.c.specs {
			if s.Name == Settings {
				if err := e.compactNow(ctx, s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	close(stop)
	last := <-done
	start, err := c.StartOffsets(ctx, Settings)
	if err != nil || start[0] < 150 {
		t.Fatalf("the table begins at %v, %v: it was not compacted", start, err)
	}
	check := func(name string, tab *Table) {
		if got, _ := tab.Get("racing"); string(got.Value) != fmt.Sprint(last) {
			t.Errorf("%s: racing is %s, the last Put was %d", name, got.Value, last)
		}
		if got, _ := tab.Get("busy"); string(got.Value) != "149" || got.Offset != seen {
			t.Errorf("%s: busy is %s at %d, want 149 at %d", name, got.Value, got.Offset, seen)
		}
		if _, ok := tab.Get("gone"); ok {
			t.Errorf("%s: a deleted entry came back", name)
		}
	}
	check("the open view", tab)
	check("a new view", openTable(t, c, Settings))
	if _, err := tab.PutIf(ctx, "busy", seen, []byte(`"mine"`)); err != nil {
		t.Errorf("a change from what was seen before compaction: %v", err)
	}
	reopen(t, e)
	again := openTable(t, c, Settings)
	if got, _ := again.Get("busy"); string(got.Value) != `"mine"` {
		t.Errorf("after a restart busy is %s", got.Value)
	}
}

func TestFullDiskRefusesInsteadOfLosing(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	c := world{brokers: e.Addrs()}.dial(t)
	publishEvents(t, c, "before", 10)
	e.gate.mu.Lock()
	plenty := e.gate.reserve
	e.gate.reserve = 1 << 62 // as if that much had to stay free
	e.gate.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := c.Publish(ctx, []Record{event("refused", 1)}); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("a full disk: %v", err)
	}
	if got := numbers(t, c, Casework); len(got) != 10 {
		t.Fatalf("%d records are there, want the 10 acknowledged; reading must go on", len(got))
	}
	waiting := make(chan error, 1)
	go func() { waiting <- c.Publish(t.Context(), []Record{event("patient", 1)}) }()
	e.gate.mu.Lock()
	e.gate.reserve = plenty
	e.gate.mu.Unlock()
	if err := <-waiting; err != nil {
		t.Fatalf("after room was made: %v", err)
	}
}

// TestFullDiskForReal fills a small file system, and then finds everything that was acknowledged.
func TestFullDiskForReal(t *testing.T) {
	dir := machinetest.SmallDisk(t, 64<<20)
	e := openEmbedded(t, EmbeddedConfig{Dir: dir, ReserveBytes: 1}) // so small that the file system itself says no
	c := world{brokers: e.Addrs()}.dial(t)
	value := []byte(`"` + incompressible(100<<10) + `"`)
	acked := 0
	for full := false; !full; {
		var recs []Record
		for i := range 10 {
			r := event(fmt.Sprintf("e-%d", acked+i), 0)
			r.Value = value
			recs = append(recs, r)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if err := c.Publish(ctx, recs); err == nil {
			acked += len(recs)
		} else {
			full = true
			t.Logf("after %d: %v", acked, err)
		}
		cancel()
		if acked > 10_000 {
			t.Fatal("the disk is not small: a gigabyte fitted")
		}
	}
	seen := func(c *Client) (n int) {
		got := map[string]bool{}
		if err := c.readAll(t.Context(), Casework, func(r Record) error { got[string(r.Key)] = true; return nil }); err != nil {
			t.Fatal(err)
		}
		for i := range acked {
			if got[fmt.Sprintf("e-%d", i)] {
				n++
			}
		}
		return n
	}
	if n := seen(c); n != acked {
		t.Errorf("%d of %d acknowledged are there on the full disk", n, acked)
	}
	reopen(t, e)
	if n := seen(c); n != acked {
		t.Errorf("%d of %d acknowledged are there after a restart on the full disk", n, acked)
	}
}
