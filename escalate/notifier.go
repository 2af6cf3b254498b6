package escalate

import (
	"context"
	"time"
)

// Notification is one mail to one recipient, ready to leave.
type Notification struct {
	MessageID  string // "<hex@domain>", the same for the same incident, recipient and step
	InReplyTo  string // the incident's first Message-ID; empty on the first
	References []string
	From       string // address, perhaps with a display name
	To         string // one address
	Date       time.Time
	Subject    string // one line
	Text       string
	HTML       string
	Headers    map[string]string // Auto-Submitted, List-Id, X-Earshot-...
}

// Notifier carries notifications to recipients. Safe for concurrent use.
type Notifier interface {
	// Send returns nil once the other side has taken responsibility for n: an SMTP server said 250 to the data, a file was synced
	// under its name. Sending the same MessageID again must be harmless. It wraps ErrRefused when trying again can never help;
	// every other error is worth another try. No error text holds a password. It returns promptly when ctx ends.
	Send(ctx context.Context, n Notification) error
}
