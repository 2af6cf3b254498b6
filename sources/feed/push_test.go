package feed

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// smallHub verifies what it is asked for, as WebSub wants, and pushes under the subscriber's secret.
type smallHub struct {
	receive func(*http.Request, string) (sources.Delivery, error)
	forms   []url.Values
	answers []string
}

func (h *smallHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.Method != http.MethodPost || r.URL.Path != "/hub" {
		http.NotFound(w, r)
		return
	}
	h.forms = append(h.forms, r.PostForm)
	back, err := url.Parse(r.PostForm.Get("hub.callback"))
	if err != nil {
		http.Error(w, "no callback", http.StatusBadRequest)
		return
	}
	q := back.Query()
	q.Set("hub.mode", "subscribe")
	q.Set("hub.topic", r.PostForm.Get("hub.topic"))
	q.Set("hub.challenge", "c-17")
	q.Set("hub.lease_seconds", r.PostForm.Get("hub.lease_seconds"))
	d, err := h.receive(httptest.NewRequest(http.MethodGet, back.Path+"?"+q.Encode(), nil), "")
	if err == nil {
		h.answers = append(h.answers, d.Answer)
	}
	w.WriteHeader(http.StatusAccepted)
}

func (h *smallHub) publish(body string) (sources.Delivery, error) {
	mac := hmac.New(sha256.New, []byte(h.forms[0].Get("hub.secret")))
	mac.Write([]byte(body))
	r := httptest.NewRequest(http.MethodPost, "/hooks/blog", strings.NewReader(body))
	r.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return h.receive(r, body)
}

func TestPush(t *testing.T) {
	hub := &smallHub{}
	hubAt := httptest.NewTLSServer(hub)
	defer hubAt.Close()
	s := testdata(t, "atom.xml")
	s.replace("<entry>", `<link rel="self" href="https://voices.example.org/atom"/><link rel="hub" href="`+hubAt.URL+`/hub"/><entry>`)
	site := sourcestest.NewPlatform(t, s)
	keys := map[string]string{}
	deps := sources.Deps{
		Client:     func(settings.Source) *http.Client { return hubAt.Client() },
		Secret:     func(_ context.Context, _, name string) (string, error) { return keys[name], nil },
		SaveSecret: func(_ context.Context, _, name, value string) error { keys[name] = value; return nil },
	}
	src := settings.Source{ID: "blog", Every: settings.Duration(time.Second), Options: map[string]string{"url": site.URL, "callback": "https://earshot.example/hooks/blog"}}
	rec, err := NewReceiver(src, deps)
	if err != nil {
		t.Fatal(err)
	}
	hub.receive = func(r *http.Request, body string) (sources.Delivery, error) {
		return rec.Receive(t.Context(), r, []byte(body))
	}
	ms, err := sources.NewRegistry(Connector).Try(t.Context(), settings.Source{ID: src.ID, Kind: "feed", Options: src.Options}, deps, 3)
	if err != nil || len(ms) == 0 || len(hub.forms) > 0 || len(keys) > 0 || src.Options["callback"] == "" {
		t.Errorf("a test brought %d mentions, %v, asked the hub %v and made the keys %v", len(ms), err, hub.forms, keys)
	}
	f, err := New(src, deps)
	if err != nil {
		t.Fatal(err)
	}
	_, after, err := f.Next(t.Context(), "")
	if err != nil || len(hub.forms) != 1 || hub.forms[0].Get("hub.topic") != "https://voices.example.org/atom" || len(hub.answers) != 1 || hub.answers[0] != "c-17" {
		t.Fatalf("the hub was asked %v and got %v, %v", hub.forms, hub.answers, err)
	}

	const fat = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Voices</title><id>https://voices.example.org/</id><entry><id>tag:voices.example.org,2026:post-50</id>
		<title>Pushed</title><published>2026-11-21T08:00:00Z</published><content type="text">Exampleford at once.</content></entry></feed>`
	d, err := hub.publish(fat)
	if err != nil || len(d.Mentions) != 1 || d.Mentions[0].ID != f.(*Feed).id("tag:voices.example.org,2026:post-50") || d.Mentions[0].Text != "Exampleford at once." {
		t.Errorf("the push brings %+v, %v", d, err)
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/blog", nil)
	r.Header.Set("X-Hub-Signature", "sha256="+strings.Repeat("0", 64))
	if _, err := hub.receive(r, fat); !errors.Is(err, sources.ErrForged) {
		t.Errorf("a wrong signature gives %v", err)
	}
	if _, err := hub.publish("hello"); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("rubbish gives %v", err)
	}

	// A new process knows the feed and not its hub: it reads the feed whole once.
	again, err := New(src, deps)
	if err != nil {
		t.Fatal(err)
	}
	g := again.(*Feed)
	if _, _, err := g.poll(t.Context(), mustCursor(t, after)); err != nil || len(hub.forms) != 2 {
		t.Errorf("a new process asked the hub %d times, %v", len(hub.forms), err)
	}
	if last := site.Requests(); last[len(last)-1].Header.Get("If-None-Match") != "" {
		t.Error("it sent validators before it knew the hub")
	}
}

func TestLinks(t *testing.T) {
	base, err := url.Parse("https://blog.example/feed/")
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]links{
		`<https://hub.example/>; rel="hub", <https://blog.example/feed/>; rel="self"`: {"https://hub.example/", "https://blog.example/feed/"},
		`</hub>; title="x"; rel=hub`:                      {hub: "https://blog.example/hub"},
		`<https://blog.example/page/2>; rel="next"`:       {},
		`<https://a.example/?x=1,2>; rel="hub"; type="a"`: {hub: "https://a.example/?x=1,2"},
	} {
		if got := linksOf(http.Header{"Link": {header}}, nil, base); got != want {
			t.Errorf("%s gives %+v", header, got)
		}
	}
	f := open(t, "https://blog.example/feed/", time.Second)
	doc, err := f.parse(sources.Response{URL: base, Body: []byte(`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>t</title>
		<atom:link rel="self" href="https://blog.example/feed/"/><atom:link rel="hub" href="https://hub.example/"/></channel></rss>`)})
	if err != nil || doc.links.hub != "https://hub.example/" || doc.links.self != "https://blog.example/feed/" {
		t.Errorf("RSS gives %+v, %v", doc.links, err)
	}
}
