package linkedin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const (
	sourcePost = "urn:li:share:7000000000000000001"
	activity   = "urn:li:activity:7000000000000000002"
	comments   = "/rest/socialActions/" + sourcePost + "/comments"
)

func urnOf(n int) string {
	return fmt.Sprintf("urn:li:comment:(%s,%d)", activity, 7_000_000_000_000_000_000+n)
}

// linkedIn answers as LinkedIn does: notifications by timeRange, start and count; comments and posts by URN.
func linkedIn(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret {
			http.Error(w, `{"status":401,"serviceErrorCode":65600,"code":"INVALID_ACCESS_TOKEN","message":"Invalid access token"}`, http.StatusUnauthorized)
			return
		}
		if r.Header.Get("LinkedIn-Version") != version || r.Header.Get("X-Restli-Protocol-Version") != "2.0.0" {
			http.Error(w, `{"status":426,"code":"NONEXISTENT_VERSION","message":"Requested version is not active"}`, http.StatusUpgradeRequired)
			return
		}
		switch path := r.URL.Path; {
		case path == "/rest/organizationalEntityNotifications" && strings.Contains(r.URL.RawQuery, "organizationalEntity=urn%3Ali%3Aorganization%3A12345&"):
			notifications(w, c, r)
		case path == comments:
			fmt.Fprintf(w, `{"elements":[%s],"paging":{"start":0,"count":50,"links":[]}}`, shownComment(c.Newest(0, 1)[0]))
		case strings.HasPrefix(path, comments+"/"):
			n, _ := strconv.Atoi(strings.TrimPrefix(path, comments+"/7000000000000000"))
			if s, ok := c.One(n); ok && !s.Gone {
				fmt.Fprint(w, shownComment(s))
				return
			}
			http.Error(w, `{"status":404,"message":"Could not find comment"}`, http.StatusNotFound)
		case strings.HasPrefix(path, "/rest/posts/urn:li:share:"):
			fmt.Fprint(w, `{"id":"urn:li:share:1","author":"urn:li:person:XyZ123","commentary":"Exampleford in bloom","createdAt":1795162530000,"lifecycleState":"PUBLISHED"}`)
		default:
			http.NotFound(w, r)
		}
	})
}

func notifications(w http.ResponseWriter, c *sourcestest.Content, r *http.Request) {
	q := r.URL.Query()
	var from, to int64
	_, _ = fmt.Sscanf(q.Get("timeRange"), "(start:%d,end:%d)", &from, &to)
	start, _ := strconv.Atoi(q.Get("start"))
	count, _ := strconv.Atoi(q.Get("count"))
	var list []string
	for _, s := range c.Newest(start, count) {
		if at := s.At.UnixMilli(); at < from || at > to {
			continue
		}
		if !s.Edited.IsZero() {
			list = append(list, shownNotification(s.N+1_000_000, "COMMENT_EDIT", s.N, s.Edited, s.Text))
			s.Text = fmt.Sprintf("Exampleford Council left pothole %d on Mill Lane", s.N) // the notification keeps what was said then
		}
		list = append(list, shownNotification(s.N, "COMMENT", s.N, s.At, s.Text))
	}
	fmt.Fprintf(w, `{"elements":[%s],"paging":{"start":%d,"count":%d,"links":[]}}`, strings.Join(list, ","), start, count)
}

func shownNotification(id int, action string, n int, at time.Time, text string) string {
	return fmt.Sprintf(`{"notificationId":%d,"organizationalEntity":"urn:li:organization:12345","action":%q,"sourcePost":%q,"generatedActivity":%q,"lastModifiedAt":%d,
		"subscriber":"urn:li:person:AbCdEf","decoratedGeneratedActivity":{"comment":{"entity":%q,"owner":"urn:li:person:XyZ123","text":%q}}}`,
		900_000_000+id, action, sourcePost, urnOf(n), at.UnixMilli(), urnOf(n), text)
}

func shownComment(s sourcestest.Shown) string {
	modified := s.At
	if !s.Edited.IsZero() {
		modified = s.Edited
	}
	return fmt.Sprintf(`{"id":"%d","actor":"urn:li:person:XyZ123","object":%q,"message":{"attributes":[],"text":%q},"created":{"actor":"urn:li:person:XyZ123","time":%d},
		"lastModified":{"actor":"urn:li:person:XyZ123","time":%d},"commentUrn":%q,"likesSummary":{"totalLikes":2}}`,
		7_000_000_000_000_000_000+s.N, activity, s.Text, s.At.UnixMilli(), modified.UnixMilli(), urnOf(s.N))
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"organization": "12345"},
	Keys:      map[string]string{"access_token": sourcestest.Secret, keySecret: sourcestest.Secret},
	Serve:     linkedIn,
	ID:        func(n int) string { return "linkedin:" + urnOf(n) },
	Page:      pageSize,
	Asks:      []string{"/oauth/v2/accessToken"},
	WrongType: `{"elements":[{"notificationId":1,"lastModifiedAt":"today"}],"paging":{"count":50}}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Comment || m.Author.ID != "urn:li:person:XyZ123" || m.ThreadID != "linkedin:"+sourcePost || m.MatchedBy[0] != "own_thread" ||
			m.Permalink != "https://www.linkedin.com/feed/update/"+activity {
			t.Errorf("got %+v", m)
		}
	},
}

func TestLinkedIn(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestTwoRefusalsMeanTomorrow(t *testing.T) {
	p := sourcestest.NewPlatform(t, linkedIn(sourcestest.Fill(3)))
	src := peer.Source(t, p)
	p.Break(sourcestest.Status(429), sourcestest.Status(429), nil, sourcestest.Status(429))
	var w *sources.Wait
	if _, _, err := src.Next(t.Context(), ""); err == nil || errors.As(err, &w) {
		t.Errorf("the first: %v", err)
	}
	if _, _, err := src.Next(t.Context(), ""); !errors.As(err, &w) || w.Until.UTC().Format("15:04:05") != "00:00:00" || !w.Until.After(time.Now()) {
		t.Errorf("the second: %v", err)
	}
	_, after, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := src.Next(t.Context(), after); err == nil || errors.As(err, &w) && w.Until.UTC().Format("15:04") == "00:00" {
		t.Errorf("one after a success: %v", err)
	}
}

func TestRetiredVersion(t *testing.T) {
	p := peer
	p.Options = map[string]string{"organization": "12345", "version": "202401"}
	if _, _, err := p.Source(t, sourcestest.NewPlatform(t, linkedIn(sourcestest.Fill(3)))).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "YYYYMM") {
		t.Errorf("got %v", err)
	}
}

func TestStartThatIsPassedOver(t *testing.T) {
	c := sourcestest.Fill(120)
	same := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "start="+r.URL.Query().Get("start"), "start=0", 1)
		linkedIn(c).ServeHTTP(w, r)
	})
	ms, _, err := peer.Source(t, sourcestest.NewPlatform(t, same)).Next(t.Context(), "")
	if err != nil || len(ms) != pageSize {
		t.Errorf("%d mentions, %v", len(ms), err)
	}
}

func TestThread(t *testing.T) {
	c := sourcestest.Fill(2)
	src := peer.Source(t, sourcestest.NewPlatform(t, linkedIn(c)))
	ms, err := src.(sources.Threader).Thread(t.Context(), sources.Mention{ID: "linkedin:" + urnOf(1), ThreadID: "linkedin:" + sourcePost})
	if err != nil || len(ms) != 2 || ms[0].ID != "linkedin:"+sourcePost || ms[0].Text != "Exampleford in bloom" || ms[1].ID != "linkedin:"+urnOf(2) || ms[1].Engagement["likes"] != 2 {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestATextThatIsMissingIsFetched(t *testing.T) {
	c := sourcestest.Fill(1)
	p := sourcestest.NewPlatform(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rest/organizationalEntityNotifications" {
			linkedIn(c).ServeHTTP(w, r)
			return
		}
		now := time.Now().UnixMilli()
		fmt.Fprintf(w, `{"elements":[{"notificationId":1,"action":"SHARE_MENTION","generatedActivity":"urn:li:share:1","lastModifiedAt":%d},
			{"notificationId":2,"action":"COMMENT","sourcePost":%q,"generatedActivity":%q,"lastModifiedAt":%d},
			{"notificationId":3,"action":"COMMENT","sourcePost":%q,"generatedActivity":"urn:li:comment:(urn:li:activity:1,9)","lastModifiedAt":%d}],"paging":{"count":50}}`,
			now, sourcePost, urnOf(1), now, sourcePost, now)
	}))
	ms, _, err := peer.Source(t, p).Next(t.Context(), "")
	if err != nil || len(ms) != 2 { // the third is gone already
		t.Fatalf("%d mentions, %v", len(ms), err)
	}
	texts := ms[0].Text + ms[1].Text
	if !strings.Contains(texts, "Exampleford in bloom") || !strings.Contains(texts, "pothole 1") {
		t.Errorf("got %q", texts)
	}
}

// delivery is platforms' own example with an action that is unknown, what the page wrote itself, and a deletion.
const delivery = `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[
	{"notificationId":900000001,"organizationalEntity":"urn:li:organization:12345","action":"COMMENT","sourcePost":"urn:li:share:7000000000000000001",
	 "generatedActivity":"urn:li:comment:(urn:li:activity:7000000000000000002,7000000000000000003)","lastModifiedAt":1795162530000,"subscriber":"urn:li:person:AbCdEf",
	 "decoratedGeneratedActivity":{"comment":{"entity":"urn:li:comment:(urn:li:activity:7000000000000000002,7000000000000000003)","owner":"urn:li:person:XyZ123",
	 "text":"When does the planning consultation close?"}}},
	{"notificationId":900000002,"action":"APPLAUSE","generatedActivity":"urn:li:reaction:1","lastModifiedAt":1795162530000},
	{"notificationId":900000003,"action":"COMMENT","generatedActivity":"urn:li:comment:(urn:li:activity:1,2)","lastModifiedAt":1795162530000,
	 "decoratedGeneratedActivity":{"comment":{"owner":"urn:li:organization:12345","text":"On Friday."}}},
	{"notificationId":900000004,"action":"COMMENT_DELETE","generatedActivity":"urn:li:comment:(urn:li:activity:1,4)","lastModifiedAt":1795162530000},
	{"notificationId":900000005,"action":"SHARE_MENTION","generatedActivity":"urn:li:share:9","lastModifiedAt":1795162530000,
	 "decoratedGeneratedActivity":{"share":{"owner":"urn:li:person:B","text":{"text":"Thanks Exampleford"}}}}]}`

func push(t *testing.T, method, target, body, signature string) (sources.Delivery, error) {
	t.Helper()
	x, err := NewReceiver(settings.Source{ID: "in", Options: peer.Options}, sources.Deps{Secret: func(_ context.Context, _, name string) (string, error) { return peer.Keys[name], nil }})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-LI-Signature", signature)
	return x.Receive(t.Context(), r, []byte(body))
}

func sign(text string) string {
	mac := hmac.New(sha256.New, []byte(sourcestest.Secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestPush(t *testing.T) {
	d, err := push(t, http.MethodPost, "/hooks/in", delivery, sign("hmacsha256="+delivery))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Events, " "); got != "900000001 900000002 900000003 900000004 900000005" {
		t.Errorf("events %s", got)
	}
	if len(d.Mentions) != 3 {
		t.Fatalf("got %d mentions", len(d.Mentions))
	}
	m := d.Mentions[0]
	if m.ID != "linkedin:urn:li:comment:(urn:li:activity:7000000000000000002,7000000000000000003)" || m.Text != "When does the planning consultation close?" ||
		m.Author.ID != "urn:li:person:XyZ123" || m.CreatedAt.Format(time.RFC3339) != "2026-11-20T08:15:30Z" {
		t.Errorf("got %+v", m)
	}
	if m := d.Mentions[1]; m.State != sources.Deleted || m.At.IsZero() {
		t.Errorf("the deletion is %+v", m)
	}
	if m := d.Mentions[2]; m.Text != "Thanks Exampleford" || m.MatchedBy[0] != "mention" || m.Kind != sources.Post {
		t.Errorf("the share is %+v", m)
	}
	again, err := push(t, http.MethodPost, "/hooks/in", delivery, sign("hmacsha256="+delivery))
	if err != nil || strings.Join(again.Events, " ") != strings.Join(d.Events, " ") {
		t.Errorf("a replay has other events: %v %v", again.Events, err)
	}
}

func TestPushIsForged(t *testing.T) {
	for name, signature := range map[string]string{"none": "", "of another body": sign("hmacsha256={}"), "without the prefix": sign(delivery), "no hexadecimal": "zz"} {
		if _, err := push(t, http.MethodPost, "/hooks/in", delivery, signature); !errors.Is(err, sources.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := push(t, http.MethodPost, "/hooks/in", "{", sign("hmacsha256={")); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("signed but broken: %v", err)
	}
}

func TestChallenge(t *testing.T) {
	const code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
	d, err := push(t, http.MethodGet, "/hooks/in?challengeCode="+code, "", "")
	if err != nil {
		t.Fatal(err)
	}
	var a struct{ ChallengeCode, ChallengeResponse string }
	if err := json.Unmarshal([]byte(d.Answer), &a, json.MatchCaseInsensitiveNames(true)); err != nil || a.ChallengeCode != code || a.ChallengeResponse != sign(code) || d.AnswerType != "application/json" {
		t.Errorf("answered %q %q %v", d.AnswerType, d.Answer, err)
	}
	for _, code := range []string{"", "hmacsha256=%7B%22notifications%22:%5B%5D%7D", strings.Repeat("a", 65)} { // signing it would sign a delivery
		if _, err := push(t, http.MethodGet, "/hooks/in?challengeCode="+code, "", ""); !errors.Is(err, sources.ErrForged) {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestTheTimeInANumber(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	if got := madeAt("urn:li:comment:(urn:li:activity:1,7396841922560000000)", now); got.Year() != 2025 {
		t.Errorf("got %v", got)
	}
	for _, urn := range []string{"urn:li:share:7396841922560000000", "urn:li:comment:(urn:li:activity:1,x)", "urn:li:comment:(urn:li:activity:1,9396841922560000000)", "urn:li:comment:(urn:li:activity:1,2)"} {
		if got := madeAt(urn, now); !got.Equal(now) {
			t.Errorf("%s: %v", urn, got)
		}
	}
}

func TestCommentaryIsMadePlain(t *testing.T) {
	got := plain(`Thanks @[Exampleford District Council](urn:li:organization:12345) for {hashtag|\#|MillLane} \(at last\)`)
	if got != "Thanks Exampleford District Council for #MillLane (at last)" {
		t.Errorf("got %q", got)
	}
}
