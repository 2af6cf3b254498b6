package indextest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources"
)

func (s *suite) keepsEverything() {
	first := post("1", "The bins were missed £5 😀 \u202eשלום", 0)
	first.Mention.Engagement = map[string]int64{"likes": 1 << 40}
	first.Unknown = []byte(`{"later":[1,2,{"x":null}]}`)
	first.Verdict.Unknown = []byte(`{"hint":"x"}`)
	if r := s.put(first); r.New != 1 {
		s.Fatalf("%+v", r)
	}
	for range 2 {
		s.same("record", s.get("1").Tagged, first)
		s.reopen()
	}
	if _, err := s.Get(s.Context(), system, "test:2"); !errors.Is(err, index.ErrNotFound) {
		s.Fatalf("a mention never put: %v", err)
	}
}

func (s *suite) oneRow() {
	a, b := post("a", "one", 0), post("b", "two", 1)
	s.put(a, b, a)
	for range 3 {
		if r := s.put(b, a, b); r.Repeated != 3 {
			s.Fatalf("%+v", r)
		}
		s.reopen()
	}
	if st := s.stats(); st.Mentions != 2 || st.Versions != 0 || st.Verdicts != 0 {
		s.Fatalf("%+v", st)
	}
	if got := s.all(); len(got) != 2 {
		s.Fatalf("walked through %s", ids(got))
	}
	// The classifier run again after a crash says the same at another time.
	again := a
	again.Verdict.At = later(9)
	if r := s.put(again); r.Repeated != 1 {
		s.Fatalf("%+v", r)
	}
	s.same("verdict", s.get("a").Verdict, a.Verdict)
	// More likes are no version, but are kept; another source's term joins.
	liked := a
	liked.Mention.Engagement, liked.Mention.FetchedAt, liked.Mention.MatchedBy = map[string]int64{"likes": 7}, later(10), []string{"mayor"}
	if r := s.put(liked); r.Repeated != 1 {
		s.Fatalf("%+v", r)
	}
	m := s.get("a").Mention
	if m.Engagement["likes"] != 7 || !slices.Equal(m.MatchedBy, []string{"council", "mayor"}) || !m.FetchedAt.Equal(later(0)) {
		s.Fatalf("likes %v, matched by %v, fetched %v", m.Engagement, m.MatchedBy, m.FetchedAt)
	}
	// Fetched around another, a mention stays one in its own right, or becomes one.
	around, terms := []string{sources.MatchedThread}, []string{"council"}
	for i, c := range [][3][]string{{terms, around, terms}, {around, terms, terms}, {nil, around, nil}, {around, nil, nil}, {around, around, around}} {
		x := post(fmt.Sprint("around", i), "x", 0)
		for _, by := range c[:2] {
			x.Mention.MatchedBy = by
			s.put(x)
		}
		if got := s.get(fmt.Sprint("around", i)).Mention.MatchedBy; !slices.Equal(got, c[2]) {
			s.Fatalf("matched by %v and then %v gives %v", c[0], c[1], got)
		}
	}
}

func (s *suite) countsAddUp() {
	a, gone := post("a", "one", 0), post("gone", "x", 0)
	_, err := s.Erase(s.Context(), []archive.Erasure{{Hash: archive.Hash("test:refused"), At: later(0)}})
	s.ok(err)
	considered := tag(a.Mention, classify.Considered, 2, classify.Abuse)
	r := s.put(a, considered, edited(a, "two", 3), a, gone, deleted(gone, 4), deleted(gone, 4), gone, post("refused", "x", 0), deleted(post("never", "", 0), 5))
	if want := (archive.Result{New: 2, Edited: 1, Deleted: 2, Judged: 1, Repeated: 2, Refused: 2}); r != want {
		s.Fatalf("got %+v, want %+v", r, want)
	}
	st := s.stats()
	if st.Mentions != 3 || st.Deleted != 2 || st.Erasures != 1 || st.Versions != 1 || st.Verdicts != 2 {
		s.Fatalf("%+v", st)
	}
}

func (s *suite) edits() {
	a := post("a", "The bins were missed", 0)
	b := edited(a, "The bins were missed again", 5)
	s.put(a)
	s.put(b)
	s.put(a, b) // the log repeats both
	s.reopen()
	rec := s.get("a")
	s.same("current", rec.Tagged, b)
	past, err := s.Versions(s.Context(), comms, "test:a")
	s.ok(err)
	s.same("versions", past, []classify.Tagged{a, b})
	verdicts, err := s.Verdicts(s.Context(), comms, "test:a")
	s.ok(err)
	s.same("verdicts", verdicts, []classify.Verdict{a.Verdict, b.Verdict})
	if st := s.stats(); st.Mentions != 1 || st.Versions != 1 {
		s.Fatalf("%+v", st)
	}
}

func (s *suite) lateVersions() {
	a := post("a", "one", 0)
	b, c := edited(a, "two", 10), edited(a, "three", 5)
	s.put(a, b)
	if r := s.put(c); r.Edited != 1 {
		s.Fatalf("a version overtaken on its way: %+v", r)
	}
	s.same("current", s.get("a").Tagged, b)
	if r := s.put(c, a); r.Repeated != 2 {
		s.Fatalf("%+v", r)
	}
	back := edited(a, "one", 20)
	back.Mention.TextRaw = a.Mention.TextRaw
	back.Verdict.Version = back.Mention.Version()
	if back.Mention.Version() != a.Mention.Version() {
		s.Fatal("the fixture is not the first version again")
	}
	if r := s.put(back); r.Edited != 1 {
		s.Fatalf("put back: %+v", r)
	}
	s.same("current", s.get("a").Tagged, back)
	s.put(a, c, b)
	s.same("current", s.get("a").Tagged, back)
	past, err := s.Versions(s.Context(), system, "test:a")
	s.ok(err)
	var texts []string
	for _, v := range past {
		texts = append(texts, v.Mention.Text)
	}
	if !slices.Equal(texts, []string{"three", "two", "one"}) {
		s.Fatalf("versions %q", texts)
	}
}

func (s *suite) verdicts() {
	a := post("a", "one", 0)
	m := a.Mention
	fast2 := tag(m, classify.Fast, 3, classify.Trolling)
	considered := tag(m, classify.Considered, 2, classify.Abuse)
	fast4 := tag(m, classify.Fast, 4, classify.Inaccuracy)
	considered5 := tag(m, classify.Considered, 5, classify.Abuse, classify.Trolling)
	person := tag(m, classify.Person, 1, classify.JuniorOfficer)
	for i, step := range []struct{ put, want classify.Tagged }{
		{a, a}, {fast2, fast2}, {a, fast2}, {considered, considered}, {fast4, considered}, {considered5, considered5}, {considered, considered5},
		{person, person}, {considered5, person},
	} {
		s.put(step.put)
		s.same("verdict after step "+numbered(i), s.get("a").Verdict, step.want.Verdict)
	}
	if r := s.put(a, fast2, considered, fast4, considered5, person); r.Repeated != 6 {
		s.Fatalf("%+v", r)
	}
	all, err := s.Verdicts(s.Context(), system, "test:a")
	s.ok(err)
	s.same("verdicts", all, []classify.Verdict{a.Verdict, person.Verdict, considered.Verdict, fast2.Verdict, fast4.Verdict, considered5.Verdict})
	if st := s.stats(); st.Mentions != 1 || st.Verdicts != 5 || st.Versions != 0 {
		s.Fatalf("%+v", st)
	}
	// A verdict on a version that was edited meanwhile joins the past and leaves the current one alone.
	b := edited(a, "two", 10)
	s.put(b)
	if r := s.put(tag(m, classify.Considered, 11, classify.Complaint, classify.Abuse)); r.Judged != 1 {
		s.Fatalf("%+v", r)
	}
	s.same("current", s.get("a").Tagged, b)
	// So does one that says so itself; on the current version it becomes the verdict, and that it came again is not kept.
	late, again := tag(m, classify.Considered, 12, classify.Inaccuracy), tag(b.Mention, classify.Considered, 11, classify.Inaccuracy)
	late.Again, again.Again = true, true
	s.put(late)
	s.same("current", s.get("a").Tagged, b)
	s.put(again, b)
	again.Again = false
	s.same("current", s.get("a").Tagged, again)
}

// model delivers random histories of a few mentions, repeated and split into batches at random, to the store and to a map of entries.
func (s *suite) model() {
	seed := uint64(time.Now().UnixNano())
	s.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var script []classify.Tagged
	for range 4 {
		t := post(numbered(r.IntN(1000)), "first", 0)
		script = append(script, t)
		for minute := 1; minute < 12; minute++ {
			switch r.IntN(5) {
			case 0:
				t = edited(t, "text "+numbered(r.IntN(4)), minute)
			case 1:
				t = tag(t.Mention, classify.Considered, minute, classify.Labels[r.IntN(len(classify.Labels))])
			case 2:
				if r.IntN(8) == 0 {
					t = deleted(t, minute)
				}
			}
			script = append(script, t)
		}
	}
	want := map[string]*archive.Entry{}
	for at, rounds := 0, 0; rounds < 40; rounds++ {
		from, to := max(0, at-r.IntN(8)), min(len(script), at+1+r.IntN(8)) // the log goes back a little and on
		for _, t := range script[from:to] {
			e := want[t.Mention.ID]
			if e == nil {
				e = &archive.Entry{}
				want[t.Mention.ID] = e
			}
			e.Merge(t, time.Now())
		}
		s.put(script[from:to]...)
		if at = to; at == len(script) {
			at = 0
		}
	}
	got := s.all()
	if len(got) != len(want) {
		s.Fatalf("%d mentions, want %d", len(got), len(want))
	}
	for _, rec := range got {
		e := want[rec.Mention.ID]
		s.same(rec.Mention.ID, rec.Tagged, e.Tagged)
		if rec.Gone != e.Gone || (rec.Mention.State == sources.Deleted) != (e.Gone == index.GoneDeleted) {
			s.Fatalf("%s is %q, want %q", rec.Mention.ID, rec.Gone, e.Gone)
		}
	}
}
