package wechat

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// weixin answers as WeChat does, always with HTTP 200: comments from begin on, until total.
func weixin(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		q := r.URL.Query()
		var ask struct {
			Message uint32 `json:"msg_data_id"`
			Index   int    `json:"index"`
			Begin   int    `json:"begin"`
			Count   int    `json:"count"`
		}
		switch {
		case r.URL.Path == "/cgi-bin/token" && q.Get("grant_type") == "client_credential" && q.Get("appid") == "wx1" && q.Get("secret") == sourcestest.Secret:
			fmt.Fprint(w, `{"access_token":"a-token","expires_in":7200}`)
		case r.URL.Path == "/cgi-bin/token":
			fmt.Fprint(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
		case r.URL.Path != listPath || r.Method != http.MethodPost:
			http.NotFound(w, r)
		case q.Get("access_token") != "a-token":
			fmt.Fprint(w, fault(codeToken))
		case json.UnmarshalRead(r.Body, &ask) != nil || ask.Count >= 50 || ask.Message != 2247483650:
			fmt.Fprint(w, fault(40097))
		default:
			comments(w, c, ask.Begin, ask.Count)
		}
	})
}

func comments(w http.ResponseWriter, c *sourcestest.Content, begin, count int) {
	var there []string
	for _, s := range c.Newest(begin, count) {
		if !s.Gone {
			there = append(there, fmt.Sprintf(`{"user_comment_id":%d,"openid":"oEXAMPLEopenid0000000000000","create_time":%d,"content":%q,"comment_type":0,
				"reply":{"content":"Tuesday at 10.","create_time":%d}}`, s.N, s.At.Unix(), s.Text, s.At.Unix()))
		}
	}
	fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","total":%d,"comment":[%s]}`, c.Len(), strings.Join(there, ","))
}

func fault(code int) string { return fmt.Sprintf(`{"errcode":%d,"errmsg":"no"}`, code) }

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"articles": "2247483650:1 https://mp.weixin.qq.com/s/abc"},
	Keys:      map[string]string{"app_id": "wx1", "app_secret": sourcestest.Secret},
	Serve:     weixin,
	ID:        func(n int) string { return fmt.Sprintf("wechat:2247483650:1:%d", n) },
	Page:      pageSize,
	Asks:      []string{listPath},
	Throttled: sourcestest.Body("application/json", fault(codeQuota)), Until: time.Now().Add(8 * time.Hour).Truncate(24 * time.Hour).Add(16 * time.Hour),
	Bare:      sourcestest.Body("application/json", fault(codeBusy)),
	Dead:      sourcestest.Body("application/json", fault(codeToken)),
	WrongType: `{"errcode":0,"errmsg":"ok","total":1,"comment":[{"user_comment_id":7,"create_time":"today"}]}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.ID != "oEXAMPLEopenid0000000000000" || m.Permalink != "https://mp.weixin.qq.com/s/abc" || m.ThreadID != "wechat:2247483650:1" || m.MatchedBy[0] != "own_thread" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestWeChat(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestTheDayEndsInChina(t *testing.T) {
	for now, want := range map[string]string{"2026-11-20T15:59:59Z": "2026-11-20T16:00:00Z", "2026-11-20T16:00:00Z": "2026-11-21T16:00:00Z"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		var w *sources.Wait
		if err := judge(codeQuota, func() time.Time { return at }); !errors.As(err, &w) || w.Until.UTC().Format(time.RFC3339) != want {
			t.Errorf("at %s: %v", now, err)
		}
	}
}

func TestCodes(t *testing.T) {
	for code, stop := range map[int]bool{codeBusy: false, codeToken: true, codeExpired: true, codePrivilege: true, 47001: false} {
		if err := judge(code, nil); err == nil || errors.Is(err, sources.ErrStop) != stop {
			t.Errorf("%d: %v", code, err)
		}
	}
	p := peer
	p.Keys = map[string]string{"app_id": "wx1", "app_secret": "another"}
	if _, _, err := p.Source(t, sourcestest.NewPlatform(t, weixin(sourcestest.Fill(1)))).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "allow list") {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestTheReplyIsInTheThread(t *testing.T) {
	x := peer.Source(t, sourcestest.NewPlatform(t, weixin(sourcestest.Fill(60)))).(*account)
	m := sources.Mention{ID: "wechat:2247483650:1:2", ThreadID: "wechat:2247483650:1"} // on the second page
	ms, err := x.Thread(t.Context(), m)
	if err != nil || len(ms) != 1 || ms[0].ParentID != m.ID || ms[0].Text != "Tuesday at 10." || ms[0].ID != m.ID+":reply" {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestAnArticleThatIsNoLongerNamedIsNotJudged(t *testing.T) {
	x := peer.Source(t, sourcestest.NewPlatform(t, weixin(sourcestest.Fill(1)))).(*account)
	ms, err := x.Recheck(t.Context(), []sources.Mention{{ID: "wechat:1:0:7", Platform: platform, ThreadID: "wechat:1:0"}, {ID: "wechat:2247483650:1:99", Platform: platform, ThreadID: "wechat:2247483650:1"}})
	if err != nil || len(ms) != 1 || ms[0].ID != "wechat:2247483650:1:99" || ms[0].State != sources.Deleted {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestArticles(t *testing.T) {
	got, err := parseArticles("2247483650:1 https://mp.weixin.qq.com/s/abc; 2247483651;")
	if err != nil || len(got) != 2 || got[0] != (article{2247483650, 1, "https://mp.weixin.qq.com/s/abc"}) || got[1] != (article{2247483651, 0, ""}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, s := range []string{"", ";", "https://mp.weixin.qq.com/s/abc", "99999999999", "1:x"} {
		if _, err := New(settings.Source{Options: map[string]string{"articles": s}}, sources.Deps{}); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
