package threads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta/metatest"
	"earshot/sources/sourcestest"
)

const accountID = "17840000000000009"

// graph answers as Threads' API does for a profile that others mention.
func graph(c *sourcestest.Content) http.Handler {
	return metatest.Graph("/v1.0/", map[string]metatest.Edge{
		accountID + "/mentions": metatest.Newest(c, view),
		accountID + "/threads":  metatest.None,
		"/refresh_access_token": metatest.Error(400, 100, 0), // the token is of today
		metatest.Any: func(w http.ResponseWriter, q url.Values) {
			n, _ := strconv.Atoi(strings.TrimPrefix(q.Get("path"), "1800"))
			if s, ok := c.One(n); ok && !s.Gone {
				fmt.Fprint(w, view(s))
				return
			}
			metatest.Gone(w, q)
		},
	})
}

func view(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"id":"1800%d","media_product_type":"THREADS","media_type":"TEXT_POST","permalink":"https://www.threads.net/@jo_resident_ex/post/EX%d","username":"jo_resident_ex",
		"text":%q,"timestamp":"%s","shortcode":"EX%d","has_replies":false,"is_reply":false,"is_quote_post":false}`, s.N, s.N, s.Text, metatest.At(s.At), s.N)
}

var peer = metatest.Peer(sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"account": accountID, "username": "examplefordcouncil"},
	Serve:     graph,
	ID:        func(n int) string { return fmt.Sprintf("threads:1800%d", n) },
	Page:      pageSize,
	WrongType: `{"data":[{"id":"1800","is_reply":"perhaps"}],"paging":{}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Post || m.Author.Handle != "jo_resident_ex" || m.Author.URL != "https://www.threads.net/@jo_resident_ex" ||
			m.Permalink != "https://www.threads.net/@jo_resident_ex/post/EX1" || m.MatchedBy[0] != "mention" || m.ThreadID != "" {
			t.Errorf("got %+v", m)
		}
	},
}, "threads")

func TestThreads(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// council is a profile with a mention, replies under an own post, and two searches.
func council() map[string]metatest.Edge {
	post := func(id, user, text string, ago time.Duration, more string) string {
		return `{"id":"` + id + `","media_type":"TEXT_POST","permalink":"https://www.threads.net/@` + user + `/post/` + id + `","username":"` + user + `","text":"` + text + `","timestamp":"` + metatest.At(time.Now().Add(-ago)) + `"` + more + `}`
	}
	search := func(w http.ResponseWriter, q url.Values) {
		switch q.Get("search_mode") + " " + q.Get("search_type") + " " + q.Get("q") {
		case "KEYWORD RECENT Exampleford Council":
			metatest.List(post("41", "sam", "Exampleford Council, really?", 30*time.Minute, `,"is_quote_post":true,"quoted_post":{"id":"99"}`),
				post("42", "ExamplefordCouncil", "Our news", 31*time.Minute, ""),
				`{"id":"43","media_type":"REPOST_FACADE","username":"al","timestamp":"`+metatest.At(time.Now())+`"}`)(w, q)
		case "TAG RECENT exampleford":
			metatest.List(post("44", "kim", "Sunset", 20*time.Minute, `,"topic_tag":"exampleford"`))(w, q)
		default:
			metatest.Error(400, 100, 0)(w, q)
		}
	}
	return map[string]metatest.Edge{
		accountID + "/mentions": metatest.List(post("11", "jo", "@examplefordcouncil is the tip open?", 50*time.Minute, `,"is_reply":true,"root_post":{"id":"8"},"replied_to":{"id":"9"}`)),
		accountID + "/threads": metatest.List(`{"id":"21","timestamp":"`+metatest.At(time.Now().Add(-time.Hour))+`","has_replies":true}`, `{"id":"22","timestamp":"`+metatest.At(time.Now().Add(-time.Hour))+`","has_replies":false}`,
			`{"id":"23","timestamp":"`+metatest.At(time.Now().Add(-40*24*time.Hour))+`","has_replies":true}`),
		"21/conversation":       metatest.List(post("32", "examplefordcouncil", "Yes", 39*time.Minute, `,"is_reply":true`), post("31", "al", "Is it?", 40*time.Minute, `,"is_reply":true,"root_post":{"id":"21"},"replied_to":{"id":"21"}`)),
		"keyword_search":        search,
		"11":                    metatest.One(post("11", "jo", "@examplefordcouncil is the tip open on Sunday?", 50*time.Minute, "")),
		"21":                    metatest.One(post("21", "examplefordcouncil", "The tip is open", time.Hour, "")),
		"8":                     metatest.One(post("8", "ned", "Where to with this?", 2*time.Hour, "")),
		"9":                     metatest.Error(403, 10, 0),
		"31":                    metatest.Gone,
		"41":                    metatest.Gone,
		"44":                    metatest.Gone,
		"/refresh_access_token": metatest.One(`{"access_token":"` + sourcestest.Secret + `","token_type":"bearer","expires_in":5183944}`),
	}
}

func start(t *testing.T, edges map[string]metatest.Edge) (*profile, sources.Receiver, *sourcestest.Platform) {
	t.Helper()
	p := sourcestest.NewPlatform(t, metatest.Graph("/v1.0/", edges))
	s := settings.Source{ID: "s", Options: map[string]string{"account": accountID, "username": "@examplefordcouncil", "keywords": "Exampleford Council, #exampleford"}}
	src, err := New(s, metatest.Deps(p))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Push(s, metatest.Deps(p))
	if err != nil {
		t.Fatal(err)
	}
	return src.(*profile), rec, p
}

func TestWholeProfile(t *testing.T) {
	x, _, p := start(t, council())
	ms, _, err := x.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range ms {
		got = append(got, fmt.Sprintf("%s %s by %s under %s in %s quoting %s: %s|%s %v", m.Kind, m.ID, m.Author.Handle, m.ParentID, m.ThreadID, m.QuotedID, m.Title, m.Text, m.MatchedBy))
	}
	want := []string{
		"reply threads:11 by jo under threads:9 in threads:8 quoting : |@examplefordcouncil is the tip open? [mention]",
		"reply threads:31 by al under threads:21 in threads:21 quoting : |Is it? [own_thread]",
		"quote threads:41 by sam under  in  quoting threads:99: |Exampleford Council, really? []",
		"post threads:44 by kim under  in  quoting : exampleford|Sunset []",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, r := range p.Requests() {
		if r.Host != "graph.threads.net" || r.URL.Query().Has("appsecret_proof") {
			t.Errorf("asked for %s at %s", r.URL.Path, r.Host)
		}
		if strings.Contains(r.URL.Path, "/22/") || strings.Contains(r.URL.Path, "/23/") {
			t.Errorf("%s is asked for, of a post too old or without replies", r.URL.Path)
		}
	}
	around, err := x.Thread(t.Context(), ms[0])
	if err != nil || len(around) != 1 || around[0].ID != "threads:8" { // its parent may not be seen
		t.Errorf("around a mention: %v, %v", around, err)
	}
	around, err = x.Thread(t.Context(), ms[1])
	if err != nil || len(around) != 2 || around[0].ID != "threads:21" || around[1].ID != "threads:32" {
		t.Errorf("around a reply: %v, %v", around, err)
	}
	changed, err := x.Recheck(t.Context(), ms[:2])
	if err != nil || len(changed) != 2 || changed[0].State != sources.Edited || changed[0].ThreadID != "threads:8" || changed[1].ID != "threads:31" || changed[1].State != sources.Deleted {
		t.Errorf("asked again: %+v, %v", changed, err)
	}
	// Not one post that a search finds can be asked for by its number: then nothing is proved.
	if changed, err := x.Recheck(t.Context(), ms[2:]); err == nil || len(changed) > 0 {
		t.Errorf("what may not be asked for is called deleted: %v, %v", changed, err)
	}
}

const pushed = `{"app_id":"123456","topic":"interaction","target_id":"17840000000000009","time":1795162600,"subscription_id":"234567","has_uid_field":false,"values":{"field":"mentions","value":{"id":"18000000000000001","username":"jo_resident_ex","text":"@examplefordcouncil is the tip open on Sunday?","media_type":"TEXT_POST","permalink":"https://www.threads.net/@jo_resident_ex/post/EXAMPLE1","shortcode":"EXAMPLE1","timestamp":"2026-11-20T08:15:30+0000","is_reply":false,"is_quote_post":false,"has_replies":false}}}`

func value(topic, field, v string) string {
	return `{"app_id":"1","topic":"` + topic + `","target_id":"` + accountID + `","time":1795162600,"values":{"field":"` + field + `","value":` + v + `}}`
}

func TestPush(t *testing.T) {
	_, rec, p := start(t, council())
	metatest.Hook(t, rec, pushed)
	ms := metatest.Receive(t, rec, pushed)
	if len(ms) != 1 || ms[0].ID != "threads:18000000000000001" || ms[0].Text != "@examplefordcouncil is the tip open on Sunday?" || ms[0].Author.Handle != "jo_resident_ex" ||
		!ms[0].CreatedAt.Equal(time.Date(2026, 11, 20, 8, 15, 30, 0, time.UTC)) || ms[0].MatchedBy[0] != "mention" {
		t.Errorf("got %+v", ms)
	}
	for _, c := range []struct{ name, body, want string }{
		{"a reply without a time", value("moderate", "replies", `{"id":"31","username":"al","text":"Is it?","root_post":{"id":"21"},"replied_to":{"id":"21"}}`), "reply threads:31 threads:21 Is it?"},
		{"wrapped in an entry", `{"object":"threads","entry":[{"id":"9","time":1795162600,"changes":[{"field":"mentions","value":{"id":"12","username":"al","text":"Hi"}}]}]}`, "post threads:12  Hi"},
		{"the council's own", value("interaction", "mentions", `{"id":"13","username":"Examplefordcouncil","text":"Ask @examplefordcouncil"}`), ""},
		{"publish", value("interaction", "publish", `{"id":"14","username":"examplefordcouncil","text":"News"}`), ""},
		{"delete", value("moderate", "delete", `{"id":"15","username":"examplefordcouncil"}`), ""},
		{"unknown", value("moderate", "hologram", `{"id":7}`), ""},
		{"a private message", value("interaction", "messages", `{"id":"16","username":"al","text":"Exampleford, in private"}`), ""},
	} {
		var got []string
		for _, m := range metatest.Receive(t, rec, c.body) {
			if m.CreatedAt.IsZero() {
				t.Errorf("%s has no time", c.name)
			}
			got = append(got, fmt.Sprintf("%s %s %s %s", m.Kind, m.ID, m.ThreadID, m.Text))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if n := len(p.Requests()); n != 0 {
		t.Errorf("%d requests for what was told whole", n)
	}
}

func TestSample(t *testing.T) {
	var v post
	sample := `{"id":"18000000000000001","media_product_type":"THREADS","media_type":"CAROUSEL_ALBUM","permalink":"https://www.threads.net/@jo_resident_ex/post/EXAMPLE1","username":"jo_resident_ex","text":"","timestamp":"2026-11-20T08:15:30+0000","alt_text":"The mill","gif_url":"https://gif.example/1","link_attachment_url":"https://example.org/","topic_tag":"Exampleford","is_reply":false}`
	if err := json.Unmarshal([]byte(sample), &v); err != nil {
		t.Fatal(err)
	}
	m := v.mention("")
	if len(m.Media) != 3 || m.Media[0].Alt != "The mill" || m.Media[2].Type != "link" || m.Title != "Exampleford" || m.MatchedBy != nil {
		t.Errorf("got %+v", m)
	}
}

// renewals answers every request for a renewal with the next token, or refuses.
type renewals struct {
	asked  []string
	refuse bool
}

func (a *renewals) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r.URL.Query().Get("access_token"))
	body, status := fmt.Sprintf(`{"access_token":"token-%d","token_type":"bearer","expires_in":5183944}`, len(a.asked)), 200
	if a.refuse {
		body, status = `{"error":{"code":100}}`, 400
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestTokenIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &renewals{}
		kept := "token-0"
		d := sources.Deps{
			Secret:     func(context.Context, string, string) (string, error) { return kept, nil },
			SaveSecret: func(_ context.Context, _, _, v string) error { kept = v; return nil },
		}
		x := &token{source: "s", deps: d, call: &sources.Caller{Client: &http.Client{Transport: a}, Name: "Threads"}}
		use := func(want string) {
			t.Helper()
			if got, err := x.get(t.Context()); err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		}
		use("token-1")
		time.Sleep(6 * 24 * time.Hour)
		use("token-1")
		time.Sleep(25 * time.Hour)
		use("token-2")
		a.refuse = true
		time.Sleep(7 * 24 * time.Hour)
		use("token-2") // a refused renewal stops nothing
		time.Sleep(23 * time.Hour)
		use("token-2")
		time.Sleep(time.Hour)
		a.refuse = false
		use("token-4")
		kept = "entered anew"
		use("entered anew")
		x.deps.SaveSecret = nil
		time.Sleep(8 * 24 * time.Hour)
		use("token-5")
		use("token-5")
		if s := strings.Join(a.asked, " "); s != "token-0 token-1 token-2 token-2 entered anew" {
			t.Errorf("renewed were %s", s)
		}
		x.deps.Secret = func(context.Context, string, string) (string, error) { return "", errors.New("no keys today") }
		if _, err := x.get(t.Context()); err == nil {
			t.Error("no key, no error")
		}
	})
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]map[string]string{
		"no account":        {"username": "x"},
		"no username":       {"account": accountID},
		"too many keywords": {"account": accountID, "username": "x", "keywords": "a,b,c,d,e,f,g,h,i,j,k"},
	} {
		if _, err := New(settings.Source{Options: o}, sources.Deps{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
