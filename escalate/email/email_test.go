package email_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/escalate"
	"earshot/escalate/email"
	"earshot/escalate/escalatetest"

	"github.com/emersion/go-smtp"
)

const awkward = "p:ss w/rd%@?#é"

func open(t *testing.T, srv *escalatetest.Server) *email.SMTP {
	t.Helper()
	s, err := email.NewSMTP(srv.URL(), email.WithRoots(srv.Roots))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSMTP(t *testing.T) {
	for _, mode := range []string{"starttls", "tls", "none"} {
		for _, user := range []string{"", "mail er@westford.example"} {
			name := mode
			password := ""
			if user != "" {
				name, password = mode+" with login", awkward
			}
			t.Run(name, func(t *testing.T) {
				escalatetest.Run(t, func(t *testing.T) (escalate.Notifier, escalatetest.Mailboxes) {
					srv := escalatetest.NewServer(t, mode, user, password)
					t.Cleanup(func() {
						if mode != "none" && len(srv.Mails(t)) > 0 && !srv.Secure() {
							t.Error("a mail came in the clear")
						}
						if user != "" && len(srv.Mails(t)) > 0 && srv.Logins() == 0 {
							t.Error("nobody logged in")
						}
					})
					return open(t, srv), srv
				})
			})
		}
	}
}

func TestOpenSMTPD(t *testing.T) {
	escalatetest.Run(t, func(t *testing.T) (escalate.Notifier, escalatetest.Mailboxes) {
		srv := escalatetest.NewOpenSMTPD(t)
		s, err := email.NewSMTP(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		return s, srv
	})
}

func TestSpool(t *testing.T) {
	escalatetest.Run(t, func(t *testing.T) (escalate.Notifier, escalatetest.Mailboxes) {
		dir := filepath.Join(t.TempDir(), "mail")
		s, err := email.NewSpool(dir)
		if err != nil {
			t.Fatal(err)
		}
		return s, spoolBox(dir)
	})
}

type spoolBox string

func (dir spoolBox) Mails(t *testing.T, ids ...string) (out []*escalatetest.Mail) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(string(dir), "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := escalatetest.ParseMail(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
		f.Close()
	}
	if !escalatetest.Arrived(out, ids) {
		t.Fatalf("%d files, not all of %v", len(out), ids)
	}
	return out
}

func TestSpoolIsOneFileAMail(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".unfinished-123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := email.NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Send(t.Context(), escalatetest.Notification("one")); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != email.File("<one@westford.example>") {
		t.Fatalf("the folder holds %v", entries)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: a mail is for its owner", info.Mode(), err)
	}
}

func TestSpoolFullOrGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	s, err := email.NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), escalatetest.Notification("x")); err == nil || errors.Is(err, escalate.ErrRefused) {
		t.Fatalf("error %v, want one worth another try", err)
	}
}

func TestFailures(t *testing.T) {
	relay := &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relay access denied"}
	content := &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "looks like spam"}
	for _, c := range []struct {
		name    string
		step    string
		err     error
		refused bool
		taken   bool
	}{
		{"sender busy", "mail", escalatetest.Busy, false, false},
		{"sender not accepted is ours to mend", "mail", escalatetest.Never, false, false},
		{"recipient busy", "rcpt", escalatetest.Busy, false, false},
		{"recipient unknown", "rcpt", escalatetest.Never, true, false},
		{"relaying denied is ours to mend", "rcpt", relay, false, false},
		{"content busy", "data", escalatetest.Busy, false, false},
		{"content refused", "data", content, true, false},
		{"cut after mail from", "mail", escalatetest.ErrCut, false, false},
		{"cut in the words", "data", escalatetest.ErrCut, false, false},
		{"cut before the last word", "end", escalatetest.ErrCut, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := escalatetest.NewServer(t, "starttls", "", "")
			fired := false
			srv.Fail(func(s escalatetest.Step) error {
				if s.Name == c.step && s.N == 0 {
					fired = true
					return c.err
				}
				return nil
			})
			s := open(t, srv)
			err := s.Send(t.Context(), escalatetest.Notification("f"))
			if !fired {
				t.Fatal("the fault was not reached")
			}
			if err == nil || errors.Is(err, escalate.ErrRefused) != c.refused {
				t.Fatalf("error %v; refused should be %v", err, c.refused)
			}
			if got := len(srv.Mails(t)) == 1; got != c.taken {
				t.Errorf("taken %v, want %v", got, c.taken)
			}
			if c.refused {
				return
			}
			if err := s.Send(t.Context(), escalatetest.Notification("f")); err != nil {
				t.Errorf("the second try: %v", err)
			}
		})
	}
}

func TestNoSecretInErrors(t *testing.T) {
	for _, mode := range []string{"starttls", "tls", "none"} {
		srv := escalatetest.NewServer(t, mode, "mailer", "right")
		wrong := strings.Replace(srv.URL(), "right", "wrong%3Apass", 1)
		s, err := email.NewSMTP(wrong, email.WithRoots(srv.Roots))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{s.Send(t.Context(), escalatetest.Notification("x")), s.Check(t.Context())} {
			if err == nil || errors.Is(err, escalate.ErrRefused) {
				t.Fatalf("%s: error %v, want a login failure worth another try", mode, err)
			}
			if strings.Contains(err.Error(), "wrong:pass") || strings.Contains(err.Error(), "wrong%3Apass") {
				t.Errorf("%s: the error repeats the password: %v", mode, err)
			}
			if !strings.Contains(err.Error(), "<secret>") {
				t.Errorf("%s: the server repeated the password, the error does not show where: %v", mode, err)
			}
		}
		if strings.Contains(s.String(), "wrong") {
			t.Error(s.String())
		}
	}
}

func TestCheck(t *testing.T) {
	srv := escalatetest.NewServer(t, "starttls", "mailer", awkward)
	if err := open(t, srv).Check(t.Context()); err != nil || srv.Logins() != 1 || len(srv.Mails(t)) != 0 {
		t.Errorf("%v, %d logins", err, srv.Logins())
	}
}

func TestServerWithoutSTARTTLSGetsNothing(t *testing.T) {
	srv := escalatetest.NewServer(t, "none", "", "")
	s, err := email.NewSMTP(strings.Replace(srv.URL(), "tls=none", "tls=starttls", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), escalatetest.Notification("x")); err == nil || len(srv.Mails(t)) != 0 {
		t.Errorf("error %v, %d mails in the clear", err, len(srv.Mails(t)))
	}
}

func TestUnknownCertificate(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		srv := escalatetest.NewServer(t, mode, "", "")
		s, err := email.NewSMTP(srv.URL())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), escalatetest.Notification("x")); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := email.NewSMTP("smtp://" + l.Addr().String() + "?tls=none")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, escalatetest.Notification("x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestURL(t *testing.T) {
	for raw, want := range map[string]string{
		"smtp://mail.example":            "mail.example:587 (starttls)",
		"smtp://mail.example:465":        "mail.example:465 (tls)",
		"smtp://mail.example?tls=tls":    "mail.example:465 (tls)",
		"smtp://mail.example?tls=none":   "mail.example:25 (none)",
		"smtp://u:p@[::1]:2525?tls=none": "[::1]:2525 (none)",
		"smtp://u%40x:p%2Fq@h:2525/":     "h:2525 (starttls)",
		"smtp://u:secret@h:25?tls=none":  "the clear",
		"smtp://:secret@h":               "no user",
		"https://u:secret@h":             "smtp://",
		"smtp://u:secret@h:99999":        "port",
		"smtp://u:secret@h?tls=maybe":    "tls is neither",
		"smtp://u:secret@h?starttls=1":   "parameter",
		"smtp://u:secret@h/path":         "after the port",
		"smtp://u:secret@":               "no host",
		"smtp://u:sec%zzret@h":           "cannot be read",
		"":                               "smtp://",
	} {
		s, err := email.NewSMTP(raw)
		got := ""
		if err != nil {
			got = err.Error()
			if !errors.Is(err, email.ErrURL) || strings.Contains(got, "secret") {
				t.Errorf("%s: %v", raw, err)
			}
		} else {
			got = s.String()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
