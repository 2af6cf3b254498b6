package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"

	"golang.org/x/sync/errgroup"
)

// TodayPage is what the day starts with. Every number links to the search that counted it.
type TodayPage struct {
	Base
	Reads   bool // the viewer's role reads mentions
	Acts    bool
	Since   time.Time
	SeenAt  bool // Since was set by the person, and is not the last 24 hours
	New     Number
	Urgent  []Number
	Clock   []Number
	Waiting []Number
	First   []Row       // what needs a person first
	Notices []NoticeRow // about sources
	Quiet   []SourceRow // sources that are not well, and of which no notice is raised (yet)
	Sources int
	Paused  int
	SeenNow string // what the button "I have seen these" marks
	Empty   bool   // nothing was ever taken in
}

// Number is a count with the search it counts.
type Number struct {
	Text, Path string
	Count      int
	Bad        bool // something is wrong when it is not zero
}

// defaultSince is what Today shows to somebody who has never marked it as seen.
const defaultSince = 24 * time.Hour

type seen struct {
	At time.Time `json:"at"`
}

// firstRows is how many of the most urgent mentions Today shows in full.
const firstRows = 5

func (s *Server) today(c *call) error {
	if c.viewer.Role == casework.Staff {
		return c.redirect("/report")
	}
	p := TodayPage{Base: c.base("Today"), Reads: c.viewer.SeesMentions(), Acts: c.viewer.Acts(), SeenNow: c.at.UTC().Format(time.RFC3339Nano)}
	health := s.cfg.Health()
	p.Sources = len(health)
	p.Notices = s.noticesFor(c)
	for _, h := range health {
		row := sourceRow(h)
		if row.Paused {
			p.Paused++
		}
		told := slices.ContainsFunc(p.Notices, func(n NoticeRow) bool { return n.ID == h.Source })
		if row.Bad && !told && roleOpens(c.viewer.Role, "/sources") {
			p.Quiet = append(p.Quiet, row)
		}
	}
	if !p.Reads {
		return c.page(http.StatusOK, "today", p)
	}
	p.Live = true
	p.Since = c.at.Add(-defaultSince)
	if v, ok := get[seen](s.cfg.Table, "seen/"+c.viewer.Account); ok {
		p.Since, p.SeenAt = v.At, true
	}
	if err := s.count(c, &p); err != nil {
		return err
	}
	return c.page(http.StatusOK, "today", p)
}

// count fills in the numbers, a few searches at once.
func (s *Server) count(c *call, p *TodayPage) error {
	p.New = Number{Text: "published since"}
	p.Urgent, p.Clock, p.Waiting = numbersFor(c.viewer)
	g, ctx := errgroup.WithContext(c.r.Context())
	g.SetLimit(4)
	since := asked{From: p.Since.UTC().Format(time.RFC3339Nano), from: p.Since}
	p.New.Path = since.link()
	g.Go(func() error { return s.countOne(ctx, c, since, &p.New.Count) })
	var all int
	g.Go(func() error { return s.countOne(ctx, c, asked{}, &all) })
	for _, list := range [][]Number{p.Urgent, p.Clock, p.Waiting} {
		for i := range list {
			a := asked{Query: list[i].Path}
			list[i].Path = a.link()
			g.Go(func() error { return s.countOne(ctx, c, a, &list[i].Count) })
		}
	}
	g.Go(func() error { return s.firstRows(ctx, c, p) })
	err := g.Wait()
	p.Empty = err == nil && all == 0
	return err
}

// numbersFor lists what Today counts for a viewer; Path holds the query until it is counted.
func numbersFor(v casework.Viewer) (urgent, clock, waiting []Number) {
	for _, r := range classify.Risks {
		urgent = append(urgent, Number{Text: name(riskNames, string(r)), Path: "is:open risk:" + string(r), Bad: true})
	}
	switch v.Role {
	case casework.HR:
		urgent = append(urgent, Number{Text: "Walled cases nobody has taken", Path: "hr:new", Bad: true})
		waiting = []Number{{Text: "Walled cases in hand", Path: "hr:acknowledged"}}
	case casework.Monitoring:
		urgent = append(urgent, Number{Text: "Walled cases nobody has taken", Path: "monitoring:new", Bad: true})
		waiting = []Number{{Text: "Walled cases in hand", Path: "monitoring:acknowledged"}}
	}
	urgent = append(urgent, Number{Text: "New, nobody has acknowledged them", Path: "is:new"},
		Number{Text: "Open and nobody’s", Path: "is:unowned"}, Number{Text: "Yours", Path: "is:open owner:me"})
	clock = []Number{{Text: "Past their clock", Path: "is:overdue", Bad: true}, {Text: "Near their clock (8 hours)", Path: "is:due_soon"}}
	waiting = append(waiting, Number{Text: "Holding reply sent, answer still owed", Path: "is:held"},
		Number{Text: "In somebody else’s hands", Path: "is:open -owner:me -is:unowned"})
	if v.Role == casework.Comms {
		waiting = append(waiting, Number{Text: "With HR", Path: "is:with_hr"}, Number{Text: "With the Monitoring Officer", Path: "is:with_monitoring"})
	}
	return urgent, clock, waiting
}

func (s *Server) countOne(ctx context.Context, c *call, a asked, n *int) error {
	rq, err := a.request(c.viewer, c.at, s.zone())
	if err != nil {
		return err
	}
	res, err := s.cfg.Search.Search(ctx, rq)
	*n = res.Total
	return err
}

// firstRows finds what needs a person first: open risk, then what is new, newest first.
func (s *Server) firstRows(ctx context.Context, c *call, p *TodayPage) error {
	have := map[string]bool{}
	for _, q := range []string{"is:open risk:any", "is:overdue", "is:due_soon", "is:new"} {
		rq, err := asked{Query: q, Limit: firstRows}.request(c.viewer, c.at, s.zone())
		if err != nil {
			return err
		}
		res, err := s.cfg.Search.Search(ctx, rq)
		if err != nil {
			return err
		}
		recs, err := s.records(ctx, c, res.Hits)
		if err != nil {
			return err
		}
		for _, r := range recs {
			if len(p.First) < firstRows && !have[r.Mention.ID] {
				have[r.Mention.ID] = true
				p.First = append(p.First, s.row(r, index.Query{}, c.at))
			}
		}
	}
	return nil
}

// markSeen remembers up to when the person has seen what arrived. The moment is that of the page they looked at, not of the button.
func (s *Server) markSeen(c *call) error {
	at, err := time.Parse(time.RFC3339Nano, c.r.PostForm.Get("at"))
	if err != nil || at.After(c.at) {
		at = c.at
	}
	if err := put(c.r.Context(), s.cfg.Table, "seen/"+c.viewer.Account, seen{at.UTC()}); err != nil {
		return err
	}
	return c.redirect("/?done=seen")
}

func noHealth() []sources.Health { return nil }
