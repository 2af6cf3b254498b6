package irc

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// server speaks just enough IRC for one listener: it registers whoever comes, and when one joins it repeats what was said, as servers with
// a channel history do.
type server struct {
	net.Listener
	t      *testing.T
	caps   string
	replay []string
	script func(s *server, c *talk, line string) bool // true: answered

	mu    sync.Mutex
	heard []string
	talks []*talk
}

type talk struct {
	net.Conn
	nick string
}

func (c *talk) say(format string, args ...any) { fmt.Fprintf(c.Conn, format+"\r\n", args...) }

func serve(t *testing.T, s *server) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.t, s.Listener = t, l
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c := &talk{Conn: conn}
			s.mu.Lock()
			s.talks = append(s.talks, c)
			s.mu.Unlock()
			wait.Go(func() { s.talk(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.hangUp()
		wait.Wait()
	})
	return s
}

func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.talks {
		c.Close()
	}
}

func (s *server) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.heard, "\n")
}

func (s *server) talk(c *talk) {
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		s.mu.Lock()
		s.heard = append(s.heard, line)
		s.mu.Unlock()
		if s.script != nil && s.script(s, c, line) {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "CAP":
			switch f := strings.Fields(rest); f[0] {
			case "LS":
				c.say(":irc.test CAP * LS :%s", s.caps)
			case "REQ":
				c.say(":irc.test CAP * ACK %s", strings.TrimPrefix(rest, "REQ "))
			case "END":
				c.say(":irc.test 001 %s :Welcome", c.nick)
			}
		case "NICK":
			c.nick = rest
		case "JOIN":
			for _, ch := range strings.Split(rest, ",") {
				c.say(":%s!u@h JOIN %s\r\n:irc.test 366 %s %s :End", c.nick, ch, c.nick, ch)
			}
			for _, r := range s.replay {
				c.say("%s", r)
			}
		}
	}
}

// listener makes a source that listens to address.
func listener(t *testing.T, address string, options map[string]string) *network {
	t.Helper()
	o := map[string]string{"server": address, "tls": "no", "channels": "#exampleford, #mill", "nick": "earshot", "own": "Council"}
	for k, v := range options {
		o[k] = v
	}
	src, err := New(settings.Source{ID: "the-source", Options: o}, sources.Deps{
		Secret: func(_ context.Context, _, name string) (string, error) {
			if name == secretServer {
				return o["the server's password"], nil
			}
			return sourcestest.Secret, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	x := src.(*network)
	x.stream.Gap = 0
	t.Cleanup(func() { x.Close() })
	return x
}

// next reads one batch, within patience.
func next(t *testing.T, x *network, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return x.Next(ctx, after)
}
