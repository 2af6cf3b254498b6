package mattermost

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

const roads, parks, private = "roads0000000000000000000000", "parks0000000000000000000000", "quiet0000000000000000000000"

func channelOf(n int) string {
	if n%2 == 0 {
		return parks
	}
	return roads
}

// serve answers as Mattermost does: everything changed since a time, a thousand at most, or page by page.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		channel, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v4/channels/"), "/")
		switch {
		case r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"id":"api.context.session_expired.app_error","message":"Invalid or expired session, please login again.","status_code":401}`)
		case r.URL.Path == "/api/v4/users/ids" && r.Method == http.MethodPost:
			fmt.Fprint(w, `[{"id":"u7","username":"jo","first_name":"Jo","last_name":"Resident","email":"jo@exampleford.test","locale":"en"}]`)
		case strings.HasSuffix(r.URL.Path, "/thread"):
			fmt.Fprintf(w, `{"order":["one","two"],"posts":{"one":%s,"two":%s}}`, post1("one", "", "the bins", 1795162530000), post1("two", "one", "me too", 1795162531000))
		case what == "":
			kind := "O"
			if channel == private {
				kind = "D"
			}
			fmt.Fprintf(w, `{"id":%q,"type":%q,"team_id":"t1","name":"roads"}`, channel, kind)
		case r.FormValue("since") != "":
			ms, _ := strconv.ParseInt(r.FormValue("since"), 10, 64)
			list(w, channel, c.Newest(0, c.Len()), func(s sourcestest.Shown) bool { return updated(s).UnixMilli() >= ms }, sinceMost)
		default:
			page, _ := strconv.Atoi(r.FormValue("page"))
			per, _ := strconv.Atoi(r.FormValue("per_page"))
			list(w, channel, c.Newest(page*2*per, 2*per), func(s sourcestest.Shown) bool { return !s.Gone }, per)
		}
	})
}

func list(w http.ResponseWriter, channel string, shown []sourcestest.Shown, take func(sourcestest.Shown) bool, most int) {
	var order, posts []string
	for _, s := range shown {
		if channelOf(s.N) == channel && take(s) && len(order) < most {
			order = append(order, strconv.Quote(idOf(s.N)))
			posts = append(posts, fmt.Sprintf("%q:%s", idOf(s.N), view(s)))
		}
	}
	fmt.Fprintf(w, `{"order":[%s],"posts":{%s},"next_post_id":"","prev_post_id":""}`, strings.Join(order, ","), strings.Join(posts, ","))
}

func idOf(n int) string { return fmt.Sprintf("post%022d", n) }

func updated(s sourcestest.Shown) time.Time {
	if s.Edited.After(s.At) {
		return s.Edited
	}
	return s.At
}

func view(s sourcestest.Shown) string {
	edit, gone := int64(0), int64(0)
	if s.Gone {
		gone = s.Edited.UnixMilli()
	} else if !s.Edited.IsZero() {
		edit = s.Edited.UnixMilli()
	}
	return fmt.Sprintf(`{"id":%q,"create_at":%d,"update_at":%d,"edit_at":%d,"delete_at":%d,"is_pinned":false,"user_id":"u7","channel_id":%q,"root_id":"","message":%q,
		"type":"","props":{},"hashtags":"","file_ids":[],"reply_count":0,"metadata":{}}`, idOf(s.N), s.At.UnixMilli(), updated(s).UnixMilli(), edit, gone, channelOf(s.N), s.Text)
}

func post1(id, root, text string, at int64) string {
	return fmt.Sprintf(`{"id":%q,"create_at":%d,"update_at":%d,"user_id":"u7","root_id":%q,"message":%q,"type":""}`, id, at, at, root, text)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"server": "https://chat.example/", "team": "residents", "channels": roads + "," + parks, "own": "u1"},
	Keys:      map[string]string{secretToken: sourcestest.Secret},
	Serve:     serve,
	ID:        func(n int) string { return "mattermost:" + idOf(n) },
	Page:      200, // the backlog alone is more than "since" gives
	Asks:      []string{"/api/v4/users/ids"},
	Throttled: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.Itoa(int(time.Until(until).Seconds()+1)))
		http.Error(w, "limit exceeded", http.StatusTooManyRequests)
	},
	Until: until,
	Bare: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(w, "limit exceeded", http.StatusTooManyRequests)
	},
	WrongType: `{"order":["a"],"posts":{"a":{"id":"a","create_at":"yesterday"}}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.ID != "u7" || m.Author.Handle != "jo" || m.Author.Name != "Jo Resident" || m.Permalink != "https://chat.example/residents/pl/"+idOf(1) || m.Kind != sources.Message || m.Visibility != "members" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestMattermost(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestDeletionsComeByThePoll(t *testing.T) {
	c := sourcestest.Fill(3)
	src := peer.Source(t, sourcestest.NewPlatform(t, serve(c)))
	ms, after, err := src.Next(t.Context(), "")
	if err != nil || len(ms) != 3 {
		t.Fatalf("%d, %v", len(ms), err)
	}
	gone := time.Now().UTC().Truncate(time.Millisecond)
	c.Change(2, func(s *sourcestest.Shown) { s.Gone, s.Edited = true, gone })
	ms, _, err = src.Next(t.Context(), after)
	if err != nil || len(ms) != 1 || ms[0].ID != peer.ID(2) || ms[0].State != sources.Deleted || !ms[0].At.Equal(gone) {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestNoDirectMessages(t *testing.T) {
	x := peer
	x.Options = map[string]string{"server": "https://chat.example", "team": "residents", "channels": private}
	p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(3)))
	if ms, _, err := x.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || len(ms) > 0 {
		t.Errorf("of a direct channel: %v, %v", ms, err)
	}
	if n := len(p.Requests()); n != 1 {
		t.Errorf("%d requests: its posts were asked for", n)
	}
}

func TestWhatIsNoMention(t *testing.T) {
	x := &server{own: []string{"u1"}}
	for name, p := range map[string]post{
		"a system message":  {ID: "a", Type: "system_join_channel", Message: "jo joined", User: "u7"},
		"the council's own": {ID: "a", Message: "we grit tonight", User: "u1"},
	} {
		if m, ok := x.mention(&p); ok {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestThread(t *testing.T) {
	src := peer.Source(t, sourcestest.NewPlatform(t, serve(sourcestest.Fill(0)))).(sources.Threader)
	ms, err := src.Thread(t.Context(), sources.Mention{ID: "mattermost:one"})
	if err != nil || len(ms) != 1 || ms[0].Kind != sources.Reply || ms[0].ParentID != "mattermost:one" || ms[0].Text != "me too" {
		t.Errorf("got %+v, %v", ms, err)
	}
}
