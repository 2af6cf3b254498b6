package escalatetest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/internal/machinetest"
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
			machinetest.Need(t, "Debian's opensmtpd; run escalate/escalatetest/install.sh")
		}
		bin = "/usr/sbin/smtpd"
	}
	if os.Geteuid() != 0 {
		machinetest.Need(t, "root to start opensmtpd")
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
	addr := machinetest.FreeAddress(t)
	s.URL = fmt.Sprintf("smtp://%s?tls=none", addr)
	conf := filepath.Join(dir, "smtpd.conf")
	text := fmt.Sprintf("table vt { \"@\" = \"nobody\" }\nlisten on 127.0.0.1 port %s hostname localhost\naction \"box\" maildir %q user nobody virtual <vt>\nmatch from any for any action \"box\"\n",
		strings.TrimPrefix(addr, "127.0.0.1:"), s.maildir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := machinetest.Serve(t, exec.Command(bin, "-d", "-f", conf), addr)
	t.Cleanup(func() { server.Stop(t, 20*time.Second) }) // in peace: the queue is the machine's
	return s
}

// Mails implements Mailboxes by reading the Maildir.
func (s *OpenSMTPD) Mails(t *testing.T, ids ...string) (out []*Mail) {
	t.Helper()
	machinetest.Until(t, fmt.Sprintf("the mails %v are delivered", ids), 15*time.Second, func() error {
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
		if err == nil && !Arrived(out, ids) {
			err = fmt.Errorf("%d are there", len(out))
		}
		return err
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
