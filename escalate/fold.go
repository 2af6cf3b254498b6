package escalate

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// incident is one incident as the ledger changes it; it keeps them packed. Times are Unix nanoseconds, 0 is none.
type incident struct {
	id       string
	audience string
	wall     casework.Wall
	group    string
	service  string
	routes   []string
	members  []member
	mails    []mailMark
	acts     []act
	created  int64
	due      int64
	acked    int64 // of the first act that says somebody has it
	closed   int64 // of the act that finished the last mention; 0 while one is unfinished
	ackedBy  int   // index into acts, when acked
	reasons  reasonSet
}

// member is one mention of an incident.
type member struct {
	id      string
	at      int64
	reasons reasonSet
	doubted reasonSet // of reasons: those that the newest considered verdict does not find
	doubtAt int64
	opened  bool // the mention that opened it
}

// mailMark is one mail about the incident that was accepted or refused.
type mailMark struct {
	key     [16]byte
	domain  string
	to      string
	refused string
	at      int64
	step    int
}

// act is what a person did about one mention of the incident.
type act struct {
	id      string
	typ     casework.Type
	mention string
	by      casework.Actor
	at      int64
	away    bool // nothing is left of what the incident is about
	undone  bool
}

// shaped reports whether an escalated or joined event was seen, so that the incident has an audience; until then it is not shown.
func (i *incident) shaped() bool { return i.audience != "" }

// take folds an escalated or joined event and reports whether it changed anything.
func (i *incident) take(e *casework.Event) bool {
	var reasons reasonSet
	for _, r := range e.Reasons {
		reasons |= Reason(r).bit()
	}
	at := e.At.UnixNano()
	changed := !i.shaped()
	if !i.shaped() {
		i.audience, i.wall, i.group, i.service = e.Audience, e.Wall, e.Group, e.Service
		i.created = at
	}
	i.created = min(i.created, at)
	if d := e.Due.UnixNano(); !e.Due.IsZero() && (i.due == 0 || d < i.due) {
		i.due, changed = d, true
	}
	if !slices.Contains(i.routes, e.Route) {
		i.routes, changed = append(i.routes, e.Route), true
		slices.Sort(i.routes)
	}
	i.reasons |= reasons
	m := i.member(e.Mention)
	if m == nil {
		i.members = append(i.members, member{id: e.Mention, at: at})
		m, changed = &i.members[len(i.members)-1], true
	}
	if opened := e.Type == casework.Escalated; m.reasons|reasons != m.reasons || opened && !m.opened || at < m.at {
		m.reasons, m.opened, m.at, changed = m.reasons|reasons, m.opened || opened, min(m.at, at), true
	}
	slices.SortFunc(i.members, func(a, b member) int {
		if a.opened != b.opened {
			if a.opened {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id))
	})
	return changed
}

func (i *incident) member(id string) *member {
	for k := range i.members {
		if i.members[k].id == id {
			return &i.members[k]
		}
	}
	return nil
}

// mark folds a delivered or refused event.
func (i *incident) mark(e *casework.Event) bool {
	m := mailMark{to: e.To, at: e.At.UnixNano(), step: e.Step}
	key := keyOf(e.MessageID)
	if n, err := hex.Decode(m.key[:], []byte(key[:min(len(key), 32)])); err != nil || n != len(m.key) {
		return false // not a Message-ID of ours
	}
	_, domain, _ := strings.Cut(strings.Trim(e.MessageID, "<>"), "@")
	m.domain = domain
	if e.Type == casework.Refused {
		m.refused = cmp.Or(e.Why, "refused")
	}
	for k := range i.mails {
		if i.mails[k].key == m.key && i.mails[k].step == m.step && strings.EqualFold(i.mails[k].to, m.to) {
			return false
		}
	}
	i.mails = append(i.mails, m)
	slices.SortFunc(i.mails, func(a, b mailMark) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step), cmp.Compare(a.to, b.to))
	})
	return true
}

// doubt folds what a considered verdict took back. The newest counts.
func (i *incident) doubt(e *casework.Event) bool {
	m := i.member(e.Mention)
	if m == nil || e.At.UnixNano() <= m.doubtAt {
		return false
	}
	m.doubted, m.doubtAt = 0, e.At.UnixNano()
	for _, r := range e.Reasons {
		m.doubted |= Reason(r).bit()
	}
	return true
}

// unfounded reports whether nothing is left of what the incident is about before anybody was told: then nobody is, and the pages show it. A
// risk is told whatever the second reading says.
func (i *incident) unfounded() bool {
	if len(i.mails) > 0 || i.reasons.urgent() || len(i.members) == 0 {
		return false
	}
	return !slices.ContainsFunc(i.members, func(m member) bool { return m.reasons&^m.doubted != 0 })
}

// sentTo reports whether the step's mail to an address was accepted or refused.
func (i *incident) sentTo(to string, step int) bool {
	return slices.ContainsFunc(i.mails, func(m mailMark) bool { return m.step == step && strings.EqualFold(m.to, to) })
}

// act folds what a person did.
func (i *incident) act(e *casework.Event) bool {
	if e.Type == casework.Undone {
		for k := range i.acts {
			if i.acts[k].id == e.Undoes && !i.acts[k].undone {
				i.acts[k].undone = true
				i.settle()
				return true
			}
		}
		return false
	}
	if slices.ContainsFunc(i.acts, func(a act) bool { return a.id == e.ID }) {
		return false
	}
	a := act{id: e.ID, typ: e.Type, mention: e.Mention, by: e.By, at: e.At.UnixNano()}
	if m := i.member(e.Mention); m != nil {
		switch e.Type {
		case casework.Relabelled:
			a.away = m.reasons&reasonsOf(e.Labels, e.Risk) == 0
		case casework.Confirmed, casework.Referred: // whoever was only asked has answered
			a.away = m.reasons == ReasonConfirmAbuse.bit()
		}
	}
	i.acts = append(i.acts, a)
	i.settle()
	return true
}

// settle works out from the acts whether somebody has the incident and whether it is over.
func (i *incident) settle() {
	i.acked, i.ackedBy, i.closed = 0, 0, 0
	finished := map[string]int64{}
	for k, a := range i.acts {
		if a.undone {
			continue
		}
		if takes(a.typ) && (i.acked == 0 || a.at < i.acked || a.at == i.acked && a.id < i.acts[i.ackedBy].id) {
			i.acked, i.ackedBy = a.at, k
		}
		switch {
		case a.typ == casework.Replied, a.typ == casework.Closed, a.typ == casework.Erased, a.away:
			finished[a.mention] = a.at
		case a.typ == casework.Reopened:
			delete(finished, a.mention)
		}
	}
	for _, m := range i.members {
		at, ok := finished[m.id]
		if !ok {
			i.closed = 0
			return
		}
		i.closed = max(i.closed, at)
	}
}

// takes reports whether an act shows that somebody has seen the incident and has it in hand.
func takes(t casework.Type) bool {
	switch t {
	case casework.Noted, casework.Reopened, casework.Undone, casework.Drafted, casework.Erased:
		return false
	}
	return slices.Contains(casework.ByHand, t)
}

// reasonsOf is every reason that labels and risks can be for.
func reasonsOf(labels []classify.Label, risks []classify.Risk) reasonSet {
	out := riskReasons(risks, nil)
	for _, l := range labels {
		if l == classify.Abuse {
			out |= setOf(ReasonAbuseStaff, ReasonAbuseMember, ReasonConfirmAbuse)
			continue
		}
		out |= labelReason(l, "").bit()
	}
	return out
}

// view is the exported form.
func (i *incident) view() Incident {
	out := Incident{
		ID: i.id, Reference: Reference(i.id), Audience: i.audience, Wall: i.wall, Group: i.group, Routes: slices.Clone(i.routes),
		Reasons: i.reasons.list(), Service: i.service, Created: instant(i.created), Due: instant(i.due), Acknowledged: instant(i.acked),
		Closed: instant(i.closed),
	}
	for _, l := range classify.Labels {
		if i.reasons&reasonsOf([]classify.Label{l}, nil) != 0 {
			out.Labels = append(out.Labels, l)
		}
	}
	for _, r := range classify.Risks {
		if i.reasons&Reason(r).bit() != 0 {
			out.Risk = append(out.Risk, r)
		}
	}
	for _, m := range i.members {
		out.Mentions = append(out.Mentions, m.id)
		if m.doubted != 0 {
			out.Doubts = append(out.Doubts, Doubt{Mention: m.id, Reasons: m.doubted.list(), At: instant(m.doubtAt)})
		}
	}
	for _, m := range i.mails {
		out.Mails = append(out.Mails, Mail{MessageID: messageID(hex.EncodeToString(m.key[:]), m.domain), To: m.to, Step: m.step,
			At: instant(m.at), Refused: m.refused})
		if m.refused == "" {
			out.LastMail = instant(m.at)
		}
	}
	if i.acked != 0 {
		out.AcknowledgedBy = i.acts[i.ackedBy].by
	}
	return out
}

func instant(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
