package hook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/hook"
	"earshot/sources/sourcestest"
)

// pushed is what the platform of these tests sends.
type pushed struct {
	ID     string
	Text   string
	State  sources.State
	Events []string
	Signed time.Time
	Answer string
}

// receiver reads pushed signed with a key.
type receiver struct {
	key string
	now func() time.Time
}

func (x receiver) Receive(_ context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	if c := r.URL.Query().Get("challenge"); r.Method == http.MethodGet && c != "" {
		return sources.Delivery{Answer: c}, nil
	}
	if !sources.SignedSHA256(x.key, body, r.Header.Get("X-Signature")) {
		return sources.Delivery{}, fmt.Errorf("bad signature with %s: %w", x.key, sources.ErrForged)
	}
	var p pushed
	if err := json.Unmarshal(body, &p); err != nil {
		return sources.Delivery{}, err
	}
	d := sources.Delivery{Events: p.Events, SignedAt: p.Signed, Answer: p.Answer}
	if p.ID != "" {
		d.Mentions = []sources.Mention{{ID: p.ID, Platform: "x", Text: p.Text, State: p.State, CreatedAt: x.now()}}
	}
	return d, nil
}

// place is a Handler with everything around it in memory.
type place struct {
	*hook.Handler
	t      *testing.T
	log    *sourcestest.Log
	source settings.Source
	key    string
	made   int
	now    time.Time
	health map[string]sources.Pushed
	saves  int
	words  strings.Builder // of the log
	reg    *prometheus.Registry
}

func (p *place) SavePush(_ context.Context, source string, x sources.Pushed) error {
	p.health[source] = x
	p.saves++
	return nil
}

func open(t *testing.T) *place {
	t.Helper()
	terms, err := sources.CompileTerms(nil, settings.Council{Name: "Exampleford Council"})
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, log: sourcestest.NewLog(), key: "secret-key", now: time.Now(), health: map[string]sources.Pushed{}, reg: prometheus.NewRegistry(),
		source: settings.Source{ID: "page", Kind: "pusher"}}
	kinds := sources.NewRegistry(sources.Connector{Name: "silent"}, sources.Connector{Name: "pusher",
		Push: func(s settings.Source, d sources.Deps) (sources.Receiver, error) {
			p.made++
			if p.key == "" {
				return nil, sources.Stopf("The key is missing.")
			}
			return receiver{p.key, d.Time}, nil
		}})
	p.Handler = hook.New(hook.Config{Registry: kinds, Publisher: p.log, Health: p,
		Source: func(id string) (settings.Source, bool) {
			s := p.source
			s.ID = id
			return s, id == "page" || id == "second"
		},
		Deps: sources.Deps{Terms: func() *sources.Terms { return terms }, Now: func() time.Time { return p.now },
			Log: slog.New(slog.NewTextHandler(&p.words, &slog.HandlerOptions{Level: slog.LevelInfo}))},
		Metrics: hook.NewMetrics(p.reg, kinds), Ingest: sources.NewMetrics(p.reg, kinds.Names()...)})
	return p
}

func (p *place) sign(body string) string {
	mac := hmac.New(sha256.New, []byte(p.key))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func (p *place) send(method, path, body, signature string) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Signature", signature)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

// push sends what the platform would, rightly signed, and returns the status.
func (p *place) push(x pushed) int {
	p.t.Helper()
	body, err := json.Marshal(x)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send("POST", "/hooks/page", string(body), p.sign(string(body))).Code
}

func (p *place) stored() string {
	var ids []string
	for _, m := range p.log.Mentions() {
		ids = append(ids, m.ID)
	}
	return strings.Join(ids, " ")
}

// counted fails the test unless these are all deliveries that were counted, as outcome=n.
func (p *place) counted(want ...string) {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("# HELP earshot_hooks_deliveries_total Deliveries to /hooks/, by the kind of source, empty where there is none, and what became of them.\n" +
		"# TYPE earshot_hooks_deliveries_total counter\n")
	for _, o := range []string{"stored", "empty", "repeated", "forged", "stale", "unreadable", "too_large", "broken", "not_now", "unknown", "refused"} {
		kind, n := "pusher", "0"
		if o == "unknown" || o == "refused" {
			kind = ""
		}
		for _, w := range want {
			if rest, ok := strings.CutPrefix(w, o+"="); ok {
				n = rest
			}
		}
		fmt.Fprintf(&b, "earshot_hooks_deliveries_total{kind=%q,outcome=%q} %s\n", kind, o, n)
	}
	if err := testutil.GatherAndCompare(p.reg, strings.NewReader(b.String()), "earshot_hooks_deliveries_total"); err != nil {
		p.t.Error(err)
	}
}

func TestAPushIsStoredBeforeItIsAnswered(t *testing.T) {
	p := open(t)
	p.log.FailNext(1)
	body := `{"ID":"x:1","Text":"Exampleford  Council rocks"}`
	w := p.send("POST", "/hooks/page", body, p.sign(body))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || p.stored() != "" {
		t.Errorf("with the log away: %d, Retry-After %q, stored %q", w.Code, w.Header().Get("Retry-After"), p.stored())
	}
	if w = p.send("POST", "/hooks/page", body, p.sign(body)); w.Code != http.StatusOK {
		t.Errorf("sent again: %d", w.Code)
	}
	ms := p.log.Mentions()
	if len(ms) != 1 || ms[0].Text != "Exampleford Council rocks" || ms[0].Source != "page" || strings.Join(ms[0].MatchedBy, "") != "keyword:council" {
		t.Errorf("stored %+v", ms)
	}
	if h := p.health["page"]; !h.At.Equal(p.now) || !h.Mention.Equal(p.now) {
		t.Errorf("health %+v", h)
	}
	p.counted("not_now=1", "stored=1")
}

func TestOnlyWhatIsTheCouncilsIsStored(t *testing.T) {
	p := open(t)
	for i, text := range []string{"football", "Exampleford Council again", ""} {
		if code := p.push(pushed{ID: fmt.Sprint("x:", i), Text: text}); code != http.StatusOK {
			t.Errorf("%q: %d", text, code)
		}
	}
	if p.stored() != "x:1" {
		t.Errorf("stored %s", p.stored())
	}
	p.push(pushed{ID: "x:1", State: sources.Deleted})
	p.push(pushed{ID: "x:1", Text: "no name any more", State: sources.Edited})
	if p.stored() != "x:1 x:1 x:1" {
		t.Errorf("after a deletion and an edit: %s", p.stored())
	}
	if n := testutil.CollectAndCount(p.reg, "earshot_ingest_read_total"); n == 0 {
		t.Error("the mentions were not counted")
	}
}

func TestForgedIsRefusedWithoutAWord(t *testing.T) {
	p := open(t)
	for _, signature := range []string{"", "sha256=", strings.Repeat("0", 64)} {
		w := p.send("POST", "/hooks/page", `{"ID":"x:1","Text":"Exampleford Council, words to hide"}`, signature)
		if w.Code != http.StatusUnauthorized || w.Body.Len() != 0 {
			t.Errorf("%q: %d %q", signature, w.Code, w.Body)
		}
	}
	if p.stored() != "" || p.saves != 0 {
		t.Errorf("stored %q, health told %d times", p.stored(), p.saves)
	}
	if s := p.words.String(); !strings.Contains(s, "not signed") || strings.Contains(s, "words to hide") || strings.Contains(s, p.key) {
		t.Errorf("logged %s", s)
	}
	p.counted("forged=3")
}

func TestOldAndRepeatedDeliveries(t *testing.T) {
	p := open(t)
	for _, c := range []struct {
		signed time.Duration
		code   int
	}{{-6 * time.Minute, 401}, {6 * time.Minute, 401}, {-4 * time.Minute, 200}} {
		if code := p.push(pushed{ID: fmt.Sprint("x:", c.signed), Text: "Exampleford Council", Signed: p.now.Add(c.signed)}); code != c.code {
			t.Errorf("signed %v from now: %d", c.signed, code)
		}
	}
	again := pushed{ID: "x:e", Text: "Exampleford Council", Events: []string{"e1", "e2"}}
	p.push(again)
	again.Text += ", in other words under known events"
	if code := p.push(again); code != http.StatusOK {
		t.Errorf("known events: %d", code)
	}
	body := pushed{ID: "x:b", Text: "Exampleford Council"}
	p.push(body)
	if code := p.push(body); code != http.StatusOK {
		t.Errorf("a known body: %d", code)
	}
	if want := "x:-4m0s x:e x:b"; p.stored() != want {
		t.Errorf("stored %s, want %s", p.stored(), want)
	}
	again.Events = append(again.Events, "e3") // one of them is new
	p.push(again)
	p.now = p.now.Add(49 * time.Hour)
	p.push(body)
	if want := "x:-4m0s x:e x:b x:e x:b"; p.stored() != want {
		t.Errorf("stored %s, want %s", p.stored(), want)
	}
	p.push(body)
	p.counted("stale=2", "stored=5", "repeated=3")
}

func TestAHandshakeIsAnswered(t *testing.T) {
	p := open(t)
	w := p.send("GET", "/hooks/page?challenge=1158201444", "", "")
	if w.Code != http.StatusOK || w.Body.String() != "1158201444" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("%d %q %s", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	if code := p.push(pushed{Answer: "yes"}); code != http.StatusOK {
		t.Errorf("a signed handshake: %d", code)
	}
	p.counted("empty=2")
}

func TestWhatIsNotADelivery(t *testing.T) {
	p := open(t)
	huge := strings.Repeat(" ", sources.MaxPushBytes+1)
	if w := p.send("POST", "/hooks/page", huge, p.sign(huge)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("1 MiB and a byte: %d", w.Code)
	}
	if w := p.send("POST", "/hooks/page", "not JSON, words to hide", p.sign("not JSON, words to hide")); w.Code != http.StatusBadRequest || w.Body.String() != "The delivery cannot be read.\n" {
		t.Errorf("unreadable: %d %q", w.Code, w.Body)
	}
	if strings.Contains(p.words.String(), "words to hide") {
		t.Errorf("logged %s", p.words.String())
	}
	if w := p.send("PUT", "/hooks/page", "", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("PUT: %d", w.Code)
	}
	if w := p.send("POST", "/hooks/other", "", ""); w.Code != http.StatusNotFound {
		t.Errorf("an unknown source: %d", w.Code)
	}
	p.source.Paused = true
	if code := p.push(pushed{ID: "x:1", Text: "Exampleford Council"}); code != http.StatusNotFound {
		t.Errorf("a paused source: %d", code)
	}
	p.source.Paused, p.source.Kind = false, "silent"
	if code := p.push(pushed{ID: "x:1", Text: "Exampleford Council"}); code != http.StatusNotFound {
		t.Errorf("a source that takes no pushes: %d", code)
	}
	if p.stored() != "" {
		t.Errorf("stored %s", p.stored())
	}
	p.counted("too_large=1", "unreadable=1", "refused=1", "unknown=3")
}

func TestABodyThatBreaksOff(t *testing.T) {
	p := open(t)
	r := httptest.NewRequest("POST", "/hooks/page", brokenBody{})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("%d", w.Code)
	}
	p.counted("broken=1")
}

// slowly sends a body of which nothing comes until the server's deadline has passed.
type slowly struct {
	*httptest.ResponseRecorder
	begun, cut chan struct{}
}

func (s *slowly) SetReadDeadline(t time.Time) error {
	if !t.After(time.Now()) {
		close(s.cut)
	}
	return nil
}

func (s *slowly) Read([]byte) (int, error) {
	s.begun <- struct{}{}
	<-s.cut
	return 0, os.ErrDeadlineExceeded
}

// Strangers who send slowly, which needs no key, keep out neither the platform nor those of other sources.
func TestSlowSendersKeepNobodyOut(t *testing.T) {
	p := open(t)
	begun, ended := make(chan struct{}), make(chan int)
	var all []*slowly
	for range hook.AtOnce {
		s := &slowly{httptest.NewRecorder(), begun, make(chan struct{})}
		all = append(all, s)
		go func() {
			p.ServeHTTP(s, httptest.NewRequest("POST", "/hooks/page", s))
			ended <- s.Code
		}()
		<-begun
	}
	if code := p.push(pushed{ID: "x:1", Text: "Exampleford Council"}); code != http.StatusServiceUnavailable {
		t.Errorf("one more, while the others may still be quick: %d", code)
	}
	body := `{"ID":"x:2","Text":"Exampleford Council"}`
	if w := p.send("POST", "/hooks/second", body, p.sign(body)); w.Code != http.StatusOK {
		t.Errorf("to another source: %d", w.Code)
	}
	p.now = p.now.Add(2 * time.Second)
	for i := range 3 {
		if code := p.push(pushed{ID: fmt.Sprint("x:", 3+i), Text: "Exampleford Council"}); code != http.StatusOK {
			t.Errorf("number %d, past the slow ones: %d", i, code)
		}
	}
	if code := <-ended; code != http.StatusBadRequest {
		t.Errorf("the slow one that made place was told %d", code)
	}
	p.counted("not_now=1", "stored=4", "broken=1")
	for _, s := range all[1:] {
		close(s.cut)
		<-ended
	}
	for i := range hook.AtOnce + 1 { // no place was lost or doubled
		if code := p.push(pushed{ID: fmt.Sprint("x:9", i), Text: "Exampleford Council"}); code != http.StatusOK {
			t.Fatalf("afterwards, number %d: %d", i, code)
		}
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestAReceiverIsKeptUntilSettingsOrKeysChange(t *testing.T) {
	p := open(t)
	for i := range 3 {
		p.push(pushed{ID: fmt.Sprint("x:", i), Text: "Exampleford Council"})
	}
	if p.made != 1 {
		t.Fatalf("made %d times for three deliveries", p.made)
	}
	if p.saves != 1 {
		t.Errorf("health was told %d times within ten seconds", p.saves)
	}
	p.key = ""
	p.Forget("page")
	for range 2 { // strangers may try as often as they like
		if code := p.push(pushed{ID: "x:4", Text: "Exampleford Council"}); code != http.StatusServiceUnavailable {
			t.Errorf("without its key: %d", code)
		}
	}
	if n := strings.Count(p.words.String(), "cannot take"); n != 1 {
		t.Errorf("logged %d times: %s", n, p.words.String())
	}
	p.key = "another"
	if code := p.push(pushed{ID: "x:4", Text: "Exampleford Council"}); code != http.StatusOK {
		t.Errorf("with a new key: %d", code)
	}
	p.source.Options = map[string]string{"page": "2"}
	p.push(pushed{ID: "x:4", Text: "Exampleford Council"})
	if p.made != 5 || p.stored() != "x:0 x:1 x:2 x:4" {
		t.Errorf("made %d times, stored %s", p.made, p.stored())
	}
}
