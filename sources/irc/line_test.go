package irc

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"earshot/settings"
	"earshot/sources"
)

func settingsOf(options map[string]string) settings.Source { return settings.Source{Options: options} }

func TestParse(t *testing.T) {
	for raw, want := range map[string]line{
		"PING :x":                              {command: "PING", params: []string{"x"}},
		":irc.test 001 earshot :Welcome to it": {source: "irc.test", command: "001", params: []string{"earshot", "Welcome to it"}},
		"@time=2026-11-20T08:15:30.000Z;msgid=abc;account=jo :jo!user@host PRIVMSG #exampleford :text": {
			tags: map[string]string{"time": "2026-11-20T08:15:30.000Z", "msgid": "abc", "account": "jo"}, source: "jo!user@host", command: "PRIVMSG", params: []string{"#exampleford", "text"}},
		`@a=b\:c\sd\\e\q\;x;y= foo bar`: {tags: map[string]string{"a": `b;c d\eq`, "x": "", "y": ""}, command: "FOO", params: []string{"bar"}},
		":a  join   #b":                 {source: "a", command: "JOIN", params: []string{"#b"}},
		"PRIVMSG #a :":                  {command: "PRIVMSG", params: []string{"#a", ""}},
		"PRIVMSG #a ::)":                {command: "PRIVMSG", params: []string{"#a", ":)"}},
	} {
		if got, ok := parse(raw); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v", raw, got)
		}
	}
	for _, raw := range []string{"", " ", ":source", "@tags", "@tags :source "} {
		if l, ok := parse(raw); ok {
			t.Errorf("%q: got %#v", raw, l)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`@a=b\:c;d :n!u@h PRIVMSG #c :hello there`)
	f.Add("PING")
	x := &network{host: "irc.example", channels: []string{"#c"}}
	f.Fuzz(func(t *testing.T, raw string) {
		l, ok := parse(raw)
		if ok && (l.command == "" || strings.ContainsRune(l.command, ' ')) {
			t.Errorf("%q: command %q", raw, l.command)
		}
		x.mention(&l, time.Unix(1795162530, 0))
	})
}

func TestFold(t *testing.T) {
	if fold("#Mill[Lane]") != fold("#mill{lane}") || fold("a") == fold("b") {
		t.Error("names are not compared as IRC does")
	}
}

// A server that falls silent is asked whether it is there, and given up when it does not answer.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		var pinged atomic.Bool
		go func() {
			lines := bufio.NewScanner(theirs)
			for lines.Scan() {
				switch l := lines.Text(); {
				case strings.HasPrefix(l, "CAP LS"):
					go fmt.Fprint(theirs, ":t CAP * LS :\r\n")
				case l == "CAP END":
					go fmt.Fprint(theirs, ":t 001 earshot :hi\r\n")
				case strings.HasPrefix(l, "PING"):
					pinged.Store(true)
				}
			}
		}()
		src, err := New(settingsOf(map[string]string{"server": "irc.example:6667", "tls": "no", "channels": "#c", "nick": "earshot"}), sources.Deps{
			Dial: func(settings.Source) func(context.Context, string, string) (net.Conn, error) {
				return func(context.Context, string, string) (net.Conn, error) { return ours, nil }
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer src.(*network).Close()
		began := time.Now()
		_, _, err = src.Next(t.Context(), "")
		if after := time.Since(began); err == nil || !pinged.Load() || after < 2*silent || after > 4*silent {
			t.Errorf("after %v, asked %v: %v", after, pinged.Load(), err)
		}
	})
}
