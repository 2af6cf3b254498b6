package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/index"
	"earshot/settings"
)

// Quality is the part of the numbers that says how good the tags are, as far as people's decisions show.
type Quality struct {
	Measured  bool // decisions are kept here
	Audits    bool // the viewer tags the weekly sample
	Week      string
	Done, Of  int // of the newest sample
	Answers   int // what the figures rest on
	Pending   int // answers in samples that do not count yet
	Relabels  int // changes and confirmations of tags, by officers
	Weeks     int // how far the figures go back
	Rates     []RateRow
	Bands     []BandRow
	Tags      []string // heads of the columns of Bands
	Dismissed RateText
	Cases     []Link // complaints judged trolling
	Drift     []DriftRow
	DriftFew  bool // too few mentions to compare weeks
	Versions  []VersionRow
	Switches  bool // the viewer may switch versions
	Original  bool // the classifier judges as it came with the program
}

// VersionRow is a version of the classifier that was learnt here.
type VersionRow struct {
	Name      string
	Made      time.Time
	Fitted    int
	On, Trial bool
	Past      bool     // it corrects the model of an older program and does nothing
	HeldOut   []string // how it did on audits later than what it was learnt from
	Since     string   // and on those it has judged in the shadow since
}

// RateRow is how well one tag is given.
type RateRow struct {
	Tag               string
	Precision, Recall RateText
}

// RateText is a share with its interval, in words; Few says how many answers there are while they are too few to show.
type RateText struct{ Value, Interval, Few string }

// BandRow is one span of scores: for each tag the share in which an officer agreed that it fits.
type BandRow struct {
	Scores string
	Cells  []string
}

// DriftRow is a tag's share of the mentions of the last seven days against the weeks before.
type DriftRow struct {
	Tag, Now, Before, Change string
	Odd                      bool // more than chance explains
}

const (
	qualityWeeks = 26
	driftWeeks   = 8
	casesMost    = 10
	driftNow     = 20  // mentions of a week under which shares are not compared
	driftBefore  = 100 // and of the weeks before
	driftOdd     = 3.0 // standard errors from which a change is more than chance
)

func (s *Server) quality(c *call) (Quality, error) {
	q := Quality{Measured: s.cfg.Learning != nil, Audits: roleOpens(c.viewer.Role, "/numbers/audit"), Weeks: qualityWeeks}
	if !q.Measured {
		return q, nil
	}
	draws, decisions := s.learnt()
	if len(draws) > 0 {
		q.Week, q.Of, q.Done = draws[0].Week, len(draws[0].Picks), len(taggedOf(draws[0].Week, decisions))
	}
	since := c.at.AddDate(0, 0, -7*qualityWeeks)
	draws = slices.DeleteFunc(slices.Clone(draws), func(d quality.Draw) bool { return d.To.Before(since) })
	for _, x := range decisions {
		if x.Type != casework.Audited && x.At.After(since) {
			q.Relabels++
		}
	}
	items, waiting := quality.Weigh(draws, decisions)
	q.Answers, q.Pending = len(items), waiting
	if len(items) > 0 {
		s.measure(c, &q, items)
	}
	s.versions(c, &q, items)
	return q, s.drift(c, &q)
}

// versions lists what was learnt, newest first, and how each compares.
func (s *Server) versions(c *call, q *Quality, items []quality.Item) {
	known := s.cfg.Settings().Folder.Classifier
	q.Switches, q.Original = slices.Contains(keepers.roles, c.viewer.Role), known.On == ""
	for _, v := range slices.Backward(known.Versions) {
		row := VersionRow{Name: v.Name, Made: v.Made, Fitted: v.Fitted, On: v.Name == known.On, Trial: v.Name == known.Trial, Past: !s.cfg.Learning.Fits(&v)}
		for _, h := range v.HeldOut {
			row.HeldOut = append(row.HeldOut, h.Stage+" verdicts: "+compared(quality.Comparison{N: h.N, Labels: classify.Labels, Old: h.Old, New: h.New, Low: h.Low, High: h.High}))
		}
		judged := slices.DeleteFunc(slices.Clone(items), func(x quality.Item) bool { return x.Judged.Shadow == nil || x.Judged.Shadow.Version != v.Name })
		if len(judged) > 0 {
			row.Since = compared(quality.Compare(judged, func(x *quality.Item) []classify.Label { return x.Judged.Labels },
				func(x *quality.Item) []classify.Label { return x.Judged.Shadow.Labels }))
		}
		q.Versions = append(q.Versions, row)
	}
}

// compared puts a comparison into words: a version is better or worse only where the interval leaves nought out.
func compared(x quality.Comparison) string {
	on := " on " + plural(x.N, "audited mention", "audited mentions")
	if len(x.Labels) == 0 {
		return "too few of any tag to compare" + on
	}
	verdict := "no clear difference"
	switch {
	case x.Low > 0:
		verdict = "better"
	case x.High < 0:
		verdict = "worse"
	}
	return fmt.Sprintf("%s: mean F1 %.2f for %.2f, difference %+.2f (%+.2f to %+.2f)%s", verdict, x.New, x.Old, x.New-x.Old, x.Low, x.High, on)
}

// switchVersion puts a version in force, or the classifier as it came with the program.
func (s *Server) switchVersion(c *call) error {
	if s.cfg.Learning == nil {
		return errNotFound
	}
	err := s.cfg.Learning.Switch(c.r.Context(), c.actor(), c.r.PostForm.Get("version"))
	if errors.Is(err, settings.ErrNoVersion) {
		return refuse(http.StatusUnprocessableEntity, "bad_form", "Not accepted", "There is no such version any more. Open the page again.")
	}
	if err != nil {
		return err
	}
	return c.redirect("/numbers?done=switched")
}

func (s *Server) measure(c *call, q *Quality, items []quality.Item) {
	for _, r := range quality.Rates(items) {
		q.Rates = append(q.Rates, RateRow{name(labelNames, string(r.Label)), rateText(r.Precision), rateText(r.Recall)})
	}
	share, which := quality.Dismissed(items)
	q.Dismissed = rateText(share)
	if c.viewer.Acts() {
		for _, id := range which[:min(len(which), casesMost)] {
			q.Cases = append(q.Cases, Link{id, casePath(id)})
		}
	}
	for _, l := range classify.Labels {
		q.Tags = append(q.Tags, name(labelNames, string(l)))
		for k, b := range quality.Calibration(items, l) {
			if len(q.Bands) <= k {
				q.Bands = append(q.Bands, BandRow{Scores: fmt.Sprintf("%s to %s", percent(b.From), percent(b.To))})
			}
			cell := "–"
			if b.N > 0 {
				cell = fmt.Sprintf("said %s, found %s (%s)", percent(b.Said), percent(b.Found), plural(b.N, "answer", "answers"))
			}
			q.Bands[k].Cells = append(q.Bands[k].Cells, cell)
		}
	}
}

func rateText(r quality.Rate) RateText {
	if !r.Shown() {
		return RateText{Few: fmt.Sprintf("too few yet: %d of %d", r.N, quality.Enough)}
	}
	return RateText{Value: percent(r.Value), Interval: fmt.Sprintf("%s to %s", percent(r.Low), percent(r.High))}
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// drift compares the tags of the last seven days with those of the weeks before, as counted by search.
func (s *Server) drift(c *call, q *Quality) error {
	week := c.at.AddDate(0, 0, -7)
	now, err := s.counts(c, week, c.at)
	if err != nil {
		return err
	}
	before, err := s.counts(c, week.AddDate(0, 0, -7*driftWeeks), week)
	if err != nil {
		return err
	}
	if q.DriftFew = now.Total < driftNow || before.Total < driftBefore; q.DriftFew {
		return nil
	}
	for _, l := range classify.Labels {
		a, b := float64(countOf(now, l))/float64(now.Total), float64(countOf(before, l))/float64(before.Total)
		row := DriftRow{Tag: name(labelNames, string(l)), Now: percent(a), Before: percent(b), Change: fmt.Sprintf("%+.0f points", 100*(a-b))}
		both := (float64(countOf(now, l)) + float64(countOf(before, l))) / float64(now.Total+before.Total)
		spread := math.Sqrt(both * (1 - both) * (1/float64(now.Total) + 1/float64(before.Total)))
		row.Odd = math.Abs(a-b) > driftOdd*spread
		q.Drift = append(q.Drift, row)
	}
	return nil
}

func (s *Server) counts(c *call, from, to time.Time) (index.Result, error) {
	rq, err := asked{Query: inItsOwnRight, from: from, to: to}.request(c.viewer, c.at, s.zone())
	if err != nil {
		return index.Result{}, err
	}
	rq.Facets = true
	return s.cfg.Search.Search(c.r.Context(), rq)
}

func countOf(r index.Result, l classify.Label) int {
	for _, n := range r.Facets["tag"] {
		if n.Value == string(l) {
			return n.Count
		}
	}
	return 0
}
