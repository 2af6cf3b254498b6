package facebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta/metatest"
	"earshot/sources/sourcestest"
)

const pageID = "100000000000001"

// graph answers as the Graph API does for a Page whose every mention is a post that tags it.
func graph(c *sourcestest.Content) http.Handler {
	return metatest.Graph("/v26.0/", map[string]metatest.Edge{
		pageID + "/tagged":  metatest.Newest(c, post1),
		pageID + "/feed":    metatest.None,
		pageID + "/ratings": metatest.None,
	})
}

func post1(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"id":"%s_%d","message":%q,"created_time":"%s","updated_time":"%s","permalink_url":"https://www.facebook.com/%s/posts/%d",
		"message_tags":[{"id":"%s","name":"Exampleford District Council","type":"page","offset":7,"length":28}],
		"attachments":{"data":[{"media_type":"photo","media":{"image":{"height":720,"src":"https://scontent.example/p.jpg","width":960}},"url":"https://www.facebook.com/photo/?fbid=%d"}]},
		"comments":{"data":[],"summary":{"order":"ranked","total_count":2,"can_comment":true}},"reactions":{"data":[],"summary":{"total_count":9,"viewer_reaction":"NONE"}},"shares":{"count":1}}`,
		pageID, s.N, s.Text, metatest.At(s.At), metatest.At(s.At), pageID, s.N, pageID, s.N)
}

var peer = metatest.Peer(sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"page": pageID},
	Serve:     graph,
	ID:        func(n int) string { return fmt.Sprintf("facebook:%s_%d", pageID, n) },
	Page:      pageSize,
	WrongType: `{"data":[{"id":["ten"]}],"paging":{}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Post || m.Author.ID != "" || m.Permalink != "https://www.facebook.com/"+pageID+"/posts/1" || m.MatchedBy[0] != "tag" ||
			m.Engagement["likes"] != 9 || m.Engagement["replies"] != 2 || m.Engagement["shares"] != 1 || m.Media[0].URL != "https://www.facebook.com/photo/?fbid=1" || m.State != "" {
			t.Errorf("got %+v", m)
		}
	},
}, "pages")

func TestFacebook(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// council is a Page with everything on it: its own post with comments of two people and its own answer, a visitor's post, a recommendation.
func council(now time.Time) map[string]metatest.Edge {
	at := func(ago time.Duration) string { return metatest.At(now.Add(-ago)) }
	own, visitor, old := pageID+"_1", pageID+"_2", pageID+"_3"
	return map[string]metatest.Edge{
		pageID + "/tagged": metatest.None,
		pageID + "/feed": metatest.List(
			`{"id":"`+visitor+`","message":"The bin was missed","created_time":"`+at(time.Hour)+`","updated_time":"`+at(time.Hour)+`","from":{"id":"7","name":"Jo Resident"},"comments":{"data":[],"summary":{"total_count":0}}}`,
			`{"id":"`+own+`","message":"Roadworks","created_time":"`+at(20*24*time.Hour)+`","updated_time":"`+at(time.Minute)+`","from":{"id":"`+pageID+`","name":"Exampleford"},"comments":{"data":[],"summary":{"total_count":3}}}`,
			`{"id":"`+old+`","message":"Opening hours","created_time":"`+at(25*24*time.Hour)+`","updated_time":"`+at(24*24*time.Hour)+`","from":{"id":"`+pageID+`"},"comments":{"data":[],"summary":{"total_count":1}}}`),
		own + "/comments": metatest.List(
			`{"id":"1_13","message":"We are looking into it","created_time":"`+at(time.Minute)+`","from":{"id":"`+pageID+`"},"parent":{"id":"1_12"}}`,
			`{"id":"1_12","message":"Me too","created_time":"`+at(2*time.Minute)+`","from":{"id":"8","name":"Al"},"parent":{"id":"1_11"},"like_count":4,"comment_count":0}`,
			`{"id":"1_11","message":"Why again?","created_time":"`+at(3*time.Minute)+`","permalink_url":"https://www.facebook.com/c/11"}`),
		pageID + "/ratings": metatest.List(
			`{"created_time":"` + at(4*time.Minute) + `","recommendation_type":"negative","review_text":"Nobody answers","reviewer":{"id":"9","name":"Sam"},"open_graph_story":{"id":"77"}}`),
		own:       metatest.One(`{"id":"` + own + `","message":"Roadworks","created_time":"` + at(20*24*time.Hour) + `","from":{"id":"` + pageID + `"}}`),
		"1_12":    metatest.One(`{"id":"1_12","message":"Me as well","created_time":"` + at(2*time.Minute) + `"}`),
		"77":      metatest.One(`{"id":"77"}`),
		visitor:   metatest.Gone,
		"1_11":    metatest.Gone,
		"elsewho": metatest.Gone,
	}
}

func open1(t *testing.T, edges map[string]metatest.Edge) (sources.Source, sources.Deps, *sourcestest.Platform) {
	t.Helper()
	p := sourcestest.NewPlatform(t, metatest.Graph("/v26.0/", edges))
	d := metatest.Deps(p)
	src, err := New(settings.Source{ID: "s", Options: peer.Options}, d)
	if err != nil {
		t.Fatal(err)
	}
	return src, d, p
}

func TestWholePage(t *testing.T) {
	src, _, p := open1(t, council(time.Now()))
	ms, _, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range ms {
		got = append(got, fmt.Sprintf("%s %s by %s under %s in %s: %s%s", m.Kind, m.ID, m.Author.Name, m.ParentID, m.ThreadID, m.Title, m.Text))
	}
	own := "facebook:" + pageID + "_1"
	want := []string{"post facebook:" + pageID + "_2 by Jo Resident under  in : The bin was missed",
		"review facebook:77 by Sam under  in : Does not recommend the PageNobody answers",
		"comment facebook:1_11 by  under " + own + " in " + own + ": Why again?",
		"reply facebook:1_12 by Al under facebook:1_11 in " + own + ": Me too"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(p.Requests()); n != 4 { // no comments asked for on the old post
		t.Errorf("%d requests", n)
	}
	for _, r := range p.Requests() {
		if r.URL.Query().Get("appsecret_proof") == "" {
			t.Errorf("%s goes without a proof", r.URL.Path)
		}
	}
	around, err := src.(sources.Threader).Thread(t.Context(), ms[3])
	if err != nil || len(around) != 3 || around[0].ID != own {
		t.Errorf("around a reply: %v, %v", around, err)
	}
	changed, err := src.(sources.Rechecker).Recheck(t.Context(), ms)
	if err != nil || len(changed) != 3 || changed[0].State != sources.Deleted || changed[1].State != sources.Deleted || changed[2].State != sources.Edited || changed[2].ParentID != "facebook:1_11" {
		t.Errorf("asked again: %+v, %v", changed, err)
	}
}

// A token that lost its permission is told that everything is gone: nothing may be deleted for it.
func TestGoneIsNotBelievedOfABlindToken(t *testing.T) {
	edges := council(time.Now())
	edges[pageID+"/feed"] = metatest.Error(400, 10, 0)
	src, _, _ := open1(t, edges)
	changed, err := src.(sources.Rechecker).Recheck(t.Context(), []sources.Mention{{ID: "facebook:1_11", Platform: platform, Kind: sources.Comment}})
	if !errors.Is(err, sources.ErrStop) || len(changed) > 0 {
		t.Errorf("got %v, %v", changed, err)
	}
}

func TestSample(t *testing.T) {
	var l struct{ Data []post }
	sample := `{"data":[{"id":"100000000000001_500000000000005","message":"Thanks Exampleford District Council for fixing the light","created_time":"2026-11-20T08:15:30+0000","permalink_url":"https://www.facebook.com/100000000000001/posts/500000000000005","message_tags":[{"id":"100000000000001","name":"Exampleford District Council","type":"page","offset":7,"length":28}],"comments":{"data":[],"summary":{"order":"ranked","total_count":2,"can_comment":true}},"reactions":{"data":[],"summary":{"total_count":9,"viewer_reaction":"NONE"}},"shares":{"count":1}}],"paging":{"cursors":{"before":"QVFI","after":"QVFI"}}}`
	if err := json.Unmarshal([]byte(sample), &l); err != nil {
		t.Fatal(err)
	}
	m := l.Data[0].mention("", "tag")
	if m.ID != "facebook:100000000000001_500000000000005" || !m.CreatedAt.Equal(time.Date(2026, 11, 20, 8, 15, 30, 0, time.UTC)) || m.Engagement["likes"] != 9 {
		t.Errorf("got %+v", m)
	}
}

const pushed = `{"object":"page","entry":[{"id":"100000000000001","time":1795162600,"changes":[{"field":"feed","value":{"from":{"id":"200000000000002","name":"Jo Resident"},"item":"comment","comment_id":"300000000000003_400000000000004","post_id":"100000000000001_300000000000003","parent_id":"100000000000001_300000000000003","verb":"add","created_time":1795162590,"message":"When will Mill Lane be resurfaced?"}}]}]}`

func value(field, v string) string {
	return `{"object":"page","entry":[{"id":"` + pageID + `","time":1795162600,"changes":[{"field":"` + field + `","value":` + v + `}]}]}`
}

func TestPush(t *testing.T) {
	_, d, p := open1(t, council(time.Now()))
	rec, err := Push(settings.Source{ID: "s", Options: peer.Options}, d)
	if err != nil {
		t.Fatal(err)
	}
	metatest.Hook(t, rec, pushed)
	ms := metatest.Receive(t, rec, pushed)
	if len(ms) != 1 {
		t.Fatalf("got %v", ms)
	}
	m := ms[0]
	if m.ID != "facebook:300000000000003_400000000000004" || m.Kind != sources.Comment || m.ThreadID != "facebook:100000000000001_300000000000003" || m.ParentID != m.ThreadID ||
		m.Author.Name != "Jo Resident" || !m.CreatedAt.Equal(time.Unix(1795162590, 0)) || m.Permalink != "https://www.facebook.com/100000000000001_300000000000003?comment_id=400000000000004" ||
		m.MatchedBy[0] != "own_thread" {
		t.Errorf("got %+v", m)
	}
	before := len(p.Requests())
	for _, c := range []struct{ name, body, want string }{
		{"a mention elsewhere, its sender named the old way", value("mention", `{"item":"post","verb":"add","post_id":"5_6","sender_id":5,"sender_name":"A shop","message":"See Exampleford","created_time":1795162590}`), "post facebook:5_6 A shop live See Exampleford"},
		{"a recommendation", value("ratings", `{"item":"rating","verb":"add","open_graph_story_id":"88","reviewer_id":"9","reviewer_name":"Sam","review_text":"Kind staff","recommendation_type":"positive","created_time":1795162590}`), "review facebook:88 Sam live Kind staff"},
		{"a picture without words", value("feed", `{"item":"photo","verb":"add","post_id":"1_9","from":{"id":"5"},"photo":"https://scontent.example/1.jpg","created_time":1795162590}`), "post facebook:1_9  live "},
		{"an edit", value("feed", `{"item":"comment","verb":"edited","comment_id":"1_12","post_id":"1","from":{"id":"8"},"message":"Me, twice","created_time":1795162590,"edited_time":1795162595}`), "comment facebook:1_12  edited Me, twice"},
		{"an edit without its words", value("feed", `{"item":"comment","verb":"edited","comment_id":"1_12","post_id":"1","from":{"id":"8"},"created_time":1795162590}`), "comment facebook:1_12  edited Me as well"},
		{"a removal", value("feed", `{"item":"comment","verb":"remove","comment_id":"1_12","post_id":"1","from":{"id":"8"},"created_time":1795162590}`), " facebook:1_12  deleted "},
		{"the Page's own comment", value("feed", `{"item":"comment","verb":"add","comment_id":"1_14","post_id":"1","from":{"id":"`+pageID+`"},"message":"Hello"}`), ""},
		{"a reaction", value("feed", `{"item":"reaction","verb":"add","reaction_type":"angry","post_id":"1","from":{"id":"8"}}`), ""},
		{"something hidden", value("feed", `{"item":"comment","verb":"hide","comment_id":"1_12","post_id":"1","from":{"id":"8"},"message":"Me too"}`), ""},
		{"another Page's", strings.Replace(pushed, `"id":"100000000000001","time"`, `"id":"1","time"`, 1), ""},
		{"a private message", `{"object":"page","entry":[{"id":"` + pageID + `","time":1795162600,"messaging":[{"sender":{"id":"8"},"recipient":{"id":"` + pageID + `"},"message":{"mid":"m","text":"Exampleford, in private"}}]}]}`, ""},
		{"the field messages", value("messages", `{"sender":{"id":"8"},"message":{"mid":"m","text":"Exampleford, in private"}}`), ""},
	} {
		var got []string
		for _, m := range metatest.Receive(t, rec, c.body) {
			state := m.State
			if state == "" {
				state = sources.Live
			}
			got = append(got, fmt.Sprintf("%s %s %s %s %s", m.Kind, m.ID, m.Author.Name, state, m.Text))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if n := len(p.Requests()) - before; n != 1 {
		t.Errorf("%d requests for one edit without its words", n)
	}
}

func TestOptions(t *testing.T) {
	for _, page := range []string{"", "exampleford", "../me"} {
		if _, err := New(settings.Source{Options: map[string]string{"page": page}}, sources.Deps{}); err == nil {
			t.Errorf("page %q is taken", page)
		}
	}
}
