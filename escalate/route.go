package escalate

import (
	"slices"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/settings"
	"earshot/sources"
)

// Figures of the default routes.
const (
	// AbuseConfidence is the score from which abuse goes to HR or the Monitoring Officer by itself (P10, P11). Below it comms confirms
	// first. It leans to asking a person: a wrong mail to HR costs more trust than a click.
	AbuseConfidence = 0.85
	// GroupWait is how long the first mail of an incident waits for what belongs to it.
	GroupWait = 20 * time.Second
	// AnswerWithin is the clock of P6, in council hours.
	AnswerWithin = 48 * time.Hour
	// RiskStep is how long a person on call has before the next one is told.
	RiskStep = 10 * time.Minute
	// Reminder is when an incident nobody acknowledged is mailed again.
	Reminder = 24 * time.Hour
)

// inboxNone as the only receiver means that nobody is mailed.
const inboxNone = "none"

// Table is a compiled route table with everything of the settings that deciding and mailing need. It does not change.
type Table struct {
	// Warnings are sentences about what works but should be mended, such as an inbox without an address.
	Warnings []string

	routes     []*route
	byID       map[string]*route
	calendar   *Calendar
	council    settings.Council
	services   map[string]string // id to name
	templates  map[string]settings.Template
	facts      map[string]settings.Fact
	masks      []string // names of junior officers, longest first
	sendAlways bool     // no quiet hours
}

// route is one compiled settings.Route.
type route struct {
	settings.Route
	when   func(*classify.Tagged) bool // a condition beside the settings' fields; nil: none
	reason Reason                      // fixed; empty: from the labels and risks that matched
	group  string                      // prefix of the group key
	to     []string                    // addresses; empty with mail: the inbox is not set
	mail   bool
}

// Decide says where a tagged mention goes and why, one decision for each route it takes. It is a pure function: nothing is sent or stored.
// A mention that asks nobody for anything has none. One that is there only because it stands around another is context: it asks for somebody
// only by a risk, or once a person has tagged it.
func (t *Table) Decide(tagged *classify.Tagged) []Decision {
	out := t.decide(tagged)
	if isContext(tagged) {
		out = risksOf(out)
	}
	return out
}

func isContext(t *classify.Tagged) bool {
	return t.Mention.Around() && t.Verdict.Stage != classify.Person
}

// risksOf leaves the risks of decisions.
func risksOf(in []Decision) (out []Decision) {
	for _, d := range in {
		if r := setOf(d.Reasons...) & urgentBits; r != 0 {
			d.Reasons = r.list()
			out = append(out, d)
		}
	}
	return out
}

func (t *Table) decide(tagged *classify.Tagged) []Decision {
	m := &tagged.Mention
	if m.State == sources.Deleted || m.State == sources.Withheld {
		return nil
	}
	if casework.MentionWall(m) == casework.HRWall {
		return []Decision{t.decision(t.byID[routeOwnReport], tagged, ownReasons(tagged))}
	}
	var out []Decision
	for _, r := range t.routes {
		reasons := r.match(tagged)
		if reasons == 0 {
			continue
		}
		out = append(out, t.decision(r, tagged, reasons))
		if r.Stop {
			break
		}
	}
	return t.safetyNet(tagged, out)
}

// safetyNet adds what no table of a council's own may leave out: a risk goes to the people on call, and abuse is seen by a person.
func (t *Table) safetyNet(tagged *classify.Tagged, out []Decision) []Decision {
	var covered reasonSet
	for _, d := range out {
		covered |= setOf(d.Reasons...)
	}
	if risks := riskReasons(tagged.Verdict.Risk, nil); risks&^covered != 0 {
		out = append(out, t.decision(t.byID[routeRisk], tagged, risks&^covered))
	}
	if tagged.Verdict.Has(classify.Abuse) && covered&setOf(ReasonAbuseStaff, ReasonAbuseMember, ReasonConfirmAbuse) == 0 {
		out = append(out, t.decision(t.byID[routeConfirm], tagged, ReasonConfirmAbuse.bit()))
	}
	return out
}

// merge makes one decision of those that reach the same people in the same way, so that a mention with three tags for comms is one event in
// its history and not three. The first route stands for all.
func (t *Table) merge(in []Decision) []Decision {
	var out []Decision
	for _, d := range in {
		k := slices.IndexFunc(out, func(o Decision) bool {
			return o.Audience == d.Audience && o.Group == d.Group && t.byID[o.Route].alike(t.byID[d.Route])
		})
		if k < 0 {
			out = append(out, d)
			continue
		}
		o := &out[k]
		o.Reasons = (setOf(o.Reasons...) | setOf(d.Reasons...)).list()
		if o.Due.IsZero() || !d.Due.IsZero() && d.Due.Before(o.Due) {
			o.Due = d.Due
		}
		o.AnyHour = o.AnyHour || d.AnyHour
	}
	return out
}

// alike reports whether two routes mail the same people at the same times.
func (r *route) alike(o *route) bool {
	return slices.Equal(r.to, o.to) && r.mail == o.mail && r.Wait == o.Wait && r.Repeat == o.Repeat && r.Step == o.Step && r.AnyHour == o.AnyHour &&
		r.Template == o.Template
}

func (t *Table) decision(r *route, tagged *classify.Tagged, reasons reasonSet) Decision {
	d := Decision{
		Route: r.ID, Reasons: reasons.list(), Audience: r.Audience, Wall: WallOf(r.Audience), Group: r.group + tagged.Mention.Thread(),
		Wait: time.Duration(r.Wait), AnyHour: t.sendAlways || r.AnyHour || reasons.urgent(), Mail: r.mail,
	}
	if r.Within > 0 {
		d.Due = t.calendar.Due(receivedAt(tagged), time.Duration(r.Within))
	}
	return d
}

// receivedAt is when the council could first know: it does not change when a verdict is delivered again.
func receivedAt(tagged *classify.Tagged) time.Time {
	switch {
	case !tagged.Mention.FetchedAt.IsZero():
		return tagged.Mention.FetchedAt
	case !tagged.Verdict.At.IsZero():
		return tagged.Verdict.At
	}
	return tagged.Mention.CreatedAt
}

// match returns why r takes the mention, or nothing.
func (r *route) match(tagged *classify.Tagged) reasonSet {
	m, v := &tagged.Mention, &tagged.Verdict
	if len(r.Platforms) > 0 && !slices.Contains(r.Platforms, m.Platform) ||
		len(r.Services) > 0 && !slices.Contains(r.Services, serviceOf(v)) ||
		r.Target != "" && !targets(v, r.Target) ||
		r.when != nil && !r.when(tagged) {
		return 0
	}
	var why reasonSet
	if len(r.Labels) > 0 {
		labels := r.labelReasons(v)
		if labels == 0 {
			return 0
		}
		why |= labels
	}
	if len(r.Risk) > 0 {
		risks := riskReasons(v.Risk, r.Risk)
		if risks == 0 {
			return 0
		}
		why |= risks
	}
	switch {
	case r.reason != "":
		return r.reason.bit()
	case why == 0:
		return ReasonRoute.bit()
	}
	return why
}

func (r *route) labelReasons(v *classify.Verdict) (why reasonSet) {
	for _, l := range v.Labels {
		if slices.Contains(r.Labels, string(l)) && confident(v, l, r.MinScore) {
			why |= labelReason(l, r.Audience).bit()
		}
	}
	return why
}

// confident reports whether v is sure enough of l. A person's word needs no score.
func confident(v *classify.Verdict, l classify.Label, minScore float64) bool {
	if minScore == 0 || v.Stage == classify.Person {
		return true
	}
	return v.Scores[l] >= minScore && !slices.Contains(v.Unsure, l)
}

func labelReason(l classify.Label, audience string) Reason {
	switch l {
	case classify.Complaint:
		return ReasonComplaint
	case classify.Trolling:
		return ReasonTrolling
	case classify.Inaccuracy:
		return ReasonInaccuracy
	case classify.JuniorOfficer:
		return ReasonJuniorOfficer
	}
	switch audience { // abuse
	case AudienceHR:
		return ReasonAbuseStaff
	case AudienceMonitoring:
		return ReasonAbuseMember
	}
	return ReasonConfirmAbuse
}

// riskReasons returns the risks among want; nil and "any" want all.
func riskReasons(have []classify.Risk, want []string) (why reasonSet) {
	for _, k := range have {
		if want == nil || slices.Contains(want, "any") || slices.Contains(want, string(k)) {
			why |= Reason(k).bit()
		}
	}
	return why
}

// targets reports whether abuse is aimed at want; "both" is staff as well as members.
func targets(v *classify.Verdict, want string) bool {
	if v.Target == nil {
		return false
	}
	return *v.Target == want || *v.Target == "both" && (want == "staff" || want == "member")
}

func serviceOf(v *classify.Verdict) string {
	if v.Service == "" {
		return "other"
	}
	return v.Service
}

// ownReasons keeps everything about a report about oneself inside HR: a risk in it makes the mail urgent, not public.
func ownReasons(tagged *classify.Tagged) reasonSet {
	return ReasonOwnReport.bit() | riskReasons(tagged.Verdict.Risk, nil)
}
