package sources

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// MaxResponseBytes is how much of one answer a Caller reads unless told otherwise.
const MaxResponseBytes = 10 << 20

// Caller asks one platform over HTTP: one per connector and credential. It reads a bounded answer, obeys the platform's own signals, and
// says every failure in a sentence that holds no key. Safe for concurrent use.
type Caller struct {
	Client   *http.Client
	Name     string // of the platform or site, for sentences: "Bluesky", "The feed"
	Header   http.Header
	Signal   Signal                          // how the platform says wait; nil: Retry-After only
	Auth     func(*http.Request) error       // signs a request; nil: none
	Refused  func(r Response, e error) error // may replace the error made of a 4xx or 5xx answer; nil: keep
	Asks     []string                        // paths to which a POST is a question or a token exchange; no other request but a GET leaves
	MaxBytes int64                           // zero: MaxResponseBytes
	Timeout  time.Duration                   // of one request with its body; zero: 30 s
	Now      func() time.Time                // zero: time.Now

	mu    sync.Mutex
	until time.Time // no request before this: the platform's quota is used up
}

// Response is one answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	URL    *url.URL // after redirects
	Moved  *url.URL // where permanent redirects alone led from the start; nil when there was none
}

func (c *Caller) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Get asks for address with the given extra headers ("Name", "value", ...).
func (c *Caller) Get(ctx context.Context, address string, header ...string) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Response{}, Stopf("The address of %s cannot be read; correct it in the source's settings.", c.name())
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	return c.Do(req)
}

// GetJSON asks for address and decodes the answer into out. Members that out does not know are passed over.
func (c *Caller) GetJSON(ctx context.Context, address string, out any) (Response, error) {
	r, err := c.Get(ctx, address, "Accept", "application/json")
	if err != nil {
		return r, err
	}
	return r, c.Decode(r, out)
}

// Find is GetJSON of one thing at an address of its own: where the platform has it no more (404, 410), the error wraps ErrGone.
func (c *Caller) Find(ctx context.Context, address string, out any) error {
	r, err := c.GetJSON(ctx, address, out)
	return r.OrGone(err)
}

// OrGone is err, the error of r, wrapping ErrGone as well where there is nothing at the address any more (404, 410).
func (r Response) OrGone(err error) error {
	if err != nil && (r.Status == http.StatusNotFound || r.Status == http.StatusGone) {
		return Missing(err)
	}
	return err
}

// Patience is the error of a platform that says in its own way for how long it wants no request.
func (c *Caller) Patience(d time.Duration) error {
	until := c.now().Add(min(max(d, 0), maxWait))
	return Waitf(until, "%s asks for patience until %s.", c.name(), until.UTC().Format("15:04 MST"))
}

// PostForm sends a form to an address whose path is in Asks.
func (c *Caller) PostForm(ctx context.Context, address string, form url.Values) (Response, error) {
	return c.post(ctx, address, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// PostJSON asks an address whose path is in Asks with a JSON document, and decodes the answer into out.
func (c *Caller) PostJSON(ctx context.Context, address string, question, out any) (Response, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return Response{}, err
	}
	r, err := c.post(ctx, address, "application/json", body)
	if err != nil {
		return r, err
	}
	return r, c.Decode(r, out)
}

func (c *Caller) post(ctx context.Context, address, contentType string, body []byte) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Response{}, Stopf("The address of %s cannot be read; correct it in the source's settings.", c.name())
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json")
	return c.Do(req)
}

// reads says whether a request may leave: Earshot posts nothing anywhere.
func (c *Caller) reads(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodPost && slices.Contains(c.Asks, r.URL.Path)
}

// Decode reads r's body as JSON. Its error says where the form was not as expected, and nothing of what stood there.
func (c *Caller) Decode(r Response, out any) error {
	err := json.Unmarshal(r.Body, out)
	if err == nil {
		return nil
	}
	if t := http.DetectContentType(r.Body); strings.HasPrefix(t, "text/html") {
		return &Fault{Sentence: c.name() + " answered with a web page instead of data. It is tried again.", Err: errors.Join(ErrAnswer, err)}
	}
	return &Fault{Sentence: fmt.Sprintf("%s answered in a form that is not understood (%s). It is tried again.", c.name(), describe(err)), Err: errors.Join(ErrAnswer, err)}
}

// Do sends req, which must be a read, and reads the answer. Status 200 to 299 and 304 are successes.
func (c *Caller) Do(req *http.Request) (Response, error) {
	if !c.reads(req) {
		return Response{}, Stopf("This source would do more than read, which Earshot never does. Please report it.")
	}
	if until := c.blocked(); !until.IsZero() {
		return Response{}, Waitf(until, "%s allows no more requests until %s.", c.name(), until.UTC().Format("15:04 MST"))
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(req.Context(), timeout)
	defer cancel()
	req = req.WithContext(ctx)
	for k, v := range c.Header {
		if _, ok := req.Header[k]; !ok {
			req.Header[k] = v
		}
	}
	if c.Auth != nil {
		if err := c.Auth(req); err != nil {
			return Response{}, err
		}
	}
	res, err := c.Client.Do(req)
	if err != nil {
		return Response{}, c.unreachable(req, err)
	}
	defer res.Body.Close()
	body, err := c.body(res)
	if err != nil {
		return Response{}, c.unreachable(req, err)
	}
	r := Response{Status: res.StatusCode, Header: res.Header, Body: body, URL: res.Request.URL, Moved: permanent(res)}
	until := c.heed(r)
	if r.Status/100 == 2 || r.Status == http.StatusNotModified {
		return r, nil
	}
	err = c.refusal(r, until)
	if c.Refused != nil {
		err = c.Refused(r, err)
	}
	return r, err
}

func (c *Caller) body(res *http.Response) ([]byte, error) {
	limit := c.MaxBytes
	if limit == 0 {
		limit = MaxResponseBytes
	}
	tooBig := &Fault{Sentence: fmt.Sprintf("%s sent more than the %d MiB that are read at once. Use an address that gives less.", c.name(), max(1, limit>>20)),
		Err: errTooBig}
	if res.ContentLength > limit {
		return nil, tooBig
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, tooBig
	}
	return b, err
}

var errTooBig = errors.New("sources: answer is too big")

func (c *Caller) name() string {
	if c.Name == "" {
		return "The platform"
	}
	return c.Name
}

func (c *Caller) blocked() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Before(c.until) {
		return c.until
	}
	return time.Time{}
}

// maxWait bounds what a platform's header can ask for; a longer wait is asked for again.
const maxWait = time.Hour

// heed reads the platform's signals, remembers a quota that is used up, and returns when the next request may go.
func (c *Caller) heed(r Response) time.Time {
	signal := c.Signal
	if signal == nil {
		signal = RetryAfter
	}
	now := c.now()
	until := signal(r.Status, r.Header, now)
	if until.IsZero() {
		if until = RetryAfter(r.Status, r.Header, now); until.IsZero() {
			return until
		}
	}
	if until.After(now.Add(maxWait)) {
		until = now.Add(maxWait)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.until) {
		c.until = until
	}
	return until
}

// refusal makes the error of an answer that is no success.
func (c *Caller) refusal(r Response, until time.Time) error {
	n := c.name()
	switch {
	case !until.IsZero():
		return Waitf(until, "%s asks for patience (%d) until %s.", n, r.Status, until.UTC().Format("15:04 MST"))
	case r.Status == http.StatusTooManyRequests:
		return &Fault{Sentence: n + " asks for patience (429) without saying for how long."}
	case r.Status == http.StatusRequestTimeout, r.Status >= 500:
		return &Fault{Sentence: fmt.Sprintf("%s has a fault of its own (%d). It is tried again.", n, r.Status)}
	case r.Status == http.StatusUnauthorized:
		return Stopf("%s does not accept the key (401). Enter a new one on the sources page.", n)
	case r.Status == http.StatusForbidden:
		return Stopf("%s refuses access (403). Check that the account may read this, then save the source again.", n)
	case r.Status == http.StatusGone:
		return Stopf("%s says that this is gone for good (410). Remove the source or give it another address.", n)
	case r.Status == http.StatusNotFound:
		return Stopf("%s knows nothing at this address (404). Check the address, then save the source again.", n)
	case r.Status/100 == 3:
		return Stopf("%s points to another address without naming it (%d). Check the address.", n, r.Status)
	}
	return Stopf("%s refuses the request (%d). Check the source's settings, then save it again.", n, r.Status)
}

// unreachable makes a sentence of an error below HTTP. The URL, which may hold a key, is left out: only the host is named.
func (c *Caller) unreachable(req *http.Request, err error) error {
	if e := req.Context().Err(); errors.Is(e, context.Canceled) {
		return e
	}
	var f *Fault
	if errors.As(err, &f) || errors.Is(err, ErrStop) {
		for u := (*url.Error)(nil); errors.As(err, &u); {
			err = u.Err
		}
		return err
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	host := req.URL.Hostname()
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var net net.Error
	say := func(format string, args ...any) error {
		return &Fault{Sentence: fmt.Sprintf(format, args...), Err: err}
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return say("The name %s is not known on the network. Check the address; it is tried again.", host)
	case errors.As(err, &cert):
		return say("The certificate of %s cannot be trusted. Its operator must renew it; it is tried again.", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &net) && net.Timeout():
		return say("%s did not answer in time. It is tried again.", host)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return say("The connection to %s broke off in the middle. It is tried again.", host)
	}
	return say("%s cannot be reached. It is tried again.", host)
}

// permanent follows the redirects that led to res from the first one and returns where the permanent ones end: only these are stored.
func permanent(res *http.Response) *url.URL {
	var chain []*http.Response // last first
	for r := res.Request.Response; r != nil; r = r.Request.Response {
		chain = append(chain, r)
	}
	var to *url.URL
	for i := len(chain) - 1; i >= 0; i-- {
		if s := chain[i].StatusCode; s != http.StatusMovedPermanently && s != http.StatusPermanentRedirect {
			break
		}
		next := res.Request
		if i > 0 {
			next = chain[i-1].Request
		}
		to = next.URL
	}
	return to
}

// IsHTML says that a body is a web page, whatever its header claims.
func IsHTML(body []byte) bool {
	b := bytes.TrimLeft(body[:min(len(body), 512)], " \t\r\n\xEF\xBB\xBF")
	return strings.HasPrefix(http.DetectContentType(b), "text/html")
}
