package indextest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/index/archive"
	"earshot/settings"
)

// heldIDs walks through what a source brought in small pages.
func (s *suite) heldIDs(source string) string {
	s.Helper()
	var out []string
	var last time.Time
	for after := archive.Cursor(""); ; {
		page, err := s.Held(s.Context(), source, time.Time{}, after, 2)
		s.ok(err)
		if len(page) == 0 {
			break
		}
		for _, h := range page {
			if h.Kept.Before(last) {
				s.Fatalf("%s was kept before the one in front of it", h.ID)
			}
			out, last, after = append(out, strings.TrimPrefix(h.ID, "test:")), h.Kept, h.Cursor
		}
	}
	if n, err := s.Holds(s.Context(), source); err != nil || n != len(out) {
		s.Fatalf("%d are counted, %d found (%v)", n, len(out), err)
	}
	return strings.Join(out, " ")
}

func (s *suite) held() {
	young := post("young", "one", 9)
	other := post("other", "two", 3)
	other.Mention.Source = "another"
	none := post("none", "three", 3)
	none.Mention.Source = ""
	s.put(young, other, none, post("gone", "four", 2), post("b", "five", 5), post("a", "six", 5), post("old", "seven", 1))
	s.put(deleted(post("gone", "", 0), 10), edited(post("b", "", 5), "eight", 11))
	if got := s.heldIDs("src"); got != "old a b young" && got != "old b a young" {
		s.Fatalf("src brought %s", got)
	}
	if got := s.heldIDs("another") + s.heldIDs("") + s.heldIDs("unknown"); got != "other" {
		s.Fatalf("others brought %s", got)
	}
	page, err := s.Held(s.Context(), "src", later(5), "", 10)
	s.ok(err)
	if len(page) != 3 || page[2].ID != "test:young" || !page[0].Kept.Equal(later(5)) {
		s.Fatalf("from minute 5 on: %v", page)
	}
	s.put(post("late", "nine", 20))
	if more, err := s.Held(s.Context(), "src", day0, page[len(page)-1].Cursor, 10); err != nil || len(more) != 1 || more[0].ID != "test:late" || !more[0].Kept.Equal(later(20)) {
		s.Fatalf("after the last: %v, %v", more, err)
	}
	s.reopen()
	_, err = s.ExpireText(s.Context(), later(5).Add(archive.DefaultText+time.Second), settings.Retention{}, nil)
	s.ok(err)
	if got := s.heldIDs("src"); got != "young late" {
		s.Fatalf("after expiry %s", got)
	}
	_, err = s.Erase(s.Context(), []archive.Erasure{{Hash: archive.Hash("test:young"), At: later(30)}})
	s.ok(err)
	if got := s.heldIDs("src"); got != "late" {
		s.Fatalf("after an erasure %s", got)
	}
}

func (s *suite) ofAuthors() {
	by := func(author, id string) { // one more of an author
		t := post(id, "by "+author, 1)
		t.Mention.Author.ID = author
		s.put(t)
	}
	for n := range 5 {
		by("did:plc:a", fmt.Sprint("a", n))
	}
	by("did:plc:b", "b0")
	by("", "nobody")
	s.put(deleted(post("a4", "", 0), 5), edited(post("b0", "", 0), "another's now", 6)) // whose author is a-b0, no DID
	got, err := s.OfAuthors(s.Context(), "test", []string{"did:plc:a", "did:plc:b", "a-b0", "did:plc:none", ""})
	s.ok(err)
	ids := got["did:plc:a"]
	slices.Sort(ids)
	if strings.Join(ids, " ") != "test:a0 test:a1 test:a2 test:a3" || len(got["did:plc:b"]) != 0 || len(got) != 1 {
		s.Fatalf("%v", got)
	}
	if got, err = s.OfAuthors(s.Context(), "elsewhere", []string{"did:plc:a"}); err != nil || len(got) != 0 {
		s.Fatalf("on another platform: %v, %v", got, err)
	}
}
