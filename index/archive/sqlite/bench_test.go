package sqlite_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index/archive"
	"earshot/index/archive/sqlite"
	"earshot/index/indextest"
)

func open(b testing.TB) (s *sqlite.Store, path string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "record.db")
	s, err := sqlite.Open(b.Context(), sqlite.Config{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s, path
}

// fill records n mentions in batches of 1,000 and returns their ids and how long it took.
func fill(b testing.TB, s archive.Store, n int) []string {
	b.Helper()
	ids := make([]string, 0, n)
	for len(ids) < n {
		batch := indextest.Sample(uint64(len(ids)), min(1000, n-len(ids)))
		if _, err := s.PutTagged(context.WithoutCancel(b.Context()), batch); err != nil {
			b.Fatal(err)
		}
		for i := range batch {
			ids = append(ids, batch[i].Mention.ID)
		}
	}
	return ids
}

// cpu is the processor time of this process so far. A machine shared with others says little by the clock on the wall.
func cpu(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkPut(b *testing.B) {
	s, path := open(b)
	batches := make([][]classify.Tagged, 0, b.N/1000+1)
	for n := 0; n < b.N; n += 1000 {
		batches = append(batches, indextest.Sample(uint64(n), min(1000, b.N-n)))
	}
	b.ReportAllocs()
	used := cpu(b)
	b.ResetTimer()
	for _, batch := range batches {
		if _, err := s.PutTagged(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/(cpu(b)-used).Seconds(), "mentions/cpu-s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
	if err := s.Close(); err != nil { // folds the write-ahead log into the file
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/float64(b.N), "bytes/mention")
}

func BenchmarkPutAgain(b *testing.B) {
	s, _ := open(b)
	batch := indextest.Sample(0, 1000)
	if _, err := s.PutTagged(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for n := 0; n < b.N; n += 1000 {
		if _, err := s.PutTagged(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
}

func BenchmarkRead(b *testing.B) {
	s, _ := open(b)
	ids := fill(b, s, 200_000)
	system := casework.Viewer{Role: casework.System}
	pick := rand.New(rand.NewPCG(1, 2))
	b.Run("get", func(b *testing.B) {
		used := cpu(b)
		defer func() { b.ReportMetric(float64((cpu(b)-used).Microseconds())/float64(b.N), "cpu-µs/op") }()
		for range b.N {
			if _, err := s.Get(b.Context(), system, ids[pick.IntN(len(ids))]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("getmany50", func(b *testing.B) {
		page := make([]string, 50)
		used := cpu(b)
		defer func() { b.ReportMetric(float64((cpu(b)-used).Microseconds())/float64(b.N), "cpu-µs/op") }()
		for range b.N {
			for i := range page {
				page[i] = ids[pick.IntN(len(ids))]
			}
			if recs, err := s.GetMany(b.Context(), system, page); err != nil || len(recs) == 0 {
				b.Fatal(len(recs), err)
			}
		}
	})
	b.Run("scan", func(b *testing.B) {
		n := 0
		began, used := time.Now(), cpu(b)
		for range b.N {
			var cur archive.Cursor
			for {
				recs, next, err := s.Scan(b.Context(), cur, 1000)
				if err != nil {
					b.Fatal(err)
				}
				n += len(recs)
				if cur = next; cur == "" {
					break
				}
			}
		}
		b.ReportMetric(float64(n)/(cpu(b)-used).Seconds(), "mentions/cpu-s")
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "mentions/s")
	})
}
