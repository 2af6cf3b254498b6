package index

import (
	"context"
	"errors"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// Sort is the order of hits.
type Sort string

// The orders. Newest is the default.
const (
	Newest Sort = "newest" // created_at, newest first
	Oldest Sort = "oldest"
	Best   Sort = "best" // by score
)

// MaxLimit bounds Request.Limit.
const MaxLimit = 500

// Request is one search. The zero Query matches everything.
type Request struct {
	Query  Query
	Viewer casework.Viewer
	From   time.Time // created_at, inclusive; zero: open
	To     time.Time // exclusive; zero: open
	Sort   Sort
	Limit  int    // 0 counts only
	Cursor string // Result.Next of the page before; stable while writes go on
	Facets bool
}

// Hit is one mention found. Its words are in the record; the index stores none.
type Hit struct {
	ID        string
	CreatedAt time.Time
	Score     float64 // zero unless sorted by Best
}

// Count is one value of a facet.
type Count struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Facets names every facet of a Result, in the order of the pages.
var Facets = []string{"tag", "risk", "platform", "state", "service", "lang", "term", "day"}

// Result answers a Request. Total is exact. Facets holds, for each name in Facets, the values present, most frequent first (day: newest
// first), counted over everything that matches, not over the page.
type Result struct {
	Total  int
	Hits   []Hit
	Facets map[string][]Count
	Next   string // empty on the last page
}

// ErrBadCursor is wrapped when a cursor is not one of ours.
var ErrBadCursor = errors.New("index: cursor is not from a search of ours")

// Searcher answers searches from one consistent view each while writes go on. Safe for concurrent use.
type Searcher interface {
	Search(ctx context.Context, r Request) (Result, error)
}

// Change is one thing that a search index follows: exactly one of its members is set.
type Change struct {
	Tagged *classify.Tagged // a mention with its verdict: new, edited, judged again, or deleted by its platform
	Event  *casework.Event  // an act on a case; it may come before its mention
	Remove string           // the ID of a mention that search must forget (retention)
}
