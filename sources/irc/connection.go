package irc

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"earshot/sources"
)

const (
	maxLine   = 8191 + 512 // tags and the rest
	registers = 30 * time.Second
	silent    = 2 * time.Minute // then the server is asked whether it is there; after twice that it is not
	maxNicks  = 3
)

// useful are the capabilities asked for, of those the server lists: one that it does not know makes it refuse all.
var useful = []string{"server-time", "message-tags", "account-tag", "batch", "draft/message-redaction"}

// connection is one connection; keepAlive and the reader share it.
type connection struct {
	net   net.Conn
	line  *sources.Line
	heard atomic.Int64 // Unix nanoseconds
	write sync.Mutex

	network    *network
	nick       string
	offered    []string
	serverPass string
	saslPass   string
	joined     bool // 001 came
	nicks      int
}

// run holds one connection to its end.
func (x *network) run(ctx context.Context, l *sources.Line) error {
	c := &connection{line: l, network: x, nick: x.nick}
	if err := c.keys(ctx); err != nil {
		return err
	}
	if err := c.dial(ctx); err != nil {
		return err
	}
	living, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(living, func() { _ = c.net.Close() })
	defer stop()
	var alive sync.WaitGroup
	alive.Go(func() { c.keepAlive(living) })
	defer alive.Wait()
	defer c.net.Close()
	defer cancel()
	err := c.read()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *connection) keys(ctx context.Context) (err error) {
	x := c.network
	if c.serverPass, err = x.deps.OptionalKey(ctx, x.source.ID, secretServer); err != nil {
		return err
	}
	if strings.ContainsAny(c.serverPass, "\r\n\x00") {
		return sources.Stopf("The password of the IRC server cannot hold a line break. Enter it anew.")
	}
	if x.account != "" {
		c.saslPass, err = x.deps.Key(ctx, x.source.ID, secretSASL)
	}
	return err
}

func (c *connection) dial(ctx context.Context) error {
	x := c.network
	dialing, cancel := context.WithTimeout(ctx, registers)
	defer cancel()
	conn, err := x.deps.Dialer(x.source)(dialing, "tcp", x.address)
	if err == nil && x.secure {
		t := tls.Client(conn, &tls.Config{ServerName: x.host})
		if err = t.HandshakeContext(dialing); err != nil {
			conn.Close()
		}
		conn = t
	}
	if err != nil {
		return x.unreachable(ctx, err)
	}
	c.net = conn
	c.heard.Store(x.deps.Time().UnixNano())
	return nil
}

func (x *network) unreachable(ctx context.Context, err error) error {
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, sources.ErrStop):
		return err
	case errors.As(err, &cert), errors.As(err, &unknown):
		return &sources.Fault{Sentence: fmt.Sprintf("The certificate of %s cannot be trusted. Its operator must renew it; it is tried again.", x.host), Err: err}
	}
	return &sources.Fault{Sentence: fmt.Sprintf("The IRC server %s cannot be reached. It is tried again.", x.host), Err: err}
}

// send writes one line.
func (c *connection) send(format string, args ...any) error {
	c.write.Lock()
	defer c.write.Unlock()
	_ = c.net.SetWriteDeadline(time.Now().Add(registers))
	_, err := fmt.Fprintf(c.net, format+"\r\n", args...)
	return err
}

func (c *connection) keepAlive(ctx context.Context) {
	t := time.NewTicker(silent / 2)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		quiet := c.network.deps.Time().Sub(time.Unix(0, c.heard.Load()))
		if quiet > 2*silent || quiet > silent && c.send("PING :earshot") != nil {
			_ = c.net.Close() // the reader sees it
			return
		}
	}
}

// read registers, joins and passes on what is said until the connection ends; it never returns nil.
func (c *connection) read() error {
	hello := []string{"CAP LS 302", "NICK " + c.nick, "USER " + c.nick + " 0 * :Earshot, which listens for the council"}
	if c.serverPass != "" {
		hello = slices.Insert(hello, 1, "PASS :"+c.serverPass)
	}
	for _, l := range hello {
		if err := c.send("%s", l); err != nil {
			return c.ended(err)
		}
	}
	_ = c.net.SetReadDeadline(time.Now().Add(registers))
	lines := bufio.NewScanner(c.net)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	for lines.Scan() {
		now := c.network.deps.Time()
		c.heard.Store(now.UnixNano())
		l, ok := parse(strings.TrimRight(lines.Text(), "\r"))
		if !ok {
			continue
		}
		switch l.command {
		case "PRIVMSG", "NOTICE", "REDACT":
			at := timeOf(&l, now)
			if m, ok := c.network.mention(&l, at); ok && !c.line.Tell(sources.Item{Mention: m, At: at}) {
				return c.ended(nil)
			}
		default:
			if err := c.handle(&l); err != nil {
				return err
			}
		}
	}
	return c.ended(lines.Err())
}

func (c *connection) ended(err error) error {
	if err == nil {
		err = errors.New("irc: the connection was closed")
	}
	return &sources.Fault{Sentence: fmt.Sprintf("The connection to the IRC server %s ended. It is opened again.", c.network.host), Err: err}
}

// handle does what the protocol demands. An error ends the connection.
func (c *connection) handle(l *line) error {
	switch l.command {
	case "PING":
		return c.must(c.send("PONG :%s", l.param(0)))
	case "ERROR":
		if strings.Contains(strings.ToLower(l.param(0)), "password") { // ngircd's way of 464
			return c.refusal(&line{command: "464"})
		}
		return &sources.Fault{Sentence: fmt.Sprintf("The IRC server %s closed the connection. It is opened again.", c.network.host), Err: errors.New("irc: " + l.param(0))}
	case "CAP":
		return c.capability(l)
	case "AUTHENTICATE":
		return c.authenticate(l)
	case "903": // signed in
		return c.must(c.send("CAP END"))
	case "001":
		c.joined, c.nick = true, l.param(0)
		c.line.Up()
		_ = c.net.SetReadDeadline(time.Time{}) // keepAlive watches from here on
		return c.must(c.send("JOIN %s", strings.Join(c.network.channels, ",")))
	case "KICK":
		if fold(l.param(1)) == fold(c.nick) && c.network.listens(l.param(0)) {
			return sources.Stopf("An operator removed the bot from %s. Ask there whether it may come back, then save the source again.", l.param(0))
		}
	case "433", "437": // the nick is taken
		if c.nicks++; c.joined || c.nicks > maxNicks {
			return &sources.Fault{Sentence: "The nickname is taken on the IRC network. Choose another; it is tried again.", Err: errors.New("irc: 433")}
		}
		c.nick += "_"
		return c.must(c.send("NICK %s", c.nick))
	}
	return c.refusal(l)
}

func (c *connection) must(err error) error {
	if err != nil {
		return c.ended(err)
	}
	return nil
}

// refusals are the replies after which a person must act.
var refusals = map[string]string{
	"432": "does not take the nickname. Choose another",
	"464": "does not accept the password. Enter the right one on the sources page",
	"465": "has banned the bot. Write to its operators",
	"902": "does not let the account in. Check its name and password", "904": "does not let the account in. Check its name and password",
	"905": "does not let the account in. Check its name and password", "908": "does not take a password for the account (SASL PLAIN). Leave the account out",
}

// unjoined are the replies to a JOIN that fails.
var unjoined = map[string]string{
	"403": "there is no such channel", "405": "the bot is in too many channels", "471": "it is full", "473": "it is for the invited alone", "474": "the bot is banned from it",
	"475": "it wants a key", "476": "its name is not allowed", "477": "it wants a registered account",
}

func (c *connection) refusal(l *line) error {
	if why, ok := refusals[l.command]; ok {
		return sources.Stopf("The IRC server %s %s, then save the source again.", c.network.host, why)
	}
	if why, ok := unjoined[l.command]; ok && c.network.listens(l.param(1)) {
		return sources.Stopf("The channel %s cannot be joined: %s. Ask its operators, or take it out of this source.", l.param(1), why)
	}
	return nil
}

// capability asks for what is useful of what the server lists.
func (c *connection) capability(l *line) error {
	switch l.param(1) {
	case "LS":
		for word := range strings.FieldsSeq(l.params[len(l.params)-1]) {
			name, _, _ := strings.Cut(word, "=")
			c.offered = append(c.offered, name)
		}
		if l.param(2) == "*" { // there are more
			return nil
		}
		want := slices.Clone(useful)
		if c.network.account != "" {
			want = append(want, "sasl")
		}
		want = slices.DeleteFunc(want, func(w string) bool { return !slices.Contains(c.offered, w) })
		if c.network.account != "" && !slices.Contains(want, "sasl") {
			return sources.Stopf("The IRC server %s knows no accounts (SASL). Leave the account out of this source.", c.network.host)
		}
		if len(want) > 0 {
			return c.must(c.send("CAP REQ :%s", strings.Join(want, " ")))
		}
	case "ACK":
		if c.network.account != "" {
			return c.must(c.send("AUTHENTICATE PLAIN"))
		}
	case "NAK":
	default:
		return nil
	}
	return c.must(c.send("CAP END"))
}

// authenticate sends account and password, in pieces of 400.
func (c *connection) authenticate(l *line) error {
	if l.param(0) != "+" {
		return nil
	}
	s := base64.StdEncoding.EncodeToString([]byte("\x00" + c.network.account + "\x00" + c.saslPass))
	for ; len(s) >= 400; s = s[400:] {
		if err := c.must(c.send("AUTHENTICATE %s", s[:400])); err != nil {
			return err
		}
	}
	if s == "" {
		s = "+"
	}
	return c.must(c.send("AUTHENTICATE %s", s))
}
