package app

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"earshot/classify"
	"earshot/classify/judge"
	"earshot/settings"
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

// TestHandedOver: what this process judged is not decoded, for any of its readers; what it did not make is.
func TestHandedOver(t *testing.T) {
	d := newDecoder()
	rec := triagedRecord(t, "x:1", "bins", 7)
	made := &classify.Tagged{Mention: sources.Mention{ID: "x:1", Platform: "x", Text: "bins"}, Verdict: classify.Verdict{ID: "x:1"}}
	d.hand(rec, made)
	for range readersOf[topic.Triaged] {
		if got, err := d.read(rec); err != nil || got.tagged != made {
			t.Errorf("read %p, %v; want what was handed over, %p", got.tagged, err, made)
		}
	}
	if len(d.held)+len(d.made) != 0 {
		t.Errorf("%d and %d are held after the last reader", len(d.held), len(d.made))
	}
	d.hand(rec, made)
	if got, err := d.read(triagedRecord(t, "x:1", "other words", 8)); err != nil || got.tagged.Mention.Text != "other words" {
		t.Errorf("read %+v, %v", got.tagged, err)
	}
	for i := range madeMost {
		d.hand(triagedRecord(t, fmt.Sprintf("x:%d", i+2), "bins", 0), made)
	}
	if got, err := d.read(rec); err != nil || got.tagged == made || len(d.made) != madeMost {
		t.Errorf("%d are held, the bound is %d; a late reader got %p, %v", len(d.made), madeMost, got.tagged, err)
	}
}

// TestHandedOverIsWhatIsRead: what the classifier says is the same in its own memory as read back from the log.
func TestHandedOverIsWhatIsRead(t *testing.T) {
	people := []settings.Person{{Name: "Joan Wetherell", Job: "Refuse driver", Grade: settings.Junior}, {Name: "Cllr Omar Baker", Grade: settings.Member}}
	facts := []settings.Fact{{ID: "F1", Statement: "Brown bins are emptied every two weeks, and a permit costs £58 a year."}}
	c, err := judge.New(judge.Config{People: people, Facts: facts, Policy: "7"})
	if err != nil {
		t.Fatal(err)
	}
	reasons, officers, touched := 0, 0, 0
	for at, line := range []string{
		`"text":"Joan Wetherell is thick scum and I know where she parks, she should watch her back","created_at":"2026-03-02T09:00:00.123456+01:00","media":[]`,
		`"text":"Brown bins emptied every four weeks now and the permit costs £90 a year, disgrace","created_at":"2026-03-02T09:00:00Z","odd": {"a" : [1, 2]}`,
		`"text":"","title":"Cllr Omar Baker on his bike","media":[{"type":"image","alt":"a bike","more":1}],"created_at":"2026-03-02T09:00:00Z","engagement":{"likes":3}`,
	} {
		m, err := sources.ParseMention([]byte(`{"id":"x:1","platform":"x",` + line + `}`))
		if err != nil {
			t.Fatal(err)
		}
		in, err := topic.EncodeMention(&m)
		if err != nil {
			t.Fatal(err)
		}
		if m, err = topic.DecodeMention(in); err != nil {
			t.Fatal(err)
		}
		verdicts, err := c.Classify(t.Context(), []sources.Mention{m})
		if err != nil {
			t.Fatal(err)
		}
		made := classify.Tagged{Mention: m, Verdict: verdicts[0]}
		rec, err := encodeTagged(made)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := decodeTagged(rec); err != nil || !reflect.DeepEqual(read, made) {
			t.Errorf("mention %d: read\n%+v, %v; made\n%+v", at, read, err, made)
		}
		v := &verdicts[0]
		reasons, officers, touched = reasons+len(v.Reasons), officers+len(v.Officers), touched+len(v.Facts)
	}
	if reasons == 0 || officers == 0 || touched == 0 {
		t.Errorf("%d reasons, %d officers and %d facts prove nothing", reasons, officers, touched)
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
