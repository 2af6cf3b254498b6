package fulltext

import (
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"
)

// field is one attribute of mentions that is kept as sets of mentions by value.
type field uint8

// The fields. Their numbers are written to disk: add at the end.
const (
	fTag field = iota
	fRisk
	fPlatform
	fState
	fService
	fLang
	fTerm
	fDay
	fUnsure
	fHas
	fSource
	fOwner
	fIncident
	fHR
	fMonitoring
	fFlag
	fWall
	numFields
)

// flagConsidered is the flag of mentions whose verdict no fast one may replace. Queries do not know it.
const flagConsidered = "considered"

// facetFields are the fields behind index.Facets.
var facetFields = map[string]field{"tag": fTag, "risk": fRisk, "platform": fPlatform, "state": fState, "service": fService, "lang": fLang,
	"term": fTerm, "day": fDay}

// attrs are the attributes of one mention that may change while its words stay.
type attrs struct {
	values [numFields][]string
	due    time.Time
}

func (a *attrs) add(f field, v string) {
	if v != "" {
		a.values[f] = append(a.values[f], v)
	}
}

// base is what verdict and mention say, apart from casework: a relabelling hides it and its undoing brings it back.
type base struct {
	labels, risk, unsure []string
	service              string
}

func (b base) equal(c base) bool {
	return slices.Equal(b.labels, c.labels) && slices.Equal(b.risk, c.risk) && slices.Equal(b.unsure, c.unsure) && b.service == c.service
}

// describe returns the attributes of a mention as it came, and its base.
func describe(t *classify.Tagged, zone *time.Location) (attrs, base) {
	m, v := &t.Mention, &t.Verdict
	var a attrs
	a.add(fPlatform, strings.ToLower(m.Platform))
	a.add(fLang, index.Language(t))
	a.add(fDay, m.CreatedAt.In(zone).Format(time.DateOnly))
	a.add(fSource, m.Source)
	a.add(fWall, string(casework.MentionWall(m)))
	for _, id := range m.MatchedBy {
		a.add(fTerm, strings.ToLower(id))
	}
	if len(m.Media) > 0 {
		a.add(fHas, index.Media)
	}
	if len(m.Links) > 0 {
		a.add(fHas, index.Link)
	}
	if m.ParentID != "" {
		a.add(fHas, index.Parent)
	}
	if m.State == sources.Edited || !m.EditedAt.IsZero() {
		a.add(fFlag, index.Edited)
	}
	if v.Stage.Outranks(classify.Fast) {
		a.add(fFlag, flagConsidered)
	}
	b := base{service: strings.ToLower(v.Service)}
	for _, l := range v.Labels {
		b.labels = append(b.labels, string(l))
	}
	for _, r := range v.Risk {
		b.risk = append(b.risk, string(r))
	}
	for _, l := range v.Unsure {
		b.unsure = append(b.unsure, string(l))
	}
	return a, b
}

// withCase lays the state of casework over what mention and verdict say.
func (a attrs) withCase(b base, c casework.Case) attrs {
	a.values[fTag], a.values[fRisk], a.values[fUnsure], a.values[fService] = b.labels, b.risk, b.unsure, nil
	a.add(fService, b.service)
	if c.Relabelled {
		a.values[fTag], a.values[fRisk], a.values[fUnsure], a.values[fService] = nil, nil, nil, nil
		for _, l := range c.Labels {
			a.add(fTag, string(l))
		}
		for _, r := range c.Risk {
			a.add(fRisk, string(r))
		}
		a.add(fService, strings.ToLower(c.Service))
	}
	a.values[fState], a.values[fOwner], a.values[fIncident], a.values[fHR], a.values[fMonitoring] = nil, nil, c.Incidents, nil, nil
	a.add(fState, string(c.State))
	a.add(fOwner, c.Owner)
	a.add(fHR, string(c.HR))
	a.add(fMonitoring, string(c.Monitoring))
	a.mark(fHas, index.Reply, !c.AnsweredAt.IsZero())
	a.mark(fFlag, index.Relabelled, c.Relabelled)
	a.due = c.Due
	return a
}

// mark sets or clears one value without touching the slice that other copies of a share.
func (a *attrs) mark(f field, v string, on bool) {
	var out []string
	for _, x := range a.values[f] {
		if x != v {
			out = append(out, x)
		}
	}
	if on {
		out = append(out, v)
	}
	a.values[f] = out
}
