package reddit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// server answers as Reddit does: a token for the right key, listings newest first, things by name; where says which listing holds the content.
func server(where string) func(c *sourcestest.Content) http.Handler {
	return func(c *sourcestest.Content) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			w.Header().Set("X-Ratelimit-Used", "4")
			w.Header().Set("X-Ratelimit-Remaining", "996.0")
			w.Header().Set("X-Ratelimit-Reset", "533")
			q := r.URL.Query()
			switch id, secret, _ := r.BasicAuth(); {
			case r.Host == "www.reddit.com" && r.URL.Path == "/api/v1/access_token":
				if id != "the-app" || secret != sourcestest.Secret || r.FormValue("grant_type") != "client_credentials" {
					w.WriteHeader(401)
					return
				}
				fmt.Fprint(w, `{"access_token":"a-token","token_type":"bearer","expires_in":86400,"scope":"*"}`)
			case r.Header.Get("Authorization") != "Bearer a-token" || !strings.Contains(r.UserAgent(), "by /u/ExamplefordDC") || q.Get("raw_json") != "1":
				w.WriteHeader(401)
				fmt.Fprint(w, `{"message":"Unauthorized","error":401}`)
			case r.URL.Path == "/api/info":
				var list []sourcestest.Shown
				for name := range strings.SplitSeq(q.Get("id"), ",") {
					if s, ok := c.One(number(name)); ok {
						list = append(list, s)
					}
				}
				fmt.Fprint(w, show(where, list, ""))
			case r.URL.Path == where:
				limit, _ := strconv.Atoi(q.Get("limit"))
				skip := 0
				if n := number(q.Get("after")); n > 0 {
					skip = c.Len() - n + 1
				}
				list, after := c.Newest(skip, limit), ""
				if len(list) == limit {
					after = name(where, list[limit-1].N)
				}
				fmt.Fprint(w, show(where, list, after))
			default:
				fmt.Fprint(w, show(where, nil, ""))
			}
		})
	}
}

func name(where string, n int) string {
	kind := "t3_"
	if strings.HasSuffix(where, "/comments") {
		kind = "t1_"
	}
	return kind + strconv.FormatInt(int64(n), 36)
}

func number(name string) int {
	if len(name) < 3 {
		return 0
	}
	n, _ := strconv.ParseInt(name[3:], 36, 64)
	return int(n)
}

func show(where string, list []sourcestest.Shown, after string) string {
	var out []string
	for _, s := range list {
		out = append(out, view(name(where, s.N), s))
	}
	next := "null"
	if after != "" {
		next = `"` + after + `"`
	}
	return fmt.Sprintf(`{"kind":"Listing","data":{"after":%s,"dist":%d,"modhash":null,"geo_filter":"","children":[%s],"before":null}}`, next, len(list), strings.Join(out, ","))
}

func view(name string, s sourcestest.Shown) string {
	author, text, edited := `"author":"jo_resident_ex","author_fullname":"t2_exam9"`, s.Text, "false"
	if s.Gone {
		author, text = `"author":"[deleted]"`, "[deleted]"
	}
	if !s.Edited.IsZero() {
		edited = fmt.Sprintf("%d.0", s.Edited.Unix())
	}
	if strings.HasPrefix(name, "t1_") {
		return fmt.Sprintf(`{"kind":"t1","data":{"name":%q,"id":%q,%s,"body":%q,"body_html":"x","created_utc":%d.0,"edited":%s,"parent_id":"t1_zz","link_id":"t3_1exam01",
			"permalink":"/r/Exampleford/comments/1exam01/bin_day_changed/%s/","subreddit":"Exampleford","score":1,"score_hidden":true,"replies":""}}`,
			name, name[3:], author, text, s.At.Unix(), edited, name[3:])
	}
	return fmt.Sprintf(`{"kind":"t3","data":{"name":%q,"id":%q,"title":"Bin day changed?","selftext":%q,%s,"created_utc":%d.0,"edited":%s,
		"permalink":"/r/Exampleford/comments/%s/bin_day_changed/","url":"https://www.reddit.com/r/Exampleford/comments/%s/bin_day_changed/","is_self":true,
		"subreddit":"Exampleford","score":7,"upvote_ratio":0.89,"num_comments":3,"over_18":false,"locked":false,"removed_by_category":null}}`,
		name, name[3:], text, author, s.At.Unix(), edited, name[3:], name[3:])
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

// limited is a 429 whose reset is counted in seconds from now on.
func limited(w http.ResponseWriter, r *http.Request, answer http.Handler) {
	left := fmt.Sprintf("%.3f", time.Until(until).Seconds())
	sourcestest.Status(429, "X-Ratelimit-Remaining", "0.0", "X-Ratelimit-Used", "1000", "X-Ratelimit-Reset", left)(w, r, answer)
}

func peer(where string, options map[string]string) sourcestest.Peer {
	options["account"] = "ExamplefordDC"
	return sourcestest.Peer{
		Connector: Connector,
		Options:   options,
		Keys:      map[string]string{"client_id": "the-app", "client_secret": sourcestest.Secret},
		Serve:     server(where),
		ID:        func(n int) string { return "reddit:" + name(where, n) },
		Page:      pageSize,
		Asks:      []string{"/api/v1/access_token"},
		Throttled: limited, Until: until,
		WrongType: `{"kind":"Listing","data":{"after":null,"children":[{"kind":"t3","data":{"name":17}}]}}`,
		Edits:     true,
		Check: func(t *testing.T, m sources.Mention) {
			if m.Author.ID != "t2_exam9" || !strings.HasPrefix(m.Permalink, "https://www.reddit.com/r/Exampleford/comments/") || m.Text == "" {
				t.Errorf("got %+v", m)
			}
		},
	}
}

func TestSearch(t *testing.T) {
	sourcestest.Against(t, peer("/search", map[string]string{"query": `"Exampleford"`, "subreddits": "r/Exampleford, Exampleshire"}))
}

func TestComments(t *testing.T) {
	sourcestest.Against(t, peer("/r/Exampleford+Exampleshire/comments", map[string]string{"subreddits": "Exampleford,Exampleshire"}))
}

func BenchmarkDecode(b *testing.B) {
	sourcestest.Decode(b, peer("/search", map[string]string{"query": "Exampleford"}))
}

const sample = `{"kind":"Listing","data":{"after":"t3_1exam02","before":null,"children":[{"kind":"t3","data":{"name":"t3_1exam01","id":"1exam01",
	"title":"Exampleford District Council bin day changed?","selftext":"Anyone else on Mill Lane get a letter?","author":"jo_resident_ex","author_fullname":"t2_exam9",
	"created_utc":1795162530.0,"edited":1795162590.5,"permalink":"/r/Exampleford/comments/1exam01/bin_day_changed/","url":"https://example.org/letter.png","is_self":false,
	"subreddit":"Exampleford","score":7,"upvote_ratio":0.89,"num_comments":3,"over_18":false,"locked":false}}]}}`

func TestFields(t *testing.T) {
	var e envelope
	if err := json.Unmarshal([]byte(sample), &e); err != nil {
		t.Fatal(err)
	}
	m := e.Data.Children[0].Data.mention(time.Now())
	if m.ID != "reddit:t3_1exam01" || m.ThreadID != m.ID || m.Kind != sources.Post || m.Title != "Exampleford District Council bin day changed?" || m.Author.Handle != "jo_resident_ex" ||
		m.Engagement["likes"] != 7 || m.Engagement["replies"] != 3 || m.State != sources.Edited || m.EditedAt.Unix() != 1795162590 || m.CreatedAt.Unix() != 1795162530 ||
		len(m.Media) != 1 || m.Media[0].URL != "https://example.org/letter.png" {
		t.Errorf("got %+v", m)
	}
	for _, gone := range []thing{{Author: "[deleted]", Title: "still there", Body: "and this"}, {Author: "jo", SelfText: "[removed]"}, {Author: "jo", Removed: "moderator"}} {
		if m := gone.mention(time.Now()); m.State != sources.Deleted || m.Title+m.Text+m.Author.Handle != "" || m.At.IsZero() {
			t.Errorf("%+v became %+v", gone, m)
		}
	}
}

func TestThread(t *testing.T) {
	tree := `[{"kind":"Listing","data":{"children":[` + view("t3_1exam01", sourcestest.Shown{Text: "post", At: time.Now()}) + `]}},
		{"kind":"Listing","data":{"children":[{"kind":"t1","data":{"name":"t1_a","author":"sam","body":"first","created_utc":1.5,"edited":false,"parent_id":"t3_1exam01","link_id":"t3_1exam01",
			"replies":{"kind":"Listing","data":{"children":[` + view("t1_b", sourcestest.Shown{Text: "mine", At: time.Now()}) + `,{"kind":"more","data":{"count":4,"name":"t1_c","children":["c","d"]}}]}}}}]}}]`
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/access_token" {
			fmt.Fprint(w, `{"access_token":"a-token","expires_in":3600}`)
			return
		}
		if q := r.URL.Query(); r.URL.Path != "/comments/1exam01" || q.Get("comment") != "b" || q.Get("context") == "" {
			t.Errorf("asked for %v", r.URL)
		}
		fmt.Fprint(w, tree)
	}))
	x := peer("/search", map[string]string{"query": "Exampleford"})
	got, err := x.Source(t, p).(sources.Threader).Thread(t.Context(), sources.Mention{ID: "reddit:t1_b", ThreadID: "reddit:t3_1exam01"})
	if err != nil || len(got) != 2 || got[0].ID != "reddit:t3_1exam01" || got[1].ID != "reddit:t1_a" || got[1].Kind != sources.Comment || got[1].ParentID != got[0].ID {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOwnPostsStayOut(t *testing.T) {
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/access_token" {
			fmt.Fprint(w, `{"access_token":"a-token","expires_in":3600}`)
			return
		}
		fmt.Fprintf(w, `{"kind":"Listing","data":{"children":[{"kind":"t3","data":{"name":"t3_1","author":"examplefordDC","title":"Ours","created_utc":%d}},
			{"kind":"t3","data":{"name":"t3_2","author":"jo","title":"Theirs","created_utc":%d}}]}}`, time.Now().Unix(), time.Now().Unix())
	}))
	x := peer("/search", map[string]string{"query": "Exampleford"})
	if ms, _, err := x.Source(t, p).Next(t.Context(), ""); err != nil || len(ms) != 1 || ms[0].Title != "Theirs" {
		t.Errorf("got %+v, %v", ms, err)
	}
}
