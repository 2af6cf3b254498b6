package topic

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"earshot/sources"
)

func openTable(t *testing.T, c *Client, topic string) *Table {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tab, err := OpenTable(ctx, c, topic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	return tab
}

func TestTable(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		a := openTable(t, w.dial(t), Settings)
		ctx := t.Context()
		if _, ok := a.Get("route/1"); ok {
			t.Fatal("an empty table has an entry")
		}
		for n := range 3 {
			if _, err := a.Put(ctx, fmt.Sprintf("route/%d", n), fmt.Appendf(nil, `{"n":%d}`, n)); err != nil {
				t.Fatal(err)
			}
			if e, ok := a.Get(fmt.Sprintf("route/%d", n)); !ok || string(e.Value) != fmt.Sprintf(`{"n":%d}`, n) {
				t.Fatalf("after Put of %d the view shows %s", n, e.Value)
			}
		}
		if _, err := a.Put(ctx, "other", []byte(`1`)); err != nil {
			t.Fatal(err)
		}
		if err := a.Delete(ctx, "route/1"); err != nil {
			t.Fatal(err)
		}
		want := "route/0 route/2 "
		for name, tab := range map[string]*Table{"the writer's": a, "another node's": openTable(t, w.dial(t), Settings)} {
			got := ""
			for _, e := range tab.All("route/") {
				got += e.Key + " "
			}
			if got != want {
				t.Errorf("%s view shows %q, want %q", name, got, want)
			}
		}
	})
}

func TestTableRefusesWhatIsNoEntry(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		tab := openTable(t, w.dial(t), Settings)
		for _, c := range []struct{ name, key, value string }{{"no key", "", `1`}, {"no JSON", "k", `{`}} {
			if _, err := tab.Put(t.Context(), c.key, []byte(c.value)); err == nil {
				t.Errorf("%s was accepted", c.name)
			}
		}
		if _, err := OpenTable(t.Context(), tab.c, Mentions); err == nil {
			t.Error("mentions were opened as a table")
		}
	})
}

func TestTablePutIf(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		tab := openTable(t, w.dial(t), Settings)
		first, err := tab.PutIf(t.Context(), "k", -1, []byte(`1`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tab.PutIf(t.Context(), "k", -1, []byte(`2`)); !errors.Is(err, ErrConflict) {
			t.Fatalf("a key that exists was made anew: %v", err)
		}
		const people = 10
		var wg sync.WaitGroup
		var mu sync.Mutex
		won, lost := 0, 0
		for n := range people {
			wg.Go(func() {
				_, err := tab.PutIf(t.Context(), "k", first, fmt.Appendf(nil, "%d", n))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, ErrConflict):
					lost++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 || lost != people-1 {
			t.Errorf("%d of %d changes from one version were taken, %d refused", won, people, lost)
		}
	})
}

func TestTableWatch(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		a, b := openTable(t, w.dial(t), Settings), openTable(t, w.dial(t), Settings)
		var mu sync.Mutex
		var got []string
		stop := b.Watch(func(e Entry) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprintf("%s=%s", e.Key, e.Value))
		})
		for _, v := range []string{`1`, `2`} {
			if _, err := a.Put(t.Context(), "k", []byte(v)); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		eventually(t, 20*time.Second, "the other node saw three changes", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == 3 })
		stop()
		if fmt.Sprint(got) != "[k=1 k=2 k=]" {
			t.Errorf("watched %v", got)
		}
		if _, err := a.Put(t.Context(), "k", []byte(`3`)); err != nil {
			t.Fatal(err)
		}
		if err := b.await(t.Context(), a.next-1); err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 {
			t.Errorf("after stop %v", got)
		}
	})
}

func TestCursorStore(t *testing.T) {
	onEveryLog(t, func(t *testing.T, w world) {
		s := NewCursorStore(openTable(t, w.dial(t), Cursors))
		ctx := t.Context()
		if c, err := s.Load(ctx, "feed/1"); c != "" || err != nil {
			t.Fatalf("an unknown source has cursor %q, %v", c, err)
		}
		for _, v := range []sources.Cursor{"a", "b\"é"} {
			if err := s.Save(ctx, "feed/1", v); err != nil {
				t.Fatal(err)
			}
		}
		h := sources.Health{Source: "feed/1", Kind: "feed", State: "running", Accepted: 7, LastSuccess: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
		if err := s.SaveHealth(ctx, h); err != nil {
			t.Fatal(err)
		}
		again := NewCursorStore(openTable(t, w.dial(t), Cursors))
		if c, err := again.Load(ctx, "feed/1"); c != "b\"é" || err != nil {
			t.Errorf("loaded %q, %v", c, err)
		}
		if all := again.Health(); len(all) != 1 || all[0] != h {
			t.Errorf("health %+v", all)
		}
		if last, err := again.LastHealth(ctx, "feed/1"); err != nil || last != h {
			t.Errorf("last health %+v, %v", last, err)
		}
		pushed := sources.Pushed{At: h.LastSuccess.Add(time.Hour), Mention: h.LastSuccess.Add(time.Minute)}
		if err := s.SavePush(ctx, "feed/1", pushed); err != nil {
			t.Fatal(err)
		}
		if err := again.t.await(ctx, s.t.next-1); err != nil {
			t.Fatal(err)
		}
		if got, all := again.LastPush("feed/1"), again.Health(); got != pushed || all[0].LastSuccess != pushed.At || all[0].LastMention != pushed.Mention {
			t.Errorf("pushed %+v, health %+v", got, all)
		}
		place := sources.SweepPlace{Began: h.LastSuccess, Place: "p", Done: 3, Of: 9, Recent: ".x", Sentence: "Late.", Whose: "page=7", Since: h.LastSuccess}
		if err := s.SaveSweep(ctx, "feed/1", place); err != nil {
			t.Fatal(err)
		}
		if err := again.t.await(ctx, s.t.next-1); err != nil {
			t.Fatal(err)
		}
		if got, err := again.LoadSweep(ctx, "feed/1"); err != nil || got != place || again.Health()[0].Sweep != "Late." {
			t.Errorf("sweep %+v, %v, health %+v", got, err, again.Health())
		}
		if err := again.ForgetOthers(ctx, []string{"feed/1", "feed/2"}); err != nil {
			t.Fatal(err)
		}
		if c, err := again.Load(ctx, "feed/1"); c == "" || err != nil || len(again.Health()) != 1 {
			t.Errorf("after the others were forgotten: %q, %v, %v", c, err, again.Health())
		}
		if err := again.ForgetOthers(ctx, []string{"feed/2"}); err != nil {
			t.Fatal(err)
		}
		if c, err := again.Load(ctx, "feed/1"); c != "" || err != nil || len(again.Health()) != 0 || again.LastPush("feed/1") != (sources.Pushed{}) {
			t.Errorf("after it was forgotten: %q %v %v", c, err, again.Health())
		}
		if got, err := again.LoadSweep(ctx, "feed/1"); err != nil || got != (sources.SweepPlace{Whose: "page=7", Since: h.LastSuccess}) {
			t.Errorf("of its sweep is left %+v, %v; want whose things it read alone", got, err)
		}
	})
}

func TestTableOpensOnlyWithinItsContext(t *testing.T) {
	e := openEmbedded(t, EmbeddedConfig{Dir: t.TempDir()})
	c := world{brokers: e.Addrs(), prefix: "nobody-made-these."}.dial(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := OpenTable(ctx, c, Settings); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}
