package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"earshot/index"
	"earshot/sources"
)

// NumbersPage shows counts of the last days as tables with bars.
type NumbersPage struct {
	Base
	Days   int
	Spans  []Link
	Total  int
	Link   string
	Tables []NumberTable
	Quality
}

// NumberTable is one facet as a table; Bar is a share of the greatest count, in per cent.
type NumberTable struct {
	Name, First string
	Rows        []NumberRow
	Sum         bool // the rows add up to the total
}

// NumberRow is one line of a table.
type NumberRow struct {
	Text, Path string
	Count, Bar int
}

// inItsOwnRight leaves out what was fetched only because it stands around a mention: nobody there spoke of the council.
const inItsOwnRight = "-term:" + sources.MatchedThread

func (s *Server) numbers(c *call) error {
	p := NumbersPage{Base: c.base("Numbers"), Days: 7}
	switch c.r.URL.Query().Get("days") {
	case "30":
		p.Days = 30
	case "90":
		p.Days = 90
	}
	for _, d := range []string{"7", "30", "90"} {
		p.Spans = append(p.Spans, Link{d, "/numbers?days=" + d})
	}
	local := c.at.In(s.zone())
	start := time.Date(local.Year(), local.Month(), local.Day()-p.Days+1, 0, 0, 0, 0, s.zone())
	a := asked{Query: inItsOwnRight, From: start.Format("2006-01-02"), from: start}
	rq, err := a.request(c.viewer, c.at, s.zone())
	if err != nil {
		return err
	}
	rq.Facets = true
	res, err := s.cfg.Search.Search(c.r.Context(), rq)
	if err != nil {
		return err
	}
	p.Total, p.Link = res.Total, a.link()
	for _, f := range []string{"day", "tag", "risk", "platform", "service", "state"} {
		t := NumberTable{Name: "By " + strings.ToLower(name(facetNames, f)), First: name(facetNames, f), Sum: f == "day" || f == "platform"}
		counts := slices.Clone(res.Facets[f])
		if f == "day" {
			counts = everyDay(counts, start, p.Days)
		}
		for _, n := range counts {
			if n.Value == "" {
				continue
			}
			t.Rows = append(t.Rows, NumberRow{Text: s.facetText(f, n.Value), Count: n.Count, Path: a.with(facetFields[f] + ":" + quoted(n.Value)).link()})
		}
		bars(t.Rows)
		p.Tables = append(p.Tables, t)
	}
	if p.Quality, err = s.quality(c); err != nil {
		return err
	}
	return c.page(http.StatusOK, "numbers", p)
}

// everyDay puts the days without any mention among those with some, newest first: a gap is news too.
func everyDay(counts []index.Count, start time.Time, days int) []index.Count {
	have := map[string]int{}
	for _, c := range counts {
		have[c.Value] = c.Count
	}
	var out []index.Count
	for i := days - 1; i >= 0; i-- {
		d := start.AddDate(0, 0, i).Format("2006-01-02")
		out = append(out, index.Count{Value: d, Count: have[d]})
	}
	return out
}

func bars(rows []NumberRow) {
	most := 1
	for _, r := range rows {
		most = max(most, r.Count)
	}
	for i := range rows {
		rows[i].Bar = (rows[i].Count*100 + most - 1) / most
	}
}
