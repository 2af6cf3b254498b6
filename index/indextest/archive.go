package indextest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// Archive runs the suite of archive.Store. place makes a fresh, empty place for a record and returns a function that opens it, which
// the suite calls again after it closed the store: what was put before must be there.
func Archive(t *testing.T, place func(t *testing.T) (open func() archive.Store)) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"keeps everything of a mention", (*suite).keepsEverything},
		{"one row however often delivered", (*suite).oneRow},
		{"a batch counts what it did", (*suite).countsAddUp},
		{"an edit keeps the old version", (*suite).edits},
		{"late and repeated versions", (*suite).lateVersions},
		{"verdicts rank", (*suite).verdicts},
		{"a deletion removes words and keeps casework", (*suite).deletion},
		{"text offered after a deletion is refused", (*suite).afterDeletion},
		{"an erasure leaves a hash", (*suite).erasure},
		{"an erasure comes before its mention", (*suite).erasureFirst},
		{"erasures are found by author", (*suite).byAuthor},
		{"text expires", (*suite).expiry},
		{"expired text comes back only as an edit", (*suite).afterExpiry},
		{"expiry asks first", (*suite).expiryAsks},
		{"events fold into the case", (*suite).events},
		{"events before their mention", (*suite).eventsFirst},
		{"an undone event", (*suite).undone},
		{"many mentions' events in one batch", (*suite).manyEvents},
		{"deliveries", (*suite).deliveries},
		{"settings", (*suite).settings},
		{"walls", (*suite).walls},
		{"masked names", (*suite).masks},
		{"a page in the order asked for", (*suite).getMany},
		{"a thread", (*suite).thread},
		{"a walk while writing", (*suite).walkWhileWriting},
		{"reads while writing", (*suite).readWhileWriting},
		{"a cancelled write", (*suite).cancelled},
		{"what a source brought", (*suite).held},
		{"what authors wrote", (*suite).ofAuthors},
		{"a foreign cursor", (*suite).foreignCursor},
		{"random deliveries agree with a model", (*suite).model},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := place(t)
			s := &suite{T: t, open: open, Store: open()}
			t.Cleanup(func() { s.Store.Close() })
			c.test(s)
		})
	}
}

// suite is one test with its store.
type suite struct {
	*testing.T
	archive.Store
	open func() archive.Store
}

// reopen closes the store and opens the same place again.
func (s *suite) reopen() {
	s.Helper()
	s.ok(s.Store.Close())
	s.Store = s.open()
}

func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

var (
	system = casework.Viewer{Role: casework.System}
	comms  = casework.Viewer{Role: casework.Comms, Account: "cora"}
	hr     = casework.Viewer{Role: casework.HR, Account: "hari"}
	legal  = casework.Viewer{Role: casework.Monitoring, Account: "mona"}
)

// day0 is when everything of the suite happens; later is that many minutes after it.
var day0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func later(minutes int) time.Time { return day0.Add(time.Duration(minutes) * time.Minute) }

// post is a mention with a verdict, first seen at minute.
func post(id, text string, minute int) classify.Tagged {
	m := sources.Mention{ID: "test:" + id, Platform: "test", Source: "src", Kind: sources.Post, Title: "On " + id, Text: text, TextRaw: "<p>" + text + "</p>",
		Author: sources.Author{ID: "a-" + id, Handle: "resident_" + id, Name: "Resident " + id, URL: "https://test.example/resident_" + id}, CreatedAt: later(minute),
		FetchedAt: later(minute), Permalink: "https://test.example/" + id, Links: []string{"https://test.example/link"}, Lang: "en",
		Media: []sources.Media{{Type: "image", URL: "https://test.example/p.png", Alt: "picture of " + text}}, MatchedBy: []string{"council"},
		Unknown: []byte(`{"mood":"` + id + `"}`)}
	return tag(m, classify.Fast, minute, classify.Complaint)
}

// tag gives m a verdict made at minute.
func tag(m sources.Mention, stage classify.Stage, minute int, labels ...classify.Label) classify.Tagged {
	return classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Labels: labels, Scores: map[classify.Label]float64{classify.Complaint: 0.875},
		Unsure: []classify.Label{}, Risk: []classify.Risk{}, Officers: []classify.Officer{}, Facts: []classify.FactMatch{}, Service: "waste",
		Reasons: []classify.Reason{{Label: "complaint", Start: 0, End: min(3, len(m.Text)), Why: "because of " + m.Text}},
		Stage:   stage, Model: "m@1", Policy: "p1", Version: m.Version(), At: later(minute)}}
}

// edited is t with other words, seen at minute.
func edited(t classify.Tagged, text string, minute int) classify.Tagged {
	m := t.Mention
	m.Text, m.TextRaw, m.State, m.EditedAt, m.FetchedAt = text, "", sources.Edited, later(minute), later(minute)
	return tag(m, classify.Fast, minute, classify.Complaint)
}

// deleted is the platform's deletion of t.
func deleted(t classify.Tagged, minute int) classify.Tagged {
	m := sources.Mention{ID: t.Mention.ID, Platform: "test", State: sources.Deleted, At: later(minute)}
	return tag(m, classify.Fast, minute)
}

func act(id, mention string, typ casework.Type, minute int) casework.Event {
	return casework.Event{ID: id, Mention: "test:" + mention, Type: typ, At: later(minute), By: casework.Actor{Kind: "person", ID: "cora", Role: casework.Comms}}
}

func (s *suite) put(batch ...classify.Tagged) archive.Result {
	s.Helper()
	r, err := s.PutTagged(s.Context(), batch)
	s.ok(err)
	if sum := r.New + r.Edited + r.Deleted + r.Judged + r.Repeated + r.Refused; sum != len(batch) {
		s.Fatalf("%+v adds up to %d of %d", r, sum, len(batch))
	}
	return r
}

func (s *suite) putEvents(events ...casework.Event) int {
	s.Helper()
	n, err := s.PutEvents(s.Context(), events)
	s.ok(err)
	return n
}

func (s *suite) get(id string) index.Record {
	s.Helper()
	rec, err := s.Get(s.Context(), system, "test:"+id)
	s.ok(err)
	return rec
}

func (s *suite) stats() archive.Stats {
	s.Helper()
	st, err := s.Stats(s.Context())
	s.ok(err)
	return st
}

// all walks through the record in small pages.
func (s *suite) all() []index.Record {
	s.Helper()
	var out []index.Record
	for cur := archive.Cursor(""); ; {
		page, next, err := s.Scan(s.Context(), cur, 3)
		s.ok(err)
		if len(page) > 3 {
			s.Fatalf("a page of 3 holds %d", len(page))
		}
		out = append(out, page...)
		if cur = next; cur == "" {
			return out
		}
	}
}

func (s *suite) allEvents() []casework.Event {
	s.Helper()
	var out []casework.Event
	for cur := archive.Cursor(""); ; {
		page, next, err := s.Events(s.Context(), cur, 2)
		s.ok(err)
		out = append(out, page...)
		if cur = next; cur == "" {
			return out
		}
	}
}

// everything is all that the record holds, as text: what must be gone must not be found in it.
func (s *suite) everything() string {
	s.Helper()
	var b strings.Builder
	for _, rec := range s.all() {
		b.WriteString(asJSON(s.T, rec))
		past, err := s.Versions(s.Context(), system, rec.Mention.ID)
		s.ok(err)
		verdicts, err := s.Verdicts(s.Context(), system, rec.Mention.ID)
		s.ok(err)
		b.WriteString(asJSON(s.T, past) + asJSON(s.T, verdicts))
	}
	return b.String() + asJSON(s.T, s.allEvents())
}

func (s *suite) same(what string, got, want any) {
	s.Helper()
	if g, w := asJSON(s.T, got), asJSON(s.T, want); g != w {
		s.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func ids(recs []index.Record) string {
	var out []string
	for _, r := range recs {
		out = append(out, strings.TrimPrefix(r.Mention.ID, "test:"))
	}
	return strings.Join(out, " ")
}

func numbered(n int) string { return fmt.Sprintf("%04d", n) }
