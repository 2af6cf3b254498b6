package tumblr

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

// serve answers as Tumblr does: the posts of the first tag before a second, newest first; a blog's post by its number; 401 to a wrong key.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Ratelimit-Perhour-Remaining", "998")
		w.Header().Set("X-Ratelimit-Perhour-Reset", "3000")
		w.Header().Set("X-Ratelimit-Perday-Remaining", "4000")
		w.Header().Set("X-Ratelimit-Perday-Reset", "80000")
		q := r.URL.Query()
		switch {
		case q.Get("api_key") != sourcestest.Secret:
			say(w, 401, "Unauthorized", "[]")
		case r.URL.Path == "/v2/blog/t:Exampl3uuid/posts":
			n, _ := strconv.Atoi(q.Get("id"))
			if s, ok := c.One(n - 700000000000000000); ok && !s.Gone {
				say(w, 200, "OK", `{"blog":{},"posts":[`+view(s)+`],"total_posts":1}`)
				return
			}
			say(w, 404, "Not Found", "[]")
		case r.URL.Path == "/v2/tagged" && q.Get("tag") == "exampleford":
			before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
			limit, _ := strconv.Atoi(q.Get("limit"))
			list := c.Newest(0, limit)
			if before != 0 {
				list = c.Until(time.Unix(before-1, 0), limit)
			}
			var out []string
			for _, s := range list {
				out = append(out, view(s))
			}
			say(w, 200, "OK", "["+strings.Join(out, ",")+"]")
		default:
			say(w, 200, "OK", "[]")
		}
	})
}

func say(w http.ResponseWriter, status int, msg, response string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"meta":{"status":%d,"msg":%q},"response":%s}`, status, msg, response)
}

func view(s sourcestest.Shown) string {
	id := 700000000000000000 + s.N
	return fmt.Sprintf(`{"type":"text","blog_name":"jo-resident-ex","blog":{"name":"jo-resident-ex","title":"Jo Resident","uuid":"t:Exampl3uuid"},"id":%d,"id_string":"%d",
		"post_url":"https:\/\/jo-resident-ex.tumblr.com\/post\/%d","timestamp":%d,"date":"2025-11-20 08:15:30 GMT","state":"published","tags":["exampleford","bins"],"summary":"%s","title":"",
		"body":"<p>%s<\/p>","note_count":3,"is_blocks_post_format":false}`, id, id, id, s.At.Unix(), s.Text, s.Text)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

// limited is a 429 whose hour is used up; the day is not.
func limited(w http.ResponseWriter, r *http.Request, answer http.Handler) {
	sourcestest.Status(429, "X-Ratelimit-Perhour-Remaining", "0", "X-Ratelimit-Perhour-Reset", fmt.Sprint(int(time.Until(until).Seconds())),
		"X-Ratelimit-Perday-Remaining", "3000", "X-Ratelimit-Perday-Reset", "70000")(w, r, answer)
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"tags": "#exampleford, bins of exampleford"},
	Keys:      map[string]string{keyAPI: sourcestest.Secret},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("tumblr:%d", 700000000000000000+n) },
	Page:      pageSize,
	Throttled: limited, Until: until,
	WrongType: `{"meta":{"status":200,"msg":"OK"},"response":[{"id_string":7}]}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		sources.Normalise(&m, time.Now())
		if m.Text != "Exampleford Council left pothole 1 on Mill Lane\n\n#exampleford #bins" || m.Author.Handle != "jo-resident-ex" || m.Author.ID != "t:Exampl3uuid" ||
			m.Permalink != "https://jo-resident-ex.tumblr.com/post/700000000000000001" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestTumblr(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestTypesOfPosts(t *testing.T) {
	for want, in := range map[string]string{
		"A photo of the lane\n\n#a":       `{"caption":"A photo of the lane","tags":["a"],"photos":[{"caption":"water","original_size":{"url":"https://64.media.tumblr.com/1.jpg"}}]}`,
		"They promised\n\nthe councillor": `{"text":"They promised","source":"the councillor"}`,
		"Why?\n\nNobody knows.":           `{"question":"Why?","answer":"Nobody knows."}`,
		"in short":                        `{"summary":"in short"}`,
	} {
		var v post
		if err := json.Unmarshal([]byte(in), &v); err != nil {
			t.Fatal(err)
		}
		if m := v.mention(); m.TextRaw != want || len(m.Media) != len(v.Photos) {
			t.Errorf("%s became %+v", in, m)
		}
	}
}

func TestThread(t *testing.T) {
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/blog/t:Exampl3uuid/notes" || r.URL.Query().Get("mode") != "conversation" || r.URL.Query().Get("id") != "7" {
			t.Errorf("asked for %v", r.URL)
		}
		say(w, 200, "OK", `{"notes":[{"type":"reply","timestamp":1795162600,"blog_name":"sam","blog_uuid":"t:sam","blog_url":"https://sam.tumblr.com/","reply_text":"Same here"},
			{"type":"reblog","timestamp":1795162590,"blog_name":"kit","blog_uuid":"t:kit","post_id":"9","added_text":"Look at this"},{"type":"reblog","timestamp":1,"blog_name":"x","post_id":"10"}],"total_notes":3}`)
	}))
	got, err := peer.Source(t, p).(sources.Threader).Thread(t.Context(), sources.Mention{ID: "tumblr:7", Author: sources.Author{ID: "t:Exampl3uuid"}})
	if err != nil || len(got) != 2 || got[0].Kind != sources.Reply || got[0].ParentID != "tumblr:7" || got[1].ID != "tumblr:9" || got[1].TextRaw != "Look at this" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestQuotas(t *testing.T) {
	now := time.Now()
	h := http.Header{}
	for k, v := range map[string]string{"X-Ratelimit-Perhour-Remaining": "0", "X-Ratelimit-Perhour-Reset": "60", "X-Ratelimit-Perday-Remaining": "0", "X-Ratelimit-Perday-Reset": "1800"} {
		h.Set(k, v)
	}
	if got := quotas(429, h, now).Sub(now); got != 30*time.Minute {
		t.Errorf("both used up: wait %v", got)
	}
	h.Set("X-Ratelimit-Perday-Remaining", "12")
	if got := quotas(200, h, now).Sub(now); got != time.Minute {
		t.Errorf("the hour used up: wait %v", got)
	}
}
