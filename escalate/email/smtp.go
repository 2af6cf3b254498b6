package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"earshot/escalate"

	gomail "github.com/wneessen/go-mail"
)

var _ escalate.Notifier = (*SMTP)(nil)

// timeout bounds one connection from dialling to the server's last word, where the caller's context allows more.
const timeout = 45 * time.Second

// SMTP sends through one mail server, one connection a mail.
type SMTP struct {
	server server
	roots  *x509.CertPool
}

// Option changes how an SMTP works.
type Option func(*SMTP)

// WithRoots trusts these certificate authorities instead of the machine's.
func WithRoots(pool *x509.CertPool) Option { return func(s *SMTP) { s.roots = pool } }

// NewSMTP reads smtp://user:pass@host:port?tls=starttls|tls|none. User and password are percent-encoded. Without tls= port 465 means
// tls, every other starttls; a server that offers no STARTTLS is then an error, never a plain connection. No error repeats the password.
func NewSMTP(rawURL string, opts ...Option) (*SMTP, error) {
	srv, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	s := &SMTP{server: srv}
	for _, o := range opts {
		o(s)
	}
	return s, nil
}

// String names the server without credentials.
func (s *SMTP) String() string { return s.server.address() + " (" + s.server.tls + ")" }

// Send implements escalate.Notifier. It returns nil once the server said 250 to the data, whatever happens to the connection afterwards. A
// 5xx about the recipient or the content wraps escalate.ErrRefused. A 5xx about us, such as a login or a sender that is not accepted, is
// for the council's IT to mend, and then the mail must leave: it is worth another try.
func (s *SMTP) Send(ctx context.Context, n escalate.Notification) error {
	m, err := message(n)
	if err != nil {
		return err
	}
	err = s.with(ctx, func(c *gomail.Client) error { return c.DialAndSendWithContext(ctx, m) })
	if m.IsDelivered() {
		return nil // the goodbye failed, not the mail
	}
	return s.judge(ctx, "send mail", err)
}

// Check connects and signs in without sending, for a test button.
func (s *SMTP) Check(ctx context.Context) error {
	err := s.with(ctx, func(c *gomail.Client) error {
		conn, err := c.DialToSMTPClientWithContext(ctx)
		if err != nil {
			return err
		}
		return c.CloseWithSMTPClient(conn)
	})
	return s.judge(ctx, "reach the mail server", err)
}

// with runs fn with a client whose connection is closed when ctx ends and, at the latest, when fn returns.
func (s *SMTP) with(ctx context.Context, fn func(*gomail.Client) error) error {
	d := &dialer{server: s.server, tls: &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}}
	c, err := s.client(d)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, d.close)
	defer stop()
	defer d.close()
	return fn(c)
}

func (s *SMTP) client(d *dialer) (*gomail.Client, error) {
	opts := []gomail.Option{gomail.WithPort(s.server.port), gomail.WithTimeout(timeout), gomail.WithTLSConfig(d.tls), gomail.WithDialContextFunc(d.dial),
		gomail.WithoutNoop()}
	switch s.server.tls {
	case implicit: // the dialer has done it
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	case noTLS:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.server.user != "" {
		auth := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
		if s.server.tls == noTLS { // parseURL allowed it for this machine only
			auth = append(auth[:3:3], gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc)
		}
		opts = append(opts, gomail.WithOpportunisticSMTPAuth(auth...), gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password))
	}
	return gomail.NewClient(s.server.host, opts...)
}

// judge turns an error of the client into one of the Notifier's, without the password in it.
func (s *SMTP) judge(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	said := s.redact(err)
	if refused(err) {
		return fmt.Errorf("%w: %s", escalate.ErrRefused, said)
	}
	return fmt.Errorf("%s through %s: %s", doing, s.server.address(), said)
}

// refused tells "never, to this recipient or with this content" from everything that time or the council's IT can mend.
func refused(err error) bool {
	var se *gomail.SendError
	if !errors.As(err, &se) || se.ErrorCode() < 500 {
		return false
	}
	switch se.ErrorCode() {
	case 530, 534, 535, 538: // login wanted or not accepted
		return false
	}
	switch se.Reason {
	case gomail.ErrSMTPRcptTo:
		return !strings.HasPrefix(se.EnhancedStatusCode(), "5.7.") // relaying denied is about us
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return true
	}
	return false
}

// redact removes the credentials in every form a server or library may repeat.
func (s *SMTP) redact(err error) string {
	out := err.Error()
	p := s.server.password
	if p == "" {
		return out
	}
	for _, secret := range []string{base64.StdEncoding.EncodeToString([]byte("\x00" + s.server.user + "\x00" + p)), base64.StdEncoding.EncodeToString([]byte(p)),
		url.QueryEscape(p), url.PathEscape(p), p} {
		out = strings.ReplaceAll(out, secret, "<secret>")
	}
	return out
}
