package escalate

import (
	"regexp"

	"earshot/classify"
)

// Draft is a text for an officer to copy, made from an approved template; nothing posts it (P16).
type Draft struct {
	Text   string   // empty when no template fits
	Blanks []string // what a person must fill in, as it stands between square brackets
}

var blank = regexp.MustCompile(`\[([a-z][a-z ]*)\]`)

// Draft returns the text for one mention of incident i: chosen by that mention's own verdict, whatever else the incident is about.
func (t *Table) Draft(i Incident, tagged *classify.Tagged) Draft {
	i.Routes, i.Reasons = t.own(i.Audience, tagged)
	due := ""
	if !i.Due.IsZero() {
		due = i.Due.In(t.council.Location()).Format("Monday 2 January, 15:04")
	}
	d := Draft{Text: t.draft(i, tagged, due)}
	for _, m := range blank.FindAllStringSubmatch(d.Text, -1) {
		d.Blanks = append(d.Blanks, m[1])
	}
	return d
}

// own returns the routes by which a mention by itself reaches an audience, and their reasons, most urgent first.
func (t *Table) own(audience string, tagged *classify.Tagged) (routes []string, reasons []Reason) {
	for _, d := range t.Decide(tagged) {
		if d.Audience == audience {
			routes, reasons = append(routes, d.Route), append(reasons, d.Reasons...)
		}
	}
	return routes, setOf(reasons...).list()
}
