package escalate

import (
	"context"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// Incident is mentions grouped for one audience, as one viewer may see it.
type Incident struct {
	ID        string           `json:"id"`
	Reference string           `json:"reference"` // what mails call it
	Audience  string           `json:"audience"`
	Wall      casework.Wall    `json:"wall,omitzero"`
	Group     string           `json:"group"`
	Routes    []string         `json:"routes"`
	Reasons   []Reason         `json:"reasons"` // most urgent first
	Labels    []classify.Label `json:"labels,omitempty"`
	Risk      []classify.Risk  `json:"risk,omitempty"`
	Service   string           `json:"service,omitzero"`
	Mentions  []string         `json:"mentions"` // the one that opened it first, then in order of time
	Created   time.Time        `json:"created"`
	Due       time.Time        `json:"due,omitzero"`

	Mails    []Mail    `json:"mails,omitempty"` // accepted or refused, oldest first
	LastMail time.Time `json:"last_mail,omitzero"`

	Acknowledged   time.Time      `json:"acknowledged,omitzero"`
	AcknowledgedBy casework.Actor `json:"acknowledged_by,omitzero"`
	Closed         time.Time      `json:"closed,omitzero"`
}

// Mail is one notification's fate.
type Mail struct {
	MessageID string    `json:"message_id"`
	To        string    `json:"to"`
	Step      int       `json:"step"`
	At        time.Time `json:"at"`
	Refused   string    `json:"refused,omitzero"` // why the other side will never take it
}

// Open reports whether somebody still has to act.
func (i *Incident) Open() bool { return i.Closed.IsZero() }

// Filter narrows a List. The zero Filter is everything.
type Filter struct {
	Audience string
	Open     bool // only those not closed
	Waiting  bool // only those nobody has acknowledged
	Limit    int  // zero: all
}

// Ledger is the fold of casework events into incidents, the same on every node. Safe for concurrent use.
type Ledger struct{}

// NewLedger returns an empty Ledger.
func NewLedger() *Ledger { return &Ledger{} }

// Load folds the record's casework. Events that also arrive by Apply, before or after, change nothing.
func (l *Ledger) Load(ctx context.Context, h History) error { return nil }

// Apply folds events. Order must be kept within a mention only; applying an event again changes nothing.
func (l *Ledger) Apply(events []casework.Event) {}

// List returns the incidents v may see, newest first.
func (l *Ledger) List(v casework.Viewer, f Filter) []Incident { return nil }

// Get returns one incident, or ErrNoIncident.
func (l *Ledger) Get(v casework.Viewer, id string) (Incident, error) { return Incident{}, ErrNoIncident }

// Of returns the incidents that v may see and that hold the mention, oldest first.
func (l *Ledger) Of(v casework.Viewer, mention string) []Incident { return nil }

// Act makes the events of one act on an incident, one for each of its mentions (an act on an incident acts on each of its cases): like
// is the act, with Type, At, By and what belongs to the type; ID, Mention, Incident, Audience and Wall are filled in. ErrNoIncident
// when v may not see it. Nothing is stored: append them to the Journal.
func (l *Ledger) Act(v casework.Viewer, id string, like casework.Event) ([]casework.Event, error) {
	return nil, ErrNoIncident
}

// Unsent returns the ids of incidents that nobody has acknowledged or closed, whose first mail was due before now and that no recipient
// has been sent. `triage verify` shows them.
func (l *Ledger) Unsent(t *Table, now time.Time) []string { return nil }
