package index

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	testZone = func() *time.Location {
		l, err := time.LoadLocation("Europe/London")
		if err != nil {
			panic(err)
		}
		return l
	}()
	testNow = time.Date(2026, 6, 10, 15, 30, 0, 0, testZone)
)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, testZone)
	if err != nil {
		panic(err)
	}
	return t
}

func parse(t *testing.T, s string) Query {
	t.Helper()
	q, err := ParseQuery(s, testNow, testZone)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return q
}

func TestParseQuery(t *testing.T) {
	for s, want := range map[string][]Clause{
		"":                        nil,
		"  bins  late ":           {{Words: "bins"}, {Words: "late"}},
		`"missed collection"`:     {{Words: "missed collection", Phrase: true}},
		`“missed collection”`:     {{Words: "missed collection", Phrase: true}},
		`-recycling`:              {{Not: true, Words: "recycling"}},
		`"bin late"~5`:            {{Words: "bin late", Slop: 5}},
		`"bin late"~0`:            {{Words: "bin late", Phrase: true}},
		`bin*`:                    {{Words: "bin", Prefix: true}},
		"re-use":                  {{Words: "re-use"}},
		"tag:Abuse":               {{Field: "tag", Value: "abuse"}},
		"tag:junior-officer":      {{Field: "tag", Value: "junior_officer"}},
		`tag:"junior officer"`:    {{Field: "tag", Value: "junior_officer"}},
		"platform:Facebook":       {{Field: "site", Value: "facebook"}},
		"state:open":              {{Field: "is", Value: "open"}},
		"-is:closed":              {{Not: true, Field: "is", Value: "closed"}},
		"from:@Ann":               {{Field: "from", Value: "ann"}},
		`from:"Ann Lee"`:          {{Field: "from", Value: "ann lee"}},
		"id:bluesky:at://Did/X":   {{Field: "id", Value: "bluesky:at://Did/X"}},
		"https://example.org/a:b": {{Words: "https://example.org/a:b"}},
		"10:30":                   {{Words: "10:30"}},
		"before:2026-06-01":       {{Field: "before", Value: "2026-06-01", Time: day("2026-06-01")}},
		"after:7d":                {{Field: "after", Value: "7d", Time: day("2026-06-03")}},
		"since:yesterday":         {{Field: "after", Value: "yesterday", Time: day("2026-06-09")}},
		"on:today":                {{Field: "on", Value: "today", Time: day("2026-06-10"), Until: day("2026-06-11")}},
		"on:2026-02":              {{Field: "on", Value: "2026-02", Time: day("2026-02-01"), Until: day("2026-03-01")}},
		"on:2025":                 {{Field: "on", Value: "2025", Time: day("2025-01-01"), Until: day("2026-01-01")}},
		"on:1/6/2026":             {{Field: "on", Value: "1/6/2026", Time: day("2026-06-01"), Until: day("2026-06-02")}},
		"before:2026-06-01T09:30": {{Field: "before", Value: "2026-06-01t09:30", Time: day("2026-06-01").Add(9*time.Hour + 30*time.Minute)}},
		"fly OR rats":             {{Or: []Query{{Clauses: []Clause{{Words: "fly"}}}, {Clauses: []Clause{{Words: "rats"}}}}}},
		"a OR b OR c d": {{Or: []Query{{Clauses: []Clause{{Words: "a"}}}, {Clauses: []Clause{{Words: "b"}}}, {Clauses: []Clause{{Words: "c"}}}}},
			{Words: "d"}},
		"(a b) OR c": {{Or: []Query{{Clauses: []Clause{{Words: "a"}, {Words: "b"}}}, {Clauses: []Clause{{Words: "c"}}}}}},
		"a (b c)":    {{Words: "a"}, {Words: "b"}, {Words: "c"}},
		"-(a OR b)":  {{Not: true, Or: []Query{{Clauses: []Clause{{Words: "a"}}}, {Clauses: []Clause{{Words: "b"}}}}}},
		"-(a b)":     {{Not: true, Or: []Query{{Clauses: []Clause{{Words: "a"}, {Words: "b"}}}}}},
		"or OR and":  {{Or: []Query{{Clauses: []Clause{{Words: "or"}}}, {Clauses: []Clause{{Words: "and"}}}}}},
	} {
		q := parse(t, s)
		if !reflect.DeepEqual(q.Clauses, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", s, q.Clauses, want)
		}
		if q.Source != s {
			t.Errorf("%q: source is %q", s, q.Source)
		}
		if again := parse(t, q.String()); !reflect.DeepEqual(again.Clauses, q.Clauses) {
			t.Errorf("%q does not come back from %q", s, q.String())
		}
	}
}

// TestQueryMistakes: one sentence each, and a mended query that is a query.
func TestQueryMistakes(t *testing.T) {
	for s, want := range map[string]struct{ problem, mended string }{
		`bins "missed coll`:      {"quotation mark", `bins "missed coll"`},
		`(a OR b`:                {"not closed", `(a OR b)`},
		`a) b`:                   {"not opened", `a b`},
		`a ()`:                   {"nothing between", `a`},
		`bins -`:                 {"minus stands alone", `bins`},
		`bins - late`:            {"minus stands alone", `bins late`},
		`--late`:                 {"minus stands alone", `-late`},
		`OR bins`:                {"both sides", `bins`},
		`bins OR`:                {"both sides", `bins`},
		`a OR OR b`:              {"both sides", `a OR b`},
		`tga:abuse`:              {"no field called tga", `tag:abuse`},
		`sevice:waste`:           {"no field called sevice", `service:waste`},
		`note:bins`:              {"no field called note", `"note bins"`},
		`tag:complant`:           {"complant is not a value of tag:", `tag:complaint`},
		`-tag:abusive`:           {"abusive is not a value", `-tag:abuse`},
		`is:opened`:              {"opened is not a value of is:", `is:open`},
		`risk:thread`:            {"thread is not a value of risk:", `risk:threat`},
		`has:pictures`:           {"pictures is not a value of has:", ``},
		`tag:`:                   {"tag: needs a value", `tag:complaint`},
		`tag: abuse`:             {"tag: needs a value", `tag:complaint abuse`},
		`from:@`:                 {"from: needs a value", `from:somebody`},
		`before:2026-02-30`:      {"2026-02-30 is not a date", `before:2026-02-28`},
		`on:soon`:                {"soon is not a date", `on:2026-06-10`},
		`on:`:                    {"on: needs a value", `on:2026-06-10`},
		`lang:welsh`:             {"not the code of a language", `lang:en`},
		`&`:                      {"nothing to search for in &", ``},
		`bins & rats`:            {"nothing to search for in &", `bins rats`},
		`"..."`:                  {"no word between", ``},
		`b*`:                     {"At least 2 letters", `b`},
		`-b*`:                    {"At least 2 letters", `-b`},
		`*`:                      {"nothing to search for", ``},
		`bi*n`:                   {"only stand at the end", `bi*`},
		`re-us*`:                 {"", ``}, // one unit: a prefix of the joined form
		`"a b"~99`:               {"at most 50 apart", `"a b"~50`},
		"bins \xff":              {"not valid UTF-8", `bins`},
		strings.Repeat("a ", 65): {"more than 64 conditions", strings.TrimSpace(strings.Repeat("a ", 64))},
		strings.Repeat("(", 9) + "a" + strings.Repeat(")", 9): {"more than 8 deep", ``},
		strings.Repeat("a", MaxQueryBytes+1):                  {"at most 4096 are read", ``},
	} {
		_, err := ParseQuery(s, testNow, testZone)
		if want.problem == "" {
			if err != nil {
				t.Errorf("%q: %v", s, err)
			}
			continue
		}
		var q *QueryError
		if !errors.As(err, &q) {
			t.Errorf("%q: %v, want a QueryError", s, err)
			continue
		}
		if !strings.Contains(q.Problem, want.problem) || !strings.HasSuffix(q.Problem, ".") {
			t.Errorf("%q: %q does not say %q", s, q.Problem, want.problem)
		}
		if want.mended != "" && strings.TrimSpace(q.Mended) != want.mended {
			t.Errorf("%q: mended to %q, want %q", s, q.Mended, want.mended)
		}
		if _, err := ParseQuery(q.Mended, testNow, testZone); err != nil && !errors.As(err, &q) {
			t.Errorf("%q: mended to %q: %v", s, q.Mended, err)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{`bins "a b"~5 -c* (d OR -tag:abuse) before:2026-11-01`, `“x” from:"a b" OR (y z)`, `-(a b) -(-c)`, `((a) OR (b c)) OR d`, "a:b on:7d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuery(s, testNow, testZone)
		if err != nil {
			var qe *QueryError
			if !errors.As(err, &qe) || qe.Problem == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := ParseQuery(q.String(), testNow, testZone)
		var qe *QueryError
		if errors.As(err, &qe) && strings.Contains(qe.Problem, "at most") {
			return // the canonical form may be longer than what is read
		}
		if err != nil || !reflect.DeepEqual(stripped(again), stripped(q)) {
			t.Fatalf("%q became %q: %v\n%+v\n%+v", s, q.String(), err, q.Clauses, again.Clauses)
		}
		for i := range q.Clauses {
			q.Clauses[i].Pattern()
		}
		Spans(q, s)
	})
}

// stripped takes the instants off, whose zone is a pointer.
func stripped(q Query) []Clause {
	out := append([]Clause(nil), q.Clauses...)
	for i := range out {
		out[i].Time, out[i].Until = time.Time{}, time.Time{}
		for j := range out[i].Or {
			out[i].Or[j].Clauses = stripped(out[i].Or[j])
		}
	}
	return out
}
