package indextest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/index"
)

// Engine is a search index as the suite drives it.
type Engine interface {
	index.Searcher
	Apply(ctx context.Context, changes []index.Change) error
}

// SearchNow is the time at which the suite's searches are made.
var SearchNow = time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC)

// Viewers are those whose answers the suite compares: every role, and two accounts.
var Viewers = []casework.Viewer{
	{Role: casework.Comms, Account: "o1"}, {Role: casework.HR, Account: "o2"}, {Role: casework.Monitoring, Account: "o1"},
	{Role: casework.ServiceMan, Service: "waste", Account: "o2"}, {Role: casework.Admin, Account: "o1"}, {Role: casework.Staff, Account: "o1"},
	{Role: casework.System},
}

// Search asks of an engine, empty at first, what index.Searcher promises. zone is that of the engine's days.
func Search(t *testing.T, zone *time.Location, open func(t *testing.T) Engine) {
	t.Run("cases", func(t *testing.T) { searchCases(t, zone, open) })
	t.Run("agrees with a plain scan", func(t *testing.T) {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { agree(t, zone, open(t), seed, 300, 40) })
		}
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { agree(t, zone, open(t), seed, 300, 40) })
	})
	t.Run("pages hold still while mentions come", func(t *testing.T) { pagesHoldStill(t, open(t)) })
	t.Run("one view", func(t *testing.T) { oneView(t, open(t)) })
	t.Run("faulty requests", func(t *testing.T) { faultyRequests(t, open(t)) })
}

// agree drives e and a plain scan with the same random changes and compares their answers to random queries.
func agree(t *testing.T, zone *time.Location, e Engine, seed uint64, changes, queries int) {
	t.Helper()
	c := NewCorpus(seed, SearchNow)
	scan := NewScan(zone, func() time.Time { return SearchNow })
	for done := 0; done < changes; {
		var batch []index.Change
		for range 1 + c.r.IntN(40) {
			batch = append(batch, c.Change())
		}
		done += len(batch)
		Both(t, e, scan, batch)
		CompareSearches(t, e, scan, c, zone, 3)
	}
	CompareSearches(t, e, scan, c, zone, queries)
}

// Both applies batch to both engines.
func Both(t *testing.T, a, b Engine, batch []index.Change) {
	t.Helper()
	for _, e := range []Engine{a, b} {
		if err := e.Apply(t.Context(), batch); err != nil {
			t.Fatalf("apply %d changes: %v", len(batch), err)
		}
	}
}

// CompareSearches asks both n random queries as each viewer and fails where they differ.
func CompareSearches(t *testing.T, e, scan Engine, c *Corpus, zone *time.Location, n int) {
	t.Helper()
	found := 0
	for i := range n {
		text := c.Query(2)
		if i == 0 {
			text = ""
		}
		q, err := index.ParseQuery(text, SearchNow, zone)
		if err != nil {
			t.Fatalf("query %q: %v", text, err)
		}
		for _, v := range Viewers {
			r := index.Request{Query: q, Viewer: v, Facets: true}
			if c.some(3) {
				r.From, r.To = SearchNow.AddDate(0, 0, -c.r.IntN(100)), SearchNow.AddDate(0, 0, -c.r.IntN(20))
			}
			found += compareAnswers(t, e, scan, r)
		}
	}
	if n > 10 && found == 0 {
		t.Fatal("no query found anything: the comparison proves nothing")
	}
}

// compareAnswers compares total, facets and, page by page, the hits of one request.
func compareAnswers(t *testing.T, e, scan Engine, r index.Request) int {
	t.Helper()
	want, err := scan.Search(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []index.Sort{index.Newest, index.Oldest, index.Best} {
		r.Sort, r.Limit = order, 7
		got, hits := allPages(t, e, r)
		name := fmt.Sprintf("%q as %s, %s", r.Query, r.Viewer.Role, order)
		if got.Total != want.Total || len(hits) != want.Total {
			t.Fatalf("%s: total %d with %d hits, a plain scan finds %d\n got %v\nwant %v", name, got.Total, len(hits), want.Total, idsOf(hits), idsOf(want.Hits))
		}
		if g, w := sortedIDs(hits), sortedIDs(want.Hits); !slices.Equal(g, w) {
			t.Fatalf("%s:\n got %v\nwant %v", name, g, w)
		}
		for i := 1; i < len(hits); i++ {
			a, b := hits[i-1], hits[i]
			if order == index.Newest && a.CreatedAt.Before(b.CreatedAt) || order == index.Oldest && b.CreatedAt.Before(a.CreatedAt) || order == index.Best && a.Score < b.Score {
				t.Fatalf("%s: hit %d is out of order", name, i)
			}
		}
		for _, f := range index.Facets {
			if !slices.Equal(got.Facets[f], want.Facets[f]) {
				t.Fatalf("%s, facet %s:\n got %v\nwant %v", name, f, got.Facets[f], want.Facets[f])
			}
		}
	}
	return want.Total
}

// allPages follows Next to the end and returns the first page's result and every hit.
func allPages(t *testing.T, e Engine, r index.Request) (index.Result, []index.Hit) {
	t.Helper()
	first, err := e.Search(t.Context(), r)
	if err != nil {
		t.Fatalf("search %q: %v", r.Query, err)
	}
	hits, next := first.Hits, first.Next
	for next != "" {
		r.Cursor = next
		res, err := e.Search(t.Context(), r)
		if err != nil {
			t.Fatalf("next page of %q: %v", r.Query, err)
		}
		if len(res.Hits) == 0 {
			t.Fatalf("%q: a page follows that is empty", r.Query)
		}
		hits, next = append(hits, res.Hits...), res.Next
	}
	return first, hits
}

func idsOf(hits []index.Hit) []string {
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = h.ID
	}
	return out
}

func sortedIDs(hits []index.Hit) []string {
	return slices.SortedFunc(slices.Values(idsOf(hits)), strings.Compare)
}
