package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"earshot/sources"
)

func TestIsPublic(t *testing.T) {
	for a, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "2002:0808:0808::1": true, "64:ff9b::808:808": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "192.0.2.1": false, "198.18.0.1": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "2002:7f00:0001::1": false, "2002:0a00:0001::": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "2001:db8::1": false,
		"2001:0:808:808::f5ff:fffe": false, // Teredo to 10.0.0.1
		"::ffff:0:127.0.0.1":        false,
	} {
		if got := IsPublic(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: public is %v", a, got)
		}
	}
}

func get(t *testing.T, cfg Config, address string) (sources.Response, error) {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	call := sources.Caller{Client: c, Name: "The feed"}
	return call.Get(t.Context(), address)
}

func TestPrivateAddressesAreRefusedUnlessAllowed(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("User-Agent")) }))
	defer srv.Close()
	named := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	for _, address := range []string{srv.URL, named, strings.Replace(srv.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1), strings.Replace(srv.URL, "127.0.0.1", "0.0.0.0", 1)} {
		_, err := get(t, Config{}, address)
		if !errors.Is(err, ErrPrivate) || !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "allow_net") {
			t.Errorf("%s: %v", address, err)
		}
	}
	host := strings.TrimPrefix(srv.URL, "http://")
	for _, allow := range []string{"127.0.0.1", host, "127.0.0.0/8"} {
		r, err := get(t, Config{AllowNet: []string{allow}, UserAgent: UserAgent("1.2", "https://council.example/listening")}, srv.URL)
		if err != nil || string(r.Body) != "Earshot/1.2 (+https://council.example/listening)" {
			t.Errorf("allowed by %s: %q %v", allow, r.Body, err)
		}
	}
	if _, err := get(t, Config{AllowNet: []string{"localhost"}}, srv.URL); !errors.Is(err, ErrPrivate) {
		t.Errorf("localhost allowed 127.0.0.1 too: %v", err)
	}
	if _, err := get(t, Config{AllowNet: []string{"127.0.0.1:1"}}, srv.URL); !errors.Is(err, ErrPrivate) {
		t.Errorf("another port was allowed: %v", err)
	}
}

func TestARedirectInsideIsRefused(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error("the inside was asked") }))
	defer inside.Close()
	outside := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	defer outside.Close()
	if _, err := get(t, Config{AllowNet: []string{strings.TrimPrefix(outside.URL, "http://")}}, outside.URL); !errors.Is(err, ErrPrivate) {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 0
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		switch {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/pool", http.StatusFound)
		case r.URL.Path == "/pool":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case r.URL.Path == "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/moved2", http.StatusMovedPermanently)
		case r.URL.Path == "/moved2":
			http.Redirect(w, r, "/0", http.StatusFound)
		case n > 0:
			http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
		}
	}))
	defer srv.Close()
	cfg := Config{AllowNet: []string{"127.0.0.1"}}
	if _, err := get(t, cfg, srv.URL+"/5"); err != nil {
		t.Errorf("5 redirects: %v", err)
	}
	for path, want := range map[string]string{"/6": "more than 5 times", "/loop": "circle", "/file": "https:// or http://"} {
		if _, err := get(t, cfg, srv.URL+path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	r, err := get(t, cfg, srv.URL+"/moved")
	if err != nil || r.Moved == nil || r.Moved.Path != "/moved2" || r.URL.Path != "/0" {
		t.Errorf("moved for good to %v, ended at %v, %v", r.Moved, r.URL, err)
	}
}

// What was meant for the server that was asked goes to no other.
func TestARedirectTakesNoKeyElsewhere(t *testing.T) {
	const secret = "s3cr3t"
	var got []*http.Request
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r) }))
	defer other.Close()
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	}))
	defer srv.Close()
	c, err := New(Config{AllowNet: []string{"127.0.0.1", "localhost", "::1"}})
	if err != nil {
		t.Fatal(err)
	}
	call := sources.Caller{Client: c, Asks: []string{"/token"}, Header: http.Header{"Api-Key": {secret}}, Auth: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+secret)
		return nil
	}}
	if _, err := call.Get(t.Context(), srv.URL+"/?access_token="+secret, "Accept", "application/json"); err != nil || len(got) != 1 || got[0].Header.Get("Accept") == "" {
		t.Fatalf("the redirect was followed %d times, %v", len(got), err)
	}
	if all := fmt.Sprint(got[0].URL, got[0].Header); strings.Contains(all, secret) {
		t.Errorf("another server was told %s", strings.ReplaceAll(all, secret, "***"))
	}
	if _, err := call.PostForm(t.Context(), srv.URL+"/token", url.Values{"client_secret": {secret}}); err == nil || len(got) != 1 {
		t.Errorf("a form went to another server: %v", err)
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	const secret = "s3cr3t"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			panic(http.ErrAbortHandler)
		}
		http.Redirect(w, r, "/x?token="+secret, http.StatusFound)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	for _, address := range []string{"http://jo:" + secret + "@" + host + "/hang?key=" + secret, srv.URL + "/y?token=" + secret, "http://127.0.0.1:1/?k=" + secret,
		"http://no-such-host.invalid/?k=" + secret, "gopher://x/" + secret, "http://%zz/" + secret} {
		_, err := get(t, Config{AllowNet: []string{"127.0.0.1"}}, address)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", strings.ReplaceAll(address, secret, "***"), err)
		}
	}
}

func TestAllowNetFaults(t *testing.T) {
	_, err := New(Config{AllowNet: []string{"10.0.0.0/99", "*.example.org"}})
	if err == nil || strings.Count(err.Error(), "allow_net holds") != 2 {
		t.Errorf("got %v", err)
	}
}
