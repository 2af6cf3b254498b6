package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"earshot/sources"
)

// MaxRedirects is how many redirects one request follows.
const MaxRedirects = 5

// Config is what a client needs.
type Config struct {
	// UserAgent says who reads; see UserAgent.
	UserAgent string
	// AllowNet names what lies on private networks and may be read all the same: "localhost", "127.0.0.1:8080", "10.1.0.0/16".
	AllowNet []string
	// HeaderTimeout bounds the wait for an answer to begin; zero: 20 s. The time for the whole answer is the caller's context.
	HeaderTimeout time.Duration
}

// UserAgent is how Earshot introduces itself: Earshot/VERSION (+CONTACT), contact being a page or address of the council.
func UserAgent(version, contact string) string {
	if contact == "" {
		return "Earshot/" + version
	}
	return "Earshot/" + version + " (+" + contact + ")"
}

// New makes a guarded client. The error joins a sentence for each fault of AllowNet.
func New(cfg Config) (*http.Client, error) {
	g, err := newGuard(cfg.AllowNet)
	if err != nil {
		return nil, err
	}
	timeout := cfg.HeaderTimeout
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	t := &http.Transport{
		DialContext:            g.DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  timeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           20,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 256 << 10,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{Transport: &polite{t, cfg.UserAgent}, CheckRedirect: checkRedirect}, nil
}

// Dialer opens connections to public addresses, and to those of allow, for what is not HTTP: mail, chat. The error joins a sentence for each
// fault of allow.
func Dialer(allow []string) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	g, err := newGuard(allow)
	if err != nil {
		return nil, err
	}
	return g.DialContext, nil
}

// Refuse makes a client every request of which fails with err: a source whose allow_net is wrong says so as soon as it is used.
func Refuse(err error) *http.Client {
	return &http.Client{Transport: refuser{&sources.Fault{Sentence: err.Error(), Err: errors.Join(sources.ErrStop, err)}}}
}

type refuser struct{ err error }

func (r refuser) RoundTrip(*http.Request) (*http.Response, error) { return nil, r.err }

// polite adds the User-Agent and refuses every scheme but http and https.
type polite struct {
	next      *http.Transport
	userAgent string
}

func (p *polite) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, sources.Stopf("Only addresses that begin with https:// or http:// can be read.")
	}
	if p.userAgent != "" && r.Header.Get("User-Agent") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("User-Agent", p.userAgent)
	}
	return p.next.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (p *polite) CloseIdleConnections() { p.next.CloseIdleConnections() }

func checkRedirect(r *http.Request, via []*http.Request) error {
	for _, v := range via {
		if v.URL.String() == r.URL.String() {
			return &sources.Fault{Sentence: fmt.Sprintf("%s sends readers in a circle (a redirect loop). Its operator must mend that, or the "+
				"source needs another address.", via[0].URL.Hostname())}
		}
	}
	if len(via) > MaxRedirects {
		return &sources.Fault{Sentence: fmt.Sprintf("%s redirects more than %d times. Use the address where it ends.", via[0].URL.Hostname(), MaxRedirects)}
	}
	if via[0].URL.Scheme == "https" && r.URL.Scheme == "http" {
		return &sources.Fault{Sentence: fmt.Sprintf("%s redirects from https to an address without encryption, which is not followed.",
			via[0].URL.Hostname())}
	}
	return apart(r, via[0])
}

// apart keeps from a server that a redirect names what was meant for the one that was asked: the address, which may hold a key, keys in
// headers that net/http does not know for such, and a form.
func apart(r, first *http.Request) error {
	r.Header.Del("Referer")
	if strings.EqualFold(r.URL.Hostname(), first.URL.Hostname()) {
		return nil
	}
	if r.Method == http.MethodPost {
		return &sources.Fault{Sentence: fmt.Sprintf("%s redirects a question to another server, which is not followed.", first.URL.Hostname())}
	}
	for name := range r.Header {
		if !slices.Contains(open, name) && !strings.HasPrefix(name, "Sec-Websocket-") {
			r.Header.Del(name)
		}
	}
	return nil
}

// open are the headers that any server may have. Of Authorization and Cookie net/http knows to whom they may go.
var open = []string{"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Connection", "Cookie", "If-Modified-Since", "If-None-Match", "Range", "Upgrade", "User-Agent"}
