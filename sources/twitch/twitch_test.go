package twitch

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// service answers as Twitch's sign-in and Helix do.
type service struct {
	content *sourcestest.Content
	revoked atomic.Bool
	tokens  atomic.Int64
}

func serve(c *sourcestest.Content) http.Handler { return &service{content: c} }

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	token := fmt.Sprintf("token-%d", s.tokens.Load())
	refuse := func(code int, message string) {
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error":"Unauthorized","status":%d,"message":%q}`, code, message)
	}
	switch r.Host + r.URL.Path {
	case "id.twitch.tv/oauth2/token":
		if s.revoked.Load() || r.FormValue("client_secret") != sourcestest.Secret {
			refuse(http.StatusBadRequest, "invalid client secret")
			return
		}
		fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":5011271,"token_type":"bearer"}`, s.tokens.Add(1))
	case "id.twitch.tv/oauth2/validate":
		if r.Header.Get("Authorization") != "OAuth "+token {
			refuse(http.StatusUnauthorized, "invalid access token")
			return
		}
		fmt.Fprint(w, `{"client_id":"app","login":"listener","scopes":["user:read:chat"],"user_id":"900","expires_in":14000}`)
	default:
		w.Header().Set("Ratelimit-Limit", "800")
		w.Header().Set("Ratelimit-Remaining", "799")
		w.Header().Set("Ratelimit-Reset", strconv.FormatInt(time.Now().Unix()+1, 10))
		if r.Host != "api.twitch.tv" || s.revoked.Load() || r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("Client-Id") != "app" {
			refuse(http.StatusUnauthorized, "Invalid OAuth token")
			return
		}
		s.helix(w, r)
	}
}

func (s *service) helix(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/helix/search/channels":
		first, _ := strconv.Atoi(r.FormValue("first"))
		skip, _ := strconv.Atoi(r.FormValue("after"))
		list := s.content.Newest(max(0, skip-1), first) // one of the page before comes again
		next := ""
		if len(list) == first {
			next = strconv.Itoa(max(0, skip-1) + first)
		}
		var data []string
		for _, x := range list {
			data = append(data, fmt.Sprintf(`{"broadcaster_language":"en","broadcaster_login":"jo_%d","display_name":"Jo_%d","game_id":"1","game_name":"Just Chatting","id":"%d",
				"is_live":true,"tags":["English"],"thumbnail_url":"https://x","title":%q,"started_at":%q}`, x.N, x.N, x.N, x.Text, begins(x.N).Format(time.RFC3339)))
		}
		fmt.Fprintf(w, `{"data":[%s],"pagination":{"cursor":%q}}`, strings.Join(data, ","), next)
	case "/helix/users":
		fmt.Fprint(w, `{"data":[{"id":"100","login":"examplefordlive"}]}`)
	case "/helix/eventsub/subscriptions":
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"data":[{"id":"sub","status":"enabled","cost":0}],"total":1,"total_cost":0,"max_total_cost":10}`)
	default:
		http.NotFound(w, r)
	}
}

// begins is when stream n began: it is part of an ID here, so it must not depend on when a test fills its content.
func begins(n int) time.Time { return started.Add(time.Duration(n) * 100 * time.Millisecond) }

var started = time.Now().Add(-30 * time.Hour).UTC().Truncate(time.Second)

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var keys = map[string]string{secretID: "app", secretSecret: sourcestest.Secret, secretRefresh: "refresh"}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"mode": "search", "query": "Exampleford", "own": "exampleford_council"},
	Keys:      keys,
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("twitch:stream/%d/%s", n, begins(n).Format("20060102T150405Z")) },
	Page:      pageSize,
	Asks:      []string{"/oauth2/token"},
	Throttled: sourcestest.Status(429, "Ratelimit-Limit", "800", "Ratelimit-Remaining", "0", "Ratelimit-Reset", strconv.FormatInt(until.Unix(), 10)), Until: until,
	Dead: func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		h.(*service).revoked.Store(true)
		h.ServeHTTP(w, r)
	},
	WrongType: `{"data":[{"id":100}],"pagination":{}}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Video || m.Author.Handle != "jo_1" || m.Permalink != "https://www.twitch.tv/jo_1" || m.Lang != "en" || m.Title == "" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestSearch(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// A token that Twitch no longer takes is exchanged, once, without a word.
func TestTokenEnds(t *testing.T) {
	s := &service{content: sourcestest.Fill(2)}
	p := sourcestest.NewPlatform(t, s)
	p.Break(nil, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"Unauthorized","status":401,"message":"Invalid OAuth token"}`)
	})
	if ms, _, err := peer.Source(t, p).Next(t.Context(), ""); err != nil || len(ms) != 2 {
		t.Errorf("%v, %v", ms, err)
	}
	if s.tokens.Load() != 2 {
		t.Errorf("%d tokens were asked for", s.tokens.Load())
	}
}

func TestWhatIsNoStream(t *testing.T) {
	a := &app{own: []string{"exampleford_council"}}
	now := jsonTime{time.Now()}
	for name, s := range map[string]stream{
		"one that is over":  {ID: "1", Login: "jo", Title: "x"},
		"the council's own": {ID: "1", Login: "Exampleford_Council", Title: "x", Live: true, Started: now},
	} {
		if m, ok := a.mention(&s); ok {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []map[string]string{{}, {"channels": "https://www.twitch.tv/a"}, {"mode": "search"}, {"mode": "vod"}} {
		if _, err := New(settings.Source{Options: o}, sources.Deps{}); err == nil {
			t.Errorf("%v is accepted", o)
		}
	}
}

func depsOf(p *sourcestest.Platform) sources.Deps {
	return sources.Deps{Client: func(settings.Source) *http.Client { return p.Anywhere() },
		Secret: func(_ context.Context, _, name string) (string, error) { return keys[name], nil }}
}
