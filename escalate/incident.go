package escalate

import (
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

	Doubts []Doubt `json:"doubts,omitempty"` // reasons that a considered verdict has taken back since

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

// Doubt is what the considered verdict on one mention of an incident no longer finds.
type Doubt struct {
	Mention string    `json:"mention"`
	Reasons []Reason  `json:"reasons"`
	At      time.Time `json:"at"`
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
