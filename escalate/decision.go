package escalate

import (
	"time"

	"earshot/casework"
)

// The audiences: who is told.
const (
	AudienceComms      = "comms"
	AudienceHR         = "hr"
	AudienceMonitoring = "monitoring"
	AudienceOnCall     = "on_call"
)

// Audiences lists every audience.
var Audiences = []string{AudienceComms, AudienceHR, AudienceMonitoring, AudienceOnCall}

// WallOf is the wall around an audience's incidents.
func WallOf(audience string) casework.Wall {
	switch audience {
	case AudienceHR:
		return casework.HRWall
	case AudienceMonitoring:
		return casework.MonitoringWall
	}
	return casework.NoWall
}

// Decision is one route a mention takes.
type Decision struct {
	Route    string   // id of the route in the table
	Reasons  []Reason // most urgent first, never empty
	Audience string
	Wall     casework.Wall
	Group    string        // mentions of one group, audience and wall share an incident
	Wait     time.Duration // from the incident's opening to its first mail
	Due      time.Time     // answer by; zero: no clock
	AnyHour  bool          // do not wait for the office to open
	Mail     bool          // false: a case for a person to see, nobody is mailed
}
