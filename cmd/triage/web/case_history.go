package web

import (
	"slices"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/index"
)

// history is what happened to r in order of time, its verdicts among it.
func (s *Server) history(r index.Record, verdicts []classify.Verdict, v casework.Viewer) []EventRow {
	undone := map[string]bool{}
	for _, e := range r.Events {
		if e.Type == casework.Undone {
			undone[e.Undoes] = true
		}
	}
	rows := []EventRow{{What: eventName(casework.Received), At: r.Mention.CreatedAt, By: name(platformNames, r.Mention.Platform), Why: "published"}}
	for i := range verdicts {
		x := &verdicts[i]
		row := EventRow{What: eventName(casework.Classified), At: x.At, By: "Earshot", Detail: readingName(x.Stage) + ": " + saysTags(x) + " (" + x.Model + ")"}
		if i > 0 && verdicts[i-1].Version == x.Version {
			row.Why = whatChanged(&verdicts[i-1], x)
		}
		rows = append(rows, row)
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
	slices.SortStableFunc(rows[1:], func(a, b EventRow) int { return a.At.Compare(b.At) })
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
	if e.Type == casework.Escalated || e.Type == casework.Joined || e.Type == casework.Reconsidered {
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

// reasonsText names what an incident is about.
func reasonsText(reasons []escalate.Reason) string {
	var out []string
	for _, r := range reasons {
		out = append(out, name(reasonNames, string(r)))
	}
	return strings.Join(out, ", ")
}
