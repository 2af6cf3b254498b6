package wordpress

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// serve makes a site that answers as WordPress does: posts or comments, by date or change, page by page, 400 beyond the last one.
func serve(of string) func(c *sourcestest.Content) http.Handler {
	return func(c *sourcestest.Content) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			var list []sourcestest.Shown
			switch {
			case q.Get("rest_route") != "/wp/v2/"+of:
			case q.Get("include") != "":
				for id := range strings.SplitSeq(q.Get("include"), ",") {
					n, _ := strconv.Atoi(id)
					if s, ok := c.One(n); ok && !s.Gone {
						list = append(list, s)
					}
				}
			default:
				page, _ := strconv.Atoi(q.Get("page"))
				var total int
				list, total = newest(c, q.Get("orderby"), q.Get("after"), page)
				pages := (total + pageSize - 1) / pageSize
				w.Header().Set("X-WP-Total", strconv.Itoa(total))
				w.Header().Set("X-WP-TotalPages", strconv.Itoa(pages))
				if page > max(1, pages) {
					w.WriteHeader(400)
					fmt.Fprint(w, `{"code":"rest_post_invalid_page_number","message":"The page number requested is larger than the number of pages available.","data":{"status":400}}`)
					return
				}
			}
			out := make([]string, 0, len(list))
			for _, s := range list {
				out = append(out, view(of, s))
			}
			fmt.Fprintf(w, "[%s]", strings.Join(out, ","))
		})
	}
}

// newest returns a page, and how many things all pages hold.
func newest(c *sourcestest.Content, order, after string, page int) (list []sourcestest.Shown, total int) {
	since, err := time.Parse(time.RFC3339, after)
	skip := (page - 1) * pageSize
	if c.Happened() == c.Len() { // nothing was changed: it is in order, and may be much
		total = c.Len() - sort.Search(c.Len(), func(i int) bool {
			s, _ := c.One(i + 1)
			return err != nil || s.At.After(since)
		})
		return c.Newest(skip, min(pageSize, max(0, total-skip))), total
	}
	list = c.Newest(0, c.Len())
	list = slices.DeleteFunc(list, func(s sourcestest.Shown) bool { return s.Gone || err == nil && !s.At.After(since) })
	slices.SortStableFunc(list, func(a, b sourcestest.Shown) int {
		if order == "modified" {
			return later(b).Compare(later(a))
		}
		return b.At.Compare(a.At)
	})
	return list[min(len(list), skip):min(len(list), skip+pageSize)], len(list)
}

func later(s sourcestest.Shown) time.Time {
	if s.Edited.IsZero() {
		return s.At
	}
	return s.Edited
}

const layout = "2006-01-02T15:04:05"

func view(of string, s sourcestest.Shown) string {
	at := s.At.Format(layout)
	if of == "comments" {
		return fmt.Sprintf(`{"id":%d,"post":41,"parent":0,"author":0,"author_name":"Jo Resident","author_url":"","date_gmt":"%s","content":{"rendered":"<p>%s</p>\n"},
			"link":"https:\/\/blog.example.org\/mill-lane\/#comment-%d","_links":{}}`, s.N, at, s.Text, s.N)
	}
	return fmt.Sprintf(`{"id":%d,"date_gmt":"%s","modified_gmt":"%s","link":"https:\/\/blog.example.org\/%d\/","title":{"rendered":"Mill Lane &#038; Westgate"},
		"content":{"rendered":"<p>%s</p>\n","protected":false},"author":1,"_links":{},"_embedded":{"author":[{"id":1,"name":"editor","url":"","link":"https:\/\/blog.example.org\/author\/editor\/","slug":"editor"}]}}`,
		s.N, at, later(s).Format(layout), s.N, s.Text)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

func peer(of string) sourcestest.Peer {
	return sourcestest.Peer{
		Connector: Connector,
		Options:   map[string]string{"url": "https://blog.example.org"},
		Serve:     serve(of),
		ID:        func(n int) string { return fmt.Sprintf("wordpress:blog.example.org/%s/%d", of, n) },
		Page:      pageSize,
		Throttled: sourcestest.Status(429, "Retry-After", until.UTC().Format(http.TimeFormat)), Until: until, // the host's
		WrongType: `[{"id":"seven","date_gmt":17}]`,
		Edits:     true,
		NoMark:    of == "comments",
		Check: func(t *testing.T, m sources.Mention) {
			sources.Normalise(&m, time.Now())
			post := m.Title == "Mill Lane & Westgate" && m.Author.Name == "editor" && m.Kind == sources.Article && m.Permalink == "https://blog.example.org/1/"
			comment := m.Author.Name == "Jo Resident" && m.ThreadID == "wordpress:blog.example.org/posts/41" && m.ParentID == m.ThreadID && m.Kind == sources.Comment
			if post == comment || !strings.HasPrefix(m.Text, "Exampleford Council left") {
				t.Errorf("got %+v", m)
			}
		},
	}
}

func TestPosts(t *testing.T) { sourcestest.Against(t, peer("posts")) }

func TestComments(t *testing.T) { sourcestest.Against(t, peer("comments")) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer("comments")) }

// A post that was edited long after it was written comes again, wherever its date puts it.
func TestOldPostEdited(t *testing.T) {
	c := sourcestest.Fill(0)
	c.Add(time.Now().Add(-1000*time.Hour), "Exampleford, long ago")
	x := peer("posts")
	src := x.Source(t, sourcestest.NewPlatform(t, x.Serve(c)))
	c.Add(time.Now(), "Exampleford, today")
	ms, cursor, err := src.Next(t.Context(), "")
	if err != nil || len(ms) != 1 || ms[0].ID != x.ID(2) {
		t.Fatalf("got %v, %v", ms, err)
	}
	c.Change(1, func(s *sourcestest.Shown) { s.Text, s.Edited = "Exampleford, revised", time.Now().UTC() })
	ms, _, err = src.Next(t.Context(), cursor)
	if err != nil || len(ms) != 1 || ms[0].ID != x.ID(1) || ms[0].State != sources.Edited || !strings.Contains(ms[0].TextRaw, "revised") {
		t.Errorf("got %v, %v", ms, err)
	}
}

func TestClosedInterface(t *testing.T) {
	for _, body := range []string{`{"code":"rest_cannot_access","message":"Only authenticated users can access the REST API.","data":{"status":401}}`, `<html>not found`} {
		status := 401
		if body[0] == '<' {
			status = 404
		}
		x := peer("posts")
		p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}))
		if _, _, err := x.Source(t, p).Next(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "/comments/feed/") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// A source that was given another site takes nothing of the first one's for deleted.
func TestAnotherSitesMentions(t *testing.T) {
	x := peer("posts")
	p := sourcestest.NewPlatform(t, x.Serve(sourcestest.Fill(2)))
	held := []sources.Mention{{ID: "wordpress:old.example.org/posts/1", Platform: platform, Text: "words"}}
	if got, err := x.Source(t, p).(sources.Rechecker).Recheck(t.Context(), held); err != nil || len(got) > 0 || len(p.Requests()) > 0 {
		t.Errorf("asked %d times, got %+v, %v", len(p.Requests()), got, err)
	}
}
