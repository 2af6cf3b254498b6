package web

import (
	"net/http"

	"earshot/casework"
	"earshot/escalate"
)

// AckPage is the page of one button that a mail's link opens: looking at it acknowledges nothing.
type AckPage struct {
	Base
	Incident IncidentRow
	Done     bool // acknowledged, now or before
	By       string
	SignedIn bool
}

func (s *Server) ackPage(c *call) error {
	i, _, err := s.ackIncident(c)
	if err != nil {
		return err
	}
	return s.showAck(c, i)
}

func (s *Server) showAck(c *call, i escalate.Incident) error {
	row := s.incidentRow(i, c.at)
	p := AckPage{Base: c.base("Acknowledge incident " + i.Reference), Incident: row, Done: !i.Acknowledged.IsZero(), By: row.AckedBy,
		SignedIn: c.viewer.Acts()}
	if i.Wall != casework.NoWall { // the mail tells no more either
		p.Incident.Text = "Somebody may need support"
	}
	return c.page(http.StatusOK, "ack", p)
}

// ackIncident reads the link and the incident it stands for. The link is the proof; no role is asked for, and little is shown.
func (s *Server) ackIncident(c *call) (escalate.Incident, escalate.Ack, error) {
	if s.cfg.Acks == nil || s.cfg.Incidents == nil {
		return escalate.Incident{}, escalate.Ack{}, escalate.ErrAckForged
	}
	ack, err := s.cfg.Acks.Verify(c.r.PathValue("token"), c.at)
	if err != nil {
		return escalate.Incident{}, ack, err
	}
	i, err := s.cfg.Incidents.Get(casework.Viewer{Role: casework.System}, ack.Incident)
	return i, ack, err
}

func (s *Server) ack(c *call) error {
	i, ack, err := s.ackIncident(c)
	if err != nil {
		return err
	}
	if i.Acknowledged.IsZero() {
		e := casework.Event{Type: casework.Acknowledged, Why: "by the link in the mail"}
		if err := s.actOnIncident(c, casework.Viewer{Role: casework.System}, i.ID, s.ackActor(c, i, ack), e); err != nil {
			return err
		}
	}
	return c.redirect("/ack/" + pathSegment(c.r.PathValue("token")))
}

// ackActor is who pressed the button: the person signed in, else the account of the mail's recipient, else the mailbox.
func (s *Server) ackActor(c *call, i escalate.Incident, ack escalate.Ack) casework.Actor {
	if c.viewer.Acts() {
		return c.actor()
	}
	for _, m := range i.Mails {
		if escalate.RecipientHash(m.To) != ack.Recipient {
			continue
		}
		if p, ok := s.Accounts.byEmail(m.To); ok {
			return p.Actor()
		}
		return casework.Actor{Kind: "token", ID: "mail:" + ack.Recipient, Name: m.To}
	}
	return casework.Actor{Kind: "token", ID: "mail:" + ack.Recipient, Name: "a recipient of the mail"}
}
