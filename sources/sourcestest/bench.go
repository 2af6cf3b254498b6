package sourcestest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"earshot/sources"
)

// Decode measures how fast a connector turns its platform's answers into mentions: the answers of one sweep over a thousand things are
// kept in memory and read again and again, so that neither the network nor the server is measured. It reports mentions/s.
func Decode(b *testing.B, x Peer) {
	const n = 1000
	c := Fill(n)
	kept := Record(x.Serve(c))
	start := time.Now()
	x.now = func() time.Time { return start } // or a question with a time in it would never come a second time
	total := 0
	b.ReportAllocs()
	for b.Loop() {
		src := x.source(b, kept)
		var after sources.Cursor
		for got := 0; got < n; {
			ms, next, err := src.Next(b.Context(), after)
			if err != nil {
				b.Fatal(err)
			}
			got, after = got+len(ms), next
		}
		total += n
		closeSource(src)
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "mentions/s")
}

// Record returns a client whose every request h answers once; the same question gets the same answer from memory.
func Record(h http.Handler) *http.Client {
	return &http.Client{Transport: &recording{answer: h, answers: map[string]recorded{}}}
}

// recording answers a request as the handler did the first time.
type recording struct {
	answer  http.Handler
	answers map[string]recorded
}

// direct asks a handler without a network between: in a bubble of synctest, where a clock stands still while a network is waited for.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) { return ask(d, r).response(r), nil }

type recorded struct {
	status int
	header http.Header
	body   []byte
}

func (k *recording) RoundTrip(r *http.Request) (*http.Response, error) {
	id := r.Method + " " + r.URL.String()
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		id += string(body)
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	a, ok := k.answers[id]
	if !ok {
		a = ask(k.answer, r)
		k.answers[id] = a
	}
	return a.response(r), nil
}

func ask(h http.Handler, r *http.Request) recorded {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.Host = r.URL.Host
	h.ServeHTTP(w, in)
	return recorded{w.Code, w.Header(), w.Body.Bytes()}
}

func (a recorded) response(r *http.Request) *http.Response {
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
		Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}
