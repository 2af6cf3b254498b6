package web

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// serve wraps one route: reference, headers, metrics, a panic that becomes a 500, the body's bound, cross-site refusal, who is asking and
// whether the route admits them; then the handler; then its error as a page or a problem document.
func (s *Server) serve(rt route) http.Handler {
	return s.guard(rt.pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, route: rt, nonce: randomText(), reference: w.Header().Get("X-Reference"), at: s.cfg.Now()}
		secureHeaders(w.Header(), c.nonce)
		if rt.body > 0 {
			r.Body = http.MaxBytesReader(w, r.Body, rt.body)
		}
		err := s.admit(c)
		if err == nil {
			err = rt.handle(s, c)
		}
		var there *elsewhere
		switch {
		case errors.As(err, &there):
			c.redirect(there.path)
		case err != nil:
			c.fail(err)
		}
	}))
}

// guard is what every answer has, ours or another's: a reference, a metric, a log line for a panic.
func (s *Server) guard(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		reference := newReference()
		rec.Header().Set("X-Reference", reference)
		rec.Header().Set("X-Content-Type-Options", "nosniff")
		rec.Header().Set("Referrer-Policy", "no-referrer")
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.cfg.Log.Error("panic while answering", slog.String("route", pattern), slog.String("reference", reference),
					slog.Any("err", fmt.Sprintf("%T", p)), slog.String("stack", string(debug.Stack())))
				if rec.status == 0 {
					s.panicked(rec, r, pattern, reference)
				}
			}
			s.metrics.answered(pattern, rec.Status(), time.Since(began), pattern == "/api/v1/stream")
		}()
		next.ServeHTTP(rec, r)
	})
}

func (s *Server) panicked(w http.ResponseWriter, r *http.Request, pattern, reference string) {
	c := &call{s: s, w: w, r: r, route: route{pattern: pattern, api: isAPI(r)}, nonce: randomText(), reference: reference, at: s.cfg.Now()}
	secureHeaders(w.Header(), c.nonce)
	c.fail(errPanic)
}

var errPanic = &fault{Status: http.StatusInternalServerError, Title: "Something went wrong here",
	Detail: "Earshot could not do this because of a fault of its own. Nothing you typed is at fault; try again, and tell your IT service the reference if it stays."}

func secureHeaders(h http.Header, nonce string) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) Status() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

func randomText() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newReference names one answer, so that somebody can tell it over the telephone and it is found in the log.
func newReference() string {
	var b [5]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
