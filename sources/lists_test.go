package sources

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"
)

type row struct {
	id string
	at time.Time
}

func (r *row) mention() Mention {
	return Some(Mention{ID: "x:" + r.id, CreatedAt: r.at}, r.id != "")
}

func TestListsOfThings(t *testing.T) {
	now := time.Now()
	rows := []row{{"1", now}, {"", now}, {"2", now.Add(-time.Hour)}}
	if got := Mentions(rows, (*row).mention); len(got) != 2 || got[1].ID != "x:2" {
		t.Errorf("got %+v", got)
	}
	if got := Items(rows, (*row).mention); len(got) != 2 || !got[1].At.IsZero() || got[1].when() != rows[2].at {
		t.Errorf("got %+v", got)
	}
	if got := ItemsAt(rows, (*row).mention, func(*row) time.Time { return now.Add(time.Hour) }); len(got) != 2 || got[1].At != now.Add(time.Hour) {
		t.Errorf("got %+v", got)
	}
	if got := Besides("x:1", []Mention{{ID: "x:1"}, {ID: "x:2"}, {ID: "x:3", State: Deleted}}); len(got) != 1 || got[0].ID != "x:2" {
		t.Errorf("got %+v", got)
	}
	if (PageRequest{}).Number(1) != 1 || (PageRequest{Token: "7"}).Number(1) != 7 {
		t.Error("the number of a page is mistaken")
	}
}

// threePages holds items 1 to 3, a page each, of which the second is the oldest; broken fails at its last page.
func threePages(now time.Time, broken error) Fetch {
	return func(_ context.Context, r PageRequest) (Page, error) {
		n := r.Number(1)
		if n == 3 && broken != nil {
			return Page{}, broken
		}
		p := Page{Items: []Item{{Mention: Mention{ID: "x:" + strconv.Itoa(n), CreatedAt: now.Add(-time.Duration(n%3) * time.Hour)}}}}
		if n < 3 {
			p.Next = strconv.Itoa(n + 1)
		}
		return p, nil
	}
}

func TestUnorderedListIsReadToItsEnd(t *testing.T) {
	now := time.Now()
	fetch := Unordered(threePages(now, nil))
	if p, err := fetch(t.Context(), PageRequest{Since: now.Add(-90 * time.Minute), Token: "2"}); err != nil || len(p.Items) != 0 || p.Next != "3" {
		t.Errorf("got %+v, %v", p, err)
	}
	if p, err := Chain(fetch)(t.Context(), PageRequest{Since: now.Add(-90 * time.Minute), Token: "0 2"}); err != nil || p.Next != "0 3" {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestShown(t *testing.T) {
	now := time.Now()
	if got, err := Shown(t.Context(), threePages(now, nil)); err != nil || len(got) != 3 || got["x:3"].CreatedAt != now {
		t.Errorf("got %v, %v", got, err)
	}
	trouble := errors.New("trouble")
	if got, err := Shown(t.Context(), threePages(now, trouble)); !errors.Is(err, trouble) || got != nil {
		t.Errorf("half a list gives %v, %v", got, err)
	}
	again := 0
	for range Pages(t.Context(), func(context.Context, PageRequest) (Page, error) { again++; return Page{Next: "same"}, nil }) {
	}
	if again != 2 {
		t.Errorf("a page that leads to itself is read %d times", again)
	}
	read := 0
	for range Pages(t.Context(), threePages(now, nil)) {
		read++
		break
	}
	if read != 1 {
		t.Errorf("%d pages are read of one", read)
	}
}

func TestRecheckEach(t *testing.T) {
	now := time.Now()
	held := []Mention{{ID: "x:1", Platform: "x", Text: "as before"}, {ID: "x:2", Platform: "x", Text: "old"}, {ID: "x:3", Platform: "x"}, {ID: "y:4", Platform: "y"}}
	one := func(_ context.Context, h *Mention) (Mention, error) {
		switch h.Native() {
		case "1":
			return *h, nil
		case "2":
			return Mention{ID: "x:0002", Platform: "x", Text: "new"}, nil
		case "3":
			return Mention{}, Missing(Stopf("x knows no 3"))
		}
		return Mention{}, nil
	}
	got, err := RecheckEach(t.Context(), held, now, one)
	if err != nil || len(got) != 3 || got[0].State != "" || got[1].ID != "x:2" || got[1].State != Edited || got[2].ID != "x:3" || got[2].State != Deleted {
		t.Errorf("got %+v, %v", got, err)
	}
	trouble := errors.New("trouble")
	if got, err := RecheckEach(t.Context(), held, now, func(context.Context, *Mention) (Mention, error) { return Mention{}, trouble }); err != trouble || got != nil {
		t.Errorf("trouble gives %+v, %v", got, err)
	}
	if got := NativeIDs(held, "x:"); len(got) != 3 || got[2] != "3" {
		t.Errorf("got %q", got)
	}
}

func TestMissingIsStillTheErrorItWas(t *testing.T) {
	err := Missing(Stopf("Nothing there."))
	if !errors.Is(err, ErrGone) || !errors.Is(err, ErrStop) || err.Error() != "Nothing there." || UnlessGone(err) != nil {
		t.Errorf("got %v", err)
	}
	if err := Stopf("A dead key."); UnlessGone(err) != err || errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
}
