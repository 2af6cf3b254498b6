package sourcestest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Fault is one misbehaviour of a Platform, for one request.
type Fault func(w http.ResponseWriter, r *http.Request, answer http.Handler)

// Platform is an HTTP server that answers as its handler does, unless a fault is queued: then the next request meets the fault. It
// counts requests and remembers them. A test that queues faults calls Fired, so that a fault never goes unnoticed.
type Platform struct {
	*httptest.Server

	mu       sync.Mutex
	faults   []Fault
	fired    int
	requests []*http.Request
}

// NewPlatform starts a server that ends with the test.
func NewPlatform(t *testing.T, answer http.Handler) *Platform {
	t.Helper()
	p := &Platform{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.requests = append(p.requests, r)
		var f Fault
		if len(p.faults) > 0 {
			f, p.faults = p.faults[0], p.faults[1:]
			p.fired++
		}
		p.mu.Unlock()
		if f != nil {
			f(w, r, answer)
			return
		}
		answer.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Server.Close)
	return p
}

// Break queues faults; each meets one request.
func (p *Platform) Break(f ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f...)
}

// Fired fails the test unless n faults met a request.
func (p *Platform) Fired(t *testing.T, n int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fired != n {
		t.Fatalf("%d faults met a request, want %d", p.fired, n)
	}
}

// Requests returns what was asked so far.
func (p *Platform) Requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*http.Request(nil), p.requests...)
}

// Status answers with a status and headers ("Name", "value", ...) and a short JSON body.
func Status(code int, header ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error":"%s"}`, http.StatusText(code))
	}
}

// Truncated answers rightly, but the connection breaks off after part of the body.
func Truncated() Fault {
	return func(w http.ResponseWriter, r *http.Request, answer http.Handler) {
		rec := httptest.NewRecorder()
		answer.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body[:len(body)/2])
		w.(http.Flusher).Flush() // else a short body is never sent, and the client quietly asks again
		panic(http.ErrAbortHandler)
	}
}

// Body answers 200 with this body: broken JSON, a field of another type, a web page.
func Body(contentType, body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	}
}

// Slow sends the head of an answer and then nothing until the client gives up or d has passed.
func Slow(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(d):
		}
		panic(http.ErrAbortHandler)
	}
}

// Huge answers with n bytes of nothing much, without saying so beforehand.
func Huge(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/xml")
		chunk := make([]byte, 64<<10)
		for i := range chunk {
			chunk[i] = ' '
		}
		for ; n > 0; n -= len(chunk) {
			if _, err := w.Write(chunk[:min(n, len(chunk))]); err != nil {
				return
			}
		}
	}
}

// After does something, such as adding an item, before the right answer is given.
func After(do func()) Fault {
	return func(w http.ResponseWriter, r *http.Request, answer http.Handler) {
		do()
		answer.ServeHTTP(w, r)
	}
}
