package sources_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/sources"
)

// A hub is asked once a day, checks that it was meant, and pushes under a signature.
func TestWebSub(t *testing.T) {
	var forms []url.Values
	refuse := true
	hub := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.URL.Path != "/subscribe" {
			t.Errorf("asked %s, %v", r.URL.Path, err)
		}
		forms = append(forms, r.PostForm)
		if refuse {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer hub.Close()
	keys, now := map[string]string{}, time.Now()
	w := &sources.WebSub{Source: "s", Client: hub.Client(), Callback: "https://earshot.example/hooks/s", Deps: sources.Deps{
		Secret:     func(_ context.Context, _, name string) (string, error) { return keys[name], nil },
		SaveSecret: func(_ context.Context, _, name, value string) error { keys[name] = value; return nil },
		Now:        func() time.Time { return now },
	}}
	const topic = "https://blog.example/feed"
	keep := func(after time.Duration, want int) {
		t.Helper()
		now = now.Add(after)
		w.Keep(t.Context(), hub.URL+"/subscribe", topic)
		if len(forms) != want {
			t.Fatalf("the hub was asked %d times, want %d", len(forms), want)
		}
	}
	keep(0, 1)
	keep(time.Minute, 1) // refused: again in an hour
	refuse = false
	keep(time.Hour, 2)
	keep(23*time.Hour, 2)
	keep(time.Hour, 3)
	var told int
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told++ }))
	defer plain.Close()
	w.Keep(t.Context(), plain.URL+"/subscribe", "https://blog.example/plain")
	if told > 0 {
		t.Error("the secret went out without encryption")
	}

	form := forms[2]
	back, err := url.Parse(form.Get("hub.callback"))
	if err != nil || form.Get("hub.mode") != "subscribe" || form.Get("hub.topic") != topic || form.Get("hub.secret") != keys[sources.HubSecret] || form.Get("hub.secret") == "" {
		t.Fatalf("the form is %v", form)
	}
	handshake := func(change func(url.Values)) (string, error) {
		q := back.Query()
		q.Set("hub.mode", "subscribe")
		q.Set("hub.topic", topic)
		q.Set("hub.challenge", "c-1")
		change(q)
		return w.Check(t.Context(), httptest.NewRequest(http.MethodGet, back.Path+"?"+q.Encode(), nil), nil)
	}
	if got, err := handshake(func(url.Values) {}); got != "c-1" || err != nil {
		t.Errorf("the handshake is answered %q, %v", got, err)
	}
	for name, change := range map[string]func(url.Values){
		"another topic": func(q url.Values) { q.Set("hub.topic", "https://else.example/") },
		"no tag":        func(q url.Values) { q.Del("tag") },
		"unsubscribe":   func(q url.Values) { q.Set("hub.mode", "unsubscribe") },
	} {
		if _, err := handshake(change); !errors.Is(err, sources.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}

	body := "<feed/>"
	sign := func(method string, h func() hash.Hash, body string) string {
		mac := hmac.New(h, []byte(keys[sources.HubSecret]))
		mac.Write([]byte(body))
		return method + "=" + hex.EncodeToString(mac.Sum(nil))
	}
	for signature, good := range map[string]bool{
		sign("sha1", sha1.New, body): true, sign("sha512", sha512.New, body): true,
		sign("sha1", sha1.New, "other"): false, sign("md5", sha1.New, body): false, "": false, "sha1=": false,
	} {
		r := httptest.NewRequest(http.MethodPost, "/hooks/s", strings.NewReader(body))
		r.Header.Set("X-Hub-Signature", signature)
		if answer, err := w.Check(t.Context(), r, []byte(body)); (err == nil) != good || answer != "" || err != nil && !errors.Is(err, sources.ErrForged) {
			t.Errorf("%q: %q, %v", signature, answer, err)
		}
	}
}
