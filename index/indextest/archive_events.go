package indextest

import (
	"fmt"
	"slices"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

func (s *suite) events() {
	s.put(post("a", "one", 0))
	escalated := act("e1", "a", casework.Escalated, 1)
	escalated.Incident, escalated.Due = "i1", later(100)
	noted := act("e3", "a", casework.Noted, 3)
	noted.Note, noted.Unknown = "rang them", []byte(`{"later":1}`)
	all := []casework.Event{escalated, act("e2", "a", casework.Acknowledged, 2), noted, act("e4", "a", casework.Closed, 4), act("e5", "a", casework.Reopened, 3)}
	if n := s.putEvents(all[:3]...); n != 3 {
		s.Fatalf("%d new", n)
	}
	if n := s.putEvents(all...); n != 2 {
		s.Fatalf("%d new", n)
	}
	for range 3 { // the log goes back
		if n := s.putEvents(all[1:3]...); n != 0 {
			s.Fatalf("%d new", n)
		}
		s.reopen()
	}
	rec := s.get("a")
	s.same("case", rec.Case, casework.Fold(all))
	if rec.Case.State != casework.New || rec.Case.EventsFolded != 5 {
		s.Fatalf("%+v: the order is the log's, not the clocks'", rec.Case)
	}
	s.same("events", rec.Events, all)
	s.same("walk", s.allEvents(), all)
	s.same("scanned case", s.all()[0].Case, rec.Case)
	many, err := s.GetMany(s.Context(), system, []string{"test:a"})
	s.ok(err)
	s.same("case on a page", many[0].Case, rec.Case)
}

func (s *suite) eventsFirst() {
	e := []casework.Event{act("e1", "a", casework.Escalated, 1), act("e2", "a", casework.Acknowledged, 2)}
	s.putEvents(e...)
	s.reopen()
	if len(s.all()) != 0 {
		s.Fatal("an event made a mention")
	}
	s.put(post("a", "one", 0))
	rec := s.get("a")
	s.same("case", rec.Case, casework.Fold(e))
	s.same("events", rec.Events, e)
	s.put(edited(post("a", "one", 0), "two", 5))
	s.same("case after an edit", s.get("a").Case, casework.Fold(e))
}

func (s *suite) undone() {
	s.put(post("a", "one", 0))
	undo := act("e3", "a", casework.Undone, 3)
	undo.Undoes = "e2"
	e := []casework.Event{act("e1", "a", casework.Escalated, 1), act("e2", "a", casework.Closed, 2), undo}
	for _, x := range e {
		s.putEvents(x)
	}
	if c := s.get("a").Case; c.State != casework.New {
		s.Fatalf("%+v", c)
	}
	s.same("case", s.get("a").Case, casework.Fold(e))
}

func (s *suite) manyEvents() {
	var batch []classify.Tagged
	var events []casework.Event
	for n := range 50 {
		batch = append(batch, post(numbered(n), "x", 0))
		for k := range 3 {
			typ := []casework.Type{casework.Escalated, casework.Acknowledged, casework.Closed}[k]
			events = append(events, act(fmt.Sprint("e", n, "-", k), numbered(n), typ, k))
		}
	}
	s.put(batch[:25]...)
	if n := s.putEvents(events...); n != 150 {
		s.Fatalf("%d new", n)
	}
	s.put(batch[25:]...)
	recs := s.all()
	if len(recs) != 50 {
		s.Fatalf("%d mentions", len(recs))
	}
	for _, rec := range recs {
		if rec.Case.State != casework.StateClosed || rec.Case.EventsFolded != 3 {
			s.Fatalf("%s: %+v", rec.Mention.ID, rec.Case)
		}
	}
	walked := s.allEvents()
	if len(walked) != 150 {
		s.Fatalf("%d events", len(walked))
	}
	at := map[string]int{}
	for i, e := range walked {
		if prior, ok := at[e.Mention]; ok && walked[prior].At.After(e.At) {
			s.Fatalf("%s: %s after %s", e.Mention, walked[prior].Type, e.Type)
		}
		at[e.Mention] = i
	}
}

func (s *suite) deliveries() {
	s.put(post("a", "one", 0), post("b", "two", 0))
	d := act("d1", "a", casework.Delivered, 2)
	d.MessageID, d.To, d.Incident = "<1@earshot>", "publicity@council.example", "i1"
	d2 := act("d2", "b", casework.Delivered, 3)
	s.putEvents(act("e1", "a", casework.Escalated, 1), d, d2)
	s.putEvents(d, d2)
	var got []casework.Event
	s.ok(s.Deliveries(s.Context(), func(e casework.Event) error { got = append(got, e); return nil }))
	slices.SortFunc(got, func(a, b casework.Event) int { return a.At.Compare(b.At) })
	s.same("deliveries", got, []casework.Event{d, d2})
	stop := fmt.Errorf("enough")
	calls := 0
	if err := s.Deliveries(s.Context(), func(casework.Event) error { calls++; return stop }); err != stop || calls != 1 {
		s.Fatalf("%v after %d calls", err, calls)
	}
}

func (s *suite) settings() {
	v := func(key string, version int64, value string) index.SettingVersion {
		return index.SettingVersion{Key: key, Version: version, At: later(int(version)), By: "cora", Why: "because", Value: []byte(value)}
	}
	all := []index.SettingVersion{v("routes.yaml", 3, "r"), v("terms.yaml", 1, "one"), v("terms.yaml", 2, "two\x00\xff")}
	s.ok(s.PutSettings(s.Context(), []index.SettingVersion{all[1], all[0]}))
	s.ok(s.PutSettings(s.Context(), []index.SettingVersion{all[2], v("terms.yaml", 1, "not this")}))
	s.reopen()
	got, err := s.Settings(s.Context(), "")
	s.ok(err)
	s.same("all", got, all)
	got, err = s.Settings(s.Context(), "terms.yaml")
	s.ok(err)
	s.same("one file", got, all[1:])
	if st := s.stats(); st.Settings != 3 {
		s.Fatalf("%+v", st)
	}
}
