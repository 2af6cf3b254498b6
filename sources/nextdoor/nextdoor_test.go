package nextdoor

import (
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

const pageSize = 20

// partner answers as Nextdoor does: a token for the client's credentials, and posts by current_page.
func partner(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		q := r.URL.Query()
		id, secret, _ := r.BasicAuth()
		switch {
		case r.Host == "auth.nextdoor.com" && r.URL.Path == "/v2/token" && r.Method == http.MethodPost:
			if id != "council" || secret != sourcestest.Secret || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "openid content_api.search_post" {
				http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
				return
			}
			fmt.Fprint(w, `{"access_token":"a-token","token_type":"Bearer","expires_in":3600}`)
		case r.Header.Get("Authorization") != "Bearer a-token":
			http.Error(w, `{"error":"unauthorized"}`, http.StatusUnauthorized)
		case r.Host == "nextdoor.co.uk" && r.URL.Path == "/content_api/v2/search_post" && q.Get("lat") == "52.0" && q.Get("lon") == "-1.0" && q.Get("radius") == "5":
			page, _ := strconv.Atoi(q.Get("current_page"))
			var posts []string
			for _, s := range c.Newest((page-1)*pageSize, pageSize) {
				if !s.Gone {
					posts = append(posts, view(s))
				}
			}
			fmt.Fprintf(w, `{"posts":[%s],"posts_length":%d}`, strings.Join(posts, ","), len(posts))
		default:
			http.Error(w, `{"error":"bad input"}`, http.StatusBadRequest)
		}
	})
}

func view(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"id":"%d","author":{"name":"Jo R.","type":"neighbor","neighborhood_name":"Mill Lane","agency_info":null},"title":"Bins missed","body":%q,"category":"general",
		"comments":[],"comment_count":1,"comment_closed":false,"creation_date_epoch_seconds":%d,"like_count":4,"downvote_count":0,"url":"https://nextdoor.co.uk/p/%d",
		"public_post_url":"https://nextdoor.co.uk/p/%d","embed_url":"","has_geo_tag":true,"latitude":52.0,"longitude":-1.0,"media":[],"video_preview_url":""}`,
		900_000_000+s.N, s.Text, s.At.Unix(), s.N, s.N)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"query": "Exampleford", "circles": "52.0, -1.0, 5"},
	Keys:      map[string]string{"client_id": "council", "client_secret": sourcestest.Secret},
	Serve:     partner,
	ID:        func(n int) string { return fmt.Sprintf("nextdoor:%d", 900_000_000+n) },
	Page:      pageSize,
	Asks:      []string{"/v2/token"},
	Throttled: sourcestest.Status(429, "Retry-After", until.UTC().Format(http.TimeFormat)), Until: until,
	WrongType: `{"posts":[{"id":"1","creation_date_epoch_seconds":"today"}],"posts_length":1}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Title != "Bins missed" || m.Author.Name != "Jo R." || m.Permalink != "https://nextdoor.co.uk/p/1" || m.Engagement["likes"] != 4 || m.Engagement["replies"] != 1 {
			t.Errorf("got %+v", m)
		}
	},
}

func TestNextdoor(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// talk is platforms' own example with an answer to its comment; second is left out when gone.
func talk(second string) string {
	return fmt.Sprintf(`{"posts":[{"id":"900000001","author":{"name":"Jo R.","type":"neighbor","neighborhood_name":"Millside"},"title":"Bins missed","body":"Anyone else missed by Exampleford District Council today?",
		"comments":[{"id":11,"author_name":"Sam P.","author_type":"neighbor","body":"Yes, ours too","creation_date":%d,"like_count":1,"parent_comment_id":null,"comments":[%s]}],
		"comment_count":1,"creation_date_epoch_seconds":%d,"like_count":4,"public_post_url":"https://nextdoor.co.uk/p/EXAMPLE","latitude":52.0,"longitude":-1.0}],"posts_length":1}`,
		time.Now().Add(-time.Minute).Unix(), second, time.Now().Add(-time.Hour).Unix())
}

var answer = fmt.Sprintf(`{"id":12,"author_name":"Jo R.","body":"Thanks","creation_date":%d,"parent_comment_id":11,"comments":null}`, time.Now().Unix())

// saying makes a source whose platform answers every page with what say returns at that moment.
func saying(t *testing.T, say func() string) *search {
	t.Helper()
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "nextdoor.co.uk" {
			partner(sourcestest.Fill(0)).ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, say())
	}))
	return peer.Source(t, p).(*search)
}

func TestCommentsAndPagesThatAreAllTheSame(t *testing.T) {
	x := saying(t, func() string { return talk(answer) })
	ms, _, err := x.Next(t.Context(), "")
	if err != nil || len(ms) != 3 {
		t.Fatalf("%d mentions, %v", len(ms), err)
	}
	for i, want := range []sources.Mention{
		{ID: "nextdoor:900000001", Kind: sources.Post, Text: "Anyone else missed by Exampleford District Council today?"},
		{ID: "nextdoor:900000001/11", Kind: sources.Comment, Text: "Yes, ours too", ParentID: "nextdoor:900000001", ThreadID: "nextdoor:900000001"},
		{ID: "nextdoor:900000001/12", Kind: sources.Reply, Text: "Thanks", ParentID: "nextdoor:900000001/11", ThreadID: "nextdoor:900000001"},
	} {
		m := ms[i]
		if m.ID != want.ID || m.Kind != want.Kind || m.Text != want.Text || m.ParentID != want.ParentID || m.ThreadID != want.ThreadID {
			t.Errorf("got %+v", m)
		}
	}
	around, err := x.Thread(t.Context(), ms[2])
	if err != nil || len(around) != 2 || around[0].ID != ms[0].ID {
		t.Errorf("the thread is %+v, %v", around, err)
	}
}

func TestNothingOfThePlaceIsKept(t *testing.T) {
	x := saying(t, func() string { return talk(answer) })
	ms, _, err := x.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(ms)
	if err != nil || strings.Contains(string(b), "52.0") || strings.Contains(string(b), "Millside") {
		t.Errorf("kept %s, %v", b, err)
	}
}

func TestWhatVanishedWithinItsSevenDays(t *testing.T) {
	now := talk(answer)
	x := saying(t, func() string { return now })
	held, _, err := x.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	old := sources.Mention{ID: "nextdoor:5", Platform: platform, Text: "older", CreatedAt: time.Now().Add(-window)}
	states := func() string {
		ms, err := x.Recheck(t.Context(), append(held, old, sources.Mention{ID: "nextdoor:5/1", Platform: platform, ThreadID: "nextdoor:5", CreatedAt: time.Now()}))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range ms {
			if m.State == sources.Deleted {
				out = append(out, strings.TrimPrefix(m.ID, "nextdoor:"))
			}
		}
		return strings.Join(out, " ")
	}
	if got := states(); got != "" {
		t.Errorf("all is there, but gone are %s", got)
	}
	now = talk("")
	if got := states(); got != "900000001/12" {
		t.Errorf("gone are %s", got)
	}
	now = `{"posts":[],"posts_length":0}`
	if got := states(); got != "900000001 900000001/11 900000001/12" {
		t.Errorf("gone are %s", got)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]map[string]string{
		"nothing": {}, "no place": {"query": "x", "circles": " ; "}, "two numbers": {"query": "x", "circles": "52,-1"}, "too wide": {"query": "x", "circles": "52,-1,101"},
		"no number": {"query": "x", "circles": "52,NaN,5"}, "off the globe": {"query": "x", "circles": "91,0,5"}, "a host with a path": {"query": "x", "circles": "52,-1,5", "host": "a.b/c"},
		"a token without https": {"query": "x", "circles": "52,-1,5", "token_url": "http://a.b/t"},
	} {
		if _, err := New(settings.Source{Options: o}, sources.Deps{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	src, err := New(settings.Source{Options: map[string]string{"query": "x", "circles": "52,-1,5; 52.1, -1.1, 5;"}}, sources.Deps{})
	if err != nil || len(src.(*search).circles) != 2 || src.(*search).circles[1].lon != "-1.1" {
		t.Errorf("got %v, %v", src, err)
	}
}
