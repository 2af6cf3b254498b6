package email

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"earshot/escalate"

	gomail "github.com/wneessen/go-mail"
)

// MaxBytes bounds one mail's words; what escalate renders is far below it. A larger one is an error, not a cut mail.
const MaxBytes = 256 << 10

// message is n as MIME. The same notification makes the same bytes, so that a retry is a copy.
func message(n escalate.Notification) (*gomail.Msg, error) {
	if len(n.Text)+len(n.HTML) > MaxBytes {
		return nil, fmt.Errorf("%w: the mail has %d bytes, more than the %d allowed", escalate.ErrRefused, len(n.Text)+len(n.HTML), MaxBytes)
	}
	for _, s := range append([]string{n.Subject, n.From, n.To, n.MessageID, n.InReplyTo}, n.References...) {
		if strings.ContainsAny(s, "\r\n\x00") {
			return nil, fmt.Errorf("%w: a header of the mail has a line break", escalate.ErrRefused)
		}
	}
	from, err := mail.ParseAddress(n.From)
	if err != nil {
		return nil, fmt.Errorf("the sender is not a mail address; mend inboxes.from in council.yaml")
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("earshot-"+strings.NewReplacer("<", "", ">", "", "@", "-").Replace(n.MessageID)))
	if err := m.FromFormat("Earshot", from.Address); err != nil {
		return nil, fmt.Errorf("the sender is not a mail address; mend inboxes.from in council.yaml")
	}
	if err := m.To(n.To); err != nil {
		return nil, fmt.Errorf("%w: the recipient is not a mail address", escalate.ErrRefused)
	}
	m.SetMessageIDWithValue(strings.Trim(n.MessageID, "<>"))
	m.SetDateWithValue(n.Date)
	m.Subject(n.Subject)
	if n.InReplyTo != "" {
		m.SetGenHeader(gomail.HeaderInReplyTo, n.InReplyTo)
		m.SetGenHeader(gomail.HeaderReferences, strings.Join(n.References, " "))
	}
	names := make([]string, 0, len(n.Headers))
	for k := range n.Headers {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		if strings.ContainsAny(k+n.Headers[k], "\r\n\x00") {
			return nil, fmt.Errorf("%w: a header of the mail has a line break", escalate.ErrRefused)
		}
		m.SetGenHeader(gomail.Header(k), n.Headers[k])
	}
	m.SetBodyString(gomail.TypeTextPlain, n.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, n.HTML)
	return m, nil
}
