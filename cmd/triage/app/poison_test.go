package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"earshot/index"
	"earshot/sources"
	"earshot/sources/topic"
)

// startApp runs a triage on embedded engines for one test.
func startApp(t *testing.T) *App {
	t.Helper()
	return startWith(t, Config{})
}

// TestPoisonOnEveryTopic puts what cannot be read on the topics that stages follow, between good mentions: every good one passes, every bad
// one is set aside with its cause, and after a fix a replayed one passes too.
func TestPoisonOnEveryTopic(t *testing.T) {
	a := startApp(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	good := func(id string) topic.Record {
		m := sources.Mention{ID: "forum:" + id, Platform: "forum", Text: "the zebrafinch hall is open", CreatedAt: time.Now()}
		rec, err := topic.EncodeMention(&m)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	broken := func(name, key, value, wire string) topic.Record {
		return topic.Record{Topic: name, Key: []byte(key), Value: []byte(value), Headers: []topic.Header{{Key: topic.HeaderWire, Value: []byte(wire)}}}
	}
	poison := []topic.Record{
		broken(topic.Mentions, "forum:p1", `{"id":"forum:p1",`, "mention/1"),
		broken(topic.Mentions, "forum:p2", `{"id":"forum:p2","platform":"forum","text":"x","created_at":"9999-01-01T00:00:00Z"}`, "mention/1"),
		broken(topic.Mentions, "forum:p3", "{\"id\":\"forum:p3\",\"text\":\"\xff\xfe\"}", "mention/1"),
		broken(topic.Mentions, "forum:p4", `{"id":"forum:p4"}`, "mention/99"),
		broken(topic.Mentions, "forum:p5", `{"id":"forum:p5","platform":"forum","text":"`+strings.Repeat("x", 300<<10)+`","created_at":"2026-11-20T08:00:00Z"}`, "mention/1"),
		broken(topic.Triaged, "forum:p6", `{"mention":{"id":"forum:p6"},"verdict":{"id":"forum:other"}}`, "triaged/1"),
		broken(topic.Casework, "forum:p7", `{"id":"e","mention":"forum:p7","type":"exploded","at":"2026-11-20T08:00:00Z"}`, "event/1"),
	}
	for i, p := range poison {
		if err := a.log.Client.Publish(ctx, []topic.Record{p, good("g" + string(rune('a'+i)))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	found, err := a.fulltext.Search(ctx, index.Request{Viewer: system})
	if err != nil || found.Total != len(poison) {
		t.Fatalf("search finds %d (%v), want the %d good mentions", found.Total, err, len(poison))
	}
	causes := map[string]string{}
	read := map[string]int{}
	err = a.readTopic(ctx, topic.DeadLetters, func(rec topic.Record) error {
		for _, h := range rec.Headers {
			if strings.Contains(h.Key, "cause") {
				causes[string(rec.Key)] = string(h.Value)
			}
		}
		read[string(rec.Key)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]topic.Cause{"forum:p1": topic.CauseBrokenJSON, "forum:p2": topic.CauseInvalid, "forum:p3": topic.CauseBadUTF8,
		"forum:p4": topic.CauseUnknownWire, "forum:p5": topic.CauseInvalid, "forum:p6": topic.CauseInvalid, "forum:p7": topic.CauseInvalid} {
		if causes[key] != string(want) {
			t.Errorf("%s was set aside %d times for %q, want %q", key, read[key], causes[key], want)
		}
	}

	n, err := a.log.Client.Replay(ctx, func(d *topic.Dead) bool {
		if string(d.Record.Key) != "forum:p4" {
			return false
		}
		mended := good("p4") // as a newer program would read it
		d.Record.Value, d.Record.Headers = mended.Value, mended.Headers
		return true
	})
	if err != nil || n != 1 {
		t.Fatalf("Replay = %d, %v", n, err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	if found, err := a.fulltext.Search(ctx, index.Request{Viewer: system}); err != nil || found.Total != len(poison)+1 {
		t.Errorf("after the replay search finds %d (%v), want %d", found.Total, err, len(poison)+1)
	}
}

// TestWhatGoesInComesOut adds up each stage's counters: in equals out plus what was set aside.
func TestWhatGoesInComesOut(t *testing.T) {
	a := startApp(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var ms []sources.Mention
	for i := range 50 {
		ms = append(ms, sources.Mention{ID: "forum:" + string(rune('a'+i%26)) + strings.Repeat("x", i), Platform: "forum", Text: "hello", CreatedAt: time.Now()})
	}
	if err := (handIn{a.log.Client}).PublishMentions(ctx, ms); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	families, err := a.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			sum[f.GetName()] += m.GetCounter().GetValue()
		}
	}
	if got := sum["earshot_archive_mentions_total"]; got != 50 {
		t.Errorf("the record counted %v mentions, 50 were handed in", got)
	}
	stats, err := a.store.Stats(ctx)
	if err != nil || stats.Mentions != 50 || a.fulltext.index.Load().Count() != 50 {
		t.Errorf("recorded %d (%v), indexed %d, want 50 each", stats.Mentions, err, a.fulltext.index.Load().Count())
	}
}
