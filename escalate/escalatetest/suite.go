package escalatetest

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"earshot/escalate"
)

// Mailboxes are where a Notifier's mail arrives.
type Mailboxes interface {
	// Mails returns every mail that arrived so far, waiting until there are at least n or the test has waited too long.
	Mails(t *testing.T, n int) []*Mail
}

// Mail is one mail as it arrived.
type Mail struct {
	Header mail.Header
	Text   string
	HTML   string
}

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
	t.Run("a mail arrives whole", func(t *testing.T) {
		n, box := open(t)
		want := Notification("whole")
		if err := n.Send(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		got := box.Mails(t, 1)
		if len(got) != 1 {
			t.Fatalf("%d mails arrived, want 1", len(got))
		}
		compare(t, got[0], want)
	})
	t.Run("the same mail again is the same mail", func(t *testing.T) {
		n, box := open(t)
		for range 3 {
			if err := n.Send(t.Context(), Notification("again")); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.Send(t.Context(), Notification("other")); err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, m := range box.Mails(t, 2) {
			ids[m.Header.Get("Message-Id")] = true
		}
		if len(ids) != 2 || !ids["<again@westford.example>"] || !ids["<other@westford.example>"] {
			t.Errorf("Message-IDs %v", ids)
		}
	})
	t.Run("an ended context sends nothing", func(t *testing.T) {
		n, _ := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		if err := n.Send(ctx, Notification("cancelled")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context canceled", err)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("returned after %v", d)
		}
	})
	t.Run("a line break in a header is refused for good", func(t *testing.T) {
		n, box := open(t)
		bad := Notification("broken")
		bad.Subject = "x\r\nBcc: everybody@westford.example"
		if err := n.Send(t.Context(), bad); !errors.Is(err, escalate.ErrRefused) {
			t.Errorf("error %v, want ErrRefused", err)
		}
		if err := n.Send(t.Context(), Notification("after")); err != nil {
			t.Fatal(err)
		}
		if got := box.Mails(t, 1); len(got) != 1 || got[0].Header.Get("Message-Id") != "<after@westford.example>" {
			t.Errorf("%d mails arrived", len(got))
		}
	})
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
