package topic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"earshot/sources"
)

func mention(n int) sources.Mention {
	return sources.Mention{ID: fmt.Sprintf("x:%d", n), Platform: "x", Text: "The bins were not collected", CreatedAt: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
}

// poisons is one of each kind, by the cause it must get.
func poisons(t *testing.T) map[string]struct {
	cause Cause
	rec   Record
} {
	t.Helper()
	m := mention(1)
	good, err := EncodeMention(&m)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Record)) Record {
		r := good
		r.Key = []byte("poison")
		change(&r)
		return r
	}
	type p = struct {
		cause Cause
		rec   Record
	}
	return map[string]p{
		"broken JSON":     {CauseBrokenJSON, with(func(r *Record) { r.Value = []byte(`{"id":"x:1",`) })},
		"invalid UTF-8":   {CauseBadUTF8, with(func(r *Record) { r.Value = []byte("{\"id\":\"x:\xff\"}") })},
		"no wire header":  {CauseUnknownWire, with(func(r *Record) { r.Headers = nil })},
		"a later version": {CauseUnknownWire, with(func(r *Record) { r.Headers = []Header{{HeaderWire, []byte("mention/2")}} })},
		"another kind":    {CauseUnknownWire, with(func(r *Record) { r.Headers = []Header{{HeaderWire, []byte("event/1")}} })},
		"nothing":         {CauseEmpty, with(func(r *Record) { r.Value = []byte{} })},
		"the year 9999": {CauseInvalid, with(func(r *Record) {
			r.Value = []byte(`{"id":"x:1","platform":"x","text":"t","created_at":"9999-01-01T00:00:00Z"}`)
		})},
		"a key that is not its id": {CauseInvalid, with(func(*Record) {})},
		"a wrong type":             {CauseBrokenJSON, with(func(r *Record) { r.Value = []byte(`{"id":5}`) })},
	}
}

func TestPoisonIsSetAsideAndStopsNothing(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		ctx := t.Context()
		bad := poisons(t)
		var recs []Record
		for _, p := range bad {
			recs = append(recs, p.rec)
		}
		if err := c.Publish(ctx, recs); err != nil {
			t.Fatal(err)
		}
		if err := c.PublishMentions(ctx, []sources.Mention{mention(1), mention(2), mention(3)}); err != nil {
			t.Fatal(err)
		}
		y := newTally()
		r := consume(t, c, ConsumeConfig{Group: GroupClassify, Topics: []string{Mentions}, Handle: func(ctx context.Context, recs []Record) error {
			good, err := Sift(ctx, c, GroupClassify, recs, DecodeMention)
			for _, g := range good {
				y.take([]Record{g.Record})
			}
			return err
		}})
		eventually(t, 20*time.Second, "the good ones came through", func() bool { return y.keys() == 3 })
		if err := r.end(t); err != nil {
			t.Fatal(err)
		}
		causes := map[Cause]int{}
		if err := c.EachDead(ctx, func(d Dead) error {
			causes[d.Cause]++
			if d.Stage != GroupClassify || d.Record.Topic != Mentions || d.Record.Offset < 0 || string(d.Record.Key) != "poison" || d.Error == "" {
				t.Errorf("dead letter %+v", d)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		want := map[Cause]int{}
		for _, p := range bad {
			want[p.cause]++
		}
		if fmt.Sprint(causes) != fmt.Sprint(want) {
			t.Errorf("causes %v, want %v", causes, want)
		}
	})
}

func TestReplay(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		ctx := t.Context()
		for name, p := range poisons(t) {
			if err := c.DeadLetter(ctx, name, p.rec, Poison(p.cause, errors.New("because"))); err != nil {
				t.Fatal(err)
			}
		}
		mend := func(d *Dead) bool {
			if d.Cause != CauseBadUTF8 {
				return false
			}
			d.Record.Key = []byte("x:7")
			d.Record.Value = []byte(`{"id":"x:7","platform":"x","text":"mended","created_at":"2026-05-04T03:02:01Z"}`)
			return true
		}
		for round, want := range []int{1, 0} { // what was replayed is not replayed again
			n, err := c.Replay(ctx, mend)
			if err != nil || n != want {
				t.Fatalf("round %d replayed %d, want %d; %v", round, n, want, err)
			}
		}
		var got []sources.Mention
		if err := c.readAll(ctx, Mentions, func(r Record) error {
			m, err := DecodeMention(r)
			got = append(got, m)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Text != "mended" {
			t.Fatalf("replayed %+v", got)
		}
		n, err := c.Replay(ctx, nil)
		if want := len(poisons(t)) - 1; err != nil || n != want {
			t.Fatalf("replayed %d of the other %d; %v", n, want, err)
		}
	})
}

func TestDeadLetterKeepsTheBytes(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		c := w.dial(t)
		ctx := t.Context()
		line := []byte(incompressible(2 << 20))
		huge := []byte(incompressible(MaxDeadLetterBytes + 5))
		for _, v := range [][]byte{line, huge, nil} {
			if err := c.DeadLetter(ctx, "ingest", Record{Topic: Mentions, Value: v, Partition: -1, Offset: -1}, Poison(CauseTooLarge, errors.New("too long"))); err != nil {
				t.Fatal(err)
			}
		}
		found := 0
		if err := c.EachDead(ctx, func(d Dead) error {
			switch {
			case bytes.Equal(d.Record.Value, line) && d.Cut == 0, len(d.Record.Value) == 0:
				found++
			case bytes.Equal(d.Record.Value, huge[:MaxDeadLetterBytes]) && d.Cut == len(huge):
				found++
			default:
				t.Errorf("a letter of %d bytes, cut from %d", len(d.Record.Value), d.Cut)
			}
			if d.Record.Key != nil || d.Record.Offset != -1 || d.Record.Partition != -1 {
				t.Errorf("key %q at %d/%d", d.Record.Key, d.Record.Partition, d.Record.Offset)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if found != 3 {
			t.Errorf("%d of 3 letters found whole", found)
		}
		if n, err := c.Replay(ctx, func(d *Dead) bool { return d.Cut > 0 }); n != 0 || err != nil {
			t.Errorf("a cut letter was replayed: %d %v", n, err)
		}
	})
}
