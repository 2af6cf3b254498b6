package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/escalate"
	"earshot/index"
)

// IncidentsPage lists incidents.
type IncidentsPage struct {
	Base
	Rows     []IncidentRow
	All      bool // closed ones too
	NotKept  bool
	MoreText string
}

// IncidentRow is one incident in a list.
type IncidentRow struct {
	ID, Path, Reference string
	Text                string
	Audience            string
	Wall                string
	Created, Due        time.Time
	Mentions            int
	State               string
	AckedBy             string
	Late                bool
}

// incidentRows bounds the list.
const incidentRows = 200

func (s *Server) incidents(c *call) error {
	p := IncidentsPage{Base: c.base("Incidents"), All: c.r.URL.Query().Get("show") == "all", NotKept: s.cfg.Incidents == nil}
	if !p.NotKept {
		list := s.cfg.Incidents.List(c.viewer, escalate.Filter{Open: !p.All, Limit: incidentRows + 1})
		if len(list) > incidentRows {
			list = list[:incidentRows]
			p.MoreText = "Only the newest " + thousands(incidentRows) + " are shown; older ones are found from their cases."
		}
		for _, i := range list {
			p.Rows = append(p.Rows, s.incidentRow(i, c.at))
		}
	}
	return c.page(http.StatusOK, "incidents", p)
}

func (s *Server) incidentRow(i escalate.Incident, now time.Time) IncidentRow {
	r := IncidentRow{ID: i.ID, Path: "/incidents/" + pathSegment(i.ID), Reference: i.Reference, Text: reasonsText(i.Reasons), Created: i.Created,
		Audience: name(audienceNames, i.Audience), Due: i.Due, Mentions: len(i.Mentions), State: "Waiting for somebody"}
	if i.Wall != casework.NoWall {
		r.Wall = name(wallNames, string(i.Wall))
	}
	if r.Text == "" {
		r.Text = "Incident"
	}
	if i.Service != "" {
		r.Text += " · " + s.serviceName(i.Service)
	}
	switch {
	case !i.Closed.IsZero():
		r.State = "Closed"
	case !i.Acknowledged.IsZero():
		r.State, r.AckedBy = "Acknowledged", s.actorName(i.AcknowledgedBy)
	}
	r.Late = i.Open() && !i.Due.IsZero() && now.After(i.Due)
	return r
}

// IncidentPage is one incident with its mentions and mails.
type IncidentPage struct {
	Base
	Incident IncidentRow
	Routes   string
	Opened   time.Time
	Acked    time.Time
	Closed   time.Time
	Mails    []escalate.Mail
	Doubts   []DoubtRow
	Rows     []Row
	More     string
	EventID  string
	CanAck   bool
	CanClose bool
}

// DoubtRow is what the considered reading of one mention no longer finds.
type DoubtRow struct {
	Path, What string
	At         time.Time
}

func doubtRows(i escalate.Incident) []DoubtRow {
	var out []DoubtRow
	for _, d := range i.Doubts {
		out = append(out, DoubtRow{Path: casePath(d.Mention), What: reasonsText(d.Reasons), At: d.At})
	}
	return out
}

// incidentMentions bounds the mentions shown of one incident; the rest is found by search.
const incidentMentions = 50

func (s *Server) incident(c *call) error {
	i, err := s.getIncident(c, c.viewer)
	if err != nil {
		return err
	}
	row := s.incidentRow(i, c.at)
	p := IncidentPage{Base: c.base("Incident " + i.Reference), Incident: row, Routes: strings.Join(i.Routes, ", "), Opened: i.Created,
		Acked: i.Acknowledged, Closed: i.Closed, Mails: i.Mails, Doubts: doubtRows(i), EventID: casework.NewID(c.at), CanAck: i.Open() && i.Acknowledged.IsZero(),
		CanClose: i.Open()}
	ids := slices.Clone(i.Mentions)
	slices.Reverse(ids) // newest first
	if len(ids) > incidentMentions {
		p.More = plural(len(ids)-incidentMentions, "older mention belongs", "older mentions belong") + " to it too."
		ids = ids[:incidentMentions]
	}
	recs, err := s.cfg.Record.GetMany(c.r.Context(), c.viewer, ids)
	if err != nil {
		return err
	}
	for _, r := range recs {
		p.Rows = append(p.Rows, s.row(r, index.Query{}, c.at))
	}
	return c.page(http.StatusOK, "incident", p)
}

func (s *Server) getIncident(c *call, v casework.Viewer) (escalate.Incident, error) {
	if s.cfg.Incidents == nil {
		return escalate.Incident{}, errNotFound
	}
	return s.cfg.Incidents.Get(v, c.r.PathValue("id"))
}

func (s *Server) incidentAct(c *call) error {
	i, err := s.getIncident(c, c.viewer)
	if err != nil {
		return err
	}
	e := formEvent(c.r.PostForm)
	if e.Type != casework.Acknowledged && e.Type != casework.Closed && e.Type != casework.Noted {
		return refuse(http.StatusUnprocessableEntity, "bad_event", "Not accepted", "An incident can be acknowledged, noted on or closed; everything else is done on its cases.")
	}
	if e.Type == casework.Closed && e.Why == "" {
		return refuse(http.StatusUnprocessableEntity, "bad_event", "Not accepted", "Say in a few words why it is closed, so that colleagues can follow it later.")
	}
	if err := s.actOnIncident(c, c.viewer, i.ID, c.actor(), e); err != nil {
		return err
	}
	return c.redirect("/incidents/" + pathSegment(i.ID) + "?done=" + string(e.Type))
}

// actOnIncident adds the act to each of the incident's cases.
func (s *Server) actOnIncident(c *call, v casework.Viewer, id string, by casework.Actor, e casework.Event) error {
	e.At, e.By = c.at.UTC(), by
	events, err := s.cfg.Incidents.Act(v, id, casework.Event{Type: e.Type, At: e.At, By: e.By, Why: e.Why, Note: e.Note})
	if err != nil {
		return err
	}
	for i := range events {
		if err := events[i].Validate(); err != nil {
			return err
		}
	}
	if err := s.cfg.Acts.Append(c.r.Context(), events); err != nil {
		return err
	}
	s.metrics.acted(len(events))
	return nil
}
