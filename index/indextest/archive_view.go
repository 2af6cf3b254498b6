package indextest

import (
	"errors"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"
)

func (s *suite) walls() {
	a := post("a", "public words", 0)
	target := "staff"
	a.Verdict.Target = &target
	report := post("r", "they called me names", 1)
	report.Mention.Kind, report.Mention.Relation, report.Mention.Reporter = sources.Report, "me", "stella"
	colleague := post("k", "seen about a colleague", 1)
	colleague.Mention.Kind, colleague.Mention.Relation, colleague.Mention.Reporter = sources.Report, "colleague", "stella"
	s.put(a, report, colleague)
	open, walled := act("e1", "a", casework.Escalated, 1), act("e2", "a", casework.Escalated, 2)
	walled.Wall, walled.Note = casework.HRWall, "behind the wall"
	s.putEvents(open, walled)

	service := casework.Viewer{Role: casework.ServiceMan, Service: "waste"}
	parks := casework.Viewer{Role: casework.ServiceMan, Service: "parks"}
	for _, c := range []struct {
		v        casework.Viewer
		sees     string
		inside   bool
		reporter bool // of a colleague's report
	}{
		{system, "a r k", true, true}, {hr, "a r k", true, true}, {comms, "a k", false, true}, {legal, "a k", false, true}, {service, "a k", false, false},
		{parks, "", false, false}, {casework.Viewer{Role: casework.Admin}, "a k", false, false}, {casework.Viewer{}, "", false, false},
		{casework.Viewer{Role: casework.Staff, Account: "stella"}, "", false, false},
	} {
		s.wallsFor(c.v, c.sees, c.inside, c.reporter)
	}

	moved := act("e9", "a", casework.Relabelled, 9)
	moved.Service, moved.Labels = "parks", []classify.Label{classify.Complaint}
	s.putEvents(moved)
	if _, err := s.Get(s.Context(), service, "test:a"); !errors.Is(err, index.ErrNotFound) {
		s.Fatal("the service the mention was moved away from still sees it")
	}
	_, err := s.Get(s.Context(), parks, "test:a")
	s.ok(err)
}

func (s *suite) wallsFor(v casework.Viewer, sees string, inside, reporter bool) {
	s.Helper()
	all := []string{"test:a", "test:r", "test:k"}
	many, err := s.GetMany(s.Context(), v, all)
	s.ok(err)
	if ids(many) != sees {
		s.Fatalf("%s %s sees %q on a page, want %q", v.Role, v.Service, ids(many), sees)
	}
	for _, id := range all {
		visible := strings.Contains(" "+sees+" ", " "+strings.TrimPrefix(id, "test:")+" ")
		thread, err := s.Thread(s.Context(), v, id, 10)
		s.ok(err)
		rec, err := s.Get(s.Context(), v, id)
		_, errVersions := s.Versions(s.Context(), v, id)
		_, errVerdicts := s.Verdicts(s.Context(), v, id)
		if !visible {
			if !errors.Is(err, index.ErrNotFound) || !errors.Is(errVersions, index.ErrNotFound) || !errors.Is(errVerdicts, index.ErrNotFound) || len(thread) != 0 {
				s.Fatalf("%s %s and %s: %v, %v, %v, %d in its thread", v.Role, v.Service, id, err, errVersions, errVerdicts, len(thread))
			}
			continue
		}
		s.ok(errors.Join(err, errVersions, errVerdicts))
		if len(thread) != 1 {
			s.Fatalf("%s: %d in the thread of %s", v.Role, len(thread), id)
		}
		switch id {
		case "test:a":
			if got := strings.Contains(asJSON(s.T, rec), "behind the wall"); got != inside || (rec.Case.HR != "") != inside || (rec.Verdict.Target != nil) != inside {
				s.Fatalf("%s sees behind the wall: %v, HR's hand %q, target %v", v.Role, got, rec.Case.HR, rec.Verdict.Target)
			}
		case "test:k":
			if (rec.Mention.Reporter != "") != reporter {
				s.Fatalf("%s sees the reporter %q", v.Role, rec.Mention.Reporter)
			}
		}
	}
}

func (s *suite) masks() {
	text := "Rude answer from jo lowly at the desk; Pat Chief knows. JO LOWLY again!"
	a := post("a", text, 0)
	span := func(words string) (int, int) { i := strings.Index(text, words); return i, i + len(words) }
	js, je := span("jo lowly")
	ps, pe := span("Pat Chief")
	as, ae := span("again")
	a.Verdict.Officers = []classify.Officer{{Name: "Jo Lowly", Grade: settings.Junior, Start: js, End: je}, {Name: "Pat Chief", Grade: settings.Senior, Start: ps, End: pe}}
	a.Verdict.Reasons = []classify.Reason{{Label: "junior_officer", Start: js, End: je, Why: "names Jo Lowly"}, {Label: "complaint", Start: as, End: ae, Why: "repeats"}}
	s.put(a)
	note := act("e1", "a", casework.Noted, 2)
	note.Note = "Spoke to Jo Lowly."
	s.putEvents(note)
	rec, err := s.Get(s.Context(), comms, "test:a")
	s.ok(err)
	versions, err := s.Versions(s.Context(), comms, "test:a")
	s.ok(err)
	verdicts, err := s.Verdicts(s.Context(), comms, "test:a")
	s.ok(err)
	shown := asJSON(s.T, rec) + asJSON(s.T, versions) + asJSON(s.T, verdicts)
	if strings.Contains(strings.ToLower(shown), "lowly") || !strings.Contains(shown, "Pat Chief") {
		s.Fatal(shown)
	}
	want := "Rude answer from [junior officer] at the desk; Pat Chief knows. [junior officer] again!"
	if rec.Mention.Text != want {
		s.Fatalf("%q", rec.Mention.Text)
	}
	for _, o := range rec.Verdict.Officers {
		if rec.Mention.Text[o.Start:o.End] != o.Name {
			s.Fatalf("%q stands where %q should", rec.Mention.Text[o.Start:o.End], o.Name)
		}
	}
	if r := rec.Verdict.Reasons[1]; rec.Mention.Text[r.Start:r.End] != "again" {
		s.Fatalf("%+v", r)
	}
	support, err := s.Get(s.Context(), hr, "test:a")
	s.ok(err)
	if support.Mention.Text != text || support.Events[0].Note != "Spoke to Jo Lowly." {
		s.Fatalf("HR supports the officer and sees the name: %q", support.Mention.Text)
	}
}

func (s *suite) getMany() {
	s.put(post("a", "1", 0), post("b", "2", 0), post("c", "3", 0))
	got, err := s.GetMany(s.Context(), comms, []string{"test:c", "test:none", "test:a"})
	s.ok(err)
	if ids(got) != "c a" || got[0].Events != nil {
		s.Fatalf("%s, events %v", ids(got), got[0].Events)
	}
	if got, err = s.GetMany(s.Context(), comms, nil); err != nil || len(got) != 0 {
		s.Fatal(len(got), err)
	}
}

func (s *suite) thread() {
	reply := func(id string, minute int) classify.Tagged {
		t := post(id, "reply "+id, minute)
		t.Mention.ThreadID, t.Mention.ParentID = "test:root", "test:root"
		return t
	}
	s.put(reply("r3", 30), reply("r1", 10), post("root", "the post", 0), post("other", "x", 5), reply("r2", 20))
	for limit, want := range map[int]string{10: "root r1 r2 r3", 2: "root r1", 0: ""} {
		got, err := s.Thread(s.Context(), comms, "test:root", limit)
		s.ok(err)
		if ids(got) != want {
			s.Fatalf("limit %d: %q, want %q", limit, ids(got), want)
		}
	}
}
