package escalatetest

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// OpenSMTPD is Debian's mail server on a loopback port of its own, delivering into one Maildir.
type OpenSMTPD struct {
	URL     string
	maildir string
}

// NewOpenSMTPD starts one. It needs the package opensmtpd (escalatetest/install.sh) and root, which smtpd demands; without them the test is
// skipped, or fails when EARSHOT_TEST_REQUIRE is set. Its queue folder is the machine's, so only one may run at a time.
func NewOpenSMTPD(t *testing.T) *OpenSMTPD {
	t.Helper()
	bin, err := exec.LookPath("smtpd")
	if err != nil {
		if _, statErr := os.Stat("/usr/sbin/smtpd"); statErr != nil {
			needs(t, "needs Debian's opensmtpd; run escalate/escalatetest/install.sh")
		}
		bin = "/usr/sbin/smtpd"
	}
	if os.Geteuid() != 0 {
		needs(t, "needs root to start opensmtpd")
	}
	dir, err := os.MkdirTemp("", "earshot-opensmtpd-") // not t.TempDir: smtpd's delivery user must be able to walk to it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &OpenSMTPD{maildir: filepath.Join(dir, "Maildir")}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	giveToNobody(t, s.maildir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.URL = fmt.Sprintf("smtp://%s?tls=none", addr)
	conf := filepath.Join(dir, "smtpd.conf")
	text := fmt.Sprintf("table vt { \"@\" = \"nobody\" }\nlisten on 127.0.0.1 port %d hostname localhost\naction \"box\" maildir %q user nobody virtual <vt>\nmatch from any for any action \"box\"\n",
		addr.Port, s.maildir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-d", "-f", conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_ = cmd.Wait() // it ends by our signal
		log.Close()
		if out, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("smtpd said:\n%s", out)
		}
	})
	eventually(t, "smtpd listens", func() bool {
		c, err := net.DialTimeout("tcp", addr.String(), time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return s
}

// Mails implements Mailboxes by reading the Maildir.
func (s *OpenSMTPD) Mails(t *testing.T, ids ...string) (out []*Mail) {
	t.Helper()
	eventually(t, fmt.Sprintf("the mails %v are delivered", ids), func() bool {
		out = out[:0]
		err := filepath.WalkDir(filepath.Join(s.maildir, "new"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			m, err := ParseMail(f)
			if err == nil {
				out = append(out, m)
			}
			return err
		})
		return err == nil && Arrived(out, ids)
	})
	return out
}

func giveToNobody(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if uidErr != nil || gidErr != nil {
		t.Fatalf("nobody is %s:%s", u.Uid, u.Gid)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// needs skips, or fails where everything must be there.
func needs(t *testing.T, sentence string) {
	t.Helper()
	if os.Getenv("EARSHOT_TEST_REQUIRE") == "1" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}

// eventually polls a foreign process.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		if ok() {
			tick.Stop()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited 15 s until %s", what)
		}
	}
}
