package casework

import (
	"slices"
	"time"

	"earshot/classify"
)

// State is where a case stands.
type State string

// The states of a case. StateNone is a mention nobody has to act on.
const (
	StateNone      State = ""
	New            State = "new"
	StateAcked     State = "acknowledged"
	StateHeld      State = "held"
	Answered       State = "answered"
	WithHR         State = "with_hr"
	WithMonitoring State = "with_monitoring"
	StateClosed    State = "closed"
)

// States lists every state a case can show.
var States = []State{New, StateAcked, StateHeld, Answered, WithHR, WithMonitoring, StateClosed}

// Case is the fold of a mention's events, compact enough to be kept for every mention in memory-mapped or columnar form: Apply needs
// nothing but the Case before and the event, so every node reaches the same state.
//
// Open and walled work are separate hands: State is what comms sees; HR and Monitoring say whether that desk holds a walled part.
type Case struct {
	State        State            `json:"state,omitzero"`
	Owner        string           `json:"owner,omitzero"`
	Due          time.Time        `json:"due,omitzero"`
	HR           State            `json:"hr,omitzero"`         // walled: new, acknowledged, closed; shown to HR only
	Monitoring   State            `json:"monitoring,omitzero"` // walled, likewise
	With         []string         `json:"with,omitempty"`      // set by Viewer.Case: hr, monitoring; the only trace of a walled part
	Incidents    []string         `json:"incidents,omitempty"` // open ones; a walled incident is found through its events only
	Asked        bool             `json:"asked,omitzero"`      // comms is asked nothing but whether abuse is meant (ConfirmAbuse)
	Relabelled   bool             `json:"relabelled,omitzero"`
	Labels       []classify.Label `json:"labels,omitempty"` // after Relabelled these replace the verdict's
	Risk         []classify.Risk  `json:"risk,omitempty"`
	Target       string           `json:"target,omitzero"`
	Service      string           `json:"service,omitzero"`
	AckedAt      time.Time        `json:"acked_at,omitzero"`
	AnsweredAt   time.Time        `json:"answered_at,omitzero"`
	Updated      time.Time        `json:"updated,omitzero"`
	LastEvent    string           `json:"last_event,omitzero"`
	EventsFolded int              `json:"events_folded,omitzero"`
}

// Fold applies events in the order given.
func Fold(events []Event) Case {
	var c Case
	undone := map[string]bool{}
	for _, e := range events {
		if e.Type == Undone {
			undone[e.Undoes] = true
		}
	}
	seen := map[string]bool{}
	for _, e := range events {
		if undone[e.ID] || seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		c = c.Apply(e)
	}
	return c
}

// Apply returns the case after e. It never fails: an event that does not fit the state (acknowledged twice) leaves it as it is. Apply
// knows no history: an event delivered again is counted again, and what an Undone event takes back needs Fold over all events.
func (c Case) Apply(e Event) Case {
	c.EventsFolded++
	c.LastEvent = e.ID
	if e.At.After(c.Updated) {
		c.Updated = e.At
	}
	switch e.Wall {
	case HRWall:
		c.HR = walled(c.HR, e.Type)
		return c.handOver(e, WithHR)
	case MonitoringWall:
		c.Monitoring = walled(c.Monitoring, e.Type)
		return c.handOver(e, WithMonitoring)
	}
	switch e.Type {
	case Escalated, Joined:
		c.addIncident(e.Incident)
		only := len(e.Reasons) == 1 && e.Reasons[0] == ConfirmAbuse
		c.Asked = only && (c.Asked || c.State == StateNone)
		c.State = escalated(c.State, e.Type)
		if !e.Due.IsZero() && (c.Due.IsZero() || e.Due.Before(c.Due)) {
			c.Due = e.Due
		}
	case Acknowledged:
		if c.State == New || c.State == StateNone {
			c.State = StateAcked
		}
		if c.AckedAt.IsZero() {
			c.AckedAt = e.At
		}
		if c.Owner == "" && e.By.Kind == "person" {
			c.Owner = e.By.ID
		}
	case Assigned:
		c.Owner = e.Owner
	case Relabelled:
		c.Relabelled, c.Labels, c.Risk, c.Target, c.Service = true, e.Labels, e.Risk, e.Target, e.Service
	case Held:
		c.State = StateHeld
	case Replied:
		c.State, c.AnsweredAt = Answered, e.At
	case Closed, Erased:
		c.State = StateClosed
	case Reopened:
		c.State = New
	}
	return c
}

// handOver is the open hand's part in a walled escalation: where comms has nothing else to do with the mention, or was only asked
// whether abuse is meant, the case is with that desk and the open clock stops.
func (c Case) handOver(e Event, with State) Case {
	if e.Type != Escalated {
		return c
	}
	switch c.State {
	case StateNone:
		c.State = with
	case New, StateAcked:
		if c.Asked {
			c.State, c.Asked, c.Due = with, false, time.Time{}
		}
	}
	return c
}

// escalated is the open hand's state after an escalation. Escalated into an incident of its own, an answered or closed case is new
// again, because something new was found; joined to a running incident it stays as it is.
func escalated(s State, t Type) State {
	switch s {
	case StateNone, WithHR, WithMonitoring:
		return New
	case Answered, StateClosed:
		if t == Escalated {
			return New
		}
	}
	return s
}

func walled(s State, t Type) State {
	switch t {
	case Escalated, Reopened:
		return New
	case Acknowledged, SupportOffered, ManagerTold, PoliceTold:
		if s != StateClosed {
			return StateAcked
		}
	case Closed:
		return StateClosed
	}
	return s
}

func (c *Case) addIncident(id string) {
	if id != "" && !slices.Contains(c.Incidents, id) {
		c.Incidents = append(slices.Clone(c.Incidents), id)
	}
}
