package clickhouse_test

import (
	"testing"

	"earshot/casework"
	"earshot/index/archive"
	"earshot/index/indextest"
)

func BenchmarkPut(b *testing.B) {
	s := open(b, freshDatabase(b))
	b.ResetTimer()
	for n := 0; n < b.N; n += 1000 {
		b.StopTimer()
		batch := indextest.Sample(uint64(n), min(1000, b.N-n))
		b.StartTimer()
		if _, err := s.PutTagged(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
	if st, err := s.Stats(b.Context()); err != nil {
		b.Fatal(err)
	} else {
		b.ReportMetric(float64(st.Bytes)/float64(st.Mentions), "bytes/mention")
	}
}

func BenchmarkRead(b *testing.B) {
	s := open(b, freshDatabase(b))
	ids := make([]string, 0, 50)
	for n := range 50 {
		batch := indextest.Sample(uint64(n)*1000, 1000)
		if _, err := s.PutTagged(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		ids = append(ids, batch[n].Mention.ID)
	}
	b.Run("getmany50", func(b *testing.B) {
		for range b.N {
			if recs, err := s.GetMany(b.Context(), casework.Viewer{Role: casework.System}, ids); err != nil || len(recs) != 50 {
				b.Fatal(len(recs), err)
			}
		}
	})
	b.Run("scan", func(b *testing.B) {
		n := 0
		for range b.N {
			for cur := archive.Cursor(""); ; {
				recs, next, err := s.Scan(b.Context(), cur, 5000)
				if err != nil {
					b.Fatal(err)
				}
				n += len(recs)
				if cur = next; cur == "" {
					break
				}
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
	})
}
