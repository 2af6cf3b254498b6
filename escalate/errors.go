package escalate

import "errors"

// Errors that callers tell apart.
var (
	// ErrRefused is wrapped by a Notifier when the other side will never take this notification (SMTP 5xx about recipient or content).
	ErrRefused = errors.New("escalate: refused for good")
	// ErrNoIncident is returned for an incident that does not exist and for one the viewer may not see: the two cannot be told apart.
	ErrNoIncident = errors.New("escalate: no such incident")
	// ErrState is wrapped when state.db cannot be opened or read; the sentence says what to do.
	ErrState = errors.New("escalate: own state")
	// ErrAckForged is returned by Verify for a token that is not ours or was changed.
	ErrAckForged = errors.New("this acknowledge link is not one of ours or was changed on its way; open the incident from the list instead")
	// ErrAckExpired is returned by Verify for a token past its time.
	ErrAckExpired = errors.New("this acknowledge link is too old; open the incident from the list instead")
	// ErrAckOther is returned by VerifyFor for a token of another incident.
	ErrAckOther = errors.New("this acknowledge link belongs to another incident; open the incident from the list instead")
)
