package topic

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestSpecsStayWithinTheMonth(t *testing.T) {
	for _, d := range []time.Duration{MaxRetention + 1, time.Minute, -time.Hour} {
		if _, err := Specs(0, d); err == nil {
			t.Errorf("a retention of %s was accepted", d)
		}
	}
	if _, err := Specs(600, 0); err == nil {
		t.Error("600 partitions were accepted")
	}
	specs, err := Specs(0, MaxRetention)
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != len(known) {
		t.Errorf("%d specs for %d topics", len(specs), len(known))
	}
}

func TestEnsureTopicsTellsWhatIsWrong(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		if wrong, err := c.EnsureTopics(t.Context()); err != nil || len(wrong) > 0 {
			t.Fatalf("topics as they were made: %q %v", wrong, err)
		}
		other := w.dialAs(t, Config{Partitions: 7, Retention: 48 * time.Hour})
		wrong, err := other.EnsureTopics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(wrong) != 8 { // partitions and retention of each of the four topics that carry
			t.Errorf("%d sentences, want 8: %q", len(wrong), wrong)
		}
		if err := c.alter(t.Context(), Settings, "cleanup.policy", "delete"); err != nil {
			t.Fatal(err)
		}
		eventually(t, 20*time.Second, "a table that is not compacted is told", func() bool {
			wrong, err := c.EnsureTopics(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return len(wrong) == 1 && strings.Contains(wrong[0], "cleanup.policy=delete and must have compact")
		})
	})
}

func TestEnsureTopicsMakesAPrefixedSetBesideAnother(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		a := w
		a.prefix += "other-council."
		c := a.dial(t)
		if wrong, err := c.ensureTopics(t.Context(), w.embedded != nil); err != nil || len(wrong) > 0 {
			t.Fatalf("%q %v", wrong, err)
		}
		t.Cleanup(func() {
			if w.embedded == nil {
				a.drop(t)
			}
		})
		publishEvents(t, c, "theirs", 10)
		if got := numbers(t, w.dial(t), Casework); len(got) != 0 {
			t.Errorf("one council reads %d records of another", len(got))
		}
	})
}

func TestMetricsAddUp(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		reg := prometheus.NewRegistry()
		m := NewMetrics(reg)
		c := w.dialAs(t, Config{Metrics: m})
		publishEvents(t, c, "e", 200)
		y := newTally()
		r := consume(t, c, ConsumeConfig{Group: "g", Topics: []string{Casework}, Handle: func(_ context.Context, recs []Record) error { y.take(recs); return nil }})
		eventually(t, 20*time.Second, "all read", func() bool { return y.keys() == 200 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		if err := c.DeadLetter(t.Context(), GroupArchive, event("k", 1), Poison(CauseRefused, ErrTooLarge)); err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]float64{
			"published": testutil.ToFloat64(m.out.WithLabelValues(Casework)),
			"read":      testutil.ToFloat64(m.in.WithLabelValues(Casework)),
		} {
			if got != 200 {
				t.Errorf("%s: %v, want 200", name, got)
			}
		}
		if got := testutil.ToFloat64(m.dead.WithLabelValues(GroupArchive, string(CauseRefused))); got != 1 {
			t.Errorf("dead letters %v, want 1", got)
		}
		if got := testutil.ToFloat64(m.lag.WithLabelValues("g", Casework)); got != 0 {
			t.Errorf("lag %v", got)
		}
		if in, out := testutil.ToFloat64(m.bytesIn.WithLabelValues(Casework)), testutil.ToFloat64(m.bytesOut.WithLabelValues(Casework)); in != out || in == 0 {
			t.Errorf("%v bytes in, %v out", in, out)
		}
	})
}
