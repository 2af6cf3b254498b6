package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const roads, parks, private = "C0000000001", "C0000000002", "C0000000003"

// at is when thing n was posted: a time is an ID here, so it must not depend on when a test fills its content.
func at(n int) time.Time { return started.Add(time.Duration(n) * time.Millisecond) }

var started = time.Now().Add(-time.Hour).Truncate(time.Second)

func channelOf(n int) string {
	if n%2 == 0 {
		return parks
	}
	return roads
}

// workspaceOf answers as Slack does: newest first by cursor, an empty page among them and an item twice; 200 to everything.
func workspaceOf(c *sourcestest.Content) http.Handler {
	say := func(w http.ResponseWriter, format string, args ...any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprintf(w, format, args...)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		channel := r.FormValue("channel")
		switch {
		case r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret:
			say(w, `{"ok":false,"error":"invalid_auth"}`)
		case r.URL.Path == "/api/conversations.info":
			say(w, `{"ok":true,"channel":{"id":%q,"name":"roads","is_channel":true,"is_im":false,"is_mpim":false,"is_private":%v}}`, channel, channel == private)
		case r.URL.Path == "/api/users.info" && r.FormValue("user") == "U0000000009":
			say(w, `{"ok":true,"user":{"id":"U0000000009","name":"jo","real_name":"Jo Resident","profile":{"display_name":"Jo","email":"jo@exampleford.test"}}}`)
		case r.URL.Path == "/api/users.info":
			say(w, `{"ok":false,"error":"user_not_found"}`)
		case r.URL.Path == "/api/conversations.replies":
			say(w, `{"ok":true,"messages":[{"type":"message","user":"U1","text":"root","ts":"1795162530.000000","thread_ts":"1795162530.000000","reply_count":1},
				{"type":"message","user":"U2","text":"me too","ts":"1795162531.000000","thread_ts":"1795162530.000000"}],"has_more":false}`)
		case r.URL.Path == "/api/conversations.history" && r.FormValue("latest") != "":
			say(w, `{"ok":true,"messages":[%s],"has_more":false}`, one(c, r.FormValue("latest")))
		case r.URL.Path == "/api/conversations.history":
			list, next := page(c, channel, r.FormValue("oldest"), r.FormValue("cursor"))
			say(w, `{"ok":true,"messages":[%s],"has_more":%v,"response_metadata":{"next_cursor":%q}}`, strings.Join(list, ","), next != "", next)
		default:
			say(w, `{"ok":false,"error":"unknown_method"}`)
		}
	})
}

func page(c *sourcestest.Content, channel, oldest, cursor string) (list []string, next string) {
	skip, _ := strconv.Atoi(strings.TrimPrefix(cursor, "empty:"))
	shown := c.Newest(max(0, skip-2), 2*pageSize) // one thing of the page before comes again
	if cursor == "" {
		shown = c.Newest(0, 2*pageSize)
	}
	if cursor != "" && !strings.HasPrefix(cursor, "empty:") {
		return nil, "empty:" + cursor
	}
	since := timeOf(oldest)
	for _, s := range shown {
		if channelOf(s.N) == channel && at(s.N).After(since) && !s.Gone {
			list = append(list, view1(s))
		}
	}
	if len(shown) > 0 && len(shown) == 2*pageSize && at(shown[len(shown)-1].N).After(since) {
		next = strconv.Itoa(max(0, skip-2) + 2*pageSize)
	}
	return list, next
}

func one(c *sourcestest.Content, ts string) string {
	if s, ok := c.One(int(timeOf(ts).Sub(started).Milliseconds())); ok && !s.Gone {
		return view1(s)
	}
	return ""
}

func view1(s sourcestest.Shown) string {
	edited := ""
	if !s.Edited.IsZero() {
		edited = fmt.Sprintf(`,"edited":{"user":"U0000000009","ts":"%s"}`, stamp(s.Edited))
	}
	return fmt.Sprintf(`{"type":"message","user":"U0000000009","text":%q,"ts":"%s","team":"T1"%s,"blocks":[{"type":"rich_text","block_id":"x"}]}`, s.Text, stamp(at(s.N)), edited)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var options = map[string]string{"workspace": "https://exampleford.slack.com/", "channels": roads + ", " + parks, "own": "U0000000042"}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   options,
	Keys:      map[string]string{secretToken: sourcestest.Secret, secretSigning: "signed"},
	Serve:     workspaceOf,
	ID:        func(n int) string { return "slack:" + channelOf(n) + "/" + stamp(at(n)) },
	Page:      pageSize,
	Asks:      []string{"/api/conversations.history", "/api/conversations.info", "/api/conversations.replies", "/api/users.info"},
	Throttled: func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		sourcestest.Status(429, "Retry-After", strconv.Itoa(int(time.Until(until).Seconds()+1)))(w, r, h)
	},
	Until:     until,
	Bare:      sourcestest.Body("application/json", `{"ok":false,"error":"ratelimited"}`),
	Dead:      sourcestest.Body("application/json", `{"ok":false,"error":"token_revoked"}`),
	WrongType: `{"ok":true,"messages":[{"type":"message","ts":1795162530}]}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Message || m.Author.ID != "U0000000009" || m.Author.Handle != "jo" || m.Author.Name != "Jo Resident" || m.Visibility != "members" ||
			!strings.HasPrefix(m.Permalink, "https://exampleford.slack.com/archives/"+roads+"/p1") || strings.Contains(m.Permalink, ".000") {
			t.Errorf("got %+v", m)
		}
	},
}

func TestSlack(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestNoPrivateChannel(t *testing.T) {
	for _, id := range []string{"D0000000001", "G0000000001"} {
		if _, err := New(settings.Source{Options: map[string]string{"workspace": options["workspace"], "channels": roads + "," + id}}, sources.Deps{}); err == nil {
			t.Errorf("%s is taken for a public channel", id)
		}
	}
	x := peer
	x.Options = map[string]string{"workspace": options["workspace"], "channels": private}
	p := sourcestest.NewPlatform(t, workspaceOf(sourcestest.Fill(3)))
	if ms, _, err := x.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || len(ms) > 0 {
		t.Errorf("of a private channel: %v, %v", ms, err)
	}
}

func TestThread(t *testing.T) {
	src := peer.Source(t, sourcestest.NewPlatform(t, workspaceOf(sourcestest.Fill(0)))).(sources.Threader)
	root := "slack:" + roads + "/1795162530.000000"
	ms, err := src.Thread(t.Context(), sources.Mention{ID: root})
	if err != nil || len(ms) != 1 || ms[0].Kind != sources.Reply || ms[0].ParentID != root || ms[0].ThreadID != root || ms[0].Text != "me too" {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestPlain(t *testing.T) {
	text, links := plain("<@U1> see <https://a.example/x?a=1&amp;b=2|the page> in <#C1|roads> &amp; <#C2>, <!here> 1 &lt; 2")
	if text != "@U1 see the page in #roads & #C2, @here 1 < 2" || len(links) != 1 || links[0] != "https://a.example/x?a=1&b=2" {
		t.Errorf("got %q, %q", text, links)
	}
}

// The reason of every "no" is told apart: wait, a person must act, try again.
func TestRefused(t *testing.T) {
	x := &workspace{}
	var wait *sources.Wait
	if err := x.refused("ratelimited", roads); !errors.As(err, &wait) {
		t.Errorf("got %v", err)
	}
	for code, stop := range map[string]bool{"invalid_auth": true, "missing_scope": true, "not_in_channel": true, "internal_error": false} {
		if err := x.refused(code, roads); errors.Is(err, sources.ErrStop) != stop {
			t.Errorf("%s: %v", code, err)
		}
	}
}

const posted = `{"token":"x","team_id":"T1","api_app_id":"A1","event":{"type":"message","channel":"C0000000001","user":"U7","text":"<@U0000000042> the bins","ts":"1795162530.000100",
	"event_ts":"1795162530.000100","channel_type":"channel"},"type":"event_callback","event_id":"Ev1","event_time":1795162530}`

func push(t *testing.T, body, secret string) (sources.Delivery, error) {
	t.Helper()
	rec, err := Push(settings.Source{ID: "the-source", Options: options}, sources.Deps{
		Secret: func(_ context.Context, _, name string) (string, error) { return peer.Keys[name], nil }})
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:1795162531:" + body))
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://council.example/hooks/the-source", nil)
	r.Header.Set("X-Slack-Request-Timestamp", "1795162531")
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return rec.Receive(t.Context(), r, []byte(body))
}

func TestPush(t *testing.T) {
	d, err := push(t, posted, "signed")
	if err != nil || len(d.Mentions) != 1 || len(d.Events) != 1 || d.Events[0] != "Ev1" || d.SignedAt.Unix() != 1795162531 {
		t.Fatalf("got %+v, %v", d, err)
	}
	if m := d.Mentions[0]; m.ID != "slack:C0000000001/1795162530.000100" || m.Author.ID != "U7" || len(m.MatchedBy) != 1 {
		t.Errorf("got %+v", m)
	}
	if _, err := push(t, posted, "another"); !errors.Is(err, sources.ErrForged) {
		t.Errorf("a wrong signature: %v", err)
	}
	if d, err := push(t, `{"token":"x","challenge":"3eZbrw1a","type":"url_verification"}`, "signed"); err != nil || d.Answer != "3eZbrw1a" {
		t.Errorf("the handshake: %+v, %v", d, err)
	}
	if _, err := push(t, `{"type":`, "signed"); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("broken JSON: %v", err)
	}
}

func TestPushedChanges(t *testing.T) {
	event := func(s string) string { return `{"type":"event_callback","event_id":"Ev2","event":` + s + `}` }
	for name, c := range map[string]struct {
		event string
		state sources.State // "none": no mention
	}{
		"edit": {`{"type":"message","subtype":"message_changed","channel":"C0000000001","channel_type":"channel","ts":"1795162540.1",
			"message":{"type":"message","user":"U7","text":"the blue bins","ts":"1795162530.000100","edited":{"user":"U7","ts":"1795162540.000000"}}}`, sources.Edited},
		"deletion": {`{"type":"message","subtype":"message_deleted","channel":"C0000000001","channel_type":"channel","ts":"1795162540.1","event_ts":"1795162540.1",
			"deleted_ts":"1795162530.000100"}`, sources.Deleted},
		"a direct message":  {`{"type":"message","channel":"D0000000001","channel_type":"im","user":"U7","text":"psst","ts":"1795162530.000100"}`, "none"},
		"a group message":   {`{"type":"message","channel":"C0000000001","channel_type":"mpim","user":"U7","text":"psst","ts":"1795162530.000100"}`, "none"},
		"another channel":   {`{"type":"message","channel":"C0000000009","channel_type":"channel","user":"U7","text":"hm","ts":"1795162530.000100"}`, "none"},
		"somebody joins":    {`{"type":"message","subtype":"channel_join","channel":"C0000000001","channel_type":"channel","user":"U7","text":"joined","ts":"1795162530.000100"}`, "none"},
		"the council's own": {`{"type":"message","channel":"C0000000001","channel_type":"channel","user":"U0000000042","text":"we","ts":"1795162530.000100"}`, "none"},
		"an unknown event":  {`{"type":"pin_added","channel_id":"C0000000001"}`, "none"},
	} {
		d, err := push(t, event(c.event), "signed")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.state == "none" {
			if len(d.Mentions) != 0 {
				t.Errorf("%s: %+v", name, d.Mentions)
			}
		} else if len(d.Mentions) != 1 || d.Mentions[0].State != c.state || d.Mentions[0].ID != "slack:C0000000001/1795162530.000100" {
			t.Errorf("%s: %+v", name, d.Mentions)
		}
	}
}
