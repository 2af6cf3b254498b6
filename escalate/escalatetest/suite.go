package escalatetest

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/escalate"
)

// Mailboxes are where a Notifier's mail arrives.
type Mailboxes interface {
	// Mails returns every mail that arrived so far, waiting until each of the Message-IDs has. A server may still deliver what it
	// took in an earlier test.
	Mails(t *testing.T, ids ...string) []*Mail
}

// Arrived reports whether each of ids is among mails.
func Arrived(mails []*Mail, ids []string) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(mails, func(m *Mail) bool { return m.ID() == id }) {
			return false
		}
	}
	return true
}

// Mail is one mail as it arrived.
type Mail struct {
	Header mail.Header
	Text   string
	HTML   string
}

// ID is the Message-ID.
func (m *Mail) ID() string { return m.Header.Get("Message-Id") }

// Subject is the decoded subject.
func (m *Mail) Subject() string {
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return "undecodable: " + err.Error()
	}
	return s
}

// ParseMail reads a mail with a text and an HTML part.
func ParseMail(r io.Reader) (*Mail, error) {
	raw, err := mail.ReadMessage(r)
	if err != nil {
		return nil, err
	}
	out := &Mail{Header: raw.Header}
	_, params, err := mime.ParseMediaType(raw.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	parts := multipart.NewReader(raw.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			out.HTML = string(b)
		} else {
			out.Text = string(b)
		}
	}
}

// Notification is a notification with everything that has ever broken a mail: a full stop alone on a line, a line that begins with
// one, a very long line, letters outside ASCII, a trailing space, "From " at the start of a line.
func Notification(key string) escalate.Notification {
	text := "Grüße – Llongyfarchiadau 🎉 £4.99\n.\n..dots\nFrom here\ntrailing \n" + strings.Repeat("long ", 400) + "\nthe end\n"
	return escalate.Notification{
		MessageID: "<" + key + "@westford.example>", InReplyTo: "<first@westford.example>",
		References: []string{"<first@westford.example>", "<second@westford.example>"},
		From:       "earshot@westford.example", To: "publicity@westford.example", Date: time.Date(2026, 11, 10, 10, 40, 0, 0, time.UTC),
		Subject: "Complaint · Facebook · Bins, Westgate · answer by Thu 10:40", Text: text,
		HTML:    "<!DOCTYPE html><html><body><p>Grüße &amp; more</p>\n<p>.</p>\n" + strings.Repeat("<b>x</b>", 500) + "</body></html>\n",
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Earshot-Incident": "abc", "List-Id": "Earshot comms <comms.earshot.westford.example>"},
	}
}

// Run asks of a Notifier what its interface promises. open is called for each part with fresh mailboxes.
func Run(t *testing.T, open func(t *testing.T) (escalate.Notifier, Mailboxes)) {
	for name, part := range map[string]func(*testing.T, *trial){
		"a mail arrives whole":                         whole,
		"the same mail again is the same mail":         again,
		"an ended context sends nothing":               ended,
		"a line break in a header is refused for good": broken,
	} {
		t.Run(name, func(t *testing.T) {
			n, box := open(t)
			part(t, &trial{n: n, box: box, run: casework.NewID(time.Now())})
		})
	}
}

// trial is one part of the suite. Its Message-IDs are its own.
type trial struct {
	n   escalate.Notifier
	box Mailboxes
	run string
}

func (x *trial) mail(key string) escalate.Notification { return Notification(key + "." + x.run) }

// mails returns the trial's own mails once those named have arrived.
func (x *trial) mails(t *testing.T, wait ...escalate.Notification) (out []*Mail) {
	t.Helper()
	var ids []string
	for _, n := range wait {
		ids = append(ids, n.MessageID)
	}
	for _, m := range x.box.Mails(t, ids...) {
		if strings.Contains(m.ID(), x.run) {
			out = append(out, m)
		}
	}
	return out
}

func whole(t *testing.T, x *trial) {
	want := x.mail("whole")
	if err := x.n.Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got := x.mails(t, want)
	if len(got) != 1 {
		t.Fatalf("%d mails arrived, want 1", len(got))
	}
	compare(t, got[0], want)
}

func again(t *testing.T, x *trial) {
	same, other := x.mail("again"), x.mail("other")
	for _, n := range []escalate.Notification{same, same, same, other} {
		if err := x.n.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range x.mails(t, same, other) {
		if m.ID() != same.MessageID && m.ID() != other.MessageID {
			t.Errorf("a mail came as %s", m.ID())
		}
	}
}

func ended(t *testing.T, x *trial) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if err := x.n.Send(ctx, x.mail("cancelled")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context canceled", err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("returned after %v", d)
	}
}

func broken(t *testing.T, x *trial) {
	bad := x.mail("broken")
	bad.Subject = "x\r\nBcc: everybody@westford.example"
	if err := x.n.Send(t.Context(), bad); !errors.Is(err, escalate.ErrRefused) {
		t.Errorf("error %v, want ErrRefused", err)
	}
	after := x.mail("after")
	if err := x.n.Send(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	if got := x.mails(t, after); len(got) != 1 {
		t.Errorf("%d mails arrived, want only the one after", len(got))
	}
}

func compare(t *testing.T, got *Mail, want escalate.Notification) {
	t.Helper()
	for name, value := range map[string]string{"Message-Id": want.MessageID, "In-Reply-To": want.InReplyTo, "References": strings.Join(want.References, " "),
		"From": `"Earshot" <earshot@westford.example>`, "To": "<" + want.To + ">", "Auto-Submitted": "auto-generated", "X-Earshot-Incident": "abc",
		"List-Id": want.Headers["List-Id"]} {
		if g := got.Header.Get(name); g != value {
			t.Errorf("%s is %q, want %q", name, g, value)
		}
	}
	if got.Subject() != want.Subject {
		t.Errorf("subject %q", got.Subject())
	}
	if d, err := got.Header.Date(); err != nil || !d.Equal(want.Date) {
		t.Errorf("date %v, %v", d, err)
	}
	lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if lf(got.Text) != want.Text {
		t.Errorf("text arrived as\n%q\nwant\n%q", lf(got.Text), want.Text)
	}
	if lf(got.HTML) != want.HTML {
		t.Errorf("HTML arrived changed: %d bytes, want %d", len(got.HTML), len(want.HTML))
	}
}
