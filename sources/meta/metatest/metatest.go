// Package metatest is a Graph API for tests: lists paged as the platform pages them, its error bodies, its usage headers, and the trials that
// every webhook of it must stand.
package metatest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// AppSecret and VerifyToken are the keys of webhooks in these tests.
const (
	AppSecret   = "app-secret-of-the-test"
	VerifyToken = "verify-token-of-the-test"
)

// Keys are those of every source.
var Keys = map[string]string{"token": sourcestest.Secret, "app_secret": AppSecret, "verify_token": VerifyToken}

// Deps are those of a source that talks to p.
func Deps(p *sourcestest.Platform) sources.Deps {
	return sources.Deps{
		Client: func(settings.Source) *http.Client { return p.Anywhere() },
		Secret: func(_ context.Context, _, name string) (string, error) { return Keys[name], nil },
	}
}

// regain is what the platform asks for in Peer, in whole minutes as it does.
const regain = 2

// Peer fills in of x what the three platforms have in common; kind is what the usage header calls the platform.
func Peer(x sourcestest.Peer, kind string) sourcestest.Peer {
	x.Keys = Keys
	x.Throttled = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("X-Business-Use-Case-Usage", fmt.Sprintf(`{"1000":[{"type":%q,"call_count":100,"total_cputime":25,"total_time":30,"estimated_time_to_regain_access":%d}]}`, kind, regain))
		refuse(w, 400, 80001, 2446079)
	}
	x.Until, x.Within = time.Now().Add(regain*time.Minute), time.Minute
	x.Bare = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { refuse(w, 403, 4, 0) }
	x.Dead = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { refuse(w, 400, 190, 463) }
	x.NoMark = true
	return x
}

func refuse(w http.ResponseWriter, status, code, subcode int) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"message":"(#%d) Something about it","type":"OAuthException","code":%d,"error_subcode":%d,"fbtrace_id":"AbCdEf"}}`, code, code, subcode)
}

// Edge answers one path.
type Edge func(w http.ResponseWriter, q url.Values)

// Any is the path of the edge for all that have none of their own; it finds the path in q.
const Any = "*"

// Graph answers the paths below base, and only to the right token.
func Graph(base string, edges map[string]Edge) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		path := strings.TrimPrefix(r.URL.Path, base)
		edge, ok := edges[path]
		if !ok {
			edge, ok = edges[Any]
			q.Set("path", path)
		}
		switch {
		case q.Get("access_token") != sourcestest.Secret:
			refuse(w, 400, 190, 0)
		case q.Get("appsecret_proof") != "" && q.Get("appsecret_proof") != mac([]byte(sourcestest.Secret)):
			refuse(w, 400, 100, 0)
		case !ok:
			refuse(w, 400, 100, 33)
		default:
			w.Header().Set("X-App-Usage", `{"call_count":12,"total_time":3,"total_cputime":2}`)
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			edge(w, q)
		}
	})
}

func mac(b []byte) string {
	m := hmac.New(sha256.New, []byte(AppSecret))
	m.Write(b)
	return hex.EncodeToString(m.Sum(nil))
}

// At writes a time as the Graph API does.
func At(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-0700") }

// None is an empty list.
func None(w http.ResponseWriter, _ url.Values) { fmt.Fprint(w, `{"data":[]}`) }

// Gone is what was deleted, or may not be seen.
var Gone = Error(400, 100, 33)

// Error refuses.
func Error(status, code, subcode int) Edge {
	return func(w http.ResponseWriter, _ url.Values) { refuse(w, status, code, subcode) }
}

// One is an object.
func One(object string) Edge {
	return func(w http.ResponseWriter, _ url.Values) { fmt.Fprint(w, object) }
}

// List is a list of one page.
func List(objects ...string) Edge {
	return func(w http.ResponseWriter, _ url.Values) {
		fmt.Fprintf(w, `{"data":[%s],"paging":{"cursors":{"before":"QVFI","after":"QVFI"}}}`, strings.Join(objects, ","))
	}
}

// Newest is a list of all that c shows, newest first. Its cursor is a place, so that a thing that is added between two pages is met twice; after
// the first page comes an empty one that has a next one, as the platform's filters make them.
func Newest(c *sourcestest.Content, view func(sourcestest.Shown) string) Edge {
	return func(w http.ResponseWriter, q url.Values) {
		limit, _ := strconv.Atoi(q.Get("limit"))
		after := q.Get("after")
		skip, _ := strconv.Atoi(strings.TrimPrefix(after, "empty"))
		size := limit
		if strings.HasPrefix(after, "empty") {
			size = 0
		}
		var data []string
		for _, s := range c.Newest(skip, size) {
			if !s.Gone {
				data = append(data, view(s))
			}
		}
		next, place := "", strconv.Itoa(skip+size)
		if skip == 0 && size > 0 {
			place = "empty" + place
		}
		if skip+size < c.Len() {
			next = fmt.Sprintf(`,"next":"https://graph.example/x?access_token=%s&after=%s"`, sourcestest.Secret, place)
		}
		fmt.Fprintf(w, `{"data":[%s],"paging":{"cursors":{"before":"%d","after":"%s"}%s}}`, strings.Join(data, ","), skip, place, next)
	}
}

// Signed is a webhook of this body.
func Signed(body string) *http.Request { return signed(AppSecret, body) }

func signed(key, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/s", strings.NewReader(body))
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(body))
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(m.Sum(nil)))
	return r
}

// Receive hands a signed body over and returns what it brought.
func Receive(t *testing.T, rec sources.Receiver, body string) []sources.Mention {
	t.Helper()
	d, err := rec.Receive(t.Context(), Signed(body), []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return d.Mentions
}

// Hook tries the handshake and the signature; body is a good delivery that brings one mention.
func Hook(t *testing.T, rec sources.Receiver, body string) {
	t.Helper()
	shake := func(token string) (sources.Delivery, error) {
		q := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"1158201444"}, "hub.verify_token": {token}}
		return rec.Receive(t.Context(), httptest.NewRequest(http.MethodGet, "/hooks/s?"+q.Encode(), nil), nil)
	}
	if d, err := shake(VerifyToken); err != nil || d.Answer != "1158201444" || len(d.Mentions) > 0 {
		t.Errorf("handshake: %+v, %v", d, err)
	}
	if d, err := shake("another"); !errors.Is(err, sources.ErrForged) || d.Answer != "" {
		t.Errorf("a stranger's handshake: %+v, %v", d, err)
	}
	bare := httptest.NewRequest(http.MethodPost, "/hooks/s", nil)
	old := signed(AppSecret, body)
	old.Header.Set("X-Hub-Signature-256", strings.TrimPrefix(old.Header.Get("X-Hub-Signature-256"), "sha256="))
	for name, r := range map[string]*http.Request{"no signature": bare, "another key": signed("another", body), "another body": signed(AppSecret, body+" "), "no method": old} {
		if d, err := rec.Receive(t.Context(), r, []byte(body)); !errors.Is(err, sources.ErrForged) || len(d.Mentions) > 0 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	again := Receive(t, rec, body)
	if n := len(Receive(t, rec, body)); n != 1 || len(again) != 1 || again[0].ID == "" {
		t.Errorf("a delivery brings %d mentions and, replayed, %d, want the same one", len(again), n)
	}
	// One that nobody knows in the middle of a batch holds up nothing.
	if strings.Contains(body, `"changes":[`) {
		strange := strings.Replace(body, `"changes":[`, `"changes":[{"field":"hologram","value":{"light":7}},`, 1)
		if n := len(Receive(t, rec, strange)); n != 1 {
			t.Errorf("beside an unknown event %d mentions come", n)
		}
	}
	if _, err := rec.Receive(t.Context(), signed(AppSecret, `{"entry":7}`), []byte(`{"entry":7}`)); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("what cannot be understood gives %v", err)
	}
}
