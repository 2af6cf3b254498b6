package flickr

import (
	"encoding/json"
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

// serve answers as Flickr does: every answer in a 200, photos newest upload first between two seconds, one photo by its number.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		q := r.URL.Query()
		switch {
		case q.Get("api_key") != sourcestest.Secret:
			fmt.Fprint(w, deadKey)
		case q.Get("method") == "flickr.photos.getInfo":
			n, _ := strconv.Atoi(q.Get("photo_id"))
			s, ok := c.One(n - 55000000000)
			if !ok || s.Gone {
				fmt.Fprint(w, `{"stat":"fail","code":1,"message":"Photo \"55000000001\" not found (invalid ID)"}`)
				return
			}
			fmt.Fprintf(w, `{"photo":{"id":"%d","title":{"_content":"Flooding, Mill Lane"},"description":{"_content":%q},"tags":{"tag":[{"raw":"Exampleford","_content":"exampleford"},{"_content":"flood"}]},
				"visibility":{"ispublic":1}},"stat":"ok"}`, n, s.Text)
		case q.Get("method") == "flickr.photos.search" && q.Get("text") == "Exampleford" && q.Get("sort") == "date-posted-desc":
			from, _ := strconv.ParseInt(q.Get("min_upload_date"), 10, 64)
			to, err := strconv.ParseInt(q.Get("max_upload_date"), 10, 64)
			limit, _ := strconv.Atoi(q.Get("per_page"))
			list := c.Newest(0, limit)
			if err == nil {
				list = c.Until(time.Unix(to, 0), limit)
			}
			var out []string
			for _, s := range list {
				if s.At.Unix() >= from {
					out = append(out, view(s))
				}
			}
			fmt.Fprintf(w, `{"photos":{"page":1,"pages":%d,"perpage":%d,"total":"%d","photo":[%s]},"stat":"ok"}`, c.Len()/limit+1, limit, c.Len(), strings.Join(out, ","))
		default:
			fmt.Fprint(w, `{"stat":"fail","code":112,"message":"Method not found"}`)
		}
	})
}

const deadKey = `{"stat":"fail","code":100,"message":"Invalid API Key (Key has invalid format)"}`

func view(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"id":"%d","owner":"190000000@N01","secret":"ab12cd34ef","server":"65535","farm":66,"title":"Flooding, Mill Lane","ispublic":1,"isfriend":0,"isfamily":0,
		"description":{"_content":%q},"dateupload":"%d","lastupdate":"%d","ownername":"Jo Resident","tags":"exampleford flood","views":"14","media":"photo","pathalias":"jo-resident-ex"}`,
		55000000000+s.N, s.Text, s.At.Unix(), s.At.Unix()+70)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"query": "Exampleford", "own": "190000009@N01"},
	Keys:      map[string]string{keyAPI: sourcestest.Secret},
	Serve:     serve,
	ID:        func(n int) string { return fmt.Sprintf("flickr:%d", 55000000000+n) },
	Page:      pageSize,
	Throttled: sourcestest.Status(429, "Retry-After", until.UTC().Format(http.TimeFormat)), Until: until,
	Dead:      sourcestest.Body("application/json", deadKey),
	WrongType: `{"photos":{"page":1,"photo":[{"id":55000000001}]},"stat":"ok"}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Title != "Flooding, Mill Lane" || m.TextRaw != "Exampleford Council left pothole 1 on Mill Lane\n\n#exampleford #flood" || m.Permalink != "https://www.flickr.com/photos/jo-resident-ex/55000000001" ||
			m.Author.ID != "190000000@N01" || m.Kind != sources.Photo || m.Engagement["views"] != 14 || m.Media[0].URL != "https://live.staticflickr.com/65535/55000000001_ab12cd34ef.jpg" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestFlickr(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestNumbersInBothForms(t *testing.T) {
	for _, in := range []string{`{"dateupload":"1795162530","views":14}`, `{"dateupload":1795162530,"views":"14"}`} {
		var v photo
		if err := json.Unmarshal([]byte(in), &v); err != nil || v.Uploaded != 1795162530 || *v.Views != 14 {
			t.Errorf("%s is read as %+v, %v", in, v, err)
		}
	}
}

func TestFailuresInA200(t *testing.T) {
	for code, stops := range map[int]bool{1: true, 3: true, 100: true, 105: false, 106: false, 112: true} {
		p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"stat":"fail","code":%d,"message":"x"}`, code)
		}))
		if _, _, err := peer.Source(t, p).Next(t.Context(), ""); err == nil || errors.Is(err, sources.ErrStop) != stops {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestComments(t *testing.T) {
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("method") != "flickr.photos.comments.getList" || q.Get("photo_id") != "55000000001" {
			t.Errorf("asked for %v", r.URL)
		}
		fmt.Fprint(w, `{"comments":{"photo_id":"55000000001","comment":[{"id":"190000000-55000000001-72157000000000001","author":"190000002@N01","authorname":"Sam P","realname":"","datecreate":"1795163000",
			"permalink":"https://www.flickr.com/photos/jo-resident-ex/55000000001/#comment72157000000000001","_content":"Has the council replied?"}]},"stat":"ok"}`)
	}))
	got, err := peer.Source(t, p).(sources.Threader).Thread(t.Context(), sources.Mention{ID: peer.ID(1)})
	if err != nil || len(got) != 1 || got[0].ParentID != peer.ID(1) || got[0].Author.Name != "Sam P" || got[0].TextRaw != "Has the council replied?" || got[0].CreatedAt.Unix() != 1795163000 {
		t.Errorf("got %+v, %v", got, err)
	}
}
