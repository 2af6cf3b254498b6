package instagram

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta/metatest"
	"earshot/sources/sourcestest"
)

const accountID = "17841400000000001"

// graph answers as the Graph API does for an account whose every mention is a media that tags it.
func graph(c *sourcestest.Content) http.Handler {
	return metatest.Graph("/v26.0/", map[string]metatest.Edge{accountID + "/tags": metatest.Newest(c, tagged), accountID + "/media": metatest.None})
}

func tagged(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"id":"1790%d","caption":%q,"media_type":"CAROUSEL_ALBUM","media_url":"https://scontent.example/%d.jpg","permalink":"https://www.instagram.com/p/EX%d/","timestamp":"%s",
		"username":"jo_resident_ex","like_count":9,"comments_count":0}`, s.N, s.Text, s.N, s.N, metatest.At(s.At))
}

var peer = metatest.Peer(sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"account": accountID, "username": "examplefordcouncil"},
	Serve:     graph,
	ID:        func(n int) string { return fmt.Sprintf("instagram:1790%d", n) },
	Page:      pageSize,
	WrongType: `{"data":[{"id":"1790","like_count":"many"}],"paging":{}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Photo || m.Author.Handle != "jo_resident_ex" || m.Permalink != "https://www.instagram.com/p/EX1/" || m.MatchedBy[0] != "tag" ||
			m.Engagement["likes"] != 9 || m.Media[0].Type != "image" || strings.Contains(m.Media[0].URL, "scontent") {
			t.Errorf("got %+v", m)
		}
	},
}, "instagram")

func TestInstagram(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

const detail = `{"mentioned_comment":{"id":"17894220000000003","text":"@examplefordcouncil the play park gate is broken","timestamp":"2026-11-20T08:15:30+0000","like_count":2,"media":{"id":"17918190000000002","permalink":"https://www.instagram.com/p/EXAMPLE01/"}},"id":"17841400000000001"}`

// council is an account with comments on its media, one of them old, and a hashtag.
func council() map[string]metatest.Edge {
	at := func(ago time.Duration) string { return metatest.At(time.Now().Add(-ago)) }
	return map[string]metatest.Edge{
		accountID + "/tags": metatest.None,
		accountID + "/media": metatest.List(
			`{"id":"21","permalink":"https://www.instagram.com/p/NEW/","timestamp":"`+at(time.Hour)+`","comments_count":3}`,
			`{"id":"22","permalink":"https://www.instagram.com/p/OLD/","timestamp":"`+at(20*24*time.Hour)+`","comments_count":1}`,
			`{"id":"23","permalink":"https://www.instagram.com/p/NONE/","timestamp":"`+at(21*24*time.Hour)+`","comments_count":0}`,
			`{"id":"24","permalink":"https://www.instagram.com/p/TOOOLD/","timestamp":"`+at(40*24*time.Hour)+`","comments_count":9}`),
		"21/comments": metatest.List(
			`{"id":"31","text":"Why again?","timestamp":"`+at(50*time.Minute)+`","username":"jo_resident_ex","from":{"id":"7","username":"jo_resident_ex"},"like_count":2,"replies":{"data":[
				{"id":"32","text":"We are looking into it","timestamp":"`+at(40*time.Minute)+`","username":"ExamplefordCouncil"},
				{"id":"33","text":"At last","timestamp":"`+at(30*time.Minute)+`","username":"al"}]}}`,
			`{"id":"34","text":"Follow us for news","timestamp":"`+at(55*time.Minute)+`","username":"other","from":{"id":"`+accountID+`"}}`),
		"22/comments":                metatest.List(`{"id":"35","text":"Still so","timestamp":"` + at(20*time.Minute) + `","username":"sam"}`),
		"ig_hashtag_search":          metatest.One(`{"data":[{"id":"1784360000000"}]}`),
		"1784360000000/recent_media": metatest.List(`{"id":"41","caption":"Sunset #exampleford","media_type":"VIDEO","permalink":"https://www.instagram.com/p/TAG/","timestamp":"`+at(10*time.Minute)+`"}`, `{"id":"21","caption":"Ours #exampleford","media_type":"IMAGE","permalink":"https://www.instagram.com/p/NEW/","timestamp":"`+at(time.Hour)+`"}`),
		"21":                         metatest.One(`{"id":"21","caption":"Bins","media_type":"IMAGE","permalink":"https://www.instagram.com/p/NEW/","timestamp":"` + at(time.Hour) + `","username":"examplefordcouncil"}`),
		"31":                         metatest.One(`{"id":"31","text":"Why once again?","timestamp":"` + at(50*time.Minute) + `"}`),
		"33":                         metatest.Gone,
		"35":                         metatest.One(`{"id":"35","text":"Still so","timestamp":"` + at(20*time.Minute) + `"}`),
		accountID: func(w http.ResponseWriter, q url.Values) {
			switch q.Get("fields") {
			case "mentioned_comment.comment_id(17894220000000003)" + commentDetail:
				fmt.Fprint(w, detail)
			case "mentioned_media.media_id(51)" + mediaDetail:
				fmt.Fprint(w, `{"mentioned_media":{"id":"51","caption":"Thanks @examplefordcouncil","media_type":"IMAGE","owner":{"id":"9"},"username":"sam","timestamp":"2026-11-20T08:15:30+0000"},"id":"1"}`)
			default:
				metatest.Gone(w, q)
			}
		},
	}
}

func start(t *testing.T, edges map[string]metatest.Edge, hashtags string) (sources.Source, sources.Receiver, *sourcestest.Platform) {
	t.Helper()
	p := sourcestest.NewPlatform(t, metatest.Graph("/v26.0/", edges))
	s := settings.Source{ID: "s", Every: 1, Options: map[string]string{"account": accountID, "username": "@examplefordcouncil", "hashtags": hashtags}}
	src, err := New(s, metatest.Deps(p))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Push(s, metatest.Deps(p))
	if err != nil {
		t.Fatal(err)
	}
	return src, rec, p
}

func TestWholeAccount(t *testing.T) {
	src, _, p := start(t, council(), "#Exampleford, exampleford")
	ms, cursor, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range ms {
		got = append(got, fmt.Sprintf("%s %s by %s under %s in %s at %s: %s %v", m.Kind, m.ID, m.Author.Handle, m.ParentID, m.ThreadID, strings.TrimPrefix(m.Permalink, site), m.Text, m.MatchedBy))
	}
	want := []string{
		"comment instagram:31 by jo_resident_ex under instagram:21 in instagram:21 at p/NEW/: Why again? [own_thread]",
		"reply instagram:33 by al under instagram:31 in instagram:21 at p/NEW/: At last [own_thread]",
		"comment instagram:35 by sam under instagram:22 in instagram:22 at p/OLD/: Still so [own_thread]",
		"video instagram:41 by  under  in  at p/TAG/: Sunset #exampleford []",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, r := range p.Requests() {
		if strings.Contains(r.URL.Path, "/24/") || strings.Contains(r.URL.Path, "/23/") {
			t.Errorf("%s is asked for, of media too old or without comments", r.URL.Path)
		}
	}
	around, err := src.(sources.Threader).Thread(t.Context(), ms[1])
	if err != nil || len(around) != 4 || around[0].ID != "instagram:21" {
		t.Errorf("around a reply: %v, %v", around, err)
	}
	changed, err := src.(sources.Rechecker).Recheck(t.Context(), ms)
	if err != nil || len(changed) != 2 || changed[0].State != sources.Edited || changed[1].ID != "instagram:33" || changed[1].State != sources.Deleted {
		t.Errorf("asked again: %+v, %v", changed, err)
	}
	// The next round leaves the hashtag and the older media alone.
	before := len(p.Requests())
	p.Break(nil, nil, nil, sourcestest.Status(500))
	if _, _, err := src.Next(t.Context(), cursor); err == nil {
		t.Fatal("the third round's first request did not fail")
	}
	var paths []string
	for _, r := range p.Requests()[before:] {
		paths = append(paths, strings.TrimPrefix(r.URL.Path, "/v26.0/"))
	}
	if s := strings.Join(paths, " "); s != accountID+"/tags "+accountID+"/media 21/comments "+accountID+"/tags" {
		t.Errorf("the next round asks for %s", s)
	}
}

// A token that lost its permission is told that everything is gone: nothing may be deleted for it.
func TestGoneIsNotBelievedOfABlindToken(t *testing.T) {
	edges := council()
	edges[accountID+"/media"] = metatest.Error(400, 10, 0)
	src, _, _ := start(t, edges, "")
	changed, err := src.(sources.Rechecker).Recheck(t.Context(), []sources.Mention{{ID: "instagram:33", Platform: platform, Kind: sources.Reply, MatchedBy: []string{"own_thread"}}})
	if !errors.Is(err, sources.ErrStop) || len(changed) > 0 {
		t.Errorf("got %v, %v", changed, err)
	}
}

const pushed = `{"object":"instagram","entry":[{"id":"17841400000000001","time":1795162600,"changes":[{"field":"mentions","value":{"media_id":"17918190000000002","comment_id":"17894220000000003"}}]}]}`

func value(field, v string) string {
	return `{"object":"instagram","entry":[{"id":"` + accountID + `","time":1795162600,"changes":[{"field":"` + field + `","value":` + v + `}]}]}`
}

func TestPush(t *testing.T) {
	src, rec, _ := start(t, council(), "")
	metatest.Hook(t, rec, pushed)
	ms := metatest.Receive(t, rec, pushed)
	if len(ms) != 1 {
		t.Fatalf("got %v", ms)
	}
	m := ms[0]
	if m.ID != "instagram:17894220000000003" || m.Kind != sources.Comment || m.Text != "@examplefordcouncil the play park gate is broken" || m.ThreadID != "instagram:17918190000000002" ||
		m.Permalink != "https://www.instagram.com/p/EXAMPLE01/" || !m.CreatedAt.Equal(time.Date(2026, 11, 20, 8, 15, 30, 0, time.UTC)) || m.Engagement["likes"] != 2 || m.MatchedBy[0] != "mention" {
		t.Errorf("got %+v", m)
	}
	if changed, err := src.(sources.Rechecker).Recheck(t.Context(), ms); err != nil || len(changed) != 0 {
		t.Errorf("asked again: %v, %v", changed, err)
	}
	for _, c := range []struct{ name, body, want string }{
		{"a caption", value("mentions", `{"media_id":"51"}`), "photo instagram:51 sam  Thanks @examplefordcouncil"},
		{"a mention that is gone", value("mentions", `{"media_id":"52"}`), ""},
		{"numbers that are none", value("mentions", `{"media_id":"52){id}"}`), ""},
		{"a comment", value("comments", `{"from":{"id":"7","username":"jo_resident_ex"},"id":"36","text":"Hello?","media":{"id":"21","media_product_type":"FEED"}}`), "comment instagram:36 jo_resident_ex https://www.instagram.com/p/NEW/ Hello?"},
		{"a reply, named otherwise, on media that cannot be had", value("live_comments", `{"from":{"id":"7","username":"jo_resident_ex"},"comment_id":"37","parent_id":"36","text":"Hello!","media":{"id":"99"}}`), "reply instagram:37 jo_resident_ex  Hello!"},
		{"a flat envelope", `{"object":"instagram","entry":[{"id":"` + accountID + `","time":1795162600,"field":"comments","value":{"from":{"id":"7","username":"al"},"id":"38","text":"Flat","media":{"id":"21"}}}]}`, "comment instagram:38 al https://www.instagram.com/p/NEW/ Flat"},
		{"the council's own comment", value("comments", `{"from":{"id":"8","username":"examplefordcouncil"},"id":"39","text":"Hello","media":{"id":"21"}}`), ""},
		{"another account's", strings.Replace(pushed, `"id":"17841400000000001"`, `"id":"1"`, 1), ""},
		{"a private message", `{"object":"instagram","entry":[{"id":"` + accountID + `","time":1795162600,"messaging":[{"sender":{"id":"8"},"message":{"mid":"m","text":"Exampleford, in private"}}]}]}`, ""},
		{"the field messages", value("messages", `{"sender":{"id":"8"},"message":{"mid":"m","text":"Exampleford, in private"}}`), ""},
	} {
		var got []string
		for _, m := range metatest.Receive(t, rec, c.body) {
			if m.CreatedAt.IsZero() {
				t.Errorf("%s has no time", c.name)
			}
			got = append(got, fmt.Sprintf("%s %s %s %s %s", m.Kind, m.ID, m.Author.Handle, m.Permalink, m.Text))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A mention that cannot be fetched now is delivered again by the platform: it must not be answered with 200.
func TestPushWithoutThePlatform(t *testing.T) {
	edges := council()
	edges[accountID] = metatest.Error(500, 2, 0)
	p := sourcestest.NewPlatform(t, metatest.Graph("/v26.0/", edges))
	rec, err := Push(settings.Source{ID: "s", Options: peer.Options}, metatest.Deps(p))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := rec.Receive(t.Context(), metatest.Signed(pushed), []byte(pushed)); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestOptions(t *testing.T) {
	many := make([]string, 31)
	for i := range many {
		many[i] = fmt.Sprint("tag", i)
	}
	for name, o := range map[string]map[string]string{
		"no account":        {"username": "x"},
		"a name":            {"account": "x", "username": "x"},
		"no username":       {"account": accountID},
		"too many hashtags": {"account": accountID, "username": "x", "hashtags": strings.Join(many, ",")},
	} {
		if _, err := New(settings.Source{Options: o}, sources.Deps{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
