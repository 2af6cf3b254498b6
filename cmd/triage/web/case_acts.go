package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

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

// act adds e to a case: what a form or an API call asks for, with everything else filled in here.
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
	if e.Type == casework.Relabelled || e.Type == casework.Confirmed {
		e.Judged = casework.JudgedBy(&rec.Verdict)
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
