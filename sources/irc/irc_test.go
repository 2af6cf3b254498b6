package irc

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

func TestSuite(t *testing.T) {
	started := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	var replay []string
	var want []sources.Mention
	for n := range 40 {
		replay = append(replay, fmt.Sprintf("@time=%s;msgid=m%d;batch=1 :jo!u@h PRIVMSG #exampleford :pothole %d", started.Add(time.Duration(n)*time.Minute).Format("2006-01-02T15:04:05.000Z"), n, n))
	}
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		s := serve(t, &server{caps: "server-time message-tags batch", replay: replay})
		x := listener(t, s.Addr().String(), nil)
		want = want[:0]
		for n := range 40 {
			want = append(want, sources.Mention{ID: fmt.Sprintf("irc:127.0.0.1/m%d", n), Platform: platform})
		}
		return x, want
	})
}

// What was said is taken; what is said to the bot alone, control messages and the council's own words are not.
func TestWhatIsTaken(t *testing.T) {
	s := serve(t, &server{caps: "message-tags", replay: []string{
		"@msgid=dm :jo!u@h PRIVMSG earshot :psst",
		"@msgid=other :jo!u@h PRIVMSG #elsewhere :hm",
		"@msgid=ver :jo!u@h PRIVMSG #exampleford :\x01VERSION\x01",
		"@msgid=own :council!u@h PRIVMSG #exampleford :we grit tonight",
		"@msgid=a;account=jo.acct :jo!u@h PRIVMSG #EXAMPLEFORD :\x0304,01the \x02bins\x0f again",
		"@msgid=b;+draft/reply=a :mo!u@h PRIVMSG #mill :\x01ACTION shakes his head\x01",
		":irc.test 999 earshot :what is this",
		":mo!u@h NOTICE #mill :caf\xe9",
		":mod!u@h REDACT #mill b :spam",
	}})
	x := listener(t, s.Addr().String(), nil)
	var got []sources.Mention
	var after sources.Cursor
	for len(got) < 4 {
		ms, c, err := next(t, x, after)
		if err != nil {
			t.Fatal(err)
		}
		got, after = append(got, ms...), c
	}
	if m := got[0]; m.ID != "irc:127.0.0.1/a" || m.Text != "the bins again" || m.Author.ID != "jo.acct" || m.Author.Handle != "jo" || m.Permalink != "" {
		t.Errorf("got %+v", m)
	}
	if m := got[1]; m.ID != "irc:127.0.0.1/b" || m.Text != "shakes his head" || m.Kind != sources.Reply || m.ParentID != "irc:127.0.0.1/a" {
		t.Errorf("got %+v", m)
	}
	if m := got[2]; m.Text != "café" || len(m.ID) != len("irc:127.0.0.1/")+16 {
		t.Errorf("got %+v", m)
	}
	if m := got[3]; m.ID != "irc:127.0.0.1/b" || m.State != sources.Deleted {
		t.Errorf("got %+v", m)
	}
	for l := range strings.SplitSeq(s.all(), "\n") {
		if word, _, _ := strings.Cut(l, " "); !strings.Contains(" CAP PASS NICK USER JOIN PONG ", " "+word+" ") {
			t.Errorf("the bot said %q", l)
		}
	}
}

func TestReconnects(t *testing.T) {
	s := serve(t, &server{replay: []string{":jo!u@h PRIVMSG #mill :hello"}})
	x := listener(t, s.Addr().String(), nil)
	ms, after, err := next(t, x, "")
	if err != nil || len(ms) != 1 {
		t.Fatalf("%v, %v", ms, err)
	}
	s.hangUp()
	_, same, err := next(t, x, after)
	var f *sources.Fault
	if !errors.As(err, &f) || same != after {
		t.Fatalf("got %v", err)
	}
	if ms, _, err := next(t, x, after); err != nil || len(ms) != 1 {
		t.Errorf("after the fault: %v, %v", ms, err)
	}
}

// Replies of the server are told apart: a person must act, or try again.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		answer string // to the JOIN
		stop   bool
	}{
		"removed":            {":op!u@h KICK #mill earshot :no bots", true},
		"banned":             {":irc.test 474 earshot #mill :Cannot join channel (+b)", true},
		"for the invited":    {":irc.test 473 earshot #mill :Cannot join channel (+i)", true},
		"banned from all":    {":irc.test 465 earshot :You are banned", true},
		"wrong password":     {":irc.test 464 earshot :Password incorrect", true},
		"closed":             {"ERROR :Closing link: too many connections", false},
		"another is removed": {":op!u@h KICK #mill jo :no\r\nERROR :then", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &server{replay: []string{c.answer}})
			_, _, err := next(t, listener(t, s.Addr().String(), nil), "")
			if err == nil || errors.Is(err, sources.ErrStop) != c.stop {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNicknameTaken(t *testing.T) {
	s := serve(t, &server{replay: []string{":jo!u@h PRIVMSG #mill :hello"}, script: func(_ *server, c *talk, line string) bool {
		if line == "NICK earshot" {
			c.say(":irc.test 433 * earshot :Nickname is already in use")
			return true
		}
		return false
	}})
	if ms, _, err := next(t, listener(t, s.Addr().String(), nil), ""); err != nil || len(ms) != 1 {
		t.Fatalf("%v, %v", ms, err)
	}
	if !strings.Contains(s.all(), "NICK earshot_") {
		t.Errorf("it said\n%s", s.all())
	}
}

// The account's password is sent only where SASL is offered, and a refusal is told without it.
func TestAccount(t *testing.T) {
	for name, c := range map[string]struct {
		caps, answer string
		stop         bool
	}{
		"let in":       {"sasl=PLAIN,EXTERNAL server-time", "903 earshot :in", false},
		"not let in":   {"sasl", "904 earshot :no", true},
		"not offered":  {"server-time", "", true},
		"cannot plain": {"sasl", "908 earshot EXTERNAL :are available", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &server{caps: c.caps, replay: []string{":jo!u@h PRIVMSG #mill :hello"}, script: func(_ *server, k *talk, line string) bool {
				switch {
				case line == "AUTHENTICATE PLAIN":
					k.say("AUTHENTICATE +")
				case strings.HasPrefix(line, "AUTHENTICATE "):
					k.say(":irc.test %s", c.answer)
				default:
					return false
				}
				return true
			}})
			_, _, err := next(t, listener(t, s.Addr().String(), map[string]string{"account": "earshot"}), "")
			sourcestest.CheckSecret(t, err)
			if errors.Is(err, sources.ErrStop) != c.stop {
				t.Errorf("got %v", err)
			}
			if sent := strings.Contains(s.all(), "AUTHENTICATE AGVhcnNob3QA"); sent != strings.HasPrefix(c.caps, "sasl") {
				t.Errorf("it said\n%s", s.all())
			}
		})
	}
}

// A server whose certificate nobody vouches for gets neither nick nor password.
func TestCertificate(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	defer web.Close()
	_, _, err := next(t, listener(t, web.Listener.Addr().String(), map[string]string{"tls": "yes"}), "")
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []map[string]string{
		{"channels": "jo"}, {"channels": "#a\r"}, {"channels": ""}, {"server": "irc.example"}, {"nick": "a b"}, {"nick": "a\nQUIT"}, {"tls": "maybe"}, {"account": ":x"},
	} {
		all := map[string]string{"server": "irc.example:6697", "channels": "#a", "nick": "earshot"}
		for k, v := range o {
			all[k] = v
		}
		if _, err := New(settingsOf(all), sources.Deps{}); err == nil {
			t.Errorf("%q is accepted", o)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	x := &network{host: "irc.example", channels: []string{"#exampleford"}}
	const raw = "@time=2026-11-20T08:15:30.000Z;msgid=abc;account=jo :jo!user@host PRIVMSG #exampleford :Exampleford Council left pothole 7 on Mill Lane"
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		l, _ := parse(raw)
		if _, ok := x.mention(&l, timeOf(&l, time.Time{})); ok {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
}
