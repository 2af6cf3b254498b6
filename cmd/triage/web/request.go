package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/casework"
	"earshot/index"
)

// The page sizes of the API.
const (
	defaultLimit = 50
	pageLimit    = 25
)

// asked is a search as the address states it: the same words for the pages and for the API.
type asked struct {
	Query    string // as typed
	From, To string // as given
	Tag      []string
	Platform []string
	State    []string
	Sort     string
	Limit    int
	Cursor   string
	from, to time.Time
}

func readAsked(v url.Values, loc *time.Location, limit int) (asked, error) {
	a := asked{Query: strings.TrimSpace(v.Get("q")), From: v.Get("from"), To: v.Get("to"), Tag: clean(v["tag"]), Platform: clean(v["platform"]),
		State: clean(v["state"]), Sort: v.Get("sort"), Limit: limit, Cursor: v.Get("cursor")}
	var err error
	if a.from, err = readTime("from", a.From, loc); err != nil {
		return a, err
	}
	if a.to, err = readTime("to", a.To, loc); err != nil {
		return a, err
	}
	if s := v.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > index.MaxLimit {
			return a, badRequest(fmt.Sprintf("limit must be a number from 0 to %d.", index.MaxLimit))
		}
		a.Limit = n
	}
	switch a.Sort {
	case "", string(index.Newest), string(index.Oldest), string(index.Best):
	default:
		return a, badRequest("sort must be newest, oldest or best.")
	}
	return a, nil
}

func clean(values []string) []string {
	var out []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	return out
}

// readTime takes an instant (RFC 3339) or a day, which starts at midnight in the council's zone.
func readTime(field, s string, loc *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation("2006-01-02", s, loc); err == nil {
		return t, nil
	}
	return time.Time{}, badRequest(field + " must be a day such as 2026-11-20 or a moment such as 2026-11-20T08:45:00Z.")
}

// request makes the search that a states, for v.
func (a asked) request(v casework.Viewer, now time.Time, loc *time.Location) (index.Request, error) {
	q, err := index.ParseQuery(a.Query, now, loc)
	if err != nil {
		return index.Request{}, err
	}
	q.Clauses = slices.Clone(q.Clauses)
	q.Clauses = append(q.Clauses, anyOf("tag", a.Tag)...)
	q.Clauses = append(q.Clauses, anyOf("site", a.Platform)...)
	q.Clauses = append(q.Clauses, anyOf("is", a.State)...)
	return index.Request{Query: q, Viewer: v, From: a.from, To: a.to, Sort: index.Sort(a.Sort), Limit: a.Limit, Cursor: a.Cursor}, nil
}

func anyOf(field string, values []string) []index.Clause {
	one := func(v string) index.Clause { return index.Clause{Field: field, Value: strings.ToLower(v)} }
	switch len(values) {
	case 0:
		return nil
	case 1:
		return []index.Clause{one(values[0])}
	}
	var or []index.Query
	for _, v := range values {
		or = append(or, index.Query{Clauses: []index.Clause{one(v)}})
	}
	return []index.Clause{{Or: or}}
}

// values is a as an address states it, without the place in the list.
func (a asked) values() url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	set("q", a.Query)
	set("from", a.From)
	set("to", a.To)
	set("sort", a.Sort)
	for k, list := range map[string][]string{"tag": a.Tag, "platform": a.Platform, "state": a.State} {
		if len(list) > 0 {
			v[k] = list
		}
	}
	return v
}

// link is the address of a's search page.
func (a asked) link() string {
	if enc := a.values().Encode(); enc != "" {
		return "/search?" + enc
	}
	return "/search"
}

// with adds a condition to a's query in the language of the search page; without takes it out again.
func (a asked) with(condition string) asked {
	a.Query = strings.TrimSpace(a.Query + " " + condition)
	return a
}

func (a asked) without(condition string) asked {
	words := strings.Fields(a.Query)
	words = slices.DeleteFunc(words, func(w string) bool { return w == condition })
	a.Query = strings.Join(words, " ")
	return a
}

func (a asked) has(condition string) bool { return slices.Contains(strings.Fields(a.Query), condition) }
