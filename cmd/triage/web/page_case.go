package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
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
	p.History = s.history(rec, c.viewer)
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
		row := FactRow{ID: f.ID, Stance: f.Stance}
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

// suggest is the next step as policy asks for it (P7 to P13), risk before everything.
func (s *Server) suggest(r index.Record) string {
	labels := r.Verdict.Labels
	if r.Case.Relabelled {
		labels = r.Case.Labels
	}
	switch has := func(l classify.Label) bool { return slices.Contains(labels, l) }; {
	case len(risksOf(r)) > 0:
		return "Read it now and decide whether the police, social care or the emergency services must be told. Acknowledge it so that colleagues know it is in hand."
	case r.Case.State == casework.StateClosed || r.Case.State == casework.Answered:
		return "Nothing more to do. Open it again if something new comes up."
	case asksAboutAbuse(r):
		return "Read it and decide whether abuse of staff or councillors is meant. If it is, say so and it goes to HR or the Monitoring Officer; if not, change the tags."
	case len(r.Case.With) > 0 && r.Case.HR == "" && r.Case.Monitoring == "" && !has(classify.Complaint):
		return "HR or the Monitoring Officer has it. Do not answer the abuse; there is nothing else to do here."
	case has(classify.Abuse) && has(classify.Complaint):
		return "The abuse is for HR or the Monitoring Officer; the complaint in it is still answered: point to the complaints page."
	case has(classify.Abuse):
		return "Do not answer the abuse. Check that it is really aimed at staff or councillors; if so HR or the Monitoring Officer supports them."
	case has(classify.JuniorOfficer) && has(classify.Complaint):
		return "Point to the complaints page, and ask politely that the officer’s name is taken out, without repeating it."
	case has(classify.JuniorOfficer):
		return "Ask politely that the officer’s name is taken out, without repeating it."
	case has(classify.Complaint):
		return "Point to the complaints page, so that the complaint is recorded; add what the service can say at once."
	case has(classify.Inaccuracy):
		return "Correct it politely with the fact from the register."
	case has(classify.Trolling):
		return "Do not engage. Close it with a reason."
	case r.Case.State == casework.StateNone:
		return "Nobody has to act on this."
	}
	return "Read it, acknowledge it, and close it if there is nothing to do."
}

// mayAct lists the types of event that v may add to a case, by hand. Behind a wall (ActWall) only the desk's own steps make sense.
func mayAct(v casework.Viewer, c casework.Case) []casework.Type {
	if !v.Acts() {
		return nil
	}
	if v.ActWall(c) != casework.NoWall {
		return []casework.Type{casework.Acknowledged, casework.Noted, casework.SupportOffered, casework.ManagerTold, casework.PoliceTold,
			casework.Referred, casework.Closed, casework.Reopened, casework.Undone}
	}
	return casework.ByHand
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

func (s *Server) history(r index.Record, v casework.Viewer) []EventRow {
	undone := map[string]bool{}
	for _, e := range r.Events {
		if e.Type == casework.Undone {
			undone[e.Undoes] = true
		}
	}
	rows := []EventRow{{What: eventName(casework.Received), At: r.Mention.CreatedAt, By: name(platformNames, r.Mention.Platform), Why: "published"}}
	if r.Verdict.Model != "" {
		rows = append(rows, EventRow{What: eventName(casework.Classified), At: r.Verdict.At, By: "Earshot", Detail: r.Verdict.Model})
	}
	for _, e := range r.Events {
		row := EventRow{ID: e.ID, What: eventName(e.Type), At: e.At, By: s.actorName(e.By), Why: e.Why, Note: e.Note, Link: webLink(e.Link),
			Wall: name(wallNames, string(e.Wall)), Detail: s.eventDetail(e)}
		if e.Wall == casework.NoWall {
			row.Wall = ""
		}
		if undone[e.ID] {
			row.What += " (undone)"
		}
		row.Undo = v.Acts() && e.By.Kind == "person" && e.By.ID == v.Account && e.Type != casework.Undone && !undone[e.ID]
		rows = append(rows, row)
	}
	return rows
}

func (s *Server) actorName(a casework.Actor) string {
	switch {
	case a.Kind == "system":
		return "Earshot"
	case a.Name != "":
		return a.Name
	}
	return s.ownerName(a.ID)
}

func (s *Server) eventDetail(e casework.Event) string {
	var parts []string
	if e.Type == casework.Relabelled { // of an escalation the reasons say the same in better words
		for _, l := range e.Labels {
			parts = append(parts, name(labelNames, string(l)))
		}
		for _, k := range e.Risk {
			parts = append(parts, name(riskNames, string(k)))
		}
	}
	if e.Type == casework.Relabelled && len(e.Labels) == 0 && len(e.Risk) == 0 {
		parts = append(parts, "no tags")
	}
	if e.Type == casework.Escalated || e.Type == casework.Joined {
		for _, r := range e.Reasons {
			parts = append(parts, name(reasonNames, r))
		}
		if e.Audience != "" {
			parts = append(parts, "for "+name(audienceNames, e.Audience))
		}
		if e.Route != "" {
			parts = append(parts, "by route "+e.Route)
		}
	}
	if e.To != "" {
		parts = append(parts, "to "+e.To)
	}
	if e.Owner != "" {
		parts = append(parts, "to "+s.ownerName(e.Owner))
	}
	return strings.Join(parts, ", ")
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

// Act is what a form or an API call asks for: the event without what the server fills in.
func (s *Server) act(ctx context.Context, c *call, rec index.Record, e casework.Event) (casework.Event, error) {
	switch {
	case !slices.Contains(casework.ByHand, e.Type):
		return e, refuse(http.StatusUnprocessableEntity, "bad_event", "Not accepted",
			"The type of the act is missing or not one that people add; known are "+typesText()+".")
	case !slices.Contains(mayAct(c.viewer, rec.Case), e.Type):
		return e, refuse(http.StatusForbidden, "role", "Not a step of yours", "Your role does not take this step on this case.")
	}
	given := e.ID
	e.Mention, e.At, e.By, e.Wall = rec.Mention.ID, c.at.UTC(), c.actor(), c.viewer.ActWall(rec.Case)
	if e.ID = casework.NewID(c.at); given != "" {
		e.ID = casework.DerivedID("act", c.viewer.Account, rec.Mention.ID, given) // sending it twice acts once, and nobody can name another's event
	}
	if err := s.checkAct(rec, e); err != nil {
		return e, err
	}
	if err := e.Validate(); err != nil {
		return e, err
	}
	if err := s.cfg.Acts.Append(ctx, []casework.Event{e}); err != nil {
		return e, err
	}
	s.metrics.acted(1)
	return e, nil
}

// asksAboutAbuse reports whether the case waits for a person to say that abuse is meant, and nobody has said anything since.
func asksAboutAbuse(r index.Record) bool {
	asks := false
	for _, e := range r.Events {
		switch e.Type {
		case casework.Escalated, casework.Joined:
			asks = asks || slices.Contains(e.Reasons, casework.ConfirmAbuse)
		case casework.Confirmed, casework.Relabelled, casework.Closed:
			asks = false
		}
	}
	return asks
}

func typesText() string {
	names := make([]string, len(casework.ByHand))
	for i, t := range casework.ByHand {
		names[i] = string(t)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// checkAct refuses what Validate cannot know: links that are none, an undone event that is not there, an owner without an account.
func (s *Server) checkAct(rec index.Record, e casework.Event) error {
	bad := func(sentence string) error {
		return refuse(http.StatusUnprocessableEntity, "bad_event", "Not accepted", sentence)
	}
	switch {
	case e.Link != "" && webLink(e.Link) == "":
		return bad("The link must begin with https:// or http://, as copied from the address bar.")
	case e.Type == casework.Replied && e.Link == "" && e.Note == "" && e.Why == "":
		return bad("Give the link to the reply, or a note saying where it was made.")
	case e.Type == casework.Closed && e.Why == "" && e.Note == "":
		return bad("Say in a few words why it is closed, so that colleagues can follow it later.")
	case e.Type == casework.Undone && !slices.ContainsFunc(rec.Events, func(x casework.Event) bool { return x.ID == e.Undoes && x.By.Kind != "system" }):
		return bad("There is no act of a person with that id to undo on this case.")
	}
	if e.Type == casework.Assigned && e.Owner != "" {
		if p, ok := s.Accounts.Person(e.Owner); !ok || !p.Left.IsZero() || !p.Viewer().Acts() {
			return bad("The new owner must be a colleague with an account who works on cases.")
		}
	}
	return nil
}

func (s *Server) caseAct(c *call) error {
	rec, err := s.cfg.Record.Get(c.r.Context(), c.viewer, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	e := formEvent(c.r.PostForm)
	if e.Type == casework.Assigned && e.Owner == "me" {
		e.Owner = c.viewer.Account
	}
	if _, err := s.act(c.r.Context(), c, rec, e); err != nil {
		return err
	}
	return c.redirect(casePath(rec.Mention.ID) + "?done=" + string(e.Type))
}

func formEvent(f url.Values) casework.Event {
	text := func(k string) string { return strings.TrimSpace(f.Get(k)) }
	e := casework.Event{ID: text("event"), Type: casework.Type(text("type")), Why: text("why"), Note: text("note"), Link: text("link"),
		Owner: text("owner"), Target: text("target"), Service: text("service"), Undoes: text("undoes"), Audience: text("audience")}
	for _, l := range f["label"] {
		e.Labels = append(e.Labels, classify.Label(l))
	}
	for _, k := range f["risk"] {
		e.Risk = append(e.Risk, classify.Risk(k))
	}
	return e
}

// reasonsText names what an incident is about.
func reasonsText(reasons []escalate.Reason) string {
	var out []string
	for _, r := range reasons {
		out = append(out, name(reasonNames, string(r)))
	}
	return strings.Join(out, ", ")
}
