package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"
)

// Row is one mention in a list. Names and walled parts were taken out by the record already; here abusive words are covered.
type Row struct {
	ID, Path    string
	Platform    string
	Kind        string
	Author      string
	Handle      string
	CreatedAt   time.Time
	Permalink   string // http or https only
	Words       []Segment
	Covered     bool   // words are hidden until asked for
	Gone        string // why there are no words
	Edited      bool
	Tags        []Tag
	Risks       []string
	State       string
	StateName   string
	With        []string
	Owner       string
	Due         time.Time
	Late        bool
	Soon        bool
	Service     string
	Pictures    int
	Reported    bool
	Self        bool // the mention the page is about
	DueSentence string
}

// Tag is a label with how sure the classifier is of it.
type Tag struct {
	Label, Name, Sure string
	Percent           int
	ByPerson          bool
	Unsure            bool
}

// Segment is a piece of a mention's words. Marks names the reasons that point at it, Match says that the search asked for it, Cover
// that it is abusive.
type Segment struct {
	Text  string
	Marks []int
	Match bool
	Cover bool
}

func (s *Server) row(r index.Record, q index.Query, now time.Time) Row {
	m := &r.Mention
	labels, byPerson := r.Verdict.Labels, r.Case.Relabelled
	if byPerson {
		labels = r.Case.Labels
	}
	row := Row{
		ID: m.ID, Path: casePath(m.ID), Platform: m.Platform, Kind: string(m.Kind), Author: m.Author.Name, Handle: m.Author.Handle,
		CreatedAt: m.CreatedAt, Permalink: webLink(m.Permalink), State: string(r.Case.State), StateName: name(stateNames, string(r.Case.State)),
		Owner: s.ownerName(r.Case.Owner), Due: r.Case.Due, Service: s.serviceName(r.Service()), Pictures: len(m.Media),
		Reported: m.Kind == sources.Report, Edited: m.State == sources.Edited, Gone: goneWhy(r),
		Covered: slices.Contains(labels, classify.Abuse), Tags: tags(r, labels, byPerson),
	}
	for _, w := range r.Case.With {
		row.With = append(row.With, name(wallNames, w))
	}
	for _, k := range risksOf(r) {
		row.Risks = append(row.Risks, name(riskNames, string(k)))
	}
	if open(r.Case.State) && !row.Due.IsZero() {
		row.Late = now.After(row.Due)
		row.Soon = !row.Late && row.Due.Sub(now) < index.DueSoonWithin
	}
	row.Words = segments(m.Text, nil, index.Spans(q, m.Text), nil)
	if m.Text == "" {
		row.Words = segments(m.Title, nil, index.Spans(q, m.Title), nil)
	}
	return row
}

func open(s casework.State) bool {
	return s == casework.New || s == casework.StateAcked || s == casework.StateHeld
}

func risksOf(r index.Record) []classify.Risk {
	if r.Case.Relabelled {
		return r.Case.Risk
	}
	return r.Verdict.Risk
}

func tags(r index.Record, labels []classify.Label, byPerson bool) []Tag {
	var out []Tag
	for _, l := range labels {
		score := r.Verdict.Scores[l]
		t := Tag{Label: string(l), Name: name(labelNames, string(l)), Sure: howSure(score), Percent: int(score*100 + 0.5), ByPerson: byPerson}
		t.Unsure = !byPerson && slices.Contains(r.Verdict.Unsure, l)
		if t.Unsure {
			t.Sure = "not sure"
		}
		if byPerson {
			t.Sure = "set by an officer"
		}
		out = append(out, t)
	}
	return out
}

func goneWhy(r index.Record) string {
	switch {
	case r.Gone == index.GoneDeleted || r.Mention.State == sources.Deleted:
		return "Its author or the platform has deleted this post; its words are no longer kept."
	case r.Gone == index.GoneExpired:
		return "The words were kept for as long as the council's retention settings say and have been removed."
	case r.Mention.State == sources.Withheld:
		return "The platform withholds this post."
	}
	return ""
}

func casePath(id string) string { return "/cases/" + url.PathEscape(id) }

// webLink returns link when it leads to the web; anything else (javascript:, data:) is never made a link.
func webLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}

func (s *Server) ownerName(id string) string {
	if id == "" {
		return ""
	}
	if p, ok := s.Accounts.Person(id); ok {
		return p.Name
	}
	return id
}

func (s *Server) serviceName(id string) string {
	for _, v := range s.cfg.Settings().Folder.Services {
		if v.ID == id && v.Name != "" {
			return v.Name
		}
	}
	return strings.ReplaceAll(id, "_", " ")
}

// segments cuts text at the edges of reasons, matches and covers. Spans that do not fit the text (an older version's) are left out.
func segments(text string, reasons []classify.Reason, matches [][2]int, covers [][2]int) []Segment {
	if text == "" {
		return nil
	}
	fits := func(a, b int) bool {
		return a >= 0 && a < b && b <= len(text) && utf8.RuneStart(text[a]) && (b == len(text) || utf8.RuneStart(text[b]))
	}
	edges := []int{0, len(text)}
	add := func(a, b int) {
		if fits(a, b) {
			edges = append(edges, a, b)
		}
	}
	for _, r := range reasons {
		add(r.Start, r.End)
	}
	for _, m := range slices.Concat(matches, covers) {
		add(m[0], m[1])
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out []Segment
	for i := 0; i+1 < len(edges); i++ {
		a, b := edges[i], edges[i+1]
		seg := Segment{Text: text[a:b]}
		for n, r := range reasons {
			if fits(r.Start, r.End) && r.Start <= a && b <= r.End {
				seg.Marks = append(seg.Marks, n+1)
			}
		}
		seg.Match = covered(matches, a, b, fits)
		seg.Cover = covered(covers, a, b, fits)
		out = append(out, seg)
	}
	return out
}

func covered(spans [][2]int, a, b int, fits func(a, b int) bool) bool {
	return slices.ContainsFunc(spans, func(s [2]int) bool { return fits(s[0], s[1]) && s[0] <= a && b <= s[1] })
}

// Label says for a screen reader what marks a segment: the numbers of its reasons.
func (s Segment) Label() string {
	parts := make([]string, len(s.Marks))
	for i, n := range s.Marks {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ", ")
}
