package casework

import "earshot/sources"

// Role is what somebody may do and see.
type Role string

// The roles. NoRole sees nothing.
const (
	NoRole     Role = ""
	Comms      Role = "comms"
	HR         Role = "hr"
	Monitoring Role = "monitoring"
	ServiceMan Role = "service" // own service, nothing walled
	Admin      Role = "admin"   // settings, health and public mentions; no walled case, no act on any
	Staff      Role = "staff"   // own reports
	System     Role = "system"  // the program itself: rebuild, verify
)

// Roles lists the roles a person or a token may hold.
var Roles = []Role{Comms, HR, Monitoring, ServiceMan, Admin, Staff}

// Viewer is who asks. Every query of record, index, stream and export takes one; its methods are the only place where it is decided
// what that person may see.
type Viewer struct {
	Account string
	Role    Role
	Service string // for ServiceMan: the service id
}

// SeesMentions reports whether the viewer may search and read public mentions at all.
func (v Viewer) SeesMentions() bool {
	switch v.Role {
	case Comms, HR, Monitoring, ServiceMan, Admin, System:
		return true
	}
	return false
}

// MentionWall is the wall around a whole mention: a staff report about oneself is HR's alone from the moment it is handed in.
func MentionWall(m *sources.Mention) Wall {
	if m.Kind == sources.Report && m.Relation == "me" {
		return HRWall
	}
	return NoWall
}

// SeesWall reports whether the viewer may look behind w.
func (v Viewer) SeesWall(w Wall) bool {
	switch w {
	case NoWall:
		return true
	case HRWall:
		return v.Role == HR || v.Role == System
	case MonitoringWall:
		return v.Role == Monitoring || v.Role == System
	}
	return false
}

// SeesService reports whether the viewer may see mentions of service.
func (v Viewer) SeesService(service string) bool { return v.Role != ServiceMan || v.Service == service }

// SeesNames reports whether junior officers' names are shown unmasked. Comms works the case; HR supports the officer.
func (v Viewer) SeesNames() bool { return v.Role == HR || v.Role == System }

// Acts reports whether the viewer may add events to cases.
func (v Viewer) Acts() bool { return v.Role == Comms || v.Role == HR || v.Role == Monitoring }

// Events returns the events v may see, in order.
func (v Viewer) Events(events []Event) []Event {
	out := make([]Event, 0, len(events))
	for _, e := range events {
		if v.SeesWall(e.Wall) {
			out = append(out, e)
		}
	}
	return out
}

// Case returns c with what v may not see taken out. Comms keeps one trace of a walled part, With; a service manager keeps none.
func (v Viewer) Case(c Case) Case {
	c.With = nil
	if c.HR != "" {
		c.With = append(c.With, string(HRWall))
	}
	if c.Monitoring != "" {
		c.With = append(c.With, string(MonitoringWall))
	}
	if v.Role == ServiceMan {
		c.With = nil
		if c.State == WithHR || c.State == WithMonitoring {
			c.State = StateNone
		}
	}
	if !v.SeesWall(HRWall) {
		c.HR = ""
	}
	if !v.SeesWall(MonitoringWall) {
		c.Monitoring = ""
	}
	return c
}

// ActWall is the wall an act of v on a case stands behind when it is about the walled part: HR's acts are HR's alone to see.
// On a case without such a part everybody acts in the open.
func (v Viewer) ActWall(c Case) Wall {
	switch {
	case v.Role == HR && c.HR != "":
		return HRWall
	case v.Role == Monitoring && c.Monitoring != "":
		return MonitoringWall
	}
	return NoWall
}
