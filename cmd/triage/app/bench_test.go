package app

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"earshot/cmd/internal/cmdtest"
	"earshot/cmd/internal/env"
	"earshot/sources"
)

// BenchmarkFlow measures mentions handed in until each is judged, recorded, searchable and routed, all in this process. An operation is one
// mention with the words of cmdtest.BenchTexts: use -benchtime=200000x.
func BenchmarkFlow(b *testing.B) {
	texts := cmdtest.BenchTexts()
	ctx, cancel := context.WithCancel(b.Context())
	a, err := New(ctx, Config{Config: env.Config{Data: b.TempDir(), Listen: "127.0.0.1:0"}, Log: slog.New(slog.DiscardHandler), Version: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := a.Close(context.Background()); err != nil {
			b.Error(err)
		}
	}()
	now := time.Now()
	const batch = 1000
	b.ReportAllocs()
	b.ResetTimer()
	for at := 0; at < b.N; at += batch {
		ms := make([]sources.Mention, min(batch, b.N-at))
		for i := range ms {
			id := "x:" + strconv.Itoa(at+i)
			ms[i] = sources.Mention{ID: id, Platform: "x", Kind: sources.Post, Text: texts[(at+i)%len(texts)],
				CreatedAt: now.Add(-time.Duration((at+i)*7919%(365*24*3600)) * time.Second), Author: sources.Author{Handle: fmt.Sprintf("resident%d", (at+i)%20_000)}}
		}
		if err := (handIn{a.log.Client}).PublishMentions(ctx, ms); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepted/s")
	if err := a.settle(ctx); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
}
