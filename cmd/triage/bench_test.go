package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/cmd/internal/cmdtest"
)

// BenchmarkSystem measures the whole program as a council runs it, on embedded engines: EARSHOT_BENCH_MENTIONS (200000) mentions with
// the words of cmdtest.BenchTexts.
func BenchmarkSystem(b *testing.B) {
	n := benchCount(b)
	file := benchFile(b, n)
	for b.Loop() {
		s := newSystem(b, b.TempDir(), "EARSHOT_SETTINGS="+councilFolder(b), "EARSHOT_LOG=warn")
		s.start()

		began := time.Now()
		s.Run("ingest", "import", file)
		accepted := time.Since(began)
		s.Until("every stage has caught up", 30*time.Minute, func() error {
			got, err := s.Total("")
			if err == nil && got < n {
				err = fmt.Errorf("%d of %d are searchable", got, n)
			}
			return err
		})
		searchable := time.Since(began)
		s.settled(30 * time.Minute)
		routed := time.Since(began)
		b.ReportMetric(float64(n)/accepted.Seconds(), "accepted/s")
		b.ReportMetric(float64(n)/searchable.Seconds(), "searchable/s")
		b.ReportMetric(float64(n)/routed.Seconds(), "through/s")

		b.ReportMetric(steadyP99(b, s).Seconds()*1000, "steady-p99-ms")
		p50, p95 := searchMix(b, s)
		b.ReportMetric(p50.Seconds()*1000, "search-p50-ms")
		b.ReportMetric(p95.Seconds()*1000, "search-p95-ms")
		b.ReportMetric(float64(residentKiB(b, s.PID))/1024, "resident-MiB")
		time.Sleep(atRest)
		b.ReportMetric(float64(residentKiB(b, s.PID))/1024, "resident-at-rest-MiB")

		s.Stop()
		for part, size := range diskUse(b, s.data) {
			b.ReportMetric(float64(size)/float64(n), part+"-B/mention")
		}
		began = time.Now()
		s.start()
		b.ReportMetric(time.Since(began).Seconds(), "ready-s")
		b.ReportMetric(float64(residentKiB(b, s.PID))/1024, "resident-after-start-MiB")
		time.Sleep(atRest)
		b.ReportMetric(float64(residentKiB(b, s.PID))/1024, "resident-at-rest-after-start-MiB")
		s.Stop()
	}
}

// atRest is how long nothing is asked of the program before what it holds at rest is read.
const atRest = time.Minute

func benchCount(b *testing.B) int {
	v := os.Getenv("EARSHOT_BENCH_MENTIONS")
	if v == "" {
		return 200_000
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1000 {
		b.Fatalf("EARSHOT_BENCH_MENTIONS is %q; write a number from 1000", v)
	}
	return n
}

// benchFile writes n mentions over the last year to a file.
func benchFile(b *testing.B, n int) string {
	texts := cmdtest.BenchTexts()
	path := filepath.Join(b.TempDir(), "mentions.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	rnd := rand.New(rand.NewPCG(1, 2))
	platforms := []string{"facebook", "x", "bluesky", "mastodon", "reddit", "feed"}
	now := time.Now().UTC()
	for i := range n {
		p := platforms[rnd.IntN(len(platforms))]
		line, err := json.Marshal(map[string]any{"id": fmt.Sprintf("%s:%d", p, i), "platform": p, "kind": "post", "text": texts[i%len(texts)],
			"author":     map[string]string{"handle": fmt.Sprintf("resident%d", rnd.IntN(20_000))},
			"created_at": now.Add(-time.Duration(rnd.Int64N(int64(365 * 24 * time.Hour)))).Format(time.RFC3339),
			"thread_id":  fmt.Sprintf("%s:t%d", p, rnd.IntN(n/4+1))})
		if err != nil {
			b.Fatal(err)
		}
		w.Write(append(line, '\n'))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return path
}

// steadyP99 hands in 200 mentions a second for 20 seconds and returns the 99th percentile of the time from accepted to searchable.
func steadyP99(b *testing.B, s *system) time.Duration {
	const perBatch, batches = 20, 200
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second * perBatch / 200)
	defer tick.Stop()
	for i := range batches {
		<-tick.C
		word := fmt.Sprintf("steadyword%d", i)
		body := bytes.ReplaceAll(mentions(1_000_000+i, perBatch), []byte("library"), []byte(word))
		if err := s.Call("POST", "/api/v1/mentions", "application/x-ndjson", bytes.NewReader(body), nil); err != nil {
			b.Fatal(err)
		}
		accepted := time.Now()
		wg.Go(func() {
			for {
				if got, err := s.Total(word); err == nil && got >= perBatch-2 {
					break
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(accepted))
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took[len(took)*99/100]
}

// searchMix asks 400 searches, newest first with facets: 60 % words in the last 7 or 30 days, 30 % over all time, 10 % everything or a tag.
func searchMix(b *testing.B, s *system) (p50, p95 time.Duration) {
	rnd := rand.New(rand.NewPCG(3, 4))
	words := []string{"council", "bin", "road", "people", "work", "time", "rubbish", "help", "good", "house", "school", "car", "park", "thank", "money"}
	var took []time.Duration
	for i := range 400 {
		q := url.Values{"limit": {"20"}}
		word := words[rnd.IntN(len(words))]
		switch {
		case i%10 < 6:
			q.Set("q", word)
			q.Set("from", time.Now().AddDate(0, 0, -7-23*(i%2)).UTC().Format(time.RFC3339))
		case i%10 < 9:
			q.Set("q", word)
		case i%20 == 9:
			q.Set("tag", "complaint")
		}
		began := time.Now()
		var r struct{ Total int }
		if err := s.Get("/api/v1/mentions?"+q.Encode(), &r); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*95/100]
}

// residentKiB is the resident memory of a process.
func residentKiB(b *testing.B, pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(v)[0])
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatal("the process has no resident memory")
	return 0
}

// diskUse is the size of each part of a data folder and of the whole.
func diskUse(b *testing.B, data string) map[string]int64 {
	use := map[string]int64{}
	err := filepath.Walk(data, func(path string, fi os.FileInfo, err error) error {
		if err != nil || fi.IsDir() {
			return err
		}
		rel, err := filepath.Rel(data, path)
		part, _, _ := strings.Cut(rel, string(filepath.Separator))
		if part == "log" || part == "record" || part == "index" {
			use[part] += fi.Size()
			use["disk"] += fi.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return use
}
