package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"earshot/index"
)

// SearchPage is the list of mentions with facets beside it.
type SearchPage struct {
	Base
	Asked    asked
	Sorts    []Choice
	Problem  string // of the query, one sentence
	Mended   string
	MendLink string
	Total    int
	Rows     []Row
	Facets   []FacetGroup
	Chosen   []Link // conditions of the address beside the query, each with the link that takes it away
	Next     string
	Previous string
	First    string
	Later    string // some rows are not in the record yet
	Count    string // the API's address that counts the same search, for the live bar
}

// Choice is one option of a list.
type Choice struct {
	Value, Text string
	Chosen      bool
}

// Link is a text that leads somewhere.
type Link struct{ Text, Path string }

// FacetGroup is one facet with its most frequent values.
type FacetGroup struct {
	Name   string
	Values []FacetValue
	More   int // values not shown
}

// FacetValue is one value; Path adds it to the search, or takes it out when it is Chosen.
type FacetValue struct {
	Text, Path string
	Count      int
	Chosen     bool
}

// facetFields are the conditions that facets add to a query.
var facetFields = map[string]string{"tag": "tag", "risk": "risk", "platform": "site", "state": "is", "service": "service", "lang": "lang",
	"term": "term", "day": "on"}

const facetValues = 8 // shown of one facet

func (s *Server) search(c *call) error {
	v := c.r.URL.Query()
	p := SearchPage{Base: c.base("Search")}
	a, err := readAsked(v, s.zone(), pageLimit)
	p.Asked, p.Live = a, true
	if a.Query != "" {
		p.Title = a.Query + " – search"
	}
	for _, o := range []Choice{{Value: "newest", Text: "Newest first"}, {Value: "oldest", Text: "Oldest first"}, {Value: "best", Text: "Best match first"}} {
		o.Chosen = o.Value == a.Sort
		p.Sorts = append(p.Sorts, o)
	}
	var rq index.Request
	if err == nil {
		rq, err = a.request(c.viewer, c.at, s.zone())
	}
	var res index.Result
	if err == nil {
		rq.Facets = true
		res, err = s.cfg.Search.Search(c.r.Context(), rq)
	}
	if err != nil {
		f := asFault(err)
		if f.Status != http.StatusBadRequest {
			return err
		}
		s.metrics.refusal(f.Reason)
		p.Title, p.Problem, p.Mended = "Error: search", strings.TrimSuffix(f.Detail, " Did you mean: "+f.Mended), f.Mended
		if f.Mended != "" {
			a.Query = f.Mended
			p.MendLink = a.link()
		}
		return c.page(http.StatusBadRequest, "search", p)
	}
	rows, missing, err := s.rows(c, res.Hits, rq.Query)
	if err != nil {
		return err
	}
	p.Total, p.Rows = res.Total, rows
	if missing > 0 {
		p.Later = plural(missing, "mention on this page is", "mentions on this page are") + " not readable at the moment. Reload the page in a moment."
	}
	p.Facets, p.Chosen = s.facets(a, res.Facets), chosen(a)
	p.pages(a, v["back"], res.Next)
	p.Count = "/api/v1/mentions?" + count(a)
	return c.page(http.StatusOK, "search", p)
}

func count(a asked) string {
	v := a.values()
	v.Set("limit", "0")
	return v.Encode()
}

// rows reads the records of hits, in their order. Missing counts those the record does not show (yet).
func (s *Server) rows(c *call, hits []index.Hit, q index.Query) (rows []Row, missing int, err error) {
	recs, err := s.records(c.r.Context(), c, hits)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range recs {
		rows = append(rows, s.row(r, q, c.at))
	}
	return rows, len(hits) - len(recs), nil
}

func (s *Server) records(ctx context.Context, c *call, hits []index.Hit) ([]index.Record, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return s.cfg.Record.GetMany(ctx, c.viewer, ids)
}

func (s *Server) facets(a asked, facets map[string][]index.Count) []FacetGroup {
	var out []FacetGroup
	for _, f := range index.Facets {
		g := FacetGroup{Name: name(facetNames, f)}
		for _, n := range facets[f] {
			if n.Value == "" {
				continue
			}
			if len(g.Values) == facetValues {
				g.More++
				continue
			}
			condition := facetFields[f] + ":" + quoted(n.Value)
			fv := FacetValue{Text: s.facetText(f, n.Value), Count: n.Count, Chosen: a.has(condition)}
			fv.Path = a.with(condition).link()
			if fv.Chosen {
				fv.Path = a.without(condition).link()
			}
			g.Values = append(g.Values, fv)
		}
		if len(g.Values) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func (s *Server) facetText(facet, value string) string {
	switch facet {
	case "tag":
		return name(labelNames, value)
	case "risk":
		return name(riskNames, value)
	case "platform":
		return name(platformNames, value)
	case "state":
		return name(stateNames, value)
	case "service":
		return s.serviceName(value)
	case "lang":
		return languageName(value)
	case "day":
		if t, err := time.Parse("2006-01-02", value); err == nil {
			return t.Format("Mon 2 Jan 2006")
		}
	}
	return value
}

func quoted(v string) string {
	if strings.ContainsAny(v, " \t:()") {
		return `"` + strings.ReplaceAll(v, `"`, "") + `"`
	}
	return v
}

// chosen are the conditions that came by the address and not by the query.
func chosen(a asked) []Link {
	var out []Link
	add := func(text string, without asked) { out = append(out, Link{text, without.link()}) }
	if a.From != "" {
		w := a
		w.From = ""
		add("published from "+a.From, w)
	}
	if a.To != "" {
		w := a
		w.To = ""
		add("published before "+a.To, w)
	}
	for _, list := range []struct {
		names  map[string]string
		values []string
		clear  func(*asked)
	}{
		{labelNames, a.Tag, func(w *asked) { w.Tag = nil }}, {platformNames, a.Platform, func(w *asked) { w.Platform = nil }},
		{stateNames, a.State, func(w *asked) { w.State = nil }},
	} {
		if len(list.values) == 0 {
			continue
		}
		w := a
		list.clear(&w)
		var texts []string
		for _, v := range list.values {
			texts = append(texts, name(list.names, v))
		}
		add(strings.Join(texts, " or "), w)
	}
	return out
}

// maxBack is how many pages one can go back; further back leads to the first.
const maxBack = 20

// pages sets the links to the neighbouring pages. Cursors lead forward only, so the address remembers those it came by.
func (p *SearchPage) pages(a asked, back []string, next string) {
	link := func(cursor string, back []string) string {
		v := a.values()
		if cursor != "" {
			v.Set("cursor", cursor)
		}
		if len(back) > 0 {
			v["back"] = back
		}
		return "/search?" + v.Encode()
	}
	if next != "" {
		trail := append(append([]string{}, back...), a.Cursor)
		if len(trail) > maxBack {
			trail = trail[len(trail)-maxBack:]
		}
		p.Next = link(next, trail)
	}
	if a.Cursor == "" {
		return
	}
	p.First = link("", nil)
	if len(back) > 0 {
		p.Previous = link(back[len(back)-1], back[:len(back)-1])
	}
}
