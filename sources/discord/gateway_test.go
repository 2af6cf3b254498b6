package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// line is one connection to the test's Gateway.
type line struct {
	t    *testing.T
	host string
	ws   *websocket.Conn
	ctx  context.Context
}

// withGateway puts a Gateway beside REST; each connection is handed to the test.
func withGateway(t *testing.T, c *sourcestest.Content) (*sourcestest.Platform, <-chan *line) {
	lines := make(chan *line)
	rest := serve(c)
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.Host, ".discord.gg"):
			ws, err := websocket.Accept(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			select {
			case lines <- &line{t, r.Host, ws, t.Context()}:
				<-t.Context().Done()
			case <-t.Context().Done():
			}
			ws.CloseNow()
		case r.URL.Path == "/api/v10/gateway/bot":
			fmt.Fprint(w, `{"url":"wss://gateway.discord.gg","shards":1,"session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":1}}`)
		default:
			rest.ServeHTTP(w, r)
		}
	}))
	return p, lines
}

func (l *line) say(format string, args ...any) {
	l.t.Helper()
	if err := l.ws.Write(l.ctx, websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		l.t.Fatal(err)
	}
}

// hear reads until the client sends this operation.
func (l *line) hear(op int) map[string]any {
	l.t.Helper()
	for {
		var f struct {
			Op int `json:"op"`
			D  any `json:"d"`
		}
		if err := wsjson.Read(l.ctx, l.ws, &f); err != nil {
			l.t.Fatal(err)
		}
		if f.Op == op {
			d, _ := f.D.(map[string]any)
			return d
		}
	}
}

const hello = `{"op":10,"d":{"heartbeat_interval":60000},"s":null,"t":null}`

const ready = `{"op":0,"s":1,"t":"READY","d":{"v":10,"session_id":"sess","resume_gateway_url":"wss://resume.discord.gg","user":{"id":"1"}}}`

// open greets a connection and lets it sign in.
func (l *line) open() {
	l.t.Helper()
	l.say(hello)
	if d := l.hear(opIdentify); d["token"] != sourcestest.Secret || d["intents"] != float64(33280) {
		l.t.Errorf("signed in with %v", d)
	}
	l.say(ready)
}

// reading runs Next again and again and passes on each mention.
func reading(t *testing.T, src sources.Source) (<-chan sources.Mention, <-chan error) {
	out, failed := make(chan sources.Mention, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		var after sources.Cursor
		for {
			ms, c, err := src.Next(ctx, after)
			if err != nil {
				failed <- err
				return
			}
			for _, m := range ms {
				out <- m
			}
			after = c
		}
	}()
	return out, failed
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestGatewayTellsWhatHappens(t *testing.T) {
	c := sourcestest.Fill(3)
	p, lines := withGateway(t, c)
	ms, _ := reading(t, stream(t, p))
	l := receive(t, lines)
	l.open()
	for range 3 {
		receive(t, ms)
	}
	s := c.Add(at(4), "Exampleford, just now")
	l.say(`{"op":0,"s":2,"t":"MESSAGE_CREATE","d":{"id":"1","channel_id":"77","author":{"id":"5"},"content":"psst"}}`) // a direct message, which no intent asks for
	l.say(`{"op":0,"s":3,"t":"MESSAGE_DELETE","d":{"id":"1","channel_id":"77"}}`)
	l.say(`{"op":0,"s":4,"t":"MESSAGE_CREATE","d":{"guild_id":"1100000000000000001",%s}`, view(s)[1:])
	if m := receive(t, ms); m.ID != "discord:"+idOf(4) {
		t.Errorf("got %+v", m)
	}
	s = sourcestest.Shown{N: 1, At: at(1), Text: "Exampleford mended it", Edited: time.Now()}
	l.say(`{"op":0,"s":5,"t":"MESSAGE_UPDATE","d":{"guild_id":"1100000000000000001",%s}`, view(s)[1:])
	if m := receive(t, ms); m.ID != "discord:"+idOf(1) || m.State != sources.Edited || m.Text != "Exampleford mended it" {
		t.Errorf("got %+v", m)
	}
	l.say(`{"op":0,"s":6,"t":"MESSAGE_DELETE_BULK","d":{"ids":[%q],"channel_id":%q,"guild_id":"1"}}`, idOf(2), parks)
	if m := receive(t, ms); m.ID != "discord:"+idOf(2) || m.State != sources.Deleted || m.At.IsZero() {
		t.Errorf("got %+v", m)
	}
}

func TestGatewayGoesOnWithItsSession(t *testing.T) {
	c := sourcestest.Fill(1)
	p, lines := withGateway(t, c)
	ms, _ := reading(t, stream(t, p))
	l := receive(t, lines)
	l.open()
	receive(t, ms)
	l.say(`{"op":0,"s":7,"t":"TYPING_START","d":{}}`)
	l.say(`{"op":7,"d":null}`)
	c.Add(at(2), "Exampleford, while nobody listened")
	l = receive(t, lines)
	l.say(hello)
	if d := l.hear(opResume); d["session_id"] != "sess" || d["seq"] != float64(7) || l.host != "resume.discord.gg" {
		t.Errorf("went on with %v at %s", d, l.host)
	}
	l.say(`{"op":0,"s":8,"t":"RESUMED","d":{}}`)
	if m := receive(t, ms); m.ID != "discord:"+idOf(2) {
		t.Errorf("got %+v", m)
	}
}

// A Gateway that answers no heartbeat is dead, though its connection stands.
func TestGatewayHeartbeat(t *testing.T) {
	p, lines := withGateway(t, sourcestest.Fill(1))
	reading(t, stream(t, p))
	l := receive(t, lines)
	l.say(`{"op":10,"d":{"heartbeat_interval":20}}`)
	l.hear(opIdentify)
	l.hear(opHeartbeat)
	l.say(`{"op":11}`)
	l.hear(opHeartbeat)
	if _, _, err := l.ws.Read(l.ctx); err == nil {
		t.Error("after an unanswered heartbeat another came")
	}
}

func TestGatewayRefuses(t *testing.T) {
	for _, code := range []websocket.StatusCode{4004, 4014} {
		p, lines := withGateway(t, sourcestest.Fill(1))
		_, failed := reading(t, stream(t, p))
		l := receive(t, lines)
		l.say(hello)
		l.hear(opIdentify)
		go l.ws.Close(code, "no")
		if err := receive(t, failed); !errors.Is(err, sources.ErrStop) {
			t.Errorf("closed with %d: %v", code, err)
		}
	}
}
