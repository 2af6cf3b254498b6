package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const firstUpdate = 900000001

// serve answers as the Bot API does; what is deleted is told nobody, and a private message stands there instead.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		method, ok := strings.CutPrefix(r.URL.Path, "/bot"+sourcestest.Secret+"/")
		if !ok || r.Host != "api.telegram.org" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
			return
		}
		switch method {
		case "getUpdates":
			after, _ := strconv.Atoi(r.FormValue("offset"))
			limit, _ := strconv.Atoi(r.FormValue("limit"))
			after = max(after-firstUpdate, 0)
			var list []string
			for i, s := range c.Events(after, limit) {
				list = append(list, view1(firstUpdate+after+i, s))
			}
			fmt.Fprintf(w, `{"ok":true,"result":[%s]}`, strings.Join(list, ","))
		case "getWebhookInfo":
			fmt.Fprint(w, `{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}`)
		default:
			http.NotFound(w, r)
		}
	})
}

func view1(id int, s sourcestest.Shown) string {
	member, edited, chat := "message", "", `{"id":-1001000000000,"title":"Exampleford residents","username":"exampleford_residents","type":"supergroup"}`
	if !s.Edited.IsZero() {
		member, edited = "edited_message", fmt.Sprintf(`"edit_date":%d,`, s.Edited.Unix())
	}
	if s.Gone {
		chat = `{"id":700000001,"first_name":"Jo","username":"jo_resident_ex","type":"private"}`
	}
	return fmt.Sprintf(`{"update_id":%d,%q:{"message_id":%d,"from":{"id":700000001,"is_bot":false,"first_name":"Jo","username":"jo_resident_ex","language_code":"en"},
		"chat":%s,"date":%d,%s"text":%q}}`, id, member, s.N, chat, s.At.Unix(), edited, s.Text)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

func refusal(code int, description, parameters string) sourcestest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"ok":false,"error_code":%d,"description":%q,"parameters":{%s}}`, code, description, parameters)
	}
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"chats": "@exampleford_residents", "own": "@exampleford_council"},
	Keys:      map[string]string{secretToken: sourcestest.Secret, secretHook: "hook-secret"},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("telegram:-1001000000000/%d", n) },
	Page:      pageSize,
	Throttled: func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		left := int(time.Until(until).Seconds() + 1)
		refusal(429, fmt.Sprintf("Too Many Requests: retry after %d", left), fmt.Sprintf(`"retry_after":%d`, left))(w, r, h)
	},
	Until:     until,
	WrongType: `{"ok":true,"result":[{"update_id":"one"}]}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.Handle != "jo_resident_ex" || m.Author.Name != "Jo" || m.Permalink != "https://t.me/exampleford_residents/1" || m.Visibility != "public" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestTelegram(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// Without a choice nothing is read, and nothing is confirmed either: the officer is told what there is.
func TestWithoutAChoiceNothingIsRead(t *testing.T) {
	x := peer
	x.Options = nil
	p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(3)))
	ms, after, err := x.Source(t, p).Next(t.Context(), "")
	if want := "Enter under “Groups and channels” which of those that the bot sees are to be read: -1001000000000 (Exampleford residents)."; len(ms) > 0 || after != "" ||
		!errors.Is(err, sources.ErrStop) || err.Error() != want {
		t.Errorf("%d mentions, %v", len(ms), err)
	}
	if asked := p.Requests(); len(asked) != 1 || asked[0].URL.Query().Has("offset") {
		t.Error("updates were confirmed that nobody has read")
	}
	if _, ok := (&view{}).mention(&update{Message: &message{ID: "1", Text: "x", Chat: account{ID: "-1", Type: "group"}}}); ok {
		t.Error("the webhook reads what nobody has chosen")
	}
	x.Options = map[string]string{"mode": "webhook"}
	if _, _, err := x.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "t.me/c/") {
		t.Errorf("with the webhook: %v", err)
	}
}

func TestWhichChatsThereAre(t *testing.T) {
	member := func(id int64, status string) string {
		return fmt.Sprintf(`{"update_id":1,"my_chat_member":{"chat":{"id":%d,"title":"Number %[1]d","type":"group"},"new_chat_member":{"status":%q}}}`, id, status)
	}
	many := []string{member(-1, "member"), member(-2, "administrator"), member(-1, "kicked"), view1(2, sourcestest.Shown{N: 1, Gone: true})}
	for n := range chatsNamed + 1 {
		many = append(many, member(int64(-10-n), "member"))
	}
	for want, updates := range map[string][]string{
		"The bot sees no group or channel yet":                                 {member(-1, "member"), member(-1, "left"), view1(2, sourcestest.Shown{N: 1, Gone: true})},
		"are to be read: -2 (Number -2), -10 (Number -10), -11 (Number -11), ": many,
		", -28 (Number -28), and 2 more.":                                      many,
	} {
		x := peer
		x.Options = nil
		p := sourcestest.NewPlatform(t, http.NotFoundHandler())
		p.Break(sourcestest.Body("application/json", `{"ok":true,"result":[`+strings.Join(updates, ",")+`]}`))
		if _, _, err := x.Source(t, p).Next(t.Context(), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// Private messages are never mentions, and they do not hold up what follows them.
func TestPrivateChats(t *testing.T) {
	c := sourcestest.Fill(0)
	for range pageSize + 1 {
		c.Add(time.Now(), "psst, Exampleford")
	}
	for n := range pageSize + 1 {
		c.Change(n+1, func(s *sourcestest.Shown) { s.Gone = true })
	}
	last := c.Add(time.Now(), "Exampleford, in the group")
	private := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.Atoi(r.FormValue("offset"))
		after = max(after-firstUpdate, 0)
		var list []string
		for i, s := range c.Events(after, pageSize) {
			s.Gone = s.N != last.N
			list = append(list, view1(firstUpdate+after+i, s))
		}
		fmt.Fprintf(w, `{"ok":true,"result":[%s]}`, strings.Join(list, ","))
	})
	p := sourcestest.NewPlatform(t, private)
	src := peer.Source(t, p)
	var after sources.Cursor
	for len(p.Requests()) < 10 {
		ms, next, err := src.Next(t.Context(), after)
		if err != nil {
			t.Fatal(err)
		}
		if len(ms) > 0 {
			if len(ms) != 1 || ms[0].ID != peer.ID(last.N) {
				t.Errorf("got %v", ms)
			}
			return
		}
		after = next
	}
	t.Error("the one in the group never came")
}

func TestAsksAsTelegramWishes(t *testing.T) {
	p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(1)))
	src := peer.Source(t, p)
	_, after, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	again := peer.Source(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _, _ = again.Next(ctx, after) // there is nothing more
	asked := p.Requests()
	q := asked[0].URL.Query()
	if q.Get("offset") != "" || q.Get("timeout") != "15" || q.Get("allowed_updates") != updates {
		t.Errorf("asked first with %v", q)
	}
	if len(asked) < 2 || asked[1].URL.Query().Get("offset") != strconv.Itoa(firstUpdate+1) {
		t.Error("a new start does not go on where reading stopped")
	}
}

func TestConflict(t *testing.T) {
	for description, stop := range map[string]bool{
		"Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first": true,
		"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running":            false,
	} {
		p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(1)))
		p.Break(refusal(409, description, ""))
		if _, _, err := peer.Source(t, p).Next(t.Context(), ""); errors.Is(err, sources.ErrStop) != stop || err == nil {
			t.Errorf("%s: %v", description, err)
		}
	}
}

func TestWebhookThatDeliversNothing(t *testing.T) {
	x := peer
	x.Options = map[string]string{"mode": "webhook", "chats": "@exampleford_residents"}
	p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(1)))
	p.Break(nil, sourcestest.Body("application/json", fmt.Sprintf(`{"ok":true,"result":{"url":"https://c.example/hooks/t","last_error_date":%d,"last_error_message":"Wrong response"}}`, time.Now().Unix())))
	src := x.Source(t, p)
	for _, want := range []string{"knows no webhook", "cannot deliver"} {
		_, _, err := src.Next(t.Context(), "")
		var f *sources.Fault
		if !errors.As(err, &f) || !strings.Contains(f.Sentence, want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestFields(t *testing.T) {
	v := newView(settings.Source{Options: map[string]string{"own": "@ExamplefordCouncilBot, -1009", "chats": "@exampleford_residents, -1002"}})
	for name, c := range map[string]struct {
		update string
		want   func(sources.Mention) bool // nil: no mention
	}{
		"the reference's own": {`{"update_id":900000001,"message":{"message_id":41,"from":{"id":700000001,"is_bot":false,"first_name":"Jo","username":"jo_resident_ex","language_code":"en"},
			"chat":{"id":-1001000000000,"title":"Exampleford residents","username":"exampleford_residents","type":"supergroup"},"date":1795162530,
			"text":"@ExamplefordCouncilBot street light out on Mill Lane","entities":[{"offset":0,"length":22,"type":"mention"}]}}`,
			func(m sources.Mention) bool {
				return m.ID == "telegram:-1001000000000/41" && m.MatchedBy[0] == "mention" && m.CreatedAt.Unix() == 1795162530 && m.Kind == sources.Message
			}},
		"entities count UTF-16 units": {`{"update_id":1,"message":{"message_id":2,"chat":{"id":-1002,"type":"supergroup"},"date":1795162530,"from":{"id":5},
			"text":"🕳🕳 @ExamplefordCouncilBot look","entities":[{"offset":5,"length":22,"type":"mention"},{"offset":28,"length":4,"type":"text_link","url":"https://a.example"}]}}`,
			func(m sources.Mention) bool {
				return len(m.MatchedBy) == 1 && m.Links[0] == "https://a.example" && m.Visibility == "members" && m.Permalink == "https://t.me/c/2/2"
			}},
		"a reply in a topic of a closed group": {`{"update_id":1,"message":{"message_id":9,"message_thread_id":3,"is_topic_message":true,"chat":{"id":-1002,"type":"supergroup"},"date":1795162530,
			"from":{"id":5},"caption":"the bins","reply_to_message":{"message_id":7}}}`,
			func(m sources.Mention) bool {
				return m.Text == "the bins" && m.ParentID == "telegram:-1002/7" && m.ThreadID == "telegram:-1002/3" && m.Kind == sources.Reply
			}},
		"a channel's edited post": {`{"update_id":1,"edited_channel_post":{"message_id":9,"sender_chat":{"id":-1002,"title":"News","type":"channel"},"chat":{"id":-1002,"title":"News","type":"channel"},
			"date":1795162530,"edit_date":1795162590,"text":"gritting"}}`,
			func(m sources.Mention) bool {
				return m.Kind == sources.Post && m.State == sources.Edited && m.Author.Name == "News" && m.EditedAt.Unix() == 1795162590
			}},
		"another group":     {`{"update_id":1,"message":{"message_id":9,"chat":{"id":-1003,"type":"supergroup"},"date":1,"from":{"id":5},"text":"x"}}`, nil},
		"a private chat":    {`{"update_id":1,"message":{"message_id":9,"chat":{"id":5,"username":"exampleford_residents","type":"private"},"date":1,"from":{"id":5},"text":"x"}}`, nil},
		"the council's own": {`{"update_id":1,"message":{"message_id":9,"sender_chat":{"id":-1009},"chat":{"id":-1002,"type":"supergroup"},"date":1,"from":{"id":1087968824},"text":"x"}}`, nil},
		"somebody joins":    {`{"update_id":1,"message":{"message_id":9,"chat":{"id":-1002,"type":"supergroup"},"date":1,"from":{"id":5},"new_chat_members":[]}}`, nil},
		"a poll":            {`{"update_id":1,"poll":{}}`, nil},
	} {
		var u update
		if err := json.Unmarshal([]byte(c.update), &u); err != nil {
			t.Fatal(err)
		}
		m, ok := v.mention(&u)
		if ok != (c.want != nil) || ok && !c.want(m) {
			t.Errorf("%s: %v, %+v", name, ok, m)
		}
	}
}

func TestPush(t *testing.T) {
	rec, err := Push(settings.Source{ID: "t", Options: peer.Options}, sources.Deps{Secret: func(_ context.Context, _, name string) (string, error) { return peer.Keys[name], nil }})
	if err != nil {
		t.Fatal(err)
	}
	push := func(body, secret string) (sources.Delivery, error) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://council.example/hooks/t", nil)
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		return rec.Receive(t.Context(), r, []byte(body))
	}
	group := view1(firstUpdate, sourcestest.Shown{N: 4, At: time.Unix(1795162530, 0), Text: "Exampleford"})
	d, err := push(group, "hook-secret")
	if err != nil || len(d.Mentions) != 1 || d.Mentions[0].ID != peer.ID(4) || len(d.Events) != 1 || d.Events[0] != "900000001" {
		t.Errorf("got %+v, %v", d, err)
	}
	for _, wrong := range []string{"", "hook-secreT"} {
		if _, err := push(group, wrong); !errors.Is(err, sources.ErrForged) {
			t.Errorf("with %q: %v", wrong, err)
		}
	}
	if d, err := push(`{"update_id":2,"my_chat_member":{}}`, "hook-secret"); err != nil || len(d.Mentions) != 0 || len(d.Events) != 1 {
		t.Errorf("an unknown event: %+v, %v", d, err)
	}
	if _, err := push(`[]`, "hook-secret"); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("what cannot be read: %v", err)
	}
}
