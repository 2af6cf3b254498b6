package escalate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"earshot/classify"
	"earshot/settings"
)

// redirect is the draft for a complaint when the council has no template of its own (P7, P17). It names nobody and promises nothing.
const redirect = "We are sorry to read this. So that it is recorded and followed up properly, please tell us here: {{link complaints}}. Thank you."

// variable is a part of a template that is filled in: {{council}}, {{service}}, {{reference}}, {{answer_by}}, {{fact.statement}},
// {{fact.source_url}}, {{link NAME}} with a link of council.yaml, and {{blank WHAT}}, which a person fills in.
var variable = regexp.MustCompile(`\{\{\s*([a-z_.]+)(?:\s+([A-Za-z0-9_ -]+?))?\s*\}\}`)

var variableNames = []string{"council", "service", "reference", "answer_by", "fact.statement", "fact.source_url", "link", "blank"}

// drafts warns of templates with variables that nothing fills.
func (c *compiler) drafts() {
	for _, name := range c.folder.TemplateNames() {
		for _, m := range variable.FindAllStringSubmatch(c.folder.Templates[name].Body, -1) {
			switch {
			case !slices.Contains(variableNames, m[1]):
				c.warn("templates/%s: nothing fills {{%s}}; known are %s.", name, m[1], strings.Join(variableNames, ", "))
			case m[1] == "link" && c.t.council.Links[m[2]] == "":
				c.warn("templates/%s: council.yaml has no link %q; add it under links.", name, m[2])
			}
		}
	}
}

// draft is a text to copy for what the incident is about, filled in for its mention first; nothing posts it (P16). Empty when
// there is none for what the incident is about, and for a complaint when the council has no complaints page to redirect to.
func (t *Table) draft(i Incident, first *classify.Tagged, due string) string {
	tpl, ok := t.template(i)
	if !ok {
		return ""
	}
	vars := map[string]string{"council": t.council.Name, "service": strings.ToLower(t.services[first.Verdict.Service]), "reference": i.Reference, "answer_by": due}
	if fs := t.contradicted(i, &first.Verdict); len(fs) > 0 {
		vars["fact.statement"], vars["fact.source_url"] = fs[0].Statement, fs[0].SourceURL
	}
	return strings.TrimSpace(variable.ReplaceAllStringFunc(tpl.Body, func(s string) string {
		m := variable.FindStringSubmatch(s)
		v := vars[m[1]]
		if m[1] == "link" {
			v = t.council.Links[m[2]]
		}
		if v == "" { // a blank stays visible, for a person to fill in
			v = "[" + strings.TrimSpace(strings.NewReplacer("_", " ", ".", " ").Replace(cmp.Or(m[2], m[1]))) + "]"
		}
		return v
	}))
}

// template chooses by what the incident is about: the template that a route names, else the one called like the tag, else one for the tag
// and no particular service. Holding replies are another step.
func (t *Table) template(i Incident) (settings.Template, bool) {
	for _, id := range i.Routes {
		if r := t.byID[id]; r != nil && r.Template != "" {
			if tpl, ok := t.templates[r.Template]; ok {
				return tpl, true
			}
		}
	}
	for _, reason := range i.Reasons {
		if tpl, ok := t.templates[string(reason)]; ok {
			return tpl, true
		}
		names := make([]string, 0, len(t.templates))
		for name, tpl := range t.templates {
			if tpl.Head["for"] == string(reason) && tpl.Head["service"] == "" && tpl.Head["holding"] != "yes" {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			return t.templates[slices.Min(names)], true
		}
		if reason == ReasonComplaint && t.council.Links["complaints"] != "" {
			return settings.Template{Body: redirect}, true
		}
	}
	return settings.Template{}, false
}
