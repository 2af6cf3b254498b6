package youtube

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const own = "UCexample00000000000000"

func refuse(w http.ResponseWriter, status int, domain, reason, message string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"domain":%q,"reason":%q,"message":%q}]}}`, status, message, domain, reason, message)
}

func fault(status int, domain, reason, message string) sourcestest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		refuse(w, status, domain, reason, message)
	}
}

// channel answers as the Data API does for the comments of one channel.
func channel(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("key") != sourcestest.Secret {
			refuse(w, 400, "global", "badRequest", "API key not valid. Please pass a valid API key.")
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		switch r.URL.Path {
		case "/youtube/v3/commentThreads":
			if q.Get("allThreadsRelatedToChannelId") != own || q.Get("order") != "time" {
				refuse(w, 400, "youtube.parameter", "missingRequiredParameter", "No filter selected.")
				return
			}
			skip, _ := strconv.Atoi(strings.TrimPrefix(q.Get("pageToken"), "QURT"))
			var items []string
			list := c.Newest(skip, 100)
			for _, s := range list {
				if s.Gone {
					continue
				}
				items = append(items, fmt.Sprintf(`{"kind":"youtube#commentThread","etag":"ex","id":"UgzEXAMPLE%d","snippet":{"channelId":%q,"videoId":"EXAMPLEvid1","topLevelComment":%s,
					"canReply":true,"totalReplyCount":0,"isPublic":true}}`, s.N, own, commentOf(s)))
			}
			next := ""
			if skip+len(list) < c.Len() {
				next = fmt.Sprintf(`"nextPageToken":"QURT%d",`, skip+len(list))
			}
			fmt.Fprintf(w, `{"kind":"youtube#commentThreadListResponse","etag":"ex",%s"pageInfo":{"totalResults":%d,"resultsPerPage":100},"items":[%s]}`, next, len(list), strings.Join(items, ","))
		case "/youtube/v3/comments":
			var items []string
			for _, id := range strings.Split(q.Get("id"), ",") {
				n, _ := strconv.Atoi(strings.TrimPrefix(id, "UgzEXAMPLE"))
				if s, ok := c.One(n); ok && !s.Gone {
					items = append(items, commentOf(s))
				}
			}
			fmt.Fprintf(w, `{"kind":"youtube#commentListResponse","etag":"ex","items":[%s]}`, strings.Join(items, ","))
		default:
			http.NotFound(w, r)
		}
	})
}

func commentOf(s sourcestest.Shown) string {
	updated := s.At
	if !s.Edited.IsZero() {
		updated = s.Edited
	}
	return fmt.Sprintf(`{"kind":"youtube#comment","etag":"ex","id":"UgzEXAMPLE%d","snippet":{"channelId":%q,"videoId":"EXAMPLEvid1","textDisplay":%q,"textOriginal":%q,
		"authorDisplayName":"@jo_resident_ex","authorProfileImageUrl":"https://yt3.example.org/a.jpg","authorChannelUrl":"http://www.youtube.com/@jo_resident_ex",
		"authorChannelId":{"value":"UCexampleauthor00000000"},"canRate":true,"viewerRating":"none","likeCount":2,"publishedAt":%q,"updatedAt":%q}}`,
		s.N, own, s.Text, s.Text, s.At.Format(time.RFC3339), updated.Format(time.RFC3339))
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"channel": own},
	Keys:      map[string]string{"api_key": sourcestest.Secret},
	Serve:     channel,
	ID:        func(n int) string { return fmt.Sprintf("youtube:UgzEXAMPLE%d", n) },
	Page:      100,
	Throttled: fault(403, "youtube.quota", "quotaExceeded", "The request cannot be completed because you have exceeded your quota."), Until: midnight(time.Now()),
	Bare:      fault(403, "usageLimits", "rateLimitExceeded", "Rate Limit Exceeded"),
	Dead:      fault(400, "global", "badRequest", "API key not valid. Please pass a valid API key."),
	WrongType: `{"items":[{"id":"UgzEXAMPLE1","snippet":{"totalReplyCount":"many"}}]}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.Handle != "@jo_resident_ex" || m.Author.ID != "UCexampleauthor00000000" || m.Permalink != "https://www.youtube.com/watch?v=EXAMPLEvid1&lc=UgzEXAMPLE1" ||
			m.ThreadID != "youtube:EXAMPLEvid1" || m.Engagement["likes"] != 2 || !slices.Equal(m.MatchedBy, []string{"own_thread"}) || len(m.Media) > 0 {
			t.Errorf("got %+v", m)
		}
	},
}

func TestYouTube(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

// world is a small YouTube: what each question brings, by path and the parameter that matters.
type world struct {
	t       *testing.T
	answers map[string]string
	faults  map[string]string
	asked   []string
}

func (x *world) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	what := strings.TrimPrefix(r.URL.Path, "/youtube/v3/")
	for _, p := range []string{"id", "videoId", "parentId", "playlistId", "q"} {
		if q.Get(p) != "" {
			what += " " + q.Get(p)
		}
	}
	if r.Method == http.MethodPost {
		what = "POST " + r.Host + r.URL.Path
		w.WriteHeader(http.StatusAccepted)
	}
	x.asked = append(x.asked, what)
	if reason := x.faults[what]; reason != "" {
		refuse(w, 403, "youtube.commentThread", reason, reason)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, x.answers[what])
}

var start = time.Now()

func ago(d time.Duration) string { return start.Add(-d).UTC().Format(time.RFC3339) }

func videoOf(id, channel, title string, comments int) string {
	return fmt.Sprintf(`{"id":%q,"snippet":{"publishedAt":%q,"channelId":%q,"channelTitle":"Exampleford Gazette","title":%q,"description":"From Mill Lane","defaultAudioLanguage":"en-GB",
		"thumbnails":{"high":{"url":"https://i.example/%s.jpg"}}},"statistics":{"viewCount":"1200","likeCount":"9","commentCount":"%d"}}`, id, ago(time.Hour), channel, title, id, comments)
}

func threadOf(id, video, author string, total int, replies ...string) string {
	return fmt.Sprintf(`{"id":%q,"snippet":{"videoId":%q,"topLevelComment":%s,"totalReplyCount":%d},"replies":{"comments":[%s]}}`, id, video, plain(id, video, "", author), total, strings.Join(replies, ","))
}

func plain(id, video, parent, author string) string {
	return fmt.Sprintf(`{"id":%q,"snippet":{"videoId":%q,"parentId":%q,"textDisplay":"words of %s","authorChannelId":{"value":%q},"publishedAt":%q,"updatedAt":%q}}`,
		id, video, parent, id, author, ago(time.Minute), ago(time.Minute))
}

func items(s ...string) string { return `{"items":[` + strings.Join(s, ",") + `]}` }

func source(t *testing.T, h http.Handler, options map[string]string) *reader {
	t.Helper()
	p := peer
	p.Options = options
	return p.Source(t, sourcestest.NewPlatform(t, h)).(*reader)
}

func (x *reader) sweep(t *testing.T) (ids []string, all map[string]sources.Mention) {
	t.Helper()
	all = map[string]sources.Mention{}
	r := sources.PageRequest{Since: time.Now().Add(-48 * time.Hour)}
	for {
		p, err := x.fetch(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range p.Items {
			ids, all[it.Mention.ID] = append(ids, native(it.Mention.ID)), it.Mention
		}
		if r.Token = p.Next; r.Token == "" {
			return ids, all
		}
	}
}

// Found and followed videos come with their comments; the council's own do not come again; what did not change is not asked for again.
func TestFoundAndFollowed(t *testing.T) {
	const other = "UCexample00000000000001"
	w := &world{t: t, answers: map[string]string{
		"search potholes": items(`{"id":{"videoId":"vid1"}}`, `{"id":{"videoId":"mine"}}`, `{"id":{"videoId":"quiet"}}`),
		"commentThreads":  items(threadOf("own1", "mine", "UCjo", 0), threadOf("own2", "mine", own, 0)),
		"playlistItems UUexample00000000000001": items(fmt.Sprintf(`{"contentDetails":{"videoId":"vid2","videoPublishedAt":%q}}`, ago(time.Hour)),
			fmt.Sprintf(`{"contentDetails":{"videoId":"old","videoPublishedAt":%q}}`, ago(1000*time.Hour))),
		"videos vid2,vid1,mine,quiet": items(videoOf("vid1", "UCx", "Potholes", 3), videoOf("vid2", other, "Gazette", 1), videoOf("mine", own, "Ours", 5), videoOf("quiet", "UCx", "Quiet", 2)),
		"videos vid2,vid1,quiet":      items(videoOf("vid1", "UCx", "Potholes", 3), videoOf("vid2", other, "Gazette", 1), videoOf("quiet", "UCx", "Quiet", 2)),
		"commentThreads vid1":         items(threadOf("c1", "vid1", "UCjo", 2, plain("c1.r2", "vid1", "c1", "UCjo"))),
		"comments c1":                 items(plain("c1.r1", "", "c1", "UCjo"), plain("c1.r2", "", "c1", "UCjo")),
		"commentThreads vid2":         items(threadOf("c2", "vid2", "", 0)),
	}, faults: map[string]string{"commentThreads quiet": "commentsDisabled"}}
	x := source(t, w, map[string]string{"query": "potholes", "channel": own, "follow": other})
	got, all := x.sweep(t)
	slices.Sort(got)
	if want := []string{"c1", "c1.r1", "c1.r2", "c1.r2", "c2", "own1", "quiet", "vid1", "vid2"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	v, reply := all["youtube:vid1"], all["youtube:c1.r1"]
	if v.Kind != sources.Video || v.Engagement["views"] != 1200 || v.Lang != "en-GB" || v.Title != "Potholes" || v.Permalink != "https://www.youtube.com/watch?v=vid1" {
		t.Errorf("the video is %+v", v)
	}
	if reply.Kind != sources.Reply || reply.ParentID != "youtube:c1" || reply.ThreadID != "youtube:vid1" {
		t.Errorf("the reply is %+v", reply)
	}
	first := len(w.asked)
	x.sweep(t)
	if again, want := w.asked[first:], []string{"commentThreads", "playlistItems UUexample00000000000001", "videos vid2,vid1,quiet"}; !slices.Equal(again, want) {
		t.Errorf("a second sweep asked %v, want %v", again, want)
	}
}

// A video found days late comes, and so do the comments of these days; a sweep that fails forgets what it read.
func TestFoundLate(t *testing.T) {
	old := func(s string) string {
		return strings.NewReplacer(ago(time.Hour), ago(100*time.Hour), ago(time.Minute), ago(90*time.Hour)).Replace(s)
	}
	w := &world{t: t, answers: map[string]string{
		"search potholes":     items(`{"id":{"videoId":"vid1"}}`),
		"videos vid1":         items(old(videoOf("vid1", "UCx", "Potholes", 2))),
		"commentThreads vid1": items(old(threadOf("c1", "vid1", "UCjo", 2, plain("c1.r1", "vid1", "c1", "UCjo")))),
		"comments c1":         items(old(plain("c1.r1", "", "c1", "UCjo")), old(plain("c1.r2", "", "c1", "UCjo"))),
	}, faults: map[string]string{"comments c1": "rateLimitExceeded"}}
	x := source(t, w, map[string]string{"query": "potholes"})
	if ms, _, err := x.Next(t.Context(), ""); err == nil {
		t.Fatalf("got %v", ms)
	}
	delete(w.faults, "comments c1")
	ms, after, err := x.Next(t.Context(), "")
	if err != nil || len(ms) != 4 {
		t.Fatalf("got %+v, %v", ms, err)
	}
	if p, err := x.fetch(t.Context(), sources.PageRequest{Since: time.Now().Add(-48 * time.Hour)}); err != nil || len(p.Items) != 0 || after == "" {
		t.Errorf("afterwards come %+v, %v", p.Items, err)
	}
}

// With comments: all, a comment is a mention when its video has a watch term.
func TestCommentsOfNamedVideos(t *testing.T) {
	terms, err := sources.CompileTerms([]settings.Term{{ID: "council", Query: "Exampleford"}}, settings.Council{})
	if err != nil {
		t.Fatal(err)
	}
	x := source(t, http.NotFoundHandler(), map[string]string{"query": "x", "comments": "all"})
	x.deps.Terms = func() *sources.Terms { return terms }
	var v video
	if by := x.matched(&v); by != nil {
		t.Errorf("a video without a term gives %v", by)
	}
	v.Snippet.Title = "Exampleford roads"
	if by := x.matched(&v); !slices.Equal(by, []string{"keyword:council"}) {
		t.Errorf("a video with a term gives %v", by)
	}
}

func TestThread(t *testing.T) {
	w := &world{t: t, answers: map[string]string{
		"videos vid1":       items(videoOf("vid1", "UCx", "Potholes", 3)),
		"commentThreads c1": items(threadOf("c1", "vid1", "UCjo", 2, plain("c1.r1", "vid1", "c1", "UCjo"), plain("c1.r2", "vid1", "c1", "UCjo"))),
	}}
	x := source(t, w, map[string]string{"query": "potholes"})
	ms, err := x.Thread(t.Context(), sources.Mention{ID: "youtube:c1.r1", Kind: sources.Reply, ThreadID: "youtube:vid1"})
	var got []string
	for _, m := range ms {
		got = append(got, native(m.ID))
	}
	if err != nil || !slices.Equal(got, []string{"vid1", "c1", "c1.r2"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []map[string]string{nil, {"channel": "@exampleford"}, {"query": " "}} {
		if _, err := New(settings.Source{Options: o}, sources.Deps{}); err == nil {
			t.Errorf("%v was taken", o)
		}
	}
}

const pushBody = `<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">
 <link rel="hub" href="https://pubsubhubbub.appspot.com"/><title>YouTube video feed</title>
 <entry><id>yt:video:EXAMPLEvid2</id><yt:videoId>EXAMPLEvid2</yt:videoId><yt:channelId>UCexample00000000000001</yt:channelId><title>Exampleford budget</title>
  <link rel="alternate" href="https://www.youtube.com/watch?v=EXAMPLEvid2"/><author><name>Exampleford Gazette</name><uri>https://www.youtube.com/channel/UCexample00000000000001</uri></author>
  <published>2026-11-20T08:15:30+00:00</published><updated>2026-11-20T08:16:00.123456789+00:00</updated></entry>
 <entry><id>yt:something:else</id><title>unknown</title></entry>
 <at:deleted-entry ref="yt:video:EXAMPLEvid3" when="2026-11-20T09:00:00+00:00"><link href="https://www.youtube.com/watch?v=EXAMPLEvid3"/></at:deleted-entry>
</feed>`

func TestPush(t *testing.T) {
	w := &world{t: t, answers: map[string]string{"playlistItems UUexample00000000000001": items()}}
	x := source(t, w, map[string]string{"follow": "UCexample00000000000001", "callback": "https://earshot.example/hooks/yt"})
	x.hub.Deps.Secret = func(context.Context, string, string) (string, error) { return sourcestest.Secret, nil }
	x.sweep(t)
	if w.asked[0] != "POST pubsubhubbub.appspot.com/subscribe" {
		t.Fatalf("asked %v", w.asked)
	}
	rec, err := NewReceiver(settings.Source{ID: "yt"}, x.hub.Deps)
	if err != nil {
		t.Fatal(err)
	}
	send := func(body, key string) (sources.Delivery, error) {
		mac := hmac.New(sha1.New, []byte(key))
		mac.Write([]byte(body))
		r := httptest.NewRequest(http.MethodPost, "/hooks/yt", strings.NewReader(body))
		r.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(mac.Sum(nil)))
		return rec.Receive(t.Context(), r, []byte(body))
	}
	d, err := send(pushBody, sourcestest.Secret)
	if err != nil || len(d.Mentions) != 2 || len(d.Events) != 0 {
		t.Fatalf("got %+v, %v", d, err)
	}
	if m := d.Mentions[0]; m.ID != "youtube:EXAMPLEvid2" || m.Author.Name != "Exampleford Gazette" || m.Title != "Exampleford budget" || m.CreatedAt.IsZero() {
		t.Errorf("the video is %+v", m)
	}
	if m := d.Mentions[1]; m.ID != "youtube:EXAMPLEvid3" || m.State != sources.Deleted || m.At.IsZero() {
		t.Errorf("the deletion is %+v", m)
	}
	if _, err := send(pushBody, "another key"); !errors.Is(err, sources.ErrForged) {
		t.Errorf("a wrong signature gives %v", err)
	}
	if _, err := send("<feed><entry>", sourcestest.Secret); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("a broken body gives %v", err)
	}
	q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topics + "UCexample00000000000001"}, "hub.challenge": {"17"}}
	if _, err := rec.Receive(t.Context(), httptest.NewRequest(http.MethodGet, "/hooks/yt?"+q.Encode(), nil), nil); !errors.Is(err, sources.ErrForged) {
		t.Errorf("a handshake without our tag gives %v", err)
	}
}

func TestMidnight(t *testing.T) {
	for now, want := range map[string]string{"2026-11-20T07:30:00Z": "2026-11-20T08:00:00Z", "2026-07-20T07:30:00Z": "2026-07-21T07:00:00Z"} {
		at, _ := time.Parse(time.RFC3339, now)
		if got := midnight(at).UTC().Format(time.RFC3339); got != want {
			t.Errorf("after %s comes %s, want %s", now, got, want)
		}
	}
}
