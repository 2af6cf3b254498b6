package indextest

import (
	"slices"
	"strings"

	"earshot/casework"
	"earshot/index"
	"earshot/sources"
)

var openStates = []string{"new", "acknowledged", "held"}

// values lists what a mention counts for in a facet.
func (s *Scan) values(facet string, d *scanned) []string {
	m := &d.tagged.Mention
	switch facet {
	case "tag":
		return s.tags(d)
	case "risk":
		return s.risks(d)
	case "platform":
		return []string{strings.ToLower(m.Platform)}
	case "state":
		return some(string(d.state.State))
	case "service":
		r := index.Record{Tagged: *d.tagged, Case: d.state}
		return some(strings.ToLower(r.Service()))
	case "lang":
		return some(index.Language(d.tagged))
	case "term":
		out := []string{}
		for _, id := range m.MatchedBy {
			if id = strings.ToLower(id); !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
		return out
	case "day":
		return []string{m.CreatedAt.In(s.zone).Format("2006-01-02")}
	}
	panic("indextest: no facet is called " + facet)
}

func some(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

func (s *Scan) tags(d *scanned) []string {
	labels := d.tagged.Verdict.Labels
	if d.state.Relabelled {
		labels = d.state.Labels
	}
	return texts(labels)
}

func (s *Scan) risks(d *scanned) []string {
	risks := d.tagged.Verdict.Risk
	if d.state.Relabelled {
		risks = d.state.Risk
	}
	return texts(risks)
}

func texts[T ~string](xs []T) []string {
	var out []string
	for _, x := range xs {
		out = append(out, string(x))
	}
	return out
}

func (s *Scan) field(c *index.Clause, v casework.Viewer, d *scanned) bool {
	m := &d.tagged.Mention
	one := func(xs []string) bool {
		switch c.Value {
		case "any":
			return len(xs) > 0
		case "none":
			return len(xs) == 0
		}
		return slices.Contains(xs, c.Value)
	}
	switch c.Field {
	case "tag":
		return one(s.tags(d))
	case "risk":
		return one(s.risks(d))
	case "unsure":
		return !d.state.Relabelled && one(texts(d.tagged.Verdict.Unsure))
	case "site":
		return strings.ToLower(m.Platform) == c.Value
	case "service", "lang", "term":
		return slices.Contains(s.values(c.Field, d), c.Value)
	case "source":
		return m.Source == c.Value
	case "from":
		return author(m) == c.Value
	case "id":
		return m.ID == c.Value
	case "ref":
		return m.ID == "report:"+c.Value || strings.HasPrefix(m.ID, "report:"+c.Value+"/")
	case "thread":
		return m.Thread() == c.Value
	case "incident":
		return slices.Contains(d.state.Incidents, c.Value)
	case "owner":
		if c.Value == "me" {
			return d.state.Owner == v.Account && v.Account != ""
		}
		return one(some(d.state.Owner))
	case "hr":
		return v.SeesWall(casework.HRWall) && desk(string(d.state.HR), c.Value)
	case "monitoring":
		return v.SeesWall(casework.MonitoringWall) && desk(string(d.state.Monitoring), c.Value)
	case "before":
		return m.CreatedAt.Before(c.Time)
	case "after":
		return !m.CreatedAt.Before(c.Time)
	case "on":
		return !m.CreatedAt.Before(c.Time) && m.CreatedAt.Before(c.Until)
	case "has":
		return s.has(d, c.Value)
	case "is":
		return s.is(d, c.Value)
	}
	panic("indextest: no field is called " + c.Field)
}

func author(m *sources.Mention) string {
	for _, a := range []string{m.Author.Handle, m.Author.Name, m.Author.ID} {
		if a = index.FoldHandle(a); a != "" {
			return a
		}
	}
	return ""
}

func desk(state, want string) bool {
	return state == want || want == "open" && (state == "new" || state == "acknowledged")
}

func (s *Scan) has(d *scanned, what string) bool {
	m := &d.tagged.Mention
	switch what {
	case "media":
		return len(m.Media) > 0
	case "link":
		return len(m.Links) > 0
	case "parent":
		return m.ParentID != ""
	}
	return !d.state.AnsweredAt.IsZero()
}

func (s *Scan) is(d *scanned, what string) bool {
	state := string(d.state.State)
	open := slices.Contains(openStates, state)
	switch what {
	case "none":
		return state == ""
	case "open":
		return open
	case "unowned":
		return open && d.state.Owner == ""
	case "overdue":
		return open && !d.state.Due.IsZero() && d.state.Due.Before(s.now())
	case "due_soon":
		return open && !d.state.Due.IsZero() && !d.state.Due.Before(s.now()) && d.state.Due.Before(s.now().Add(index.DueSoonWithin))
	case "relabelled":
		return d.state.Relabelled
	case "edited":
		return d.tagged.Mention.State == sources.Edited || !d.tagged.Mention.EditedAt.IsZero()
	}
	return state == what
}
