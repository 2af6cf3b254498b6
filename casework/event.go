package casework

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"earshot/classify"

	"github.com/go-json-experiment/json/jsontext"
)

// Type is what happened.
type Type string

// The event types of a case. Received, Classified, Switched and Configured are derived from the record and never travel on the casework topic.
const (
	Received       Type = "received"
	Classified     Type = "classified"
	Escalated      Type = "escalated" // an incident took the mention; Incident, Audience, Wall
	Delivered      Type = "delivered" // a notification left; Incident, MessageID, To
	Acknowledged   Type = "acknowledged"
	Confirmed      Type = "confirmed"
	Relabelled     Type = "relabelled" // Labels, Risk, Target, Service replace the verdict's
	Assigned       Type = "assigned"   // Owner
	Noted          Type = "noted"      // Note
	Drafted        Type = "drafted"
	Approved       Type = "approved"
	Held           Type = "held"
	Replied        Type = "replied" // Link
	Joined         Type = "joined"  // Incident
	Referred       Type = "referred"
	SupportOffered Type = "support_offered"
	ManagerTold    Type = "manager_told"
	PoliceTold     Type = "police_told"
	Closed         Type = "closed"
	Reopened       Type = "reopened"
	Undone         Type = "undone" // Undoes
	Erased         Type = "erased"
	Refused        Type = "refused"      // a mail server will never take a notification; Incident, MessageID, To, Why
	Reconsidered   Type = "reconsidered" // a considered verdict takes back what an incident is about, or finds it again; Incident, Reasons
	Audited        Type = "audited"      // a person tagged a mention of the weekly sample, not knowing what the classifier said; Labels, Risk, Sample
	Switched       Type = "switched"     // a person changed which version of the classifier is in force; about no mention
	Configured     Type = "configured"   // a person changed a settings file or a source's keys, named in Note; about no mention
)

// Types lists every event type.
var Types = []Type{Received, Classified, Escalated, Delivered, Acknowledged, Confirmed, Relabelled, Assigned, Noted, Drafted, Approved, Held,
	Replied, Joined, Referred, SupportOffered, ManagerTold, PoliceTold, Closed, Reopened, Undone, Erased, Refused, Reconsidered, Audited, Switched, Configured}

// ByHand lists the types a person may add through the pages and the API.
var ByHand = []Type{Acknowledged, Confirmed, Relabelled, Assigned, Noted, Drafted, Approved, Held, Replied, Referred, SupportOffered,
	ManagerTold, PoliceTold, Closed, Reopened, Undone}

// ConfirmAbuse is the one of escalate's Reasons that the fold of a case must know: a person is asked whether abuse is meant.
const ConfirmAbuse = "confirm_abuse"

// Actor is who did it. A system act has Kind "system" and the name of the rule or stage as ID.
type Actor struct {
	Kind string `json:"kind"` // person, token, system
	ID   string `json:"id"`
	Name string `json:"name,omitzero"`
	Role Role   `json:"role,omitzero"`
}

// Wall says which role alone may see an event or a case's inside.
type Wall string

// The walls. NoWall is seen by everybody who may see the mention.
const (
	NoWall         Wall = ""
	HRWall         Wall = "hr"
	MonitoringWall Wall = "monitoring"
)

// Event is one act on one mention's case. Its ID makes it idempotent: applying an event twice is applying it once.
type Event struct {
	ID      string    `json:"id"`
	Mention string    `json:"mention"`
	Type    Type      `json:"type"`
	At      time.Time `json:"at"`
	By      Actor     `json:"by"`
	Why     string    `json:"why,omitzero"`
	Wall    Wall      `json:"wall,omitzero"` // who alone may see this event

	Incident  string           `json:"incident,omitzero"`
	Audience  string           `json:"audience,omitzero"` // comms, hr, monitoring, on_call
	Group     string           `json:"group,omitzero"`    // of escalated and joined: what the incident holds together
	Route     string           `json:"route,omitzero"`
	Reasons   []string         `json:"reasons,omitempty"` // of escalated and joined: from escalate's closed set
	Step      int              `json:"step,omitzero"`
	Due       time.Time        `json:"due,omitzero"` // answer by
	MessageID string           `json:"message_id,omitzero"`
	To        string           `json:"to,omitzero"`
	Labels    []classify.Label `json:"labels,omitempty"`
	Risk      []classify.Risk  `json:"risk,omitempty"`
	Target    string           `json:"target,omitzero"`
	Service   string           `json:"service,omitzero"`
	Owner     string           `json:"owner,omitzero"`
	Note      string           `json:"note,omitzero"`
	Link      string           `json:"link,omitzero"`
	Undoes    string           `json:"undoes,omitzero"`
	Judged    *Judged          `json:"judged,omitzero"` // of relabelled, confirmed and audited: what the classifier had said
	Sample    *Sampled         `json:"sample,omitzero"` // of audited

	Unknown jsontext.Value `json:",embed"`
}

// NewID returns a fresh event ID for a person's act: time-ordered and unguessable.
func NewID(at time.Time) string {
	var b [10]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%012x%s", at.UnixMilli(), hex.EncodeToString(b[:]))
}

// DerivedID returns the ID of an event that the system derives from parts: the same parts, the same event, however often it is redone.
func DerivedID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ErrBadEvent is wrapped by Validate.
var ErrBadEvent = errors.New("not a casework event")

// MaxNoteBytes bounds Note and Why.
const MaxNoteBytes = 20_000

// Validate says in one sentence what is wrong with e.
func (e *Event) Validate() error {
	bad := func(s string) error { return fmt.Errorf("%w: %s", ErrBadEvent, s) }
	switch {
	case e.ID == "" || e.Mention == "":
		return bad("it has no id or names no mention")
	case !slices.Contains(Types, e.Type):
		return bad(fmt.Sprintf("type %q is unknown", e.Type))
	case e.At.IsZero():
		return bad("it has no time")
	case e.Type == Noted && e.Note == "":
		return bad("a note needs words")
	case len(e.Note) > MaxNoteBytes || len(e.Why) > MaxNoteBytes:
		return bad(fmt.Sprintf("a note may have at most %d bytes", MaxNoteBytes))
	case e.Type == Undone && e.Undoes == "":
		return bad("undoes names no event")
	case e.Type == Audited && e.Sample == nil:
		return bad("an audit names no sample")
	}
	for _, l := range e.Labels {
		if !slices.Contains(classify.Labels, l) {
			return bad(fmt.Sprintf("label %q is unknown; known are complaint, trolling, abuse, inaccuracy and junior_officer", l))
		}
	}
	for _, r := range e.Risk {
		if !slices.Contains(classify.Risks, r) {
			return bad(fmt.Sprintf("risk %q is unknown; known are threat, self_harm, safeguarding and emergency", r))
		}
	}
	return nil
}
