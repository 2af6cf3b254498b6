package web

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"
)

// CasePage is one mention with what surrounds it, why it was tagged, what is to be done, and what was done.
type CasePage struct {
	Base
	Row       Row
	Heading   string
	Title2    string // the mention's own title
	Words     []Segment
	Covers    bool // some words are covered until asked for
	Reasons   []ReasonRow
	Readings  []Reading // first and considered, where there are both
	Scores    []Tag
	Target    string
	Judged    string // by which model, when
	Facts     []FactRow
	Pictures  []Picture
	Thread    []Row
	Incidents []IncidentRow
	Step      string
	Draft     Draft
	Complaint string // where complaints belong
	Can       map[string]bool
	EventID   string // of the next act, so that sending a form twice acts once
	Labels    []Choice
	Risks     []Choice
	Targets   []Choice
	Services  []Choice
	Owners    []Choice
	History   []EventRow
	Closed    bool
	Mine      bool
	Asked     bool // a person is asked whether abuse is meant
}

// ReasonRow is one reason, numbered as in the words.
type ReasonRow struct {
	N          int
	Label, Why string
	Words      bool // it points at words
}

// FactRow is a fact of the register that the mention touches.
type FactRow struct{ ID, Stance, Statement, Source string }

// Picture is one picture of a mention: ours under Path, else a link to the platform's.
type Picture struct{ Path, Link, Alt, Type string }

// EventRow is one line of the history.
type EventRow struct {
	ID, What, By, Why, Note, Link, Detail string
	At                                    time.Time
	Wall                                  string
	Undo                                  bool
}

// threadRows bounds what is shown around a mention.
const threadRows = 50

func (s *Server) casePage(c *call) error {
	rec, err := s.cfg.Record.Get(c.r.Context(), c.viewer, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	p := CasePage{Base: c.base("Case"), Row: s.row(rec, index.Query{}, c.at), Title2: rec.Mention.Title, EventID: casework.NewID(c.at),
		Closed: rec.Case.State == casework.StateClosed || rec.Case.State == casework.Answered, Mine: rec.Case.Owner == c.viewer.Account, Asked: asksAboutAbuse(rec)}
	p.Heading = heading(p.Row)
	p.Base.Title = p.Heading
	s.describe(&p, rec)
	if p.Thread, err = s.thread(c, rec); err != nil {
		return err
	}
	if s.cfg.Incidents != nil {
		for _, i := range s.cfg.Incidents.Of(c.viewer, rec.Mention.ID) {
			p.Incidents = append(p.Incidents, s.incidentRow(i, c.at))
		}
	}
	p.Step = s.suggest(rec)
	if slices.ContainsFunc(p.Row.Tags, func(t Tag) bool { return t.Label == string(classify.Complaint) }) {
		p.Complaint = webLink(s.cfg.Settings().Folder.Council.Links["complaints"])
	}
	if s.cfg.Draft != nil && c.viewer.Role == casework.Comms {
		if p.Draft, err = s.cfg.Draft(c.r.Context(), c.viewer, rec); err != nil {
			return err
		}
	}
	s.choices(c, &p, rec)
	verdicts := s.verdictsOn(c, rec)
	p.Readings = readings(verdicts, rec.Verdict.Version)
	p.History = s.history(rec, verdicts, c.viewer)
	return c.page(http.StatusOK, "case", p)
}

func heading(r Row) string {
	what := "Mention"
	if len(r.Risks) > 0 {
		what = strings.Join(r.Risks, ", ")
	} else if len(r.Tags) > 0 {
		what = r.Tags[0].Name
	}
	return what + " on " + name(platformNames, r.Platform)
}

// describe fills in the words with their marks, the reasons, the scores and the facts.
func (s *Server) describe(p *CasePage, r index.Record) {
	v := &r.Verdict
	var covers [][2]int
	for i, x := range v.Reasons {
		row := ReasonRow{N: i + 1, Label: name(labelNames, name(riskNames, x.Label)), Why: sentence(x.Why), Words: x.End > x.Start}
		p.Reasons = append(p.Reasons, row)
		if x.Label == string(classify.Abuse) && x.End > x.Start {
			covers = append(covers, [2]int{x.Start, x.End})
		}
	}
	if p.Row.Covered && len(covers) == 0 {
		covers = [][2]int{{0, len(r.Mention.Text)}} // nobody said which words: all of them
	}
	if !p.Row.Covered {
		covers = nil
	}
	p.Covers = len(covers) > 0 && r.Mention.Text != ""
	p.Words = segments(r.Mention.Text, v.Reasons, nil, covers)
	p.Scores = tags(r, classify.Labels, false)
	if r.Case.Relabelled {
		p.Target = name(targetNames, r.Case.Target)
	} else if v.Target != nil {
		p.Target = name(targetNames, *v.Target)
	}
	p.Judged = v.Model
	for _, f := range v.Facts {
		row := FactRow{ID: f.ID, Stance: name(stanceNames, f.Stance)}
		if f.Stance == "contradicts" && slices.Contains(v.Unsure, classify.Inaccuracy) {
			row.Stance = "may contradict"
		}
		if i := slices.IndexFunc(s.cfg.Settings().Folder.Facts, func(x settings.Fact) bool { return x.ID == f.ID }); i >= 0 {
			fact := s.cfg.Settings().Folder.Facts[i]
			row.Statement, row.Source = fact.Statement, webLink(fact.SourceURL)
		}
		p.Facts = append(p.Facts, row)
	}
	for _, m := range r.Mention.Media {
		pic := Picture{Alt: m.Alt, Type: m.Type, Link: webLink(m.URL)}
		if m.Blob != "" {
			pic.Path = casePath(r.Mention.ID) + "/pictures/" + url.PathEscape(m.Blob)
		}
		p.Pictures = append(p.Pictures, pic)
	}
}

// thread returns the other mentions around r, oldest first; none when it stands alone.
func (s *Server) thread(c *call, r index.Record) ([]Row, error) {
	recs, err := s.cfg.Record.Thread(c.r.Context(), c.viewer, r.Mention.Thread(), threadRows)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, t := range recs {
		row := s.row(t, index.Query{}, c.at)
		row.Self = t.Mention.ID == r.Mention.ID
		rows = append(rows, row)
	}
	if len(rows) == 1 && rows[0].Self {
		return nil, nil
	}
	return rows, nil
}

func (s *Server) choices(c *call, p *CasePage, r index.Record) {
	p.Can = map[string]bool{}
	for _, t := range mayAct(c.viewer, r.Case) {
		p.Can[string(t)] = true
	}
	labels, risks, target, service := r.Verdict.Labels, risksOf(r), r.Case.Target, r.Service()
	if r.Case.Relabelled {
		labels = r.Case.Labels
	} else if r.Verdict.Target != nil {
		target = *r.Verdict.Target
	}
	for _, l := range classify.Labels {
		p.Labels = append(p.Labels, Choice{string(l), name(labelNames, string(l)), slices.Contains(labels, l)})
	}
	for _, k := range classify.Risks {
		p.Risks = append(p.Risks, Choice{string(k), name(riskNames, string(k)), slices.Contains(risks, k)})
	}
	for _, t := range []string{"", "staff", "member", "both", "other"} {
		text := name(targetNames, t)
		if t == "" {
			text = "nobody"
		}
		p.Targets = append(p.Targets, Choice{t, text, t == target})
	}
	p.Services = append(p.Services, Choice{"", "none", service == ""})
	for _, v := range s.cfg.Settings().Folder.Services {
		p.Services = append(p.Services, Choice{v.ID, s.serviceName(v.ID), v.ID == service})
	}
	for _, who := range s.Accounts.People() {
		if who.Left.IsZero() && who.Viewer().Acts() {
			p.Owners = append(p.Owners, Choice{who.ID, who.Name, who.ID == r.Case.Owner})
		}
	}
}

// picture sends one picture of a mention, for whoever may see the mention.
func (s *Server) picture(c *call) error {
	rec, err := s.cfg.Record.Get(c.r.Context(), c.viewer, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	blob := c.r.PathValue("blob")
	holds := slices.ContainsFunc(rec.Mention.Media, func(m sources.Media) bool { return m.Blob == blob })
	if !holds || blob == "" || s.cfg.Reports == nil {
		return errNotFound
	}
	content, kind, err := s.cfg.Reports.Picture(c.r.Context(), blob)
	if err != nil {
		return err
	}
	defer content.Close()
	if !slices.Contains([]string{"image/png", "image/jpeg", "image/webp"}, kind) {
		return errNotFound // nothing that could run is ever sent from here
	}
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	_, _ = io.Copy(c.w, content) // an error means that the reader has gone
	return nil
}
