package meta

import (
	"net/url"
	"strconv"

	"earshot/sources"
)

// List is one page of anything.
type List[T any] struct {
	Data   []T `json:"data"`
	Paging struct {
		Cursors struct {
			After string `json:"after"`
		} `json:"cursors"`
		Next string `json:"next"`
	} `json:"paging"`
}

// After is the cursor of the next page; empty on the last one. A page may be empty and yet have a next one.
func (l *List[T]) After() string {
	if l.Paging.Next == "" {
		return ""
	}
	if l.Paging.Cursors.After != "" {
		return l.Paging.Cursors.After
	}
	u, err := url.Parse(l.Paging.Next)
	if err != nil {
		return ""
	}
	return u.Query().Get("after")
}

// Query makes the query of one page.
func Query(fields string, limit int, after string) url.Values {
	q := url.Values{"fields": {fields}, "limit": {strconv.Itoa(limit)}}
	if after != "" {
		q.Set("after", after)
	}
	return q
}

// Time is ISO 8601 without a colon in its zone, as lists have it, or Unix seconds, as webhooks do.
type Time = sources.Moment

// ID is an object's number, written as a string or, in some webhooks, as a number too long for a float.
type ID = sources.ID
