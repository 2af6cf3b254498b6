package irc

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

const ngircd = `[Global]
Name = irc.exampleford.test
Info = test
Listen = 127.0.0.1
Ports = %[1]d
Password = ` + sourcestest.Secret + `
[Limits]
MaxNickLength = 9
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
`

const inspircd = `<config format="xml">
<server name="irc.exampleford.test" description="test" network="Test" id="1EX">
<admin name="a" nick="a" email="a@exampleford.test">
<bind address="127.0.0.1" port="%[1]d" type="clients">
<connect name="all" allow="*" timeout="30" pingfreq="120" maxchans="20" localmax="50" globalmax="50" resolvehostnames="no" useident="no" fakelag="no">
<performance nouserdns="yes">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="%[2]s/log">
<pid file="%[2]s/pid">
<module name="cap"><module name="ircv3"><module name="ircv3_servertime"><module name="ircv3_msgid"><module name="ircv3_accounttag"><module name="ircv3_ctctags"><module name="ircv3_batch">
`

// daemon is a real server in a folder of its own.
type daemon struct {
	t      *testing.T
	binary string
	args   []string
	port   int
	cmd    *exec.Cmd
}

func install(t *testing.T, binary, config string, args ...string) *daemon {
	t.Helper()
	sourcestest.MustExist(t, "Debian's "+filepath.Base(binary), binary)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, binary: binary, port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, d.port, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, a := range args {
		d.args = append(d.args, strings.ReplaceAll(a, "CONF", file))
	}
	if filepath.Base(binary) == "inspircd" && os.Geteuid() == 0 {
		d.args = append(d.args, "--runasroot")
	}
	t.Cleanup(d.stop)
	d.start()
	return d
}

func (d *daemon) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)) }

func (d *daemon) start() {
	d.t.Helper()
	d.cmd = exec.Command(d.binary, d.args...)
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *daemon) stop() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

// resident is a person in the channel.
type resident struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Scanner
}

// joins connects as soon as the server answers, and returns once nick is in the channel.
func (d *daemon) joins(nick string) *resident {
	d.t.Helper()
	give := time.Now().Add(20 * time.Second)
	conn, err := net.Dial("tcp", d.address())
	for ; err != nil && time.Now().Before(give); conn, err = net.Dial("tcp", d.address()) {
		<-time.After(20 * time.Millisecond) // it is starting, and says so in no other way
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(give)
	r := &resident{d.t, conn, bufio.NewScanner(conn)}
	if filepath.Base(d.binary) == "ngircd" {
		r.say("PASS :%s", sourcestest.Secret)
	}
	r.say("NICK %s", nick)
	r.say("USER %s 0 * :x", nick)
	r.until(" 001 ")
	r.say("JOIN #exampleford")
	r.until(" 366 ")
	return r
}

func (r *resident) say(format string, args ...any) { fmt.Fprintf(r.conn, format+"\r\n", args...) }

// until reads to a line that holds s, and answers the server meanwhile.
func (r *resident) until(s string) {
	r.t.Helper()
	for r.lines.Scan() {
		if rest, ok := strings.CutPrefix(r.lines.Text(), "PING "); ok {
			r.say("PONG %s", rest)
		}
		if strings.Contains(r.lines.Text(), s) {
			return
		}
	}
	r.t.Fatalf("no %q came: %v", s, r.lines.Err())
}

// listens starts reading and waits until the bot is seen to join.
func listens(t *testing.T, x *network, jo *resident, after sources.Cursor) <-chan step {
	t.Helper()
	out := make(chan step, 1)
	go func() {
		ms, c, err := x.Next(t.Context(), after)
		out <- step{ms, c, err}
	}()
	jo.until("JOIN")
	return out
}

type step struct {
	mentions []sources.Mention
	after    sources.Cursor
	err      error
}

func (d *daemon) hears(t *testing.T, options map[string]string, check func(sources.Mention)) (*network, sources.Cursor) {
	t.Helper()
	x := listener(t, d.address(), options)
	jo := d.joins("jo")
	heard := listens(t, x, jo, "")
	jo.say("PRIVMSG earshot :psst, only for you")
	jo.say("PRIVMSG #exampleford :Exampleford Council left a pothole on Mill Lane")
	got := <-heard
	if got.err != nil || len(got.mentions) != 1 {
		t.Fatalf("got %+v", got)
	}
	m := got.mentions[0]
	if m.Text != "Exampleford Council left a pothole on Mill Lane" || m.Author.Handle != "jo" || time.Since(m.CreatedAt) > time.Minute {
		t.Errorf("got %+v", m)
	}
	check(m)
	return x, got.after
}

// comesBack ends the server and starts it again.
func (d *daemon) comesBack(t *testing.T, x *network, after sources.Cursor) {
	t.Helper()
	d.stop()
	_, _, err := next(t, x, after)
	if f := (*sources.Fault)(nil); !errors.As(err, &f) {
		t.Fatalf("when the server died: %v", err)
	}
	d.start()
	jo := d.joins("jo")
	heard := listens(t, x, jo, after)
	jo.say("PRIVMSG #exampleford :it is back")
	if got := <-heard; got.err != nil || len(got.mentions) != 1 || got.mentions[0].Text != "it is back" {
		t.Errorf("after it came back: %+v", got)
	}
}

// ngircd lists no capability that is useful.
func TestNgircd(t *testing.T) {
	t.Parallel()
	d := install(t, "/usr/sbin/ngircd", ngircd, "-n", "-f", "CONF")
	wrong := listener(t, d.address(), map[string]string{"the server's password": "wrong"})
	d.joins("mo")
	if _, _, err := next(t, wrong, ""); !errors.Is(err, sources.ErrStop) {
		t.Errorf("with a wrong password: %v", err)
	}
	x, after := d.hears(t, map[string]string{"channels": "#exampleford", "the server's password": sourcestest.Secret}, func(m sources.Mention) {
		if len(m.ID) != len("irc:127.0.0.1/")+16 {
			t.Errorf("its ID is %s", m.ID)
		}
	})
	d.comesBack(t, x, after)
}

// InspIRCd gives time and msgid.
func TestInspIRCd(t *testing.T) {
	t.Parallel()
	d := install(t, "/usr/sbin/inspircd", inspircd, "--nofork", "--config=CONF")
	d.hears(t, map[string]string{"channels": "#exampleford"}, func(m sources.Mention) {
		if !strings.Contains(m.ID, "~") {
			t.Errorf("its ID is %s, not the server's own", m.ID)
		}
	})
}
