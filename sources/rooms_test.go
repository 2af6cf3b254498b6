package sources_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/sources"
)

// TestRooms reads three rooms, one of two pages and one with nothing but what is too old: the others still get their turn.
func TestRooms(t *testing.T) {
	since := time.Now().Add(-time.Hour)
	item := func(id string, at time.Time) sources.Item {
		return sources.Item{Mention: sources.Mention{ID: "x:" + id, CreatedAt: at}}
	}
	rooms := sources.Rooms{Names: []string{"old", "two", "one"}, Fetch: func(_ context.Context, room string, r sources.PageRequest) (sources.Page, error) {
		switch room + r.Token {
		case "old":
			return sources.Page{Items: []sources.Item{item("past", since.Add(-time.Minute))}}, nil
		case "two":
			return sources.Page{Items: []sources.Item{item("a", since.Add(time.Minute))}, Next: "page 2"}, nil
		case "twopage 2":
			return sources.Page{Items: []sources.Item{item("b", since.Add(2*time.Minute))}}, nil
		}
		return sources.Page{Items: []sources.Item{item("c", since)}}, nil
	}}
	var got []string
	r := sources.PageRequest{Since: since}
	for page := 0; page == 0 || r.Token != ""; page++ {
		p, err := rooms.Page(t.Context(), r)
		if err != nil || page > 3 {
			t.Fatal(page, err)
		}
		for _, it := range p.Items {
			got = append(got, it.Mention.ID)
		}
		r.Token = p.Next
	}
	if s := strings.Join(got, " "); s != "x:a x:b x:c" {
		t.Errorf("got %q", s)
	}
}

func TestListOption(t *testing.T) {
	if got := sources.ListOption(" a, b,,c\n a "); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}
