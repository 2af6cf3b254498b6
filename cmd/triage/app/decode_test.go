package app

import (
	"fmt"
	"sync"
	"testing"

	"earshot/classify"
	"earshot/sources"
	"earshot/sources/topic"
)

func triagedRecord(t *testing.T, id, text string, offset int64) topic.Record {
	t.Helper()
	rec, err := topic.Encode(topic.Triaged, topic.KindTriaged, id, classify.Tagged{Mention: sources.Mention{ID: id, Platform: "x", Text: text}, Verdict: classify.Verdict{ID: id}})
	if err != nil {
		t.Fatal(err)
	}
	rec.Offset = offset
	return rec
}

// TestDecodedOnce: the readers of a record share what the first of them read, and nothing is held once the last has it.
func TestDecodedOnce(t *testing.T) {
	d := newDecoder()
	rec := triagedRecord(t, "x:1", "bins", 7)
	got := make([]*classify.Tagged, readersOf[topic.Triaged])
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			if it, err := d.read(rec); err == nil {
				got[i] = it.tagged
			}
		})
	}
	wg.Wait()
	for _, g := range got {
		if g == nil || g != got[0] || g.Mention.Text != "bins" {
			t.Errorf("readers got %p and %p", g, got[0])
		}
	}
	if len(d.held) != 0 {
		t.Errorf("%d records are held after their last reader", len(d.held))
	}
}

// TestDecodedIsBounded: a reader that never comes costs a bounded number of records, and one that comes late reads for itself.
func TestDecodedIsBounded(t *testing.T) {
	d := newDecoder()
	first := triagedRecord(t, "x:0", "bins", 0)
	early, err := d.read(first)
	if err != nil {
		t.Fatal(err)
	}
	for i := range decodedMost {
		if _, err := d.read(triagedRecord(t, fmt.Sprintf("x:%d", i+1), "bins", int64(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.held) != decodedMost {
		t.Errorf("%d records are held, the bound is %d", len(d.held), decodedMost)
	}
	late, err := d.read(first)
	if err != nil || late.tagged == early.tagged || late.tagged.Mention.ID != "x:0" {
		t.Errorf("a late reader got %+v, %v", late.tagged, err)
	}
}

// TestDecodedByItsBytes: what lies in a place now is read, not what lay there before.
func TestDecodedByItsBytes(t *testing.T) {
	d := newDecoder()
	for _, text := range []string{"bins", "other words"} {
		got, err := d.read(triagedRecord(t, "x:1", text, 7))
		if err != nil || got.tagged.Mention.Text != text {
			t.Errorf("read %+v, %v; want %q", got.tagged, err, text)
		}
	}
	broken := triagedRecord(t, "x:1", "bins", 8)
	broken.Value = broken.Value[:5]
	for range readersOf[topic.Triaged] {
		if _, err := d.read(broken); err == nil {
			t.Error("a broken record was read")
		}
	}
}
