package escalate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/classify"
	"earshot/settings"
)

// routesFile is where faults of routes are said to be.
const routesFile = "routes.yaml"

// minRepeat keeps a slip such as 5s for 5h from filling an inbox.
const minRepeat = 5 * time.Minute

// CompileRoutes compiles routes.yaml, or the default routes over council.yaml's inboxes when it is empty. All faults are reported in one
// error, each a settings.Fault: a sentence that says what is wrong and how to mend it.
func CompileRoutes(f *settings.Folder) (*Table, error) {
	c := &compiler{folder: f, t: &Table{byID: map[string]*route{}, council: f.Council, templates: f.Templates, services: map[string]string{}}}
	c.council()
	for _, r := range builtIn() {
		c.add(r)
	}
	own := len(f.Routes.Routes) > 0
	routes := defaultRoutes()
	if own {
		routes = ownRoutes(f.Routes.Routes)
	}
	for i, r := range routes {
		if own {
			c.judge(i, r)
		}
		c.add(r)
		c.t.routes = append(c.t.routes, r)
	}
	c.unreachable()
	if err := errors.Join(c.faults...); err != nil {
		return nil, err
	}
	return c.t, nil
}

type compiler struct {
	folder *settings.Folder
	t      *Table
	faults []error
}

func (c *compiler) fault(file, format string, args ...any) {
	c.faults = append(c.faults, settings.Fault{File: file, Problem: fmt.Sprintf(format, args...)})
}

func (c *compiler) warn(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if !slices.Contains(c.t.Warnings, s) {
		c.t.Warnings = append(c.t.Warnings, s)
	}
}

func (c *compiler) council() {
	f, t := c.folder, c.t
	cal, err := NewCalendar(f.Council)
	if err != nil {
		c.faults = append(c.faults, err)
	}
	t.calendar = cal
	switch f.Council.QuietHours {
	case "", "hold":
	case "send":
		t.sendAlways = true
	default:
		c.fault(settings.CouncilFile, "quiet_hours %q is unknown; write hold, so that mails wait for the office to open, or send", f.Council.QuietHours)
	}
	services := f.Services
	if len(services) == 0 {
		services = settings.DefaultServices()
	}
	for _, s := range services {
		t.services[s.ID] = s.Name
	}
	if f.Council.Inboxes.From != "" && !settings.ValidAddress(f.Council.Inboxes.From) {
		c.fault(settings.CouncilFile, "inboxes.from %q is not a mail address such as earshot@example.gov.uk", f.Council.Inboxes.From)
	}
	t.masks = masks(f.People)
	t.facts = map[string]settings.Fact{}
	for _, fact := range f.Facts {
		t.facts[fact.ID] = fact
	}
	c.drafts()
}

func ownRoutes(in []settings.Route) []*route {
	out := make([]*route, len(in))
	for i, r := range in {
		if r.Audience == AudienceComms && r.Within == 0 {
			r.Within = within
		}
		out[i] = &route{Route: r}
	}
	return out
}

// judge reports what is wrong with a route of routes.yaml.
func (c *compiler) judge(i int, r *route) {
	name := "route " + r.ID
	if r.ID == "" {
		name = fmt.Sprintf("route %d", i+1)
		c.fault(routesFile, "%s has no id; give it a short one such as complaint", name)
	}
	if c.t.byID[r.ID] != nil {
		c.fault(routesFile, "%s: the id is used twice or belongs to the program; give each route its own", name)
	}
	c.known(name, "tag", r.Labels, labelNames())
	c.known(name, "risk", r.Risk, append([]string{"any"}, riskNames()...))
	c.known(name, "audience", []string{r.Audience}, Audiences)
	if r.Target != "" {
		c.known(name, "target", []string{r.Target}, []string{"staff", "member", "both", "other"})
	}
	services := make([]string, 0, len(c.t.services))
	for id := range c.t.services {
		services = append(services, id)
	}
	slices.Sort(services)
	c.known(name, "service", r.Services, services)
	switch {
	case r.MinScore < 0 || r.MinScore > 1:
		c.fault(routesFile, "%s: min_score %g is not between 0 and 1", name, r.MinScore)
	case r.MinScore > 0 && len(r.Labels) == 0:
		c.fault(routesFile, "%s: min_score is the score of a tag, but the route names no labels", name)
	}
	if r.Repeat > 0 && time.Duration(r.Repeat) < minRepeat {
		c.fault(routesFile, "%s: repeat %v would flood the inbox; write at least 5m", name, r.Repeat)
	}
	if r.Step > 0 && time.Duration(r.Step) < time.Minute {
		c.fault(routesFile, "%s: step %v leaves nobody time to read; write at least 1m", name, r.Step)
	}
	if _, ok := c.folder.Templates[r.Template]; r.Template != "" && !ok {
		c.fault(routesFile, "%s: there is no template %q in templates/%s", name, r.Template, suggest(r.Template, c.folder.TemplateNames()))
	}
}

func (c *compiler) known(name, what string, values, known []string) {
	for _, v := range values {
		if !slices.Contains(known, v) {
			c.fault(routesFile, "%s: %s %q is unknown%s; known are %s", name, what, v, suggest(v, known), strings.Join(known, ", "))
		}
	}
}

func suggest(s string, known []string) string {
	if near := settings.Nearest(s, known); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}

// add resolves a route's receivers and makes it known by its id.
func (c *compiler) add(r *route) {
	if r.group == "" {
		r.group = "thread:"
	}
	r.mail = !slices.Contains(r.Receivers, inboxNone)
	if !r.mail && len(r.Receivers) > 1 {
		c.fault(routesFile, "route %s: receivers holds none and others; write one or the other", r.ID)
	}
	for _, v := range r.Receivers {
		r.to = append(r.to, c.receiver(r, v)...)
	}
	if r.mail && len(r.Receivers) == 0 {
		r.to = c.inboxOf(r.Audience)
	}
	r.to = unique(r.to)
	if _, dup := c.t.byID[r.ID]; !dup {
		c.t.byID[r.ID] = r
	}
}

func (c *compiler) receiver(r *route, v string) []string {
	name, isInbox := strings.CutPrefix(v, "inbox:")
	switch {
	case v == inboxNone:
		return nil
	case isInbox:
		addrs, ok := c.inbox(name)
		if !ok {
			c.fault(routesFile, "route %s: inbox %q is unknown; known are publicity, hr, monitoring and on_call", r.ID, name)
		} else if len(addrs) == 0 {
			c.fault(routesFile, "route %s: nobody can be reached at inbox:%s; add addresses under inboxes.%s in council.yaml", r.ID, name, name)
		}
		return addrs
	case !settings.ValidAddress(v):
		c.fault(routesFile, "route %s: receiver %q is not a mail address such as comms@example.gov.uk, nor inbox:NAME, nor none", r.ID, v)
		return nil
	}
	return []string{v}
}

func (c *compiler) inbox(name string) ([]string, bool) {
	in := c.folder.Council.Inboxes
	switch name {
	case "publicity", AudienceComms:
		return in.Publicity, true
	case "hr":
		return in.HR, true
	case "monitoring":
		return in.Monitoring, true
	case "on_call":
		return in.OnCall, true
	}
	return nil, false
}

// inboxOf is the inbox an audience reads. Without people on call the publicity inbox is told of risks, and the table warns.
func (c *compiler) inboxOf(audience string) []string {
	addrs, ok := c.inbox(audience)
	if !ok || len(addrs) > 0 {
		return addrs
	}
	if audience == AudienceOnCall && len(c.folder.Council.Inboxes.Publicity) > 0 {
		c.warn("council.yaml: inboxes.on_call is empty, so the publicity inbox is told of threats and emergencies; add the people on call.")
		return c.folder.Council.Inboxes.Publicity
	}
	name := audience
	if audience == AudienceComms {
		name = "publicity"
	}
	c.warn("council.yaml: inboxes.%s is empty, so nobody is mailed about what belongs there; it is shown on the pages only.", name)
	return nil
}

// unreachable finds routes behind one that takes everything and stops.
func (c *compiler) unreachable() {
	var stopper *route
	for _, r := range c.t.routes {
		if stopper != nil {
			c.fault(routesFile, "route %s is never tried, because route %s before it takes everything and stops", r.ID, stopper.ID)
			continue
		}
		if r.Stop && len(r.Labels)+len(r.Risk)+len(r.Platforms)+len(r.Services) == 0 && r.Target == "" {
			stopper = r
		}
	}
}

func unique(in []string) []string {
	var out []string
	for _, v := range in {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, v) }) {
			out = append(out, v)
		}
	}
	return out
}

func labelNames() (out []string) {
	for _, l := range classify.Labels {
		out = append(out, string(l))
	}
	return out
}

func riskNames() (out []string) {
	for _, r := range classify.Risks {
		out = append(out, string(r))
	}
	return out
}
