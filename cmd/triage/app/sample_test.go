package app

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/sources"
	"earshot/sources/topic"
)

// The sample is drawn from every mention of the week, once, the same on every node; what a person decided before stands for itself.
func TestTheWeeklySample(t *testing.T) {
	a := startApp(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	now := time.Now()
	week, from, _ := quality.Week(now.Add(-sampleAfter).In(a.settings.Current().Council.Location()).AddDate(0, 0, -7))
	texts := []string{"The council missed our bin again. Third week running. Disgraceful service.", "The library opens on Sunday", "what a lovely park"}
	var recs []topic.Record
	for i := range 90 {
		m := sources.Mention{ID: fmt.Sprint("forum:", i), Platform: "forum", Text: texts[i%3], CreatedAt: from.Add(time.Duration(i) * time.Hour)}
		if i >= 80 {
			m.CreatedAt = from.Add(-time.Duration(i) * time.Hour) // the week before
		}
		rec, err := topic.EncodeMention(&m)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	if err := a.log.Client.Publish(ctx, recs); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	decided := casework.Event{ID: "d1", Mention: "forum:5", Type: casework.Relabelled, At: now.UTC(), By: casework.Actor{Kind: "person", ID: "p"},
		Judged: &casework.Judged{Model: "m", Labels: []classify.Label{}}}
	if err := (acts{journal{a.log.Client}, a.recent, a.escalate.ledger, &a.escalate.book}).Append(ctx, []casework.Event{decided}); err != nil {
		t.Fatal(err)
	}
	if err := a.Sample(ctx, now); err != nil {
		t.Fatal(err)
	}
	draws := a.learning().Draws()
	if len(draws) != 1 || draws[0].Week != week || len(draws[0].Picks) != 50 || !slices.Equal(draws[0].Decided, []string{"forum:5"}) {
		t.Fatalf("draws %+v", draws)
	}
	total, drawn := 0, map[string]bool{}
	for _, s := range draws[0].Strata {
		total += s.Of
	}
	for _, p := range draws[0].Picks {
		drawn[p.ID] = true
		var n int
		if _, err := fmt.Sscanf(p.ID, "forum:%d", &n); err != nil || n >= 80 || n == 5 {
			t.Errorf("drawn: %s", p.ID)
		}
	}
	if total != 79 || len(drawn) != 50 || len(draws[0].Strata) < 2 {
		t.Errorf("the strata %+v hold %d mentions, %d are drawn", draws[0].Strata, total, len(drawn))
	}
	if err := a.log.Settings.Delete(ctx, samplePrefix+week); err != nil {
		t.Fatal(err)
	}
	if err := a.Sample(ctx, now); err != nil { // as another node would
		t.Fatal(err)
	}
	if again := a.learning().Draws(); len(again) != 1 || !reflect.DeepEqual(again[0].Picks, draws[0].Picks) {
		t.Error("another node draws another sample")
	}
	gone := draws[0].Picks[0].ID
	a.escalate.book.Add([]casework.Event{{ID: "e", Mention: gone, Type: casework.Erased, At: now}})
	if err := a.Sample(ctx, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left := a.learning().Draws(); len(left) != 1 || len(left[0].Picks) != 49 || left[0].Holds(gone) {
		t.Errorf("an erased mention stays in the sample: %v", left[0].Holds(gone))
	}
	if err := a.Sample(ctx, now.AddDate(3, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if left := a.learning().Draws(); len(left) != 0 {
		t.Errorf("%d draws are kept for ever", len(left))
	}
}
