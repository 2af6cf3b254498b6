package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"earshot/casework"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// call is one request on its way.
type call struct {
	s         *Server
	w         http.ResponseWriter
	r         *http.Request
	route     route
	nonce     string
	reference string
	at        time.Time

	person  Person // signed in with a session; zero: not
	token   *Token // or with a bearer token
	session string // the session's secret, or the visitor's before sign-in
	viewer  casework.Viewer
}

func (c *call) actor() casework.Actor {
	if c.token != nil {
		return c.token.Actor()
	}
	return c.person.Actor()
}

// redirect is the answer to a form: the page it leads to, asked for with GET.
func (c *call) redirect(path string) error {
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

// fail answers with err as a page or a problem document.
func (c *call) fail(err error) {
	if c.r.Context().Err() != nil {
		return // nobody is there to read it
	}
	f := asFault(err)
	c.s.metrics.refusal(f.Reason)
	if f.Status >= http.StatusInternalServerError && f.Reason == "" {
		c.s.cfg.Log.Error("request failed", slog.String("route", c.route.pattern), slog.String("reference", c.reference), slog.Any("err", err))
	}
	f.headers(c.w.Header())
	if c.route.api {
		c.problem(f)
		return
	}
	c.errorPage(f)
}

// problem is RFC 9457.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	Mended   string `json:"mended,omitzero"`
	Field    string `json:"field,omitzero"`
}

func (c *call) problem(f *fault) {
	kind := "about:blank"
	if f.Reason != "" {
		kind = "urn:earshot:problem:" + f.Reason
	}
	c.w.Header().Set("Content-Type", "application/problem+json")
	c.writeJSON(f.Status, problem{kind, f.Title, f.Status, f.Detail, "urn:earshot:reference:" + c.reference, f.Mended, f.Field})
}

// json answers with v.
func (c *call) json(status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	return c.writeJSON(status, v)
}

func (c *call) writeJSON(status int, v any) error {
	var b bytes.Buffer
	if err := json.MarshalWrite(&b, v, jsontext.EscapeForHTML(true)); err != nil {
		return err
	}
	b.WriteByte('\n')
	c.w.WriteHeader(status)
	c.w.Write(b.Bytes()) // an error means that the reader has gone
	return nil
}

// address is where the request came from, as far as the proxies before us can be believed.
func (c *call) address() netip.Addr {
	ap, err := netip.ParseAddrPort(c.r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	addr := ap.Addr().Unmap()
	hops := strings.Split(strings.Join(c.r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.s.isProxy(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next.Unmap()
	}
	return addr
}

func (s *Server) isProxy(a netip.Addr) bool {
	if s.cfg.Proxies == nil {
		return a.IsLoopback()
	}
	for _, p := range s.cfg.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// secure reports whether the visitor uses https, so that cookies may be bound to it.
func (c *call) secure() bool {
	if c.s.cfg.PublicURL != "" {
		return strings.HasPrefix(c.s.cfg.PublicURL, "https://")
	}
	return c.r.TLS != nil
}

// localPath returns p when it is a path of ours, else "/": nobody is sent to another site after signing in.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") ||
		strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	if strings.HasPrefix(u.Path, "/sign-") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return p
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }
