package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

const roads, parks = "!roads:matrix.example.org", "!parks:matrix.example.org"

func roomOf(n int) string {
	if n%2 == 0 {
		return parks
	}
	return roads
}

// homeserver answers as Synapse does. Tokens are places in what happened: "s7" of the stream, "t7" in a room's timeline; "e7" is an empty page
// before "t7". A timeline holds ten events.
type homeserver struct {
	content *sourcestest.Content
	account string // account_data
}

func serve(c *sourcestest.Content) http.Handler { return &homeserver{content: c} }

func (h *homeserver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/_matrix/client/v3/"), "/")
	switch {
	case r.URL.Path == "/.well-known/matrix/client":
		fmt.Fprint(w, `{"m.homeserver":{"base_url":"https://api.matrix.example.org/"}}`)
	case r.Host != "api.matrix.example.org" || r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid access token passed.","soft_logout":false}`)
	case path[0] == "sync":
		h.sync(w, r)
	case path[len(path)-1] == "messages":
		h.messages(w, r, path[1])
	case len(path) == 4 && path[2] == "event":
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(path[3], "$ex"), ":matrix.example.org"))
		s, _ := h.content.One(n)
		fmt.Fprint(w, said(s))
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}`)
	}
}

func number(token string) int {
	n, _ := strconv.Atoi(strings.TrimLeft(token, "set"))
	return n
}

// before returns up to limit events of a room that lie before a place and after another, newest first, and the place of the oldest.
func (h *homeserver) before(room string, at, to, limit int) (list []string, oldest int) {
	from := max(at-2*limit, to, 0)
	events := h.content.Events(from, at-from)
	for i := len(events) - 1; i >= 0; i-- {
		if roomOf(events[i].N) == room {
			list = append(list, happened(from+i, events[i]))
		}
	}
	return list, from
}

func (h *homeserver) sync(w http.ResponseWriter, r *http.Request) {
	now, since := h.content.Happened(), number(r.FormValue("since"))
	var rooms []string
	for _, room := range []string{roads, parks} {
		list, oldest := h.before(room, now, since, 10)
		var events []string
		for i := len(list) - 1; i >= 0; i-- {
			events = append(events, list[i])
		}
		rooms = append(rooms, fmt.Sprintf(`%q:{"timeline":{"limited":%v,"prev_batch":"e%d","events":[%s]},"summary":{"m.joined_member_count":12}}`,
			room, oldest > since, oldest, strings.Join(events, ",")))
	}
	account := ""
	if h.account != "" {
		account = `"account_data":{"events":[` + h.account + `]},`
	}
	fmt.Fprintf(w, `{"next_batch":"s%d",%s"rooms":{"join":{%s}}}`, now, account, strings.Join(rooms, ","))
}

func (h *homeserver) messages(w http.ResponseWriter, r *http.Request, room string) {
	from := r.FormValue("from")
	if strings.HasPrefix(from, "e") {
		fmt.Fprintf(w, `{"chunk":[],"start":%q,"end":"t%d"}`, from, number(from))
		return
	}
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	at, to := number(from), number(r.FormValue("to"))
	list, oldest := h.before(room, min(at+2, h.content.Happened()), to, limit) // one of the page before comes again
	end := ""
	if oldest > to {
		end = fmt.Sprintf(`,"end":"t%d"`, oldest)
	}
	fmt.Fprintf(w, `{"chunk":[%s],"start":%q%s}`, strings.Join(list, ","), from, end)
}

// happened is the nth event: a message, an edit or a redaction.
func happened(n int, s sourcestest.Shown) string {
	switch {
	case s.Gone:
		return fmt.Sprintf(`{"type":"m.room.redaction","event_id":"$gone%d","sender":"@mod:matrix.example.org","origin_server_ts":%d,"redacts":"$ex%d:matrix.example.org","content":{}}`,
			n, time.Now().UnixMilli(), s.N)
	case !s.Edited.IsZero():
		return fmt.Sprintf(`{"type":"m.room.message","event_id":"$edit%d","sender":"@jo:matrix.example.org","origin_server_ts":%d,"content":{"msgtype":"m.text","body":%q,
			"m.new_content":{"msgtype":"m.text","body":%q},"m.relates_to":{"rel_type":"m.replace","event_id":"$ex%d:matrix.example.org"}}}`,
			n, s.Edited.UnixMilli(), "* "+s.Text, s.Text, s.N)
	}
	return said(s)
}

func said(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"type":"m.room.message","event_id":"$ex%d:matrix.example.org","sender":"@jo:matrix.example.org","origin_server_ts":%d,
		"content":{"msgtype":"m.text","body":%q},"unsigned":{"age":12}}`, s.N, s.At.UnixMilli(), s.Text)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"server": "https://matrix.example.org", "rooms": roads + "," + parks, "own": "@council:matrix.example.org"},
	Keys:      map[string]string{secretToken: sourcestest.Secret},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("matrix:$ex%d:matrix.example.org", n) },
	Page:      pageSize,
	Throttled: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":%d}`, time.Until(until).Milliseconds())
	},
	Until:     until,
	WrongType: `{"next_batch":"s1","rooms":{"join":{"!roads:matrix.example.org":{"timeline":{"events":[{"type":"m.room.message","event_id":7}]}}}}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.ID != "@jo:matrix.example.org" || m.Permalink != "https://matrix.to/#/!roads:matrix.example.org/$ex1:matrix.example.org?via=matrix.example.org" ||
			m.Kind != sources.Message || m.Visibility != "members" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestMatrix(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestRetryAfterComesFirst(t *testing.T) {
	p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(1)))
	p.Break(nil, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2000}`)
	})
	_, _, err := peer.Source(t, p).Next(t.Context(), "")
	var wait *sources.Wait
	if !errors.As(err, &wait) || time.Until(wait.Until) < 5*time.Minute {
		t.Errorf("got %v", err)
	}
}

// The stream tells of deletions, and what was said while nobody listened lies in a gap, which is read once.
func TestRedactionAndGap(t *testing.T) {
	c := sourcestest.Fill(4)
	p := sourcestest.NewPlatform(t, serve(c))
	ms, after, err := peer.Source(t, p).Next(t.Context(), "")
	if err != nil || len(ms) != 4 {
		t.Fatalf("%d, %v", len(ms), err)
	}
	for n := range 300 {
		c.Add(time.Now(), "Exampleford, while nobody listened "+strconv.Itoa(n))
	}
	c.Change(2, func(s *sourcestest.Shown) { s.Gone = true })
	src := peer.Source(t, p)
	seen := map[string]int{}
	var gone sources.Mention
	for len(seen) < 301 {
		if ms, after, err = src.Next(t.Context(), after); err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			seen[m.ID]++
			if m.State == sources.Deleted {
				gone = m
			}
		}
	}
	if gone.ID != peer.ID(2) || gone.At.IsZero() {
		t.Errorf("of the deletion it says %+v", gone)
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if seen[peer.ID(1)] > 0 {
		t.Error("what lies before the gap came again")
	}
}

func TestPrivateAndForeignRooms(t *testing.T) {
	h := &homeserver{content: sourcestest.Fill(3), account: `{"type":"m.direct","content":{"@jo:matrix.example.org":["` + parks + `"]}}`}
	if ms, _, err := peer.Source(t, sourcestest.NewPlatform(t, h)).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || len(ms) > 0 {
		t.Errorf("of a direct chat: %v, %v", ms, err)
	}
	var two synced
	if err := json.Unmarshal([]byte(`{"rooms":{"join":{"!a":{"summary":{"m.heroes":["@jo:x"],"m.joined_member_count":2}}}}}`), &two); err != nil {
		t.Fatal(err)
	}
	for room, stop := range map[string]bool{"!a": true, "!never-joined": true} {
		if err := (&account{rooms: []string{room}}).mayRead(&two, true); errors.Is(err, sources.ErrStop) != stop {
			t.Errorf("%s: %v", room, err)
		}
	}
	x := peer
	x.Options = map[string]string{"server": "https://matrix.example.org", "rooms": parks}
	ms, _, err := x.Source(t, sourcestest.NewPlatform(t, serve(sourcestest.Fill(3)))).Next(t.Context(), "")
	if err != nil || len(ms) != 1 || ms[0].ID != peer.ID(2) {
		t.Errorf("of a room that is not named: %v, %v", ms, err)
	}
}

func TestEvents(t *testing.T) {
	x := peer.Source(t, sourcestest.NewPlatform(t, serve(sourcestest.Fill(1)))).(*account)
	one := func(sender, kind, content string) (sources.Mention, bool) {
		t.Helper()
		m, ok, err := x.mention(t.Context(), &event{Room: roads, ID: "$e", Type: kind, Sender: sender, TS: 1795162590000, Content: jsontext.Value(content)})
		if err != nil {
			t.Fatal(err)
		}
		return m, ok
	}
	const jo, mal = "@jo:matrix.example.org", "@mal:matrix.example.org"
	edit := `{"msgtype":"m.text","body":"* new","m.new_content":{"msgtype":"m.text","body":"new"},"m.relates_to":{"rel_type":"m.replace","event_id":"$ex1:matrix.example.org"}}`
	if m, ok := one(jo, "m.room.message", edit); !ok || m.Text != "new" || m.State != sources.Edited || m.ID != peer.ID(1) || m.CreatedAt.Equal(m.EditedAt) {
		t.Errorf("an edit: %v, %+v", ok, m)
	}
	if m, ok := one(mal, "m.room.message", edit); ok {
		t.Errorf("somebody edits another's words: %+v", m)
	}
	reply := `{"msgtype":"m.text","body":"> <@mal:x> bins?\n> again?\n\nyes","m.relates_to":{"m.in_reply_to":{"event_id":"$p"}},"m.mentions":{"user_ids":["@council:matrix.example.org"]}}`
	if m, ok := one(jo, "m.room.message", reply); !ok || m.Text != "yes" || m.ParentID != "matrix:$p" || m.Kind != sources.Reply || len(m.MatchedBy) != 1 {
		t.Errorf("a reply: %v, %+v", ok, m)
	}
	thread := `{"msgtype":"m.text","body":"in a thread","m.relates_to":{"rel_type":"m.thread","event_id":"$root","is_falling_back":true,"m.in_reply_to":{"event_id":"$last"}}}`
	if m, ok := one(jo, "m.room.message", thread); !ok || m.ThreadID != "matrix:$root" || m.ParentID != "" {
		t.Errorf("in a thread: %v, %+v", ok, m)
	}
	picture := `{"msgtype":"m.image","body":"hole.jpg","url":"mxc://x/y","info":{"mimetype":"image/jpeg"}}`
	if m, ok := one(jo, "m.room.message", picture); !ok || m.Text != "" || len(m.Media) != 1 || m.Media[0].Alt != "hole.jpg" {
		t.Errorf("a picture: %v, %+v", ok, m)
	}
	if m, ok := one(mal, "m.room.redaction", `{"redacts":"$ex1:matrix.example.org"}`); !ok || m.ID != peer.ID(1) || m.State != sources.Deleted {
		t.Errorf("a redaction in a new room: %v, %+v", ok, m)
	}
	for name, content := range map[string]string{"redacted": `{}`, "not as it should be": `{"msgtype":5}`} {
		if m, ok := one(jo, "m.room.message", content); ok {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if m, ok := one("@council:matrix.example.org", "m.room.message", `{"msgtype":"m.text","body":"we"}`); ok {
		t.Errorf("the council's own: %+v", m)
	}
}

func TestPermalinkWithoutServer(t *testing.T) {
	if got := permalink("!hash", "$e", "@jo:one.example"); got != "https://matrix.to/#/!hash/$e?via=one.example" {
		t.Errorf("got %s", got)
	}
}
