package sources_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// goneIf is an answer that calls deleted what f says.
func goneIf(f func(id string) bool) func([]sources.Mention) ([]sources.Mention, error) {
	return func(held []sources.Mention) (out []sources.Mention, _ error) {
		for _, m := range held {
			if f(m.ID) {
				m = sources.Mention{ID: m.ID, Platform: "x", State: sources.Deleted}
			}
			out = append(out, m)
		}
		return out, nil
	}
}

func all(string) bool { return true }

// holding is a sweeping with n old mentions.
func holding(n, batch int) *sweeping {
	w := newSweeping()
	w.sweep.Batch = batch
	for k := range n {
		w.put(fmt.Sprintf("x:%03d", k), time.Now().Add(-time.Duration(2000-k)*time.Hour))
	}
	return w
}

func (w *sweeping) left() int {
	n, _ := w.Holds(context.Background(), "s")
	return n
}

func TestOrdinaryDeletionsPassAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := holding(200, 10)
		gone := func(id string) bool { // one in ten, and three beside each other
			return strings.HasSuffix(id, "7") || id >= "x:100" && id < "x:103"
		}
		w.says(goneIf(gone))
		w.run(t, 91*time.Hour)
		if w.left() != 177 {
			t.Errorf("%d of 200 are left, although 23 are gone", w.left())
		}
		for id, at := range w.asked {
			if len(at) > 1 && gone(id) {
				t.Errorf("%s was asked about %d times", id, len(at))
			}
		}
	})
}

func TestALostPermissionDeletesNothing(t *testing.T) {
	for name, c := range map[string]struct{ batch, before, least int }{
		"within one question":        {100, 0, 200},
		"over questions":             {4, 0, 196}, // four are fewer than make a stretch
		"after many ordinary ones":   {10, 40, 200},
		"one mention in a question":  {1, 0, 195}, // five are believed before it can be seen
		"one, after many that stand": {1, 40, 195},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := holding(200, c.batch)
				go w.run(t, time.Duration(c.before+18)*time.Hour)
				time.Sleep(time.Duration(c.before) * time.Hour)
				w.says(goneIf(all))
				time.Sleep(5 * time.Hour)
				if w.left() < c.least {
					t.Errorf("%d are left", w.left())
				}
				if s := w.places.sentence(); !strings.Contains(s, "were called deleted, far more than usual") || !strings.Contains(s, "asked about again after 6 hours") {
					t.Errorf("it says %q", s)
				}
				left := w.left()
				w.says(nil)
				time.Sleep(12 * time.Hour)
				if s := w.places.sentence(); w.left() != left || s != "" {
					t.Errorf("%d of %d are left once the permission is back, and it says %q", w.left(), left, s)
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

func TestAnEditPassesBesideWhatIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := holding(20, 20)
		w.says(func(held []sources.Mention) ([]sources.Mention, error) {
			out, _ := goneIf(func(id string) bool { return id != "x:000" })(held)
			out[0].Text = "other words"
			return out, nil
		})
		w.run(t, time.Hour)
		if w.left() != 20 || w.held["x:000"].Text != "other words" {
			t.Errorf("%d left, the edited one is %+v", w.left(), w.held["x:000"])
		}
	})
}

func TestAMassDeletionGoesThroughAtTheSecondAnswer(t *testing.T) {
	for _, batch := range []int{1, 10, 100} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := holding(100, batch)
				w.says(goneIf(func(id string) bool { return id >= "x:050" }))
				w.run(t, 110*time.Hour)
				if w.left() != 50 || w.places.sentence() != "" {
					t.Errorf("%d of 100 are left, and it says %q", w.left(), w.places.sentence())
				}
				twice := 0
				for id, at := range w.asked {
					if id < "x:050" || len(at) < 2 {
						continue
					}
					twice++
					if d := at[1].Sub(at[0]); len(at) != 2 || d < 6*time.Hour || d > 7*time.Hour {
						t.Errorf("%s was asked about %d times, again after %v", id, len(at), d)
					}
				}
				if twice < 45 {
					t.Errorf("only %d were asked about a second time", twice)
				}
			})
		})
	}
}

// A dead key may make a platform call everything deleted for long: as long as the source cannot be read nothing of it is believed.
func TestWithoutAReadingNothingHeldBackIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := holding(100, 10)
		w.says(goneIf(all))
		w.ill.Store(true)
		go w.run(t, 300*time.Hour)
		time.Sleep(250 * time.Hour)
		if s := w.places.sentence(); w.left() != 100 || !strings.HasSuffix(s, "it waits for a reading that succeeds.") {
			t.Errorf("%d are left, and it says %q", w.left(), s)
		}
		if w.calls() < 10 || w.calls() > 40 {
			t.Errorf("%d questions: what is held back is asked about in its rounds alone", w.calls())
		}
		w.ill.Store(false)
		time.Sleep(50 * time.Hour)
		synctest.Wait()
		if s := w.places.sentence(); w.left() != 0 || s != "" {
			t.Errorf("%d are left although the source is read and they are gone, and it says %q", w.left(), s)
		}
	})
}

// pausable is an oracle that can be read once, unless it is ill.
type pausable struct{ *sweeping }

func (p pausable) Next(_ context.Context, c sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	if p.ill.Load() {
		return nil, c, sources.Stopf("The key is dead.")
	}
	return []sources.Mention{{ID: "x:fresh", Platform: "x", Text: "nobody wants this now"}}, "1", nil
}

// Nobody reads a paused source, so that its sweep reads it once itself: it must not keep what is gone for as long as the pause lasts.
func TestAMassDeletionReachesThePausedSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := holding(100, 10)
		w.says(goneIf(all))
		w.ill.Store(true)
		kinds := sources.NewRegistry(sources.Connector{Name: "k", Recheck: 100 * time.Hour, Batch: 10,
			New: func(settings.Source, sources.Deps) (sources.Source, error) { return pausable{w}, nil }})
		s := sources.NewSweeps(sources.SweepsConfig{Registry: kinds, Record: w.shelf, Publisher: w.shelf, Places: w.places})
		s.Apply([]settings.Source{{ID: "s", Kind: "k", Paused: true}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(100 * time.Hour)
		if s := w.places.sentence(); w.left() != 100 || !strings.HasSuffix(s, "it waits for a reading that succeeds.") {
			t.Errorf("with a dead key %d are left, and it says %q", w.left(), s)
		}
		w.ill.Store(false)
		time.Sleep(120 * time.Hour)
		if s := w.places.sentence(); w.left() != 0 || s != "" {
			t.Errorf("%d are left although they are gone, and it says %q", w.left(), s)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestARestartForgetsNoDoubt(t *testing.T) {
	for _, batch := range []int{1, 10} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := holding(100, batch)
				w.says(goneIf(all))
				for range 8 {
					w.run(t, 5*time.Hour)
				}
				if w.left() < 95 || w.left() < 100 && batch > 5 {
					t.Errorf("%d are left after restarts within six hours", w.left())
				}
				w.run(t, 100*time.Hour)
				if w.left() != 0 {
					t.Errorf("%d are left although they are gone", w.left())
				}
			})
		})
	}
}
