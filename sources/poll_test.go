package sources_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// platform answers newest first, two items a page, one page empty with a next one, and repeats an item across pages.
type platform struct {
	items []sources.Item // oldest first
	calls int
	fail  int // this call fails
}

func fill(n int) *platform {
	p := &platform{}
	now := time.Now()
	for i := range n {
		p.add(now.Add(time.Duration(i-n) * time.Minute))
	}
	return p
}

func (p *platform) add(at time.Time) {
	p.items = append(p.items, sources.Item{At: at, Mention: sources.Mention{ID: fmt.Sprintf("x:%d", len(p.items)), Platform: "x", Text: fmt.Sprint(len(p.items)), CreatedAt: at}})
}

func (p *platform) fetch(_ context.Context, r sources.PageRequest) (sources.Page, error) {
	if p.calls++; p.calls == p.fail {
		return sources.Page{}, errors.New("told to fail")
	}
	token, _ := strconv.Atoi(r.Token)
	if token == 1 { // an empty page with a next one
		return sources.Page{Next: "2"}, nil
	}
	skip := 2 * max(0, token-1)
	var page sources.Page
	for i := len(p.items) - 1 - max(0, skip-1); i >= 0 && len(page.Items) < 3; i-- { // overlaps the page before by one
		page.Items = append(page.Items, p.items[i])
	}
	if len(page.Items) == 3 {
		page.Next = strconv.Itoa(token + 1)
	}
	return page, nil
}

func TestPoller(t *testing.T) {
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		p := fill(11)
		var want []sources.Mention
		for _, it := range p.items {
			want = append(want, it.Mention)
		}
		return &sources.Poller{Fetch: p.fetch, Every: time.Millisecond}, want
	})
}

func TestPollerTakesWhatTurnsUpLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := fill(4)
		src := &sources.Poller{Fetch: p.fetch, Every: time.Minute, Overlap: 10 * time.Minute}
		ms, c, err := src.Next(t.Context(), "")
		if err != nil || len(ms) != 4 {
			t.Fatalf("%d, %v", len(ms), err)
		}
		p.items = append([]sources.Item{{Mention: sources.Mention{ID: "x:late", Platform: "x", Text: "l"}, At: p.items[3].At.Add(-5 * time.Minute)}}, p.items...)
		before := time.Now()
		ms, _, err = src.Next(t.Context(), c)
		if err != nil || len(ms) != 1 || ms[0].ID != "x:late" {
			t.Fatalf("got %v, %v", ms, err)
		}
		if d := time.Since(before); d != time.Minute {
			t.Errorf("asked again after %v", d)
		}
	})
}

func TestPollerFailsBetweenPagesAndLosesNothing(t *testing.T) {
	p := fill(9)
	p.fail = 3
	src := &sources.Poller{Fetch: p.fetch, Every: time.Millisecond}
	if _, c, err := src.Next(t.Context(), ""); err == nil || c != "" {
		t.Fatalf("cursor %q, %v", c, err)
	}
	ms, _, err := src.Next(t.Context(), "")
	if err != nil || len(ms) != 9 {
		t.Errorf("%d, %v", len(ms), err)
	}
}

// A sweep of a million items is handed over while it is read; the mark moves at its end and a restart in between repeats it.
func TestPollerHoldsNoBacklog(t *testing.T) {
	const n, held, page = 1_000_000, 5000, 1000
	now := time.Now()
	fetch := func(_ context.Context, r sources.PageRequest) (sources.Page, error) {
		from, _ := strconv.Atoi(r.Token)
		var p sources.Page
		for i := from; i < from+page && i < n; i++ {
			p.Items = append(p.Items, sources.Item{At: now.Add(-time.Duration(i) * time.Millisecond), Mention: sources.Mention{ID: "x:" + strconv.Itoa(i), Platform: "x"}})
		}
		if from+page < n {
			p.Next = strconv.Itoa(from + page)
		}
		return p, nil
	}
	src := &sources.Poller{Fetch: fetch, Every: time.Hour, MaxHeld: held}
	var c sources.Cursor
	total, most, longest := 0, 0, 0
	for total < n {
		ms, next, err := src.Next(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		total, most, longest, c = total+len(ms), max(most, len(ms)), max(longest, len(next)), next
	}
	if total != n || most > held+page || longest > 70_000 {
		t.Errorf("%d items, %d at once, a cursor of %d bytes", total, most, longest)
	}
}

// A first sweep that lasts longer than its look back, because of the budget, still brings everything that lay within it when it began.
func TestALongFirstSweepForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, page = 400, 1
		began := time.Now()
		fetch := func(_ context.Context, r sources.PageRequest) (sources.Page, error) {
			i, _ := strconv.Atoi(r.Token)
			p := sources.Page{Items: []sources.Item{{Mention: sources.Mention{ID: "x:" + strconv.Itoa(i), Platform: "x", CreatedAt: began.Add(-time.Duration(i) * time.Minute)}}}}
			if i+page < n {
				p.Next = strconv.Itoa(i + page)
			}
			return p, nil
		}
		src := &sources.Poller{Fetch: fetch, Every: time.Hour, MaxHeld: 10, PerDay: 24, Lookback: 24 * time.Hour}
		var c sources.Cursor
		total := 0
		ctx, cancel := context.WithTimeout(t.Context(), 20*24*time.Hour)
		defer cancel()
		for total < n {
			ms, next, err := src.Next(ctx, c)
			if err != nil {
				t.Fatalf("after %d: %v", total, err)
			}
			total, c = total+len(ms), next
		}
		if total != n || time.Since(began) < 16*24*time.Hour {
			t.Errorf("%d of %d came, in %v", total, n, time.Since(began))
		}
	})
}

func TestPollerSpreadsItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		src := &sources.Poller{Every: time.Second, PerDay: 240, Fetch: func(context.Context, sources.PageRequest) (sources.Page, error) {
			calls++
			return sources.Page{}, nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		if _, _, err := src.Next(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if calls < 230 || calls > 251 {
			t.Errorf("%d calls in a day, want 240", calls)
		}
	})
}

func TestPollerForward(t *testing.T) {
	const n = 9
	fetch := func(_ context.Context, r sources.PageRequest) (sources.Page, error) {
		from, _ := strconv.Atoi(r.Mark)
		var p sources.Page
		for i := from; i < n && i < from+4; i++ {
			p.Items = append(p.Items, sources.Item{Mark: strconv.Itoa(i + 1), Mention: sources.Mention{ID: "x:" + strconv.Itoa(i), Platform: "x", Text: "a",
				CreatedAt: time.Unix(1795162200+int64(i), 0)}})
		}
		return p, nil
	}
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		var want []sources.Mention
		for i := range n {
			want = append(want, sources.Mention{ID: "x:" + strconv.Itoa(i), Platform: "x"})
		}
		return &sources.Poller{Fetch: fetch, Forward: true, Every: time.Millisecond}, want
	})
}

// A stream's page may hold nothing for us and yet lie behind us: the place moves on, or the same page would come for ever.
func TestPollerForwardPastNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetch := func(_ context.Context, r sources.PageRequest) (sources.Page, error) {
			switch r.Mark {
			case "":
				return sources.Page{Mark: "1"}, nil
			case "1":
				return sources.Page{Mark: "3", Items: []sources.Item{{Mark: "2", Mention: sources.Mention{ID: "x:a", Platform: "x", CreatedAt: time.Now()}}}}, nil
			}
			if r.Mark != "3" {
				t.Errorf("asked for what follows %q", r.Mark)
			}
			return sources.Page{Mark: "3"}, nil
		}
		src := &sources.Poller{Fetch: fetch, Forward: true, Every: time.Second}
		ms, c, err := src.Next(t.Context(), "")
		if len(ms) != 0 || c == "" || err != nil {
			t.Fatalf("%v, %q, %v", ms, c, err)
		}
		if ms, c, err = src.Next(t.Context(), c); len(ms) != 1 || err != nil {
			t.Fatalf("%v, %v", ms, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if ms, next, err := src.Next(ctx, c); !errors.Is(err, context.DeadlineExceeded) || next != c {
			t.Errorf("at the end: %v, %q, %v", ms, next, err)
		}
	})
}

// A platform that allows three requests and then asks for patience is read to the end all the same: a sweep goes on where it was.
func TestPollerGoesOnAfterAWait(t *testing.T) {
	p := fill(40)
	asked, waits := 0, 0
	src := &sources.Poller{Every: time.Millisecond, Fetch: func(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
		if asked++; asked%4 == 0 {
			return sources.Page{}, sources.Waitf(time.Now(), "Patience.")
		}
		return p.fetch(ctx, r)
	}}
	for waits < 20 {
		ms, _, err := src.Next(t.Context(), "")
		if err == nil {
			if len(ms) != 40 || waits == 0 {
				t.Errorf("%d mentions after %d waits", len(ms), waits)
			}
			return
		}
		var w *sources.Wait
		if !errors.As(err, &w) {
			t.Fatal(err)
		}
		waits++
	}
	t.Error("the sweep never came to its end")
}

func TestPollerIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := fill(1)
		wake := make(chan struct{}, 1)
		src := &sources.Poller{Fetch: p.fetch, Every: time.Hour, Wake: wake}
		_, c, err := src.Next(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		p.items = append([]sources.Item{{Mention: sources.Mention{ID: "x:new", Platform: "x", Text: "n"}, At: time.Now()}}, p.items...)
		before := time.Now()
		wake <- struct{}{}
		ms, _, err := src.Next(t.Context(), c)
		if err != nil || len(ms) != 1 || ms[0].ID != "x:new" || time.Since(before) != 0 {
			t.Errorf("got %v, %v after %v", ms, err, time.Since(before))
		}
	})
}

// What the budget allows only after the caller's time is over is no empty answer.
func TestBudgetBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := fill(9)
		poller := &sources.Poller{Fetch: p.fetch, PerDay: 24} // one at once, then one an hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if ms, _, err := poller.Next(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || p.calls != 1 {
			t.Errorf("got %d mentions by %d calls, %v", len(ms), p.calls, err)
		}
	})
}
