package fulltext

import (
	"cmp"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/indextest"
)

// benchEnv sets how many mentions the benchmarks index; 1000000 is what docs/benchmarks.md reports. Words come from machinetest.TextsEnv.
// An index in benchDirEnv is kept, and taken as it is when it is there: for figures of a process that did not build it.
const (
	benchEnv    = "EARSHOT_BENCH_MENTIONS"
	benchDirEnv = "EARSHOT_BENCH_DIR"
)

func benchSize(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv(benchEnv))
	if err != nil || n < 1 {
		return 50_000
	}
	return n
}

var benchStart = time.Date(2025, 11, 4, 0, 0, 0, 0, time.UTC)

// benchBatch returns mentions from..to of n spread evenly over the year before SearchNow, a few minutes out of order, as a council of a
// large city might see them: a fifth complaints, four platforms in ten, twenty services, a case on every sixth.
func benchBatch(from, to, n int) []index.Change {
	r := rand.New(rand.NewPCG(uint64(from), 5))
	step := indextest.SearchNow.Sub(benchStart) / time.Duration(n)
	ts := indextest.Sample(uint64(from)*1000003, to-from)
	var out []index.Change
	for i := range ts {
		t := &ts[i]
		m, v := &t.Mention, &t.Verdict
		m.CreatedAt = benchStart.Add(step*time.Duration(from+i) + time.Duration(r.IntN(600))*time.Second)
		m.Platform = pickBy(r, "facebook", "bluesky", "mastodon", "youtube", "instagram", "reddit", "nextdoor", "x")
		m.MatchedBy = []string{pickBy(r, "council", "westgate", "leader", "bins", "roadworks", "library", "election", "town-hall")}
		m.LangDetected = pickBy(r, "en", "en", "cy", "pl", "ur", "ro")
		v.Service = pickBy(r, "waste", "roads", "housing", "planning", "parking", "council_tax", "benefits", "libraries", "parks", "other", "")
		v.Labels, v.Risk = nil, nil
		for k, share := range []float64{0.2, 0.06, 0.04, 0.05, 0.02} {
			if r.Float64() < share {
				v.Labels = append(v.Labels, classify.Labels[k])
			}
		}
		if r.IntN(500) == 0 {
			v.Risk = []classify.Risk{classify.Risks[r.IntN(4)]}
		}
		out = append(out, index.Change{Tagged: t})
		if r.IntN(6) == 0 {
			out = append(out, benchCase(r, t)...)
		}
	}
	return out
}

// pickBy prefers what comes first.
func pickBy(r *rand.Rand, xs ...string) string {
	return xs[min(r.IntN(len(xs)), r.IntN(len(xs)))]
}

func benchCase(r *rand.Rand, t *classify.Tagged) []index.Change {
	at := t.Mention.CreatedAt.Add(time.Minute)
	types := []casework.Type{casework.Escalated, casework.Acknowledged, casework.Replied, casework.Closed}
	var out []index.Change
	for i, typ := range types[:1+r.IntN(4)] {
		e := &casework.Event{ID: fmt.Sprintf("%s-%d", t.Mention.ID, i), Mention: t.Mention.ID, Type: typ, At: at.Add(time.Duration(i) * time.Hour),
			By: casework.Actor{Kind: "person", ID: pickBy(r, "anna", "ben", "chris")}, Incident: fmt.Sprint("i", r.IntN(5000)), Due: at.Add(48 * time.Hour)}
		out = append(out, index.Change{Event: e})
	}
	return out
}

// benchQuery is one search of the mix, of which weight in a hundred are made.
type benchQuery struct {
	name   string
	weight int
	days   int // back from the newest mention; 0: all time
	text   string
}

// benchMix: 60 % last week or month, 30 % all time, 10 % everything by facet.
var benchMix = []benchQuery{
	{"week, word", 10, 7, "council"}, {"week, common word", 5, 7, "you"}, {"week, tag", 10, 7, "tag:complaint"}, {"week, all", 5, 7, ""},
	{"month, word", 8, 30, "service"}, {"month, two words", 7, 30, "people help"}, {"month, tag and word", 8, 30, "tag:abuse woman"},
	{"month, open cases", 4, 30, "is:open -tag:trolling"}, {"month, phrase", 3, 30, `"thank you"`},
	{"year, word", 8, 0, "wait"}, {"year, common word", 4, 0, "you"}, {"year, tag", 6, 0, "tag:complaint"}, {"year, two words", 5, 0, "late train"},
	{"year, prefix", 2, 0, "collec*"}, {"year, phrase", 2, 0, `"customer service"`}, {"year, or", 3, 0, "(bin OR rubbish OR waste)"},
	{"everything", 4, 0, ""}, {"everything, platform", 3, 0, "site:facebook"}, {"everything, service", 3, 0, "service:waste"},
}

func (q benchQuery) request(t testing.TB) index.Request {
	parsed, err := index.ParseQuery(q.text, indextest.SearchNow, london)
	if err != nil {
		t.Fatal(err)
	}
	r := index.Request{Query: parsed, Viewer: casework.Viewer{Role: casework.Comms, Account: "anna"}, Limit: 25, Facets: true}
	if q.days > 0 {
		r.From = indextest.SearchNow.AddDate(0, 0, -q.days)
	}
	return r
}

// BenchmarkIndex builds an index, opens it again and searches it: mentions per second, bytes on disk, time to open, resident memory,
// and the times of the mix.
func BenchmarkIndex(b *testing.B) {
	n := benchSize(b)
	dir := filepath.Join(benchDir(b), "index")
	if _, err := os.Stat(dir); err != nil {
		b.Run(fmt.Sprintf("build/%d", n), func(b *testing.B) {
			for range b.N {
				benchBuild(b, dir, n)
			}
		})
	}
	start := time.Now()
	x, err := Open(dir, Config{Zone: london, Now: func() time.Time { return indextest.SearchNow }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	b.Logf("open %d: %v", x.Count(), time.Since(start))
	logResident(b, "opened")
	if x.Count() < n {
		b.Fatalf("%d mentions were indexed, %d are there", n, x.Count())
	}
	b.Run("mix", func(b *testing.B) {
		benchSearch(b, func(q benchQuery) (int, error) {
			res, err := x.Search(b.Context(), q.request(b))
			return res.Total, err
		})
		own, files := resident()
		b.ReportMetric(float64(own+files)/(1<<20), "MiB-resident")
	})
	runtime.GC()
	logResident(b, "searched")
	b.Logf("on disk %.0f bytes a mention", float64(folderBytes(dir))/float64(n))
}

func benchDir(b *testing.B) string {
	if dir := os.Getenv(benchDirEnv); dir != "" {
		return dir
	}
	dir, err := os.MkdirTemp("", "earshot-bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func benchBuild(b *testing.B, dir string, n int) {
	if err := os.RemoveAll(dir); err != nil {
		b.Fatal(err)
	}
	x, err := Open(dir, Config{Zone: london})
	if err != nil {
		b.Fatal(err)
	}
	const batch = 2000
	var spent, making time.Duration
	for from, last := 0, time.Now(); from < n; from += batch {
		t0 := time.Now()
		changes := benchBatch(from, min(from+batch, n), n)
		making += time.Since(t0)
		t0 = time.Now()
		if err := x.Apply(b.Context(), changes); err != nil {
			b.Fatal(err)
		}
		if time.Since(last) > 2*time.Second {
			if err := x.Checkpoint(b.Context()); err != nil {
				b.Fatal(err)
			}
			last = time.Now()
		}
		spent += time.Since(t0)
	}
	t0 := time.Now()
	if err := x.Checkpoint(b.Context()); err != nil {
		b.Fatal(err)
	}
	spent += time.Since(t0)
	b.ReportMetric(float64(n)/spent.Seconds(), "mentions/s")
	b.ReportMetric(float64(folderBytes(dir))/float64(n), "B/mention")
	logParts(b, dir, n)
	t0 = time.Now()
	if err := x.Compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("made in %v; compacted in %v to %.0f bytes a mention", making, time.Since(t0), float64(folderBytes(dir))/float64(n))
	logParts(b, dir, n)
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
}

// benchSearch runs the mix b.N times over and reports the median and the 95th percentile of single searches.
func benchSearch(b *testing.B, search func(benchQuery) (int, error)) {
	var all []time.Duration
	by := map[string][]time.Duration{}
	totals := map[string]int{}
	for b.Loop() {
		for _, q := range benchMix {
			for range q.weight {
				t0 := time.Now()
				total, err := search(q)
				took := time.Since(t0)
				if err != nil {
					b.Fatal(err)
				}
				all, by[q.name], totals[q.name] = append(all, took), append(by[q.name], took), total
			}
		}
	}
	b.ReportMetric(quantile(all, 0.5).Seconds()*1000, "ms-p50")
	b.ReportMetric(quantile(all, 0.95).Seconds()*1000, "ms-p95")
	for _, q := range benchMix {
		b.Logf("%-22s %8d found  p50 %8v  p95 %8v", q.name, totals[q.name], quantile(by[q.name], 0.5), quantile(by[q.name], 0.95))
	}
}

func quantile(ds []time.Duration, q float64) time.Duration {
	slices.Sort(ds)
	return ds[min(int(float64(len(ds))*q), len(ds)-1)].Round(time.Microsecond)
}

func folderBytes(dir string) int64 {
	n := int64(0)
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}

// logParts logs what the files of an index take, by kind.
func logParts(b *testing.B, dir string, n int) {
	parts := map[string]int64{}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				parts[cmp.Or(filepath.Ext(path), filepath.Base(path))] += info.Size()
			}
		}
		return nil
	})
	for kind, size := range parts {
		b.Logf("%-6s %7.1f bytes a mention", kind, float64(size)/float64(n))
	}
}

// resident is the memory of this process that is in RAM, in bytes: its own, and pages of mapped files, which the system takes back when
// it needs them.
func resident() (own, files int64) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(data)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kib); err == nil {
			own = kib << 10
		}
		if _, err := fmt.Sscanf(line, "RssFile: %d kB", &kib); err == nil {
			files = kib << 10
		}
	}
	return own, files
}

func logResident(b *testing.B, when string) {
	own, files := resident()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("%s: resident %d MiB of its own and %d MiB of files; live heap %d MiB", when, own>>20, files>>20, m.HeapAlloc>>20)
}
