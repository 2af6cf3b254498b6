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
	Slop   int       // words may stand this many places apart ("near words"~5)
	Prefix bool      // bin*
	Field  string    // tag, risk, from, site, service, is, lang, term, id, ref, before, after, on, owner, has, unsure, source, thread, incident
	Value  string    // of Field, lower-cased where case does not matter
	Time   time.Time // of before, after and on: start of that day or instant, in the council's zone
	Or     []Query   // any of
}

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
