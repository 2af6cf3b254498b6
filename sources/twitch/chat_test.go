package twitch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// session is one connection to the test's EventSub.
type session struct {
	t    *testing.T
	path string
	ws   *websocket.Conn
	deaf bool // whoever listens may leave in the middle
}

func (s *session) say(format string, args ...any) {
	s.t.Helper()
	if err := s.ws.Write(s.t.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil && !s.deaf {
		s.t.Fatal(err)
	}
}

func (s *session) welcome(id string) {
	s.say(`{"metadata":{"message_id":"w-%s","message_type":"session_welcome","message_timestamp":%q},"payload":{"session":{"id":%q,"status":"connected","keepalive_timeout_seconds":10,
		"reconnect_url":null}}}`, id, stamp(), id)
}

func stamp() string { return time.Now().UTC().Format(time.RFC3339Nano) }

// event tells one event of a kind.
func (s *session) event(id, kind, at, event string) {
	s.say(`{"metadata":{"message_id":%q,"message_type":"notification","message_timestamp":%q,"subscription_type":%q,"subscription_version":"1"},
		"payload":{"subscription":{"id":"ex-sub","type":%q,"version":"1","status":"enabled"},"event":%s}}`, id, at, kind, kind, event)
}

// message is platforms' own sample, with other ids and words.
func message(id, chatter, text string) string {
	return fmt.Sprintf(`{"broadcaster_user_id":"100","broadcaster_user_login":"examplefordlive","broadcaster_user_name":"ExamplefordLive","chatter_user_id":"%[2]s","chatter_user_login":"jo_%[2]s",
		"chatter_user_name":"Jo_%[2]s","message_id":%[1]q,"message":{"text":%[3]q,"fragments":[{"type":"text","text":%[3]q,"cheermote":null,"emote":null,"mention":null}]},
		"message_type":"text","badges":[],"cheer":null,"color":"","reply":null,"channel_points_custom_reward_id":null}`, id, chatter, text)
}

// withEventSub puts EventSub beside the rest; each connection is handed to the test.
func withEventSub(t *testing.T) (*sourcestest.Platform, <-chan *session) {
	sessions := make(chan *session)
	rest := serve(sourcestest.Fill(0))
	return sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "eventsub.wss.twitch.tv" {
			rest.ServeHTTP(w, r)
			return
		}
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		select {
		case sessions <- &session{t: t, path: r.URL.RequestURI(), ws: ws}:
			<-t.Context().Done()
		case <-t.Context().Done():
		}
	})), sessions
}

func listener(t *testing.T, p *sourcestest.Platform) *chat {
	t.Helper()
	src, err := New(settings.Source{ID: "tw", Options: map[string]string{"channels": "ExamplefordLive", "own": "jo_300"}}, depsOf(p))
	if err != nil {
		t.Fatal(err)
	}
	x := src.(*chat)
	x.stream.Gap = 0
	return x
}

// reading runs Next again and again and passes on each mention.
func reading(t *testing.T, x *chat) (<-chan sources.Mention, <-chan error) {
	out, failed := make(chan sources.Mention, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done; x.Close() })
	go func() {
		defer close(done)
		var after sources.Cursor
		for ctx.Err() == nil {
			ms, c, err := x.Next(ctx, after)
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
			for _, m := range ms {
				out <- m
			}
			after = c
			if errors.Is(err, sources.ErrStop) {
				return
			}
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

func TestChat(t *testing.T) {
	p, sessions := withEventSub(t)
	ms, _ := reading(t, listener(t, p))
	s := receive(t, sessions)
	s.welcome("one")
	s.say(`{"metadata":{"message_id":"k","message_type":"session_keepalive","message_timestamp":%q},"payload":{}}`, stamp())
	first := message("m1", "200", "will Exampleford District Council grit tonight?")
	s.event("ex-1", "channel.chat.message", "2026-01-01T08:15:30.500Z", message("old", "200", "from long ago"))
	s.event("ex-2", "channel.chat.message", stamp(), message("own", "300", "we do"))
	s.event("ex-3", "channel.chat.message", stamp(), strings.Replace(message("shared", "200", "x"), `"reply":null`, `"source_broadcaster_user_id":"101"`, 1))
	s.event("ex-4", "channel.chat.message", stamp(), first)
	if m := receive(t, ms); m.ID != "twitch:m1" || m.Author.ID != "200" || m.Author.Handle != "jo_200" || m.Permalink != "https://www.twitch.tv/examplefordlive" ||
		time.Since(m.CreatedAt) > time.Minute || m.Kind != sources.Message {
		t.Errorf("got %+v", m)
	}
	s.event("ex-4", "channel.chat.message", stamp(), first) // told twice
	s.event("ex-5", "channel.chat.message", stamp(), strings.Replace(message("m2", "201", "no"), `"reply":null`, `"reply":{"parent_message_id":"m1","thread_message_id":"m0"}`, 1))
	if m := receive(t, ms); m.ID != "twitch:m2" || m.ParentID != "twitch:m1" || m.ThreadID != "twitch:m0" || m.Kind != sources.Reply {
		t.Errorf("got %+v", m)
	}
	s.event("ex-6", "channel.chat.message_delete", stamp(), `{"broadcaster_user_id":"100","target_user_id":"201","message_id":"m2"}`)
	if m := receive(t, ms); m.ID != "twitch:m2" || m.State != sources.Deleted || m.At.IsZero() {
		t.Errorf("got %+v", m)
	}
	s.event("ex-7", "channel.chat.clear_user_messages", stamp(), `{"broadcaster_user_id":"100","target_user_id":"200","target_user_login":"jo_200"}`)
	if m := receive(t, ms); m.ID != "twitch:m1" || m.State != sources.Deleted {
		t.Errorf("got %+v", m)
	}
	asked := 0
	for _, r := range p.Requests() {
		if r.Method == http.MethodPost && r.URL.Path == "/helix/eventsub/subscriptions" {
			asked++
		}
	}
	if asked != len(kinds) {
		t.Errorf("%d subscriptions", asked)
	}
}

// Twitch asks to move: what the old connection still says and what the new one says both come, and nothing is subscribed to again.
func TestMoves(t *testing.T) {
	p, sessions := withEventSub(t)
	ms, _ := reading(t, listener(t, p))
	old := receive(t, sessions)
	old.welcome("one")
	old.say(`{"metadata":{"message_id":"r","message_type":"session_reconnect","message_timestamp":%q},"payload":{"session":{"id":"one","status":"reconnecting",
		"keepalive_timeout_seconds":null,"reconnect_url":"wss://eventsub.wss.twitch.tv/ws?id=abc"}}}`, stamp())
	moved := receive(t, sessions)
	if moved.path != "/ws?id=abc" {
		t.Errorf("it moved to %s", moved.path)
	}
	old.event("a", "channel.chat.message", stamp(), message("m1", "200", "on the old one"))
	moved.welcome("one")
	moved.event("b", "channel.chat.message", stamp(), message("m2", "200", "on the new one"))
	for _, want := range []string{"twitch:m1", "twitch:m2"} {
		if m := receive(t, ms); m.ID != want {
			t.Errorf("got %s, want %s", m.ID, want)
		}
	}
	n := 0
	for _, r := range p.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "subscriptions") {
			n++
		}
	}
	if n != len(kinds) {
		t.Errorf("%d subscriptions", n)
	}
}

func TestComesBack(t *testing.T) {
	p, sessions := withEventSub(t)
	ms, failed := reading(t, listener(t, p))
	s := receive(t, sessions)
	s.welcome("one")
	s.event("a", "channel.chat.message", stamp(), message("m1", "200", "hello"))
	receive(t, ms)
	s.ws.CloseNow()
	var f *sources.Fault
	if err := receive(t, failed); !errors.As(err, &f) {
		t.Errorf("got %v", err)
	}
	s = receive(t, sessions)
	s.welcome("two")
	s.event("b", "channel.chat.message", stamp(), message("m2", "200", "again"))
	if m := receive(t, ms); m.ID != "twitch:m2" {
		t.Errorf("got %+v", m)
	}
}

func TestRevoked(t *testing.T) {
	p, sessions := withEventSub(t)
	_, failed := reading(t, listener(t, p))
	s := receive(t, sessions)
	s.welcome("one")
	s.say(`{"metadata":{"message_id":"v","message_type":"revocation","message_timestamp":%q},"payload":{"subscription":{"id":"ex-sub","status":"authorization_revoked","type":"channel.chat.message"}}}`, stamp())
	if err := receive(t, failed); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "authorization_revoked") {
		t.Errorf("got %v", err)
	}
}

// A suite's source whose platform tells three messages whenever somebody connects.
func TestChatSuite(t *testing.T) {
	at := time.Now().Add(-time.Minute).UTC()
	sourcestest.Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
		p, sessions := withEventSub(t)
		go func() {
			select {
			case s := <-sessions:
				s.deaf = true
				s.welcome("one")
				for n := range 3 {
					s.event(fmt.Sprint("e", n), "channel.chat.message", at.Add(time.Duration(n)*time.Second).Format(time.RFC3339Nano), message(fmt.Sprint("m", n), "200", "Exampleford"))
				}
			case <-t.Context().Done():
			}
		}()
		return listener(t, p), []sources.Mention{{ID: "twitch:m0", Platform: platform}, {ID: "twitch:m1", Platform: platform}, {ID: "twitch:m2", Platform: platform}}
	})
}
