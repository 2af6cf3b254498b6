package mailbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/internal/machinetest"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// dovecot is a real IMAP server with one mailbox.
type dovecot struct {
	address string
	dir     string
	config  string
	server  *machinetest.Process
	n       atomic.Int64
}

const config = `base_dir = %[1]s/run
log_path = /dev/stderr
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mailbox_idle_check_interval = 1 secs
mail_location = maildir:%[1]s/mail/%%u
first_valid_uid = 1
default_internal_user = dovecot
passdb {
  driver = static
  args = password=%[2]s
}
userdb {
  driver = static
  args = uid=mail gid=mail home=%[1]s/mail/%%u
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = %[3]s
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
`

func startDovecot(t *testing.T) *dovecot {
	t.Helper()
	if os.Geteuid() != 0 {
		sourcestest.Need(t, "root, to start Dovecot")
	}
	sourcestest.MustExist(t, "Debian's dovecot-imapd", "/usr/sbin/dovecot")
	dir, err := os.MkdirTemp("", "dove") // short: it holds sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &dovecot{address: machinetest.FreeAddress(t), dir: dir, config: filepath.Join(dir, "dovecot.conf")}
	_, port, _ := strings.Cut(d.address, ":")
	for _, err := range []error{os.Chmod(dir, 0o755), os.MkdirAll(filepath.Join(dir, "mail"), 0o777), os.Chmod(filepath.Join(dir, "mail"), 0o777),
		os.WriteFile(d.config, fmt.Appendf(nil, config, dir, sourcestest.Secret, port), 0o644)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d.start(t)
	return d
}

func (d *dovecot) start(t *testing.T) {
	t.Helper()
	d.server = machinetest.Serve(t, exec.Command("/usr/sbin/dovecot", "-F", "-c", d.config), d.address)
}

// deliver puts a mail into the mailbox as a mail server does.
func (d *dovecot) deliver(t *testing.T, raw string) {
	t.Helper()
	for _, f := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(d.dir, "mail/listening", f), 0o777); err != nil {
			t.Fatal(err)
		}
		for p := filepath.Join(d.dir, "mail/listening", f); p != filepath.Join(d.dir, "mail"); p = filepath.Dir(p) {
			if err := os.Chmod(p, 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	name := fmt.Sprintf("%d.M%d.test", time.Now().Unix(), d.n.Add(1))
	tmp := filepath.Join(d.dir, "mail/listening/tmp", name)
	if err := os.WriteFile(tmp, []byte(raw), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(tmp, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(d.dir, "mail/listening/new", name)); err != nil {
		t.Fatal(err)
	}
}

// notification is a mail about comment n.
func notification(t testing.TB, n int) string {
	raw := strings.ReplaceAll(string(sample(t, "facebook-comment")), "facebook-comment@", fmt.Sprintf("n%d@", n))
	now := time.Now().UTC().Truncate(time.Second).Add(time.Duration(n) * time.Second)
	raw = strings.Replace(raw, "Fri, 20 Nov 2026 08:15:30 +0000", now.Format(time.RFC1123Z), 1)
	return strings.Replace(raw, "Nobody ever", fmt.Sprintf("Number %d: nobody ever", n), 1)
}

func (d *dovecot) source(t testing.TB, password string, options ...string) *box {
	t.Helper()
	o := map[string]string{"server": d.address, "user": "listening", "receiver": "mx.exampleford.gov.uk", "tls": "none"}
	for i := 0; i < len(options); i += 2 {
		o[options[i]] = options[i+1]
	}
	src, err := New(settings.Source{ID: "box", Kind: "mailbox", Options: o}, sources.Deps{
		Secret: func(context.Context, string, string) (string, error) { return password, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return src.(*box)
}

func want(n int) (out []sources.Mention) {
	for i := range n {
		out = append(out, sources.Mention{ID: fmt.Sprintf("facebook:mail:n%d@facebookmail.com", i+1), Platform: "facebook"})
	}
	return out
}

func TestDovecot(t *testing.T) {
	d := startDovecot(t)
	const n = 2*batch + 5
	for i := range n {
		d.deliver(t, notification(t, i+1))
	}
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		return d.source(t, sourcestest.Secret), want(n)
	})
}

func read1(t *testing.T, b *box, after sources.Cursor) ([]sources.Mention, sources.Cursor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ms, c, err := b.Next(ctx, after)
	if err != nil {
		t.Fatal(err)
	}
	return ms, c
}

// TestIdle: a mail that arrives while the connection waits comes at once, by IDLE; after the server went away and came back, so does the next.
func TestIdle(t *testing.T) {
	d := startDovecot(t)
	d.deliver(t, notification(t, 1))
	b := d.source(t, sourcestest.Secret)
	defer b.Close()
	b.poll = time.Hour
	_, c := read1(t, b, "")
	type answer struct {
		ms  []sources.Mention
		c   sources.Cursor
		err error
	}
	answers := make(chan answer)
	ask := func(c sources.Cursor) {
		ms, next, err := b.Next(t.Context(), c)
		answers <- answer{ms, next, err}
	}
	go ask(c)
	d.deliver(t, notification(t, 2))
	a := <-answers
	if a.err != nil || len(a.ms) != 1 || a.ms[0].ID != want(2)[1].ID {
		t.Fatalf("got %+v", a)
	}
	go ask(a.c)
	d.server.Kill()
	broken := <-answers
	var f *sources.Fault
	if !errors.As(broken.err, &f) || broken.c != a.c {
		t.Fatalf("when the server went away: %+v", broken)
	}
	d.start(t)
	d.deliver(t, notification(t, 3))
	ms, _ := read1(t, b, a.c)
	if len(ms) != 1 || ms[0].ID != want(3)[2].ID {
		t.Errorf("after it came back: %+v", ms)
	}
}

func TestRenumbered(t *testing.T) {
	d := startDovecot(t)
	d.deliver(t, notification(t, 1))
	b := d.source(t, sourcestest.Secret)
	defer b.Close()
	_, c := read1(t, b, "")
	var p place
	if err := json.Unmarshal([]byte(c), &p); err != nil {
		t.Fatal(err)
	}
	ms, back := read1(t, d.source(t, sourcestest.Secret), sources.Cursor(fmt.Sprintf(`{"v":%d,"u":%d}`, p.Validity-1, p.UID)))
	if len(ms) != 1 || ms[0].ID != want(1)[0].ID || back != c {
		t.Errorf("got %d mentions and %s, want the one again and %s", len(ms), back, c)
	}
}

// TestTidy: a mail goes once its mention is in the log, and not before.
func TestTidy(t *testing.T) {
	d := startDovecot(t)
	d.deliver(t, notification(t, 1))
	b := d.source(t, sourcestest.Secret, "after", "delete")
	defer b.Close()
	_, c := read1(t, b, "")
	if n := d.mails(t); n != 1 {
		t.Fatalf("%d mails are left before the mention is stored", n)
	}
	d.deliver(t, notification(t, 2))
	if ms, _ := read1(t, b, c); len(ms) != 1 || ms[0].ID != want(2)[1].ID {
		t.Errorf("got %+v", ms)
	}
	if n := d.mails(t); n != 1 {
		t.Errorf("%d mails are left, want the second alone", n)
	}
}

func (d *dovecot) mails(t *testing.T) int {
	t.Helper()
	n := 0
	for _, f := range []string{"new", "cur"} {
		list, err := os.ReadDir(filepath.Join(d.dir, "mail/listening", f))
		if err != nil {
			t.Fatal(err)
		}
		n += len(list)
	}
	return n
}

func TestRefused(t *testing.T) {
	d := startDovecot(t)
	for name, b := range map[string]*box{"a wrong password": d.source(t, "wrong"), "no such folder": d.source(t, sourcestest.Secret, "folder", "Nothing")} {
		_, c, err := b.Next(t.Context(), "")
		if !errors.Is(err, sources.ErrStop) || c != "" {
			t.Errorf("%s: %v", name, err)
		}
		sourcestest.CheckSecret(t, err)
	}
}

func TestOptions(t *testing.T) {
	_, err := New(settings.Source{Options: map[string]string{"tls": "ssl", "login": "microsoft"}}, sources.Deps{})
	for _, w := range []string{"server", "user", "receiver", "tls", "tenant"} {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%v does not speak of %s", err, w)
		}
	}
}

// TestNobodyThere: a port where nobody listens is worth another try, in a sentence.
func TestNobodyThere(t *testing.T) {
	b := (&dovecot{address: "127.0.0.1:1"}).source(t, "x")
	_, _, err := b.Next(t.Context(), "")
	var f *sources.Fault
	if !errors.As(err, &f) {
		t.Errorf("got %v", err)
	}
}
