package index

import (
	"time"
)

// Query is a parsed search: all Clauses must hold. The zero Query matches everything.
type Query struct {
	Source  string // as typed
	Clauses []Clause
}

// Clause is one condition. Exactly one of Words, Field or Or is set.
type Clause struct {
	Not    bool
	Words  string    // words of the text; a phrase when Phrase or Slop is set
	Phrase bool      // in this order, adjacent
	Slop   int       // in any order, with at most this many other words between ("near words"~5)
	Prefix bool      // bin*
	Field  string    // one of Fields
	Value  string    // of Field, lower-cased where case does not matter
	Time   time.Time // of before (created earlier), after and on (not earlier): start of that day or instant, in the council's zone
	Until  time.Time // of on: the end of that day, month or year, exclusive
	Or     []Query   // any of
}

// Limits of a query, enforced by ParseQuery.
const (
	MaxQueryBytes   = 4 << 10
	MaxQueryClauses = 64
	MaxQueryDepth   = 8  // of parentheses
	MaxSlop         = 50 // of "near words"~n
	MinPrefix       = 2  // letters before the star
)

// QueryError is one sentence about a mistake in a query and the query as it might have been meant.
type QueryError struct {
	Problem string
	Mended  string
}

func (e *QueryError) Error() string {
	if e.Mended == "" {
		return e.Problem
	}
	return e.Problem + " Did you mean: " + e.Mended
}
