package sources

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestKeysTravelAsThePlatformWants(t *testing.T) {
	d := Deps{Secret: func(_ context.Context, _, name string) (string, error) {
		return map[string]string{"k": "a key"}[name], nil
	}}
	r := httptest.NewRequest(http.MethodGet, "https://a.example/?q=bins", nil)
	for _, auth := range []func(*http.Request) error{d.Bearer("s", "k"), d.InHeader("s", "k", "X-Key", "Bot "), d.InQuery("s", "k", "key"), d.MaybeBearer("s", "none")} {
		if err := auth(r); err != nil {
			t.Fatal(err)
		}
	}
	if r.Header.Get("Authorization") != "Bearer a key" || r.Header.Get("X-Key") != "Bot a key" || r.URL.RawQuery != "key=a+key&q=bins" {
		t.Errorf("got %v, %s", r.Header, r.URL)
	}
	for _, auth := range []func(*http.Request) error{d.Bearer("s", "none"), d.InHeader("s", "none", "X-Key", ""), d.InQuery("s", "none", "key")} {
		if err := auth(r); !errors.Is(err, ErrStop) {
			t.Errorf("a missing key gives %v", err)
		}
	}
}

func TestAPushKnowsTheSecret(t *testing.T) {
	d := Deps{Secret: func(_ context.Context, _, name string) (string, error) {
		return map[string]string{"k": "a word"}[name], nil
	}}
	if err := d.Knows(t.Context(), "s", "k", "a word"); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "another word"} {
		if err := d.Knows(t.Context(), "s", "k", wrong); !errors.Is(err, ErrForged) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if err := d.Knows(t.Context(), "s", "none", ""); !errors.Is(err, ErrStop) {
		t.Errorf("a source without the key: %v", err)
	}
	if LinkTo("https://a.example/", "jo") != "https://a.example/jo" || LinkTo("https://a.example/", "") != "" {
		t.Error("links are mistaken")
	}
}

func TestFind(t *testing.T) {
	status := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"n":7}`))
	}))
	defer s.Close()
	c := &Caller{Client: s.Client(), Name: "The site"}
	for at, gone := range map[int]bool{200: false, 404: true, 410: true, 403: false, 500: false} {
		var out struct {
			N int `json:"n"`
		}
		status = at
		if err := c.Find(t.Context(), s.URL, &out); errors.Is(err, ErrGone) != gone || (err == nil) != (at == 200) || (out.N == 7) != (at == 200) {
			t.Errorf("%d gives %+v, %v", at, out, err)
		}
	}
}

func TestPatience(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	c := &Caller{Name: "The site", Now: func() time.Time { return now }}
	var w *Wait
	if err := c.Patience(5 * time.Minute); !errors.As(err, &w) || w.Until != now.Add(5*time.Minute) || w.Reason != "The site asks for patience until 08:05 UTC." {
		t.Errorf("got %v", err)
	}
	if err := c.Patience(1e6 * time.Hour); !errors.As(err, &w) || w.Until != now.Add(maxWait) {
		t.Errorf("got %v", err)
	}
}

func TestPollerLeavesOutWhatTheCouncilWrote(t *testing.T) {
	now := time.Now()
	p := Poller{Own: Accounts{"ExamplefordDC"}, Fetch: func(context.Context, PageRequest) (Page, error) {
		return Page{Items: []Item{{Mention: Mention{ID: "x:1", CreatedAt: now, Author: Author{Handle: "examplefordDC"}}}, {Mention: Mention{ID: "x:2", CreatedAt: now}}}}, nil
	}}
	if ms, _, err := p.Next(t.Context(), ""); err != nil || len(ms) != 1 || ms[0].ID != "x:2" {
		t.Errorf("got %+v, %v", ms, err)
	}
}
