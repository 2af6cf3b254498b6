package judge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"earshot/classify"
	"earshot/classify/classifytest"
	"earshot/classify/corpus"
	"earshot/classify/judge"
	"earshot/settings"
	"earshot/sources"
)

// town is a council with 2,000 people and 500 facts, and the corpus' posts about others.
func town(b *testing.B) (*judge.Classifier, []sources.Mention) {
	b.Helper()
	worlds, err := corpus.Load("../corpus")
	if err != nil {
		b.Fatal(err)
	}
	cfg := judge.Config{Council: worlds[0].Council}
	part := []string{"ash", "bel", "cor", "dun", "ell", "far", "gar", "hol", "ing", "jar", "kel", "lam", "mar"}
	for i := range 2000 {
		last := part[i%13] + part[i/13%13] + part[i/169%13]
		cfg.People = append(cfg.People, settings.Person{Name: "Joan " + strings.ToUpper(last[:1]) + last[1:], Job: "Refuse loader", Team: fmt.Sprintf("Waste, round %d", i), Grade: settings.Junior})
	}
	var ms []sources.Mention
	for i := range worlds {
		cfg.People = append(cfg.People, worlds[i].People...)
		for k := range worlds[i].Posts {
			ms = append(ms, sources.Mention{ID: "bench:" + worlds[i].Posts[k].ID, Platform: "bench", Text: worlds[i].Posts[k].Text})
		}
	}
	for i := range 500 {
		w := &worlds[i%len(worlds)]
		f := w.Facts[i/len(worlds)%len(w.Facts)]
		f.ID = fmt.Sprintf("%s-%d", f.ID, i)
		cfg.Facts = append(cfg.Facts, f)
	}
	c, err := judge.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return c, ms
}

// BenchmarkClassify judges the corpus with 2,000 people and 500 facts on one goroutine; mentions/s is the figure that counts.
func BenchmarkClassify(b *testing.B) {
	c, ms := town(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		at := i % len(ms)
		if _, err := c.Classify(context.Background(), ms[at:at+1]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
}

// BenchmarkPool judges batches of 1,000 on all processors.
func BenchmarkPool(b *testing.B) {
	c, ms := town(b)
	p, err := classify.NewPool(c, classify.PoolConfig{})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	n := 0
	for b.Loop() {
		_, errs := p.Classify(context.Background(), ms[:1000])
		for _, err := range errs {
			if err != nil {
				b.Fatal(err)
			}
		}
		n += 1000
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
}

// BenchmarkNew is what a change of settings costs.
func BenchmarkNew(b *testing.B) {
	worlds, err := corpus.Load("../corpus")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := judge.New(judge.Config{Council: worlds[0].Council, People: worlds[0].People, Facts: worlds[0].Facts}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostile judges what was written to be slow, at its length and at four times it: the time a byte must stay the same.
func BenchmarkHostile(b *testing.B) {
	c, err := judge.New(judge.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"one letter", "letters apart", "emoji", "numbers", "threats", "you idiot", "names", "lines", "quotes"} {
		for _, times := range []int{1, 4} {
			m := []sources.Mention{classifytest.Mention("time", strings.Repeat(classifytest.Hostile[name], times))}
			b.Run(fmt.Sprintf("%s/x%d", name, times), func(b *testing.B) {
				b.SetBytes(int64(len(m[0].Text)))
				for b.Loop() {
					if _, err := c.Classify(b.Context(), m); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
