package sources

import "time"

// Pulse is what a connector knows between two returns of Next, which may lie days apart on a quiet platform.
type Pulse struct {
	LastSuccess time.Time // the platform answered, if only "nothing new"
	NextTry     time.Time // of a poll; zero for a stream
	Skipped     int64     // items read and dropped by the connector itself because they match no watch term, since start
}

// Pulser is a Source that tells its Pulse. Pulse may be called at any time from any goroutine.
type Pulser interface{ Pulse() Pulse }

// States a source can be in, for Health.State.
const (
	StateStarting = "starting"
	StateRunning  = "running"
	StateWaiting  = "waiting" // the platform asked for patience
	StateQuiet    = "quiet"   // silent for longer than its rhythm
	StateFailing  = "failing" // tried again with growing pauses
	StateStopped  = "stopped" // a person must act, or everything is read
	StatePaused   = "paused"  // by the settings
)

// States are all of them, in the order of a source's life.
var States = []string{StateStarting, StateRunning, StateWaiting, StateQuiet, StateFailing, StateStopped, StatePaused}

// DefaultRhythm is the longest silence that is normal where the settings name none.
const DefaultRhythm = 7 * 24 * time.Hour
