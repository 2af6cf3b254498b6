package sources_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"earshot/sources"
)

// list is one list of a Chain: pages of two, newest first, named after it.
func list(name string, ages ...time.Duration) sources.Fetch {
	return func(_ context.Context, r sources.PageRequest) (sources.Page, error) {
		var p sources.Page
		from, _ := strconv.Atoi(r.Token)
		for i := from; i < min(from+2, len(ages)); i++ {
			id := fmt.Sprintf("x:%s%d", name, i)
			p.Items = append(p.Items, sources.Item{Mention: sources.Mention{ID: id, Platform: "x", Text: id, CreatedAt: time.Now().Add(-ages[i])}})
		}
		if from+2 < len(ages) {
			p.Next = strconv.Itoa(from + 2)
		}
		return p, nil
	}
}

func TestChainReadsEveryListBackToTheWatermark(t *testing.T) {
	chain := sources.Chain(
		list("a", time.Minute, 2*time.Minute, 3*time.Minute, 2*time.Hour, 3*time.Hour, 4*time.Hour),
		list("empty"),
		list("b", 30*time.Second, 90*time.Minute, 91*time.Minute),
	)
	r := sources.PageRequest{Since: time.Now().Add(-time.Hour)}
	got := map[string]bool{}
	pages := 0
	for {
		p, err := chain(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range p.Items {
			got[it.Mention.ID] = true
		}
		if pages++; p.Next == "" {
			break
		}
		r.Token = p.Next
	}
	if len(got) != 4 || !got["x:a0"] || !got["x:a2"] || !got["x:b0"] || got["x:a3"] || pages != 4 {
		t.Errorf("%d pages, %v", pages, got)
	}
}

func TestChainHandsOnAnError(t *testing.T) {
	bad := errors.New("bad")
	chain := sources.Chain(list("a"), func(context.Context, sources.PageRequest) (sources.Page, error) { return sources.Page{}, bad })
	if _, err := chain(t.Context(), sources.PageRequest{Token: "1"}); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
}

func TestRelisted(t *testing.T) {
	now := time.Now()
	at := func(id, text string, age time.Duration) sources.Mention {
		m := sources.Mention{ID: "x:" + id, Platform: "x", Text: text, CreatedAt: now.Add(-age)}
		sources.Normalise(&m, now)
		return m
	}
	held := []sources.Mention{at("same", "one", time.Hour), at("edited", "two", time.Hour), at("gone", "three", time.Hour), at("old", "four", 99*time.Hour)}
	shown := map[string]sources.Mention{"x:same": at("same", "one", time.Hour), "x:edited": at("edited", "two and more", time.Hour)}
	got := sources.Relisted(held, shown, func(m *sources.Mention) bool { return now.Sub(m.CreatedAt) < 24*time.Hour }, now)
	if len(got) != 3 {
		t.Fatalf("got %d", len(got))
	}
	if got[0].State == sources.Edited || got[1].State != sources.Edited || got[1].Text != "two and more" || got[2].State != sources.Deleted || got[2].ID != "x:gone" {
		t.Errorf("got %+v", got)
	}
}
