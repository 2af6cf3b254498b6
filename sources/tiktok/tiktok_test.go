package tiktok

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

// business answers as TikTok does, always with HTTP 200: videos that mention the account, newest first; nothing in the other lists.
func business(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		q := r.URL.Query()
		switch {
		case r.Header.Get("Access-Token") != sourcestest.Secret:
			fmt.Fprint(w, fault(codeToken))
		case q.Get("business_id") != "open":
			fmt.Fprint(w, fault(40002))
		case r.URL.Path == api+"business/mention/video/list/":
			cursor, _ := strconv.Atoi(q.Get("cursor"))
			count, _ := strconv.Atoi(q.Get("max_count"))
			var videos []string
			for _, s := range c.Newest(cursor, count) {
				if !s.Gone {
					videos = append(videos, shownVideo(s))
				}
			}
			fmt.Fprintf(w, `{"code":0,"message":"OK","request_id":"1","data":{"videos":[%s],"cursor":%d,"has_more":%v}}`, strings.Join(videos, ","), cursor+count, cursor+count < c.Len())
		case strings.HasPrefix(r.URL.Path, api+"business/mention/comment/"):
			fmt.Fprint(w, `{"code":0,"message":"OK","request_id":"1","data":{"comments":[],"cursor":0,"has_more":false}}`)
		case r.URL.Path == api+"business/video/list/":
			fmt.Fprint(w, `{"code":0,"message":"OK","request_id":"1","data":{"videos":[{"item_id":"1","share_url":"https://www.tiktok.com/@us/video/1","comments":0}],"cursor":0,"has_more":false}}`)
		default:
			fmt.Fprint(w, fault(40006))
		}
	})
}

func fault(code int) string {
	return fmt.Sprintf(`{"code":%d,"message":"no","request_id":"1","data":{}}`, code)
}

func shownVideo(s sourcestest.Shown) string {
	id := 7_400_000_000_000_000_000 + s.N
	return fmt.Sprintf(`{"item_id":"%d","create_time":"%d","video_link":"https://www.tiktok.com/@jo_resident_ex/video/%d","caption":%q,"likes":12,"comments":3,"shares":1,
		"views":540,"reach":430,"thumbnail_url":"https://cdn.example.org/t.jpg","creator_handle_name":"jo_resident_ex"}`, id, s.At.Unix(), id, s.Text)
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"business_id": "open"},
	Keys:      map[string]string{"access_token": sourcestest.Secret},
	Serve:     business,
	ID:        func(n int) string { return fmt.Sprintf("tiktok:%d", 7_400_000_000_000_000_000+n) },
	Page:      pageSize,
	Asks:      []string{refresh},
	Bare:      sourcestest.Body("application/json", fault(codeWait)),
	Dead:      sourcestest.Body("application/json", fault(codeToken)),
	WrongType: `{"code":0,"message":"OK","data":{"videos":[{"item_id":"1","create_time":"today"}],"cursor":1,"has_more":false}}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Video || m.Author.Handle != "jo_resident_ex" || m.Engagement["views"] != 540 || m.MatchedBy[0] != "mention" || len(m.Media) != 1 {
			t.Errorf("got %+v", m)
		}
	},
}

func TestTikTok(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// lists serves what each path has, by cursor where a path has several pages.
type lists map[string][]string

func (l lists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	q := r.URL.Query()
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, api), "/")
	for _, more := range []string{q.Get("video_id"), q.Get("hashtag")} {
		if more != "" {
			path += " " + more
		}
	}
	pages := l[path]
	n, _ := strconv.Atoi(q.Get("cursor"))
	if n >= len(pages) {
		fmt.Fprint(w, `{"code":0,"data":{"cursor":0,"has_more":false}}`)
		return
	}
	fmt.Fprintf(w, `{"code":0,"message":"OK","data":{%s,"cursor":%d,"has_more":%v}}`, pages[n], n+1, n+1 < len(pages))
}

func all(t *testing.T, l lists, options map[string]string) (*account, *sourcestest.Platform, map[string]sources.Mention) {
	t.Helper()
	p := peer
	options["business_id"] = "open"
	p.Options = options
	platform := sourcestest.NewPlatform(t, l)
	src := p.Source(t, platform)
	ms, _, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]sources.Mention{}
	for _, m := range ms {
		found[m.ID] = m
	}
	return src.(*account), platform, found
}

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

func own(id string, at int64, more string) string {
	return fmt.Sprintf(`{"comment_id":%q,"video_id":"1","unique_identifier":"u%s","username":"jo","display_name":"Jo","text":"comment %s","create_time":%d,"likes":1,"status":"PUBLIC","parent_comment_id":"0"%s}`,
		id, id, id, at, more)
}

func everything() lists {
	return lists{
		"business/mention/comment/list": {fmt.Sprintf(`"comments":[{"comment_id":"c1","comment_text":"@us well?","comment_create_time":"%d","comment_likes":2,"commenter_handle_name":"sam",
			"commenter_display_name":"Sam","item_id":"77","video_link":"https://www.tiktok.com/@sam/video/77"}]`, ago(time.Hour))},
		"business/mention/hashtag/video/list mill": {fmt.Sprintf(`"videos":[{"item_id":"v1","create_time":"%d","caption":"#mill","creator_handle_name":"sam"},
			{"item_id":"v2","create_time":"%d","caption":"ours #mill","creator_handle_name":"Us"}]`, ago(time.Hour), ago(time.Hour))},
		"business/video/list": {`"videos":[{"item_id":"1","share_url":"https://www.tiktok.com/@us/video/1","comments":4},{"item_id":"2","comments":0},{"item_id":"3","comments":1}]`},
		"business/comment/list 1": {
			`"comments":[` + own("o1", ago(time.Hour), fmt.Sprintf(`,"reply_list":[%s]`, own("r1", ago(time.Minute), ""))) + "," + own("mine", ago(time.Hour), `,"owner":true`) + `]`,
			`"comments":[` + own("o2", ago(2*time.Hour), "") + "," + own("old", ago(30*24*time.Hour), "") + `]`,
			`"comments":[` + own("never", ago(31*24*time.Hour), "") + `]`},
		"business/comment/list 3": {`"comments":[` + own("o3", ago(time.Hour), "") + `]`},
	}
}

func TestEveryList(t *testing.T) {
	_, p, got := all(t, everything(), map[string]string{"hashtags": "#mill, road", "handle": "@us"})
	if len(got) != 6 {
		t.Errorf("got %d: %v", len(got), got)
	}
	for id, want := range map[string][3]string{
		"c1": {"mention", "tiktok:77", "tiktok:77"}, "v1": {"tag", "", ""}, "o1": {"own_thread", "tiktok:1", "tiktok:1"},
		"o2": {"own_thread", "tiktok:1", "tiktok:1"}, "r1": {"own_thread", "tiktok:1", "tiktok:o1"}, "o3": {"own_thread", "tiktok:3", "tiktok:3"},
	} {
		m, ok := got["tiktok:"+id]
		if !ok || [3]string{m.MatchedBy[0], m.ThreadID, m.ParentID} != want {
			t.Errorf("%s is %+v", id, m)
		}
	}
	if m := got["tiktok:o1"]; m.Permalink != "https://www.tiktok.com/@us/video/1" || m.Author.ID != "uo1" || m.Author.Handle != "jo" {
		t.Errorf("o1 is %+v", m)
	}
	asked := len(p.Requests())
	if asked != 8 { // mentions 2, hashtags 2, own videos 1, comments 2 of the first and 1 of the third
		t.Errorf("%d requests", asked)
	}
	for _, r := range p.Requests() {
		if d := r.URL.Query().Get("number_of_days"); strings.Contains(r.URL.Path, "/mention/") && d != "8" {
			t.Errorf("%s asks for %s days", r.URL.Path, d)
		}
	}
}

func TestRecheckOfOwnThreads(t *testing.T) {
	l := everything()
	x, _, got := all(t, l, map[string]string{"hashtags": "mill"})
	var held []sources.Mention
	for _, m := range got {
		sources.Normalise(&m, time.Now())
		held = append(held, m)
	}
	l["business/comment/list 1"] = []string{`"comments":[` + own("o1", ago(time.Hour), "") + `]`}
	l["business/mention/hashtag/video/list mill"] = []string{`"videos":[]`}
	changed, err := x.Recheck(t.Context(), held)
	if err != nil {
		t.Fatal(err)
	}
	gone := map[string]bool{}
	for _, m := range changed {
		if m.State == sources.Deleted {
			gone[m.ID] = true
		}
	}
	if len(gone) != 3 || !gone["tiktok:o2"] || !gone["tiktok:v1"] || !gone["tiktok:v2"] { // not r1: replies need not all be listed
		t.Errorf("gone are %v", gone)
	}
}

func TestALongListIsNotWhole(t *testing.T) {
	var pages []string
	for p := range 10 {
		var videos []string
		for i := range 100 {
			videos = append(videos, fmt.Sprintf(`{"item_id":"v%d","create_time":"%d","caption":"x"}`, p*100+i, ago(time.Duration(p*100+i)*time.Minute)))
		}
		pages = append(pages, `"videos":[`+strings.Join(videos, ",")+`]`)
	}
	x := peer.Source(t, sourcestest.NewPlatform(t, lists{"business/mention/video/list": pages})).(*account)
	held := []sources.Mention{
		{ID: "tiktok:beyond", Platform: platform, Kind: sources.Video, CreatedAt: time.Now().Add(-48 * time.Hour)},
		{ID: "tiktok:within", Platform: platform, Kind: sources.Video, CreatedAt: time.Now().Add(-5 * time.Hour)},
	}
	changed, err := x.Recheck(t.Context(), held)
	if err != nil || len(changed) != 1 || changed[0].ID != "tiktok:within" {
		t.Errorf("got %+v, %v", changed, err)
	}
}

func TestThread(t *testing.T) {
	x, _, got := all(t, everything(), map[string]string{})
	ms, err := x.Thread(t.Context(), got["tiktok:o1"])
	if err != nil || len(ms) != 1 || ms[0].ID != "tiktok:r1" {
		t.Errorf("got %+v, %v", ms, err)
	}
	if ms, err := x.Thread(t.Context(), got["tiktok:c1"]); err != nil || ms != nil {
		t.Errorf("of another's video: %+v, %v", ms, err)
	}
}

func TestCodes(t *testing.T) {
	for code, stop := range map[int]bool{40100: false, 40102: true, 40105: true, 40001: true, 40002: true, 40006: true, 50000: false, 51023: false, 12345: false} {
		err := judge(code)
		var f *sources.Fault
		if errors.Is(err, sources.ErrStop) != stop || errors.As(err, &f) == stop {
			t.Errorf("%d: %v", code, err)
		}
	}
}

// TestRefresh exchanges the refresh token as JSON, keeps the new one, and exchanges again when the access token dies early.
func TestRefresh(t *testing.T) {
	keys := map[string]string{"refresh_token": "first", "client_id": "app", "client_secret": sourcestest.Secret}
	given, now := 0, time.Now()
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != refresh {
			if r.Header.Get("Access-Token") != fmt.Sprintf("token-%d", given) {
				fmt.Fprint(w, fault(codeToken))
				return
			}
			lists{}.ServeHTTP(w, r)
			return
		}
		var q map[string]string
		if err := json.UnmarshalRead(r.Body, &q); err != nil || q["grant_type"] != "refresh_token" || q["client_secret"] != sourcestest.Secret || q["refresh_token"] != keys["refresh_token"] {
			fmt.Fprint(w, fault(codeToken))
			return
		}
		given++
		fmt.Fprintf(w, `{"code":0,"message":"OK","data":{"access_token":"token-%d","refresh_token":"next","open_id":"open","expires_in":86400}}`, given)
	}))
	src, err := New(settings.Source{ID: "x", Options: peer.Options, Every: settings.Duration(time.Millisecond)}, sources.Deps{Now: func() time.Time { return now },
		Client: func(settings.Source) *http.Client { return p.Anywhere() },
		Secret: func(_ context.Context, _, name string) (string, error) { return keys[name], nil },
		SaveSecret: func(_ context.Context, _, name, value string) error {
			keys[name] = value
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	x := src.(*account)
	if _, err := x.mentionVideos(t.Context(), sources.PageRequest{}); err != nil || keys["refresh_token"] != "next" {
		t.Fatalf("%v, keys %v", err, keys)
	}
	given, now = 2, now.Add(time.Hour) // TikTok let token-1 die
	if _, err := x.mentionVideos(t.Context(), sources.PageRequest{}); err == nil || errors.Is(err, sources.ErrStop) {
		t.Errorf("a token that died early: %v", err)
	}
	if _, err := x.mentionVideos(t.Context(), sources.PageRequest{}); err != nil || given != 3 {
		t.Errorf("afterwards %v, given %d", err, given)
	}
	keys["refresh_token"], now = "another", now.Add(48*time.Hour)
	x.tokens.Forget()
	keys["client_secret"] = "wrong"
	if _, err := x.mentionVideos(t.Context(), sources.PageRequest{}); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "refresh token") {
		t.Errorf("a refresh token that died: %v", err)
	}
}
