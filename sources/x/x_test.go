package x

import (
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

const own = "1400000000000000009"

// nativeID is the id of a thing's first version; an edit has another one, which is newer than the ids known before.
func nativeID(n int) uint64 { return 2_000_000_000_000_000_000 + uint64(n)<<22 }

func number(id uint64) int { return int((id - nativeID(0)) >> 22) }

func latest(s sourcestest.Shown) uint64 {
	if s.Edited.IsZero() {
		return nativeID(s.N)
	}
	return nativeID(s.N) + 1<<21
}

// api answers as X does: newest first after since_id, next_token, rate headers, partial success.
func api(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("x-rate-limit-remaining", "449")
		w.Header().Set("x-rate-limit-reset", strconv.FormatInt(time.Now().Add(15*time.Minute).Unix(), 10))
		if r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret {
			http.Error(w, `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		q := r.URL.Query()
		switch r.URL.Path {
		case "/2/tweets":
			lookUp(w, c, strings.Split(q.Get("ids"), ","))
		case "/2/tweets/search/recent", "/2/users/" + own + "/mentions":
			search(w, c, q.Get("since_id"), q.Get("start_time"), q.Get("next_token")+q.Get("pagination_token"))
		default:
			http.NotFound(w, r)
		}
	})
}

func search(w http.ResponseWriter, c *sourcestest.Content, since, start, token string) {
	if t, err := time.Parse(time.RFC3339, start); since == "" && (err != nil || time.Since(t) > 7*24*time.Hour) {
		http.Error(w, `{"errors":[{"message":"Invalid 'start_time'"}]}`, http.StatusBadRequest)
		return
	}
	after, _ := strconv.ParseUint(since, 10, 64)
	skip, _ := strconv.Atoi(token)
	list := c.Newest(skip, 100)
	var posts []string
	for _, s := range list {
		if latest(s) > after {
			posts = append(posts, view(s, latest(s)))
		}
	}
	next := ""
	if len(posts) == 100 {
		next = fmt.Sprintf(`,"next_token":"%d"`, skip+100)
	}
	fmt.Fprintf(w, `{"data":[%s],"includes":{"users":[%s]},"meta":{"newest_id":"1","result_count":%d%s}}`, strings.Join(posts, ","), author, len(posts), next)
}

func lookUp(w http.ResponseWriter, c *sourcestest.Content, ids []string) {
	var posts, problems []string
	for _, id := range ids {
		n, _ := strconv.ParseUint(id, 10, 64)
		if s, ok := c.One(number(n)); !ok || s.Gone {
			problems = append(problems, fmt.Sprintf(`{"value":"%s","detail":"Could not find tweet","title":"Not Found Error","resource_type":"tweet",
				"parameter":"ids","resource_id":"%s","type":"https://api.x.com/2/problems/resource-not-found"}`, id, id))
		} else {
			posts = append(posts, view(s, n))
		}
	}
	fmt.Fprintf(w, `{"data":[%s],"includes":{"users":[%s]},"errors":[%s]}`, strings.Join(posts, ","), author, strings.Join(problems, ","))
}

const author = `{"id":"1500000000000000001","name":"Jo Resident","username":"jo_resident_ex","verified":false,"protected":false}`

func view(s sourcestest.Shown, id uint64) string {
	history, at := fmt.Sprintf(`"%d"`, nativeID(s.N)), s.At
	if !s.Edited.IsZero() {
		history += fmt.Sprintf(`,"%d"`, latest(s))
	}
	if id != nativeID(s.N) {
		at = s.Edited
	}
	return fmt.Sprintf(`{"id":"%d","text":%q,"author_id":"1500000000000000001","created_at":"%s","conversation_id":"%d","lang":"en","edit_history_tweet_ids":[%s],
		"public_metrics":{"retweet_count":1,"reply_count":2,"like_count":4,"quote_count":0,"bookmark_count":0,"impression_count":310},
		"entities":{"mentions":[{"start":0,"end":14,"username":"ExamplefordDC","id":"%s"}]}}`,
		id, s.Text, at.Format("2006-01-02T15:04:05.000Z"), nativeID(s.N), history, own)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"query": "Exampleford", "user_id": own},
	Keys:      map[string]string{keyToken: sourcestest.Secret},
	Serve:     api,
	ID:        func(n int) string { return fmt.Sprintf("x:%d", nativeID(n)) },
	Page:      100,
	Throttled: sourcestest.Status(429, "x-rate-limit-remaining", "0", "x-rate-limit-reset", strconv.FormatInt(until.Unix(), 10)), Until: until,
	WrongType: `{"data":[{"id":7}],"meta":{}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.Handle != "jo_resident_ex" || m.Permalink != "https://x.com/jo_resident_ex/status/2000000000004194304" || m.Engagement["likes"] != 4 || m.Kind != sources.Post {
			t.Errorf("got %+v", m)
		}
	},
}

func TestSearch(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestMentionsOfAnAccount(t *testing.T) {
	p := peer
	p.Options = map[string]string{"user_id": own, "fields": "post.fields"}
	c := sourcestest.Fill(150)
	platform := sourcestest.NewPlatform(t, api(c))
	ms, _, err := p.Source(t, platform).Next(t.Context(), "")
	if err != nil || len(ms) != 150 || ms[0].MatchedBy[0] != "mention" {
		t.Fatalf("%d mentions, %v", len(ms), err)
	}
	q := platform.Requests()[1].URL.Query()
	if start := platform.Requests()[0].URL.Query().Get("start_time"); start == "" || q.Get("start_time") != start {
		t.Errorf("one sweep begins at %s and at %s", start, q.Get("start_time"))
	}
	if q.Get("pagination_token") == "" || q.Get("query") != "" || !strings.Contains(q.Get("post.fields"), "referenced_posts") {
		t.Errorf("asked %v", q)
	}
}

// afterFirst returns what the second sweep asks, an age after the first one's last post.
func afterFirst(t *testing.T, age time.Duration) (since, start string) {
	t.Helper()
	c := sourcestest.Fill(0)
	c.Add(time.Now().Add(-age), "Exampleford")
	p := sourcestest.NewPlatform(t, api(c))
	src := peer.Source(t, p)
	_, after, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	c.Add(time.Now(), "Exampleford again")
	if _, _, err = src.Next(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	q := p.Requests()[1].URL.Query()
	return q.Get("since_id"), q.Get("start_time")
}

func TestSinceIDUntilItIsTooOld(t *testing.T) {
	if since, start := afterFirst(t, time.Hour); since != fmt.Sprint(nativeID(1)) || start != "" {
		t.Errorf("asked since_id %q, start_time %q", since, start)
	}
	if since, start := afterFirst(t, window-time.Minute); since != "" || start == "" { // with the overlap it lies before what may be asked
		t.Errorf("an old place: asked since_id %q, start_time %q", since, start)
	}
}

func TestCreditUsedUpStopsTheSource(t *testing.T) {
	p := sourcestest.NewPlatform(t, api(sourcestest.Fill(3)))
	for _, f := range []sourcestest.Fault{sourcestest.Status(402), func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("x-rate-limit-remaining", "0")
		w.Header().Set("x-rate-limit-reset", strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"title":"UsageCapExceeded","detail":"Usage cap exceeded","type":"https://api.x.com/2/problems/usage-capped"}`)
	}} {
		p.Break(f)
		if _, _, err := peer.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "credit") {
			t.Errorf("got %v", err)
		}
	}
}

// sample has a post in the current spelling and, after it, what the older one calls by another name.
const sample = `{"data":[
 {"id":"2123691690685366396","text":"@ExamplefordDC &amp; again https://t.co/a","author_id":"1500000000000000001","created_at":"2026-11-20T08:45:30.000Z","conversation_id":"2123691690685366000",
  "lang":"und","edit_history_tweet_ids":["2123691690685366395","2123691690685366396"],"referenced_tweets":[{"type":"replied_to","id":"2123691690685366001"},{"type":"quoted","id":"5"}],
  "entities":{"urls":[{"url":"https://t.co/a","expanded_url":"https://exampleford.example/bins"}]},"attachments":{"media_keys":["3_1"]},"public_metrics":{"retweet_count":1,"like_count":4}},
 {"id":"7","text":"short","note_post":{"text":"the whole of a long post"},"author_id":"9","created_at":"2026-11-20T08:15:30.000Z","referenced_posts":[{"type":"quoted","id":"5"}],
  "edit_history_post_ids":["7"],"public_metrics":{"repost_count":3},"withheld":{"country_codes":["GB"]}},
 {"id":"8","text":"RT","author_id":"9","created_at":"2026-11-20T08:15:30.000Z","referenced_tweets":[{"type":"retweeted","id":"5"}]}],
 "includes":{"users":[{"id":"1500000000000000001","name":"Jo Resident","username":"jo_resident_ex"}],
  "media":[{"media_key":"3_1","type":"photo","url":"https://pbs.example/1.jpg","alt_text":"A full bin"}]}}`

func TestFields(t *testing.T) {
	var a answer
	if err := json.Unmarshal([]byte(sample), &a); err != nil {
		t.Fatal(err)
	}
	ms := a.all()
	m := ms[0]
	for _, c := range []struct{ what, got, want string }{
		{"id", m.ID, "x:2123691690685366395"},
		{"text", m.Text, "@ExamplefordDC & again https://exampleford.example/bins"},
		{"permalink", m.Permalink, "https://x.com/jo_resident_ex/status/2123691690685366396"},
		{"parent", m.ParentID, "x:2123691690685366001"},
		{"thread", m.ThreadID, "x:2123691690685366000"},
		{"quoted", m.QuotedID, "x:5"},
		{"kind", string(m.Kind), "reply"},
		{"state", string(m.State), "edited"},
		{"edited", m.EditedAt.Format(time.RFC3339), "2026-11-20T08:45:30Z"},
		{"created", m.CreatedAt.Format(time.RFC3339), "2026-11-20T08:15:30Z"},
		{"media", m.Media[0].URL + m.Media[0].Alt, "https://pbs.example/1.jpgA full bin"},
		{"long text", ms[1].Text, "the whole of a long post"},
		{"quote", string(ms[1].Kind), "quote"},
		{"author without a name", ms[1].Author.ID + ms[1].Author.Handle, "9"},
		{"withheld", string(ms[1].State), "withheld"},
		{"link without a name", ms[1].Permalink, "https://x.com/i/status/7"},
		{"shares", fmt.Sprint(m.Engagement["shares"], ms[1].Engagement["shares"]), "1 3"},
		{"repetition", fmt.Sprint(a.Data[2].shared(), a.Data[0].shared()), "true false"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestOwnPostsAreNoMentionsButParents(t *testing.T) {
	body := strings.ReplaceAll(sample, "1500000000000000001", own)
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}))
	src := peer.Source(t, p)
	page, err := src.(*reader).fetch(t.Context(), sources.PageRequest{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Mention.ID != "x:7" {
		t.Errorf("got %d items, %v", len(page.Items), err)
	}
	around, err := src.(sources.Threader).Thread(t.Context(), sources.Mention{ID: "x:7", ThreadID: "x:2123691690685366395", ParentID: "x:2123691690685366395"})
	if err != nil || len(around) != 2 || around[0].ID != "x:2123691690685366395" {
		t.Errorf("the thread has %d, %v", len(around), err)
	}
	if got := p.Requests()[2].URL.Query().Get("ids"); got != "2123691690685366395" {
		t.Errorf("asked for the parents %q", got)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]map[string]string{
		"nothing": {}, "a handle": {"user_id": "@ExamplefordDC"}, "too long": {"query": strings.Repeat("x", 499)}, "another spelling": {"query": "x", "fields": "toot.fields"},
	} {
		if _, err := New(settings.Source{Options: o}, sources.Deps{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := New(settings.Source{Options: map[string]string{"query": strings.Repeat("x", 498)}}, sources.Deps{}); err != nil {
		t.Errorf("498 characters: %v", err)
	}
}
