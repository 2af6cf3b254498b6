package escalate

import (
	"slices"

	"earshot/casework"
	"earshot/classify"
)

// Reason says why a decision was made. The set is closed: it is shown in mails and pages and is a label of the metrics.
type Reason string

// The reasons, most urgent first: a mail's subject is the first it has.
const (
	ReasonThreat        Reason = "threat"
	ReasonEmergency     Reason = "emergency"
	ReasonSelfHarm      Reason = "self_harm"
	ReasonSafeguarding  Reason = "safeguarding"
	ReasonOwnReport     Reason = "own_report"          // a report about oneself: HR alone
	ReasonAbuseStaff    Reason = "abuse_staff"         // at or above the stated confidence
	ReasonAbuseMember   Reason = "abuse_member"        // likewise
	ReasonConfirmAbuse  Reason = casework.ConfirmAbuse // below it, or nobody known as the target: comms confirms
	ReasonReferred      Reason = "referred"            // a person sent it on
	ReasonComplaint     Reason = "complaint"           // P7
	ReasonJuniorOfficer Reason = "junior_officer"      // P12
	ReasonInaccuracy    Reason = "inaccuracy"          // P9
	ReasonReported      Reason = "reported"            // a colleague handed it in, P25
	ReasonTrolling      Reason = "trolling"            // P8: a person closes it, nobody is mailed
	ReasonRoute         Reason = "route"               // a route of the council's own that names no tag
)

// Reasons lists every reason in the order of urgency.
var Reasons = []Reason{ReasonThreat, ReasonEmergency, ReasonSelfHarm, ReasonSafeguarding, ReasonOwnReport, ReasonAbuseStaff, ReasonAbuseMember,
	ReasonConfirmAbuse, ReasonReferred, ReasonComplaint, ReasonJuniorOfficer, ReasonInaccuracy, ReasonReported, ReasonTrolling, ReasonRoute}

// Urgent reports whether the reason waits for nothing: the four risks.
func (r Reason) Urgent() bool { return r.bit()&urgentBits != 0 }

// reasonSet is a set of reasons, one bit each in the order of Reasons.
type reasonSet uint16

const urgentBits reasonSet = 1<<0 | 1<<1 | 1<<2 | 1<<3

func (r Reason) bit() reasonSet {
	if i := slices.Index(Reasons, r); i >= 0 {
		return 1 << i
	}
	return 0
}

func setOf(rs ...Reason) (s reasonSet) {
	for _, r := range rs {
		s |= r.bit()
	}
	return s
}

// list returns the reasons of s, most urgent first.
func (s reasonSet) list() []Reason {
	var out []Reason
	for i, r := range Reasons {
		if s&(1<<i) != 0 {
			out = append(out, r)
		}
	}
	return out
}

func (s reasonSet) strings() []string {
	var out []string
	for _, r := range s.list() {
		out = append(out, string(r))
	}
	return out
}

// ofVerdict are the reasons that follow from what a classifier says.
var ofVerdict = urgentBits | reasonsOf(classify.Labels, nil)

func (s reasonSet) urgent() bool { return s&urgentBits != 0 }
