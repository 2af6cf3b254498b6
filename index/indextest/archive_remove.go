package indextest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"
	"earshot/settings"
	"earshot/sources"
)

// secrets are what must not be found once the words of post("a", "zebra...") are gone.
var secrets = []string{"zebra", `resident_a"`, `Resident a"`, "picture of zebra", `test.example/a"`, `"mood":"a"`}

func (s *suite) gone(what string) {
	s.Helper()
	all := s.everything()
	for _, secret := range secrets {
		if strings.Contains(all, secret) {
			s.Fatalf("%s: %q is still there", what, secret)
		}
	}
}

func (s *suite) deletion() {
	a := post("a", "zebra one", 0)
	a.Verdict.Officers = []classify.Officer{{Name: "zebra", Grade: settings.Junior, Start: 0, End: 5}}
	s.put(a, edited(a, "zebra two", 5), tag(edited(a, "zebra two", 5).Mention, classify.Considered, 6, classify.Abuse))
	s.putEvents(act("e1", "a", casework.Escalated, 7), act("e2", "a", casework.Closed, 8))
	if all := s.everything(); !strings.Contains(all, "zebra one") || !strings.Contains(all, "zebra two") {
		s.Fatal("the fixture's words are not in the record before the deletion")
	}
	if r := s.put(deleted(a, 10)); r.Deleted != 1 {
		s.Fatalf("%+v", r)
	}
	s.gone("after a deletion")
	s.reopen()
	rec := s.get("a")
	if rec.Gone != index.GoneDeleted || rec.Mention.State != sources.Deleted || !rec.Mention.At.Equal(later(10)) || !rec.Mention.CreatedAt.Equal(later(0)) {
		s.Fatalf("%+v", rec)
	}
	if rec.Case.State != casework.StateClosed || len(rec.Events) != 2 {
		s.Fatalf("casework went with the words: %+v, %d events", rec.Case, len(rec.Events))
	}
	if !rec.Verdict.Has(classify.Abuse) {
		s.Fatalf("what was decided went with the words: %+v", rec.Verdict)
	}
	if vs, err := s.Versions(s.Context(), system, "test:a"); err != nil || len(vs) != 0 {
		s.Fatalf("%d versions, %v", len(vs), err)
	}
}

func (s *suite) afterDeletion() {
	a := post("a", "zebra", 0)
	s.put(a, deleted(a, 5))
	if r := s.put(a, edited(a, "zebra again", 3), edited(a, "zebra stale search", 60), deleted(a, 5)); r.Refused != 3 || r.Repeated != 1 {
		s.Fatalf("%+v", r)
	}
	s.put(deleted(post("b", "", 0), 1))
	if r := s.put(post("b", "the mention comes after its deletion", 0)); r.Refused != 1 {
		s.Fatalf("%+v", r)
	}
	s.gone("after text was offered again")
	names := 0
	s.ok(s.Identities(s.Context(), func(who archive.Identity) error {
		names++
		gone := deleted(post("a", "", 0), 0).Mention
		if who.Gone != index.GoneDeleted || who.Version != gone.Version() {
			s.Fatalf("%+v", who)
		}
		return nil
	}))
	if names != 2 {
		s.Fatalf("%d names", names)
	}
}

func (s *suite) erasure() {
	a, b := post("a", "zebra", 0), post("b", "stays", 1)
	s.put(a, edited(a, "zebra two", 2), b)
	note := act("e1", "a", casework.Noted, 3)
	note.Note, note.Why, note.Link = "zebra said so", "zebra", "https://test.example/zebra"
	s.putEvents(note, act("e2", "b", casework.Acknowledged, 4))
	erasure := archive.Erasure{Hash: archive.Hash("test:a"), At: later(30)}
	for i, want := range []int{1, 0} {
		n, err := s.Erase(s.Context(), []archive.Erasure{erasure})
		s.ok(err)
		if n != want {
			s.Fatalf("erasure %d removed %d mentions", i, n)
		}
	}
	for range 2 {
		if r := s.put(a, edited(a, "zebra three", 40), deleted(a, 50)); r.Refused != 3 {
			s.Fatalf("%+v", r)
		}
		s.reopen()
	}
	late := act("e3", "a", casework.Noted, 60)
	late.Note = "zebra again"
	if n := s.putEvents(note, late); n != 1 {
		s.Fatalf("%d events were new", n)
	}
	s.gone("after an erasure")
	all := s.everything()
	if strings.Contains(all, "test:a") || !strings.Contains(all, "test:b") {
		s.Fatalf("what is left: %s", all)
	}
	if _, err := s.Get(s.Context(), system, "test:a"); !errors.Is(err, index.ErrNotFound) {
		s.Fatal(err)
	}
	kept := 0
	for _, e := range s.allEvents() {
		if e.Mention == archive.ErasedID(erasure.Hash) && e.Type == casework.Noted && e.By.ID == "cora" {
			kept++
		}
	}
	if kept != 2 {
		s.Fatalf("%d acts kept under the hash", kept)
	}
	list, err := s.Erasures(s.Context())
	s.ok(err)
	s.same("erasures", list, []archive.Erasure{erasure})
	if st := s.stats(); st.Mentions != 1 || st.Versions != 0 || st.Verdicts != 0 || st.Erasures != 1 || st.Events != 3 {
		s.Fatalf("%+v", st)
	}
	if _, err := s.Erase(s.Context(), []archive.Erasure{{Hash: "test:a"}}); err == nil {
		s.Fatal("an id was taken for a hash")
	}
}

func (s *suite) erasureFirst() {
	_, err := s.Erase(s.Context(), []archive.Erasure{{Hash: archive.Hash("test:a"), At: later(0)}, {Hash: archive.Hash("test:c"), At: later(1)}})
	s.ok(err)
	if r := s.put(post("a", "zebra", 1), post("b", "stays", 1)); r.Refused != 1 || r.New != 1 {
		s.Fatalf("a restored backup must refuse it too: %+v", r)
	}
	s.gone("after a mention came after its erasure")
}

func (s *suite) byAuthor() {
	s.put(post("a", "one", 0), post("b", "two", 0), post("c", "three", 0))
	b := post("b2", "four", 0)
	b.Mention.Author = sources.Author{Handle: "Resident_B"}
	s.put(b, deleted(post("c", "", 0), 4))
	for asked, want := range map[string]int{"@resident_b": 2, "RESIDENT_B ": 2, "a-a": 1, "Resident A": 1, "https://test.example/resident_a": 1, "resident": 0, "": 0, "resident_c": 0} {
		got, err := s.ByAuthor(s.Context(), asked)
		s.ok(err)
		if len(got) != want {
			s.Fatalf("%q wrote %v, want %d", asked, got, want)
		}
	}
}

func (s *suite) expiry() {
	const day = 24 * 60
	old, fresh, short, long := post("a", "zebra", 0), post("fresh", "kept", 300*day), post("short", "zebra", 300*day), post("long", "kept", 300*day)
	short.Mention.ID, short.Mention.Platform = "brief:1", "brief"
	short.Verdict.ID = "brief:1"
	s.put(old, edited(old, "zebra two", 3), fresh, short, long)
	for i, typ := range []casework.Type{casework.Escalated, casework.Acknowledged, casework.Held} {
		id := fmt.Sprint("open", i)
		s.put(post(id, "kept for its case", 0))
		s.putEvents(act("e"+id, id, typ, 1))
	}
	walled := act("ehr", "hr", casework.Escalated, 1)
	walled.Wall = casework.HRWall
	s.put(post("hr", "kept for HR", 0), post("closed", "zebra", 0))
	s.putEvents(walled, act("ec1", "closed", casework.Escalated, 1), act("ec2", "closed", casework.Closed, 2))
	for n := range 40 { // more than fits beside the others on any page
		s.put(post(numbered(n), "zebra", n))
	}
	retention := settings.Retention{Platforms: map[string]settings.Duration{"brief": settings.Duration(30 * 24 * time.Hour)}}
	now := later(365 * day).Add(time.Hour)
	got, err := s.ExpireText(s.Context(), now, retention, nil)
	s.ok(err)
	if got.Removed != 43 || got.Kept != 4 {
		s.Fatalf("%+v, want 43 removed (a, brief:1, closed and 40) and 4 kept (three open, one with HR)", got)
	}
	s.gone("after expiry")
	s.reopen()
	if again, err := s.ExpireText(s.Context(), now, retention, nil); err != nil || again.Removed != 0 || again.Kept != 4 {
		s.Fatalf("%+v, %v", again, err)
	}
	rec := s.get("closed")
	if rec.Gone != index.GoneExpired || rec.Case.State != casework.StateClosed || len(rec.Events) != 2 || !rec.Verdict.Has(classify.Complaint) {
		s.Fatalf("%+v", rec)
	}
	if kept := s.get("hr"); kept.Mention.Text != "kept for HR" {
		s.Fatalf("%+v", kept)
	}
	if st := s.stats(); st.Expired != 43 || st.Deleted != 0 || st.Mentions != 49 {
		s.Fatalf("%+v", st)
	}
}

func (s *suite) afterExpiry() {
	a := post("a", "zebra", 0)
	s.put(a)
	year := time.Duration(archive.DefaultText)
	_, err := s.ExpireText(s.Context(), day0.Add(year+time.Minute), settings.Retention{}, nil)
	s.ok(err)
	if r := s.put(a, edited(a, "zebra stale", 5)); r.Repeated != 2 {
		s.Fatalf("%+v", r)
	}
	s.gone("after the log repeated what had expired")
	fresh := edited(a, "the article was written anew", int(year/time.Minute)+60)
	if r := s.put(fresh); r.Edited != 1 {
		s.Fatalf("%+v", r)
	}
	if rec := s.get("a"); rec.Mention.Text != fresh.Mention.Text || rec.Gone != index.NotGone {
		s.Fatalf("%+v", rec)
	}
	got, err := s.ExpireText(s.Context(), day0.Add(year+2*time.Hour), settings.Retention{}, nil)
	s.ok(err)
	if got.Removed != 0 {
		s.Fatal("a new version has a year of its own")
	}
}

func (s *suite) expiryAsks() {
	s.put(post("a", "zebra", 0), post("b", "zebra", 0))
	stop := errors.New("the index cannot forget now")
	at := day0.Add(2 * archive.DefaultText)
	_, err := s.ExpireText(s.Context(), at, settings.Retention{}, func([]string) error { return stop })
	if !errors.Is(err, stop) {
		s.Fatal(err)
	}
	if s.get("a").Mention.Text != "zebra" {
		s.Fatal("text went although the index still has it")
	}
	var told []string
	got, err := s.ExpireText(s.Context(), at, settings.Retention{}, func(ids []string) error {
		for _, id := range ids {
			if s.get(strings.TrimPrefix(id, "test:")).Gone != index.NotGone {
				s.Fatal("text went before the index was told")
			}
		}
		told = append(told, ids...)
		return nil
	})
	s.ok(err)
	if len(told) != 2 || got.Removed != 2 {
		s.Fatalf("told of %v, removed %+v", told, got)
	}
}
