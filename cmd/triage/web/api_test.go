package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/cmd/triage/web"
	"earshot/index"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

const ndjson = "application/x-ndjson"

func into[T any](t *testing.T, res *answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(res.body, &v, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatalf("%d %s: %v", res.status, res.body, err)
	}
	return v
}

type problem struct {
	Type, Title, Detail, Instance, Mended, Field string
	Status                                       int
}

// wantProblem checks that res is a problem document of one sentence or two.
func wantProblem(t *testing.T, name string, res *answer, status int, words string) {
	t.Helper()
	p := into[problem](t, res)
	if res.status != status || p.Status != status || res.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(p.Detail, words) || p.Instance == "" {
		t.Errorf("%s = %d %s %+v; want %d with %q", name, res.status, res.header.Get("Content-Type"), p, status, words)
	}
}

func line(id, text string) string {
	return fmt.Sprintf(`{"id":%q,"platform":"x","text":%q,"created_at":"2026-11-20T09:00:00Z","novel":{"kept":1}}`, id, text)
}

type handedIn struct {
	Accepted int
	Rejected []struct {
		Line  int
		Error string
	}
}

func TestHandIn(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	body := strings.Join([]string{line("x:1", "bins"), "", `{"id":"x:2"`, `{"id":"y:3","platform":"x","text":"a","created_at":"2026-11-20T09:00:00Z"}`,
		line("x:4", "again") + "\r", `{"id":"x:5","platform":"x","text":"` + strings.Repeat("a", sources.MaxMentionBytes) + `"}`, "\xff\xfe",
		`{"id":"x:6","platform":"x","text":"a","created_at":"9999-01-01T00:00:00Z"}`, line("x:7", "no newline at the end")}, "\n")
	res := b.bearer(casework.Comms, "POST", "/api/v1/mentions", body, "Content-Type", ndjson)
	got := into[handedIn](t, res)
	if res.status != http.StatusAccepted || got.Accepted != 3 || w.taken != 3 {
		t.Errorf("answer %d %+v, taken %d", res.status, got, w.taken)
	}
	var lines []int
	for _, r := range got.Rejected {
		lines = append(lines, r.Line)
		if len(r.Error) < 15 || strings.Contains(r.Error, "not a mention") {
			t.Errorf("line %d: %q is no sentence", r.Line, r.Error)
		}
	}
	if fmt.Sprint(lines) != "[3 4 6 7 8]" {
		t.Errorf("rejected lines %v", lines)
	}
	if res := b.bearer(casework.Comms, "POST", "/api/v1/mentions", "", "Content-Type", ndjson); res.status != http.StatusAccepted || !bytes.Contains(res.body, []byte(`"rejected":[]`)) {
		t.Errorf("nothing = %d %s", res.status, res.body)
	}
	wantProblem(t, "wrong type", b.bearer(casework.Comms, "POST", "/api/v1/mentions", body, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "ndjson")
	r := b.request("POST", "/api/v1/mentions", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer earshot_x_y")
	wantProblem(t, "bad token", b.do(r), http.StatusUnauthorized, "revoked")
}

func TestHandInSaysWhenToComeBack(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	for _, tc := range []struct {
		err    error
		status int
		after  string
	}{
		{&web.Busy{Full: true, After: 3 * time.Second, Why: "the queue is full"}, http.StatusTooManyRequests, "3"},
		{fmt.Errorf("publish: %w", &web.Busy{Why: "the log is away"}), http.StatusServiceUnavailable, "5"},
	} {
		w.handIn = tc.err
		res := b.bearer(casework.Comms, "POST", "/api/v1/mentions", line("x:1", "bins"), "Content-Type", ndjson)
		wantProblem(t, tc.err.Error(), res, tc.status, "Try again in "+tc.after+" seconds")
		if res.header.Get("Retry-After") != tc.after {
			t.Errorf("Retry-After = %q, want %s", res.header.Get("Retry-After"), tc.after)
		}
	}
}

type found struct {
	Total  int
	Hits   []struct{ Mention sources.Mention }
	Facets map[string][]index.Count
	Next   string
}

func TestSearchOverTheAPI(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.browser(t)
	get := func(q string) found {
		t.Helper()
		res := b.bearer(casework.Comms, "GET", "/api/v1/mentions?"+q, "")
		if res.status != http.StatusOK {
			t.Fatalf("%s = %d %s", q, res.status, res.body)
		}
		return into[found](t, res)
	}
	all := get("")
	if all.Total != 5 || len(all.Hits) != 5 || len(all.Facets["platform"]) == 0 {
		t.Errorf("everything = %d of %d, facets %v", len(all.Hits), all.Total, all.Facets)
	}
	if n := get("limit=0"); n.Total != 5 || len(n.Hits) != 0 {
		t.Errorf("limit=0 = %+v", n)
	}
	for q, want := range map[string]int{"tag=abuse": 1, "tag=abuse&tag=complaint": 2, "tag=abuse,complaint": 2, "platform=bluesky": 2, "state=new": 2,
		"q=bin": 1, "from=2026-11-20": 4, "to=2026-11-20": 1, "from=2026-11-20T08:30:00Z": 1, "q=tag%3Acomplaint+site%3Abluesky": 1} {
		if got := get(q); got.Total != want {
			t.Errorf("%s finds %d, want %d", q, got.Total, want)
		}
	}
	seen, cursor := map[string]bool{}, ""
	for range 10 {
		page := get("limit=2&cursor=" + url.QueryEscape(cursor))
		for _, h := range page.Hits {
			if seen[h.Mention.ID] {
				t.Errorf("%s is on two pages", h.Mention.ID)
			}
			seen[h.Mention.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("the pages hold %d mentions, want 5", len(seen))
	}
	bad := func(q, words string) {
		t.Helper()
		wantProblem(t, q, b.bearer(casework.Comms, "GET", "/api/v1/mentions?"+q, ""), http.StatusBadRequest, words)
	}
	bad("q="+url.QueryEscape(`"missed my bin`), "Did you mean")
	bad("limit=501", "500")
	bad("limit=x", "500")
	bad("from=yesterday", "2026")
	bad("sort=up", "newest")
	bad("cursor=x", "first page")
}

func TestIDsWithSlashesAndActs(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.browser(t)
	path := "/api/v1/mentions/" + url.PathEscape(complaintID)
	type one struct {
		Mention sources.Mention
		Case    casework.Case
		Events  []casework.Event
	}
	if got := into[one](t, b.bearer(casework.Comms, "GET", path, "")); got.Mention.ID != complaintID || len(got.Events) != 1 {
		t.Fatalf("mention = %+v", got)
	}
	res := b.bearer(casework.Comms, "POST", path+"/events", `{"type":"acknowledged","id":"mine-1","by":{"kind":"system","id":"forged"},"wall":"hr","at":"1999-01-01T00:00:00Z"}`)
	e := into[casework.Event](t, res)
	if res.status != http.StatusCreated || e.By.Kind != "token" || e.Wall != "" || !e.At.Equal(start) || e.ID == "mine-1" {
		t.Errorf("act = %d %+v", res.status, e)
	}
	if got := into[one](t, b.bearer(casework.Comms, "GET", path, "")); got.Case.State != casework.StateAcked || len(got.Events) != 2 {
		t.Errorf("the next read shows %+v", got.Case)
	}
	for body, words := range map[string]string{`{`: "JSON", `{"type":"escalated"}`: "not one that people add", `{"type":"noted"}`: "needs words",
		`{"type":"replied","link":"javascript:alert(1)"}`: "https://", `{"type":"closed"}`: "why", `{"type":"undone","undoes":"nothing"}`: "no act",
		`{"type":"relabelled","labels":["rude"]}`: "unknown", `{"type":"assigned","owner":"nobody"}`: "colleague"} {
		res := b.bearer(casework.Comms, "POST", path+"/events", body)
		p := into[problem](t, res)
		if res.status != 400 && res.status != 422 || !strings.Contains(p.Detail, words) {
			t.Errorf("%s = %d %q, want words %q", body, res.status, p.Detail, words)
		}
	}
	wantProblem(t, "unknown mention", b.bearer(casework.Comms, "GET", "/api/v1/mentions/x%3Anone", ""), http.StatusNotFound, "nothing at this address")
	wantProblem(t, "walled mention", b.bearer(casework.Comms, "GET", "/api/v1/mentions/"+url.PathEscape(ownID), ""), http.StatusNotFound, "nothing at this address")
	wantProblem(t, "unknown route", b.bearer(casework.Comms, "GET", "/api/v2/mentions", ""), http.StatusNotFound, "nothing at this address")
}

// One page sent twice acts once; two people who choose the same id act twice.
func TestAnActSentTwiceIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	before := len(w.events(complaintID))
	page := b.get(casePath(complaintID))
	id, _ := page.doc().Find(".ear-act input[name=event]").First().Attr("value")
	for range 2 {
		if res := b.submit(casePath(complaintID)+"/acts", url.Values{"type": {"acknowledged"}, "event": {id}}); res.status != http.StatusSeeOther {
			t.Fatalf("act = %d %s", res.status, res.text())
		}
	}
	if n := len(w.events(complaintID)) - before; id == "" || n != 1 {
		t.Errorf("the form with id %q acted %d times", id, n)
	}
	other := w.as(t, casework.Monitoring)
	other.submit(casePath(complaintID)+"/acts", url.Values{"type": {"noted"}, "note": {"x"}, "event": {id}})
	if n := len(w.events(complaintID)) - before; n != 2 {
		t.Errorf("another person's act with the same id was swallowed: %d events", n)
	}
}

func TestStreamTellsOnlyWhatTheViewerMaySee(t *testing.T) {
	w := newWorld(t)
	seed(w)
	secret, _, err := w.server.Accounts.CreateToken(t.Context(), "reader", casework.Comms, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", w.http.URL+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream = %d %s", res.StatusCode, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	next := func() (event, data string) {
		t.Helper()
		for lines.Scan() {
			switch text := lines.Text(); {
			case strings.HasPrefix(text, "event: "):
				event = text[7:]
			case strings.HasPrefix(text, "data: "):
				data = text[6:]
			case text == "" && event != "":
				return event, data
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return "", ""
	}
	if event, _ := next(); event != "hello" {
		t.Fatalf("the stream begins with %s", event)
	}
	publish := func(id string, fresh bool) {
		w.mu.Lock()
		rec := *w.recs[id]
		w.mu.Unlock()
		w.hub.Publish(web.Change{New: fresh, Record: rec})
	}
	publish(ownID, true) // HR's alone
	publish(complaintID, true)
	publish(abuseID, false)
	event, data := next()
	if event != "new" || !strings.Contains(data, "brown bin") || strings.Contains(data, "Pettit") {
		t.Errorf("first = %s %s", event, data)
	}
	event, data = next()
	if event != "changed" || !strings.Contains(data, "facebook:1_2") || strings.Contains(data, `"target":"staff"`) || strings.Contains(data, `"hr":"new"`) {
		t.Errorf("second = %s %s", event, data)
	}
	w.hub.Close()
	if lines.Scan() {
		t.Errorf("after the hub closed came %q", lines.Text())
	}
}

func TestASlowStreamIsToldThatItLost(t *testing.T) {
	hub := web.NewHub()
	done := make(chan struct{})
	go func() { // Publish never blocks, with nobody reading
		defer close(done)
		for range 10_000 {
			hub.Publish(web.Change{})
		}
	}()
	<-done
	hub.Close()
	hub.Close()
	hub.Publish(web.Change{})
}

// hand sends files to the API.
func hand(t *testing.T, b *browser, files map[string][]byte, fields map[string]string, head ...string) *answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range fields {
		if err := form.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		part, err := form.CreateFormFile("files", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return b.bearer(casework.Staff, "POST", "/api/v1/reports", body.String(), append([]string{"Content-Type", form.FormDataContentType()}, head...)...)
}

func TestReports(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	type receipt struct {
		Reference string
		StatusURL string `json:"status_url"`
	}
	png := picture(t)
	res := hand(t, b, map[string][]byte{"a.png": png}, map[string]string{"note": "they call me names", "relation": "me"})
	if res.status != http.StatusCreated {
		t.Fatalf("report = %d %s", res.status, res.body)
	}
	got := into[receipt](t, res)
	status, err := url.Parse(got.StatusURL)
	if err != nil || got.Reference == "" {
		t.Fatalf("receipt %+v: %v", got, err)
	}
	page := w.browser(t).get(status.RequestURI())
	if page.status != http.StatusOK || !strings.Contains(page.text(), "Received") || !strings.Contains(page.text(), "HR, and nobody else") || strings.Contains(page.text(), "names") {
		t.Errorf("status page = %d %s", page.status, page.text())
	}
	for name, path := range map[string]string{"no secret": status.Path, "a wrong secret": status.Path + "?secret=x", "another report": "/report/AAAA?" + status.RawQuery} {
		if res := w.browser(t).get(path); res.status != http.StatusForbidden {
			t.Errorf("%s = %d", name, res.status)
		}
	}
	id := "report:" + got.Reference
	if res := w.as(t, casework.Comms).get(casePath(id)); res.status != http.StatusNotFound {
		t.Errorf("comms sees a report about oneself: %d", res.status)
	}
	hr := w.as(t, casework.HR)
	case_ := hr.get(casePath(id))
	src, ok := case_.doc().Find(".ear-pictures img").Attr("src")
	if case_.status != http.StatusOK || !ok {
		t.Fatalf("HR's case = %d %s", case_.status, case_.text())
	}
	pic := hr.get(src)
	if pic.status != http.StatusOK || !strings.HasPrefix(pic.header.Get("Content-Type"), "image/") || !strings.Contains(pic.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("picture = %d %v", pic.status, pic.header)
	}
	if res := w.as(t, casework.Comms).get(src); res.status != http.StatusNotFound {
		t.Errorf("comms gets HR's picture: %d", res.status)
	}
}

func TestReportsThatCannotBeTaken(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	many := map[string][]byte{}
	for i := range 40 {
		many[fmt.Sprintf("%02d.png", i)] = picture(t)
	}
	zip := append([]byte("PK\x03\x04"), make([]byte, 200)...)
	wantProblem(t, "40 files", hand(t, b, many, nil), http.StatusUnprocessableEntity, "one report takes 20")
	wantProblem(t, "zip named png", hand(t, b, map[string][]byte{"a.png": zip}, nil), http.StatusUnprocessableEntity, "a.png")
	wantProblem(t, "no multipart", b.bearer(casework.Staff, "POST", "/api/v1/reports", "{}", "Content-Type", "application/json"), http.StatusUnsupportedMediaType, "multipart")
	wantProblem(t, "cut off", b.bearer(casework.Staff, "POST", "/api/v1/reports", "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nabc", "Content-Type", "multipart/form-data; boundary=x"), http.StatusBadRequest, "broke off")
	person := w.as(t, casework.Staff)
	res := report(t, person, map[string][]byte{"a.png": zip})
	if res.status != http.StatusUnprocessableEntity || !strings.Contains(res.find("#problem"), "a.png") {
		t.Errorf("the page = %d %q", res.status, res.find("#problem"))
	}
	if note := res.find("#report-note"); note != "seen this morning" {
		t.Errorf("what was typed is lost: %q", note)
	}
	if w.counted(t, "bad_report") < 3 {
		t.Error("the refusals were not counted")
	}
	if w.taken != 0 {
		t.Errorf("%d reports reached the log", w.taken)
	}
}

func TestAReportSentTwiceIsOne(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	secret, _, err := w.server.Accounts.CreateToken(t.Context(), "app", casework.Staff, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for range 2 {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, _ := form.CreateFormFile("files", "a.png")
		_, _ = io.Copy(part, bytes.NewReader(picture(t)))
		_ = form.Close()
		r := b.request("POST", "/api/v1/reports", &body)
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Idempotency-Key", "k1")
		res := b.do(r)
		if res.status != http.StatusCreated {
			t.Fatalf("report = %d %s", res.status, res.body)
		}
		bodies = append(bodies, string(res.body))
	}
	if bodies[0] != bodies[1] || len(w.recs) != 1 {
		t.Errorf("answers %v, %d mentions", bodies, len(w.recs))
	}
}

func TestReadiness(t *testing.T) {
	var away error
	w := newWorld(t, func(c *web.Config) { c.Ready = func(context.Context) error { return away } })
	b := w.browser(t)
	if res := b.get("/readyz"); res.status != http.StatusOK {
		t.Errorf("ready = %d", res.status)
	}
	away = fmt.Errorf("record at /secret/path is away")
	res := b.get("/readyz")
	if res.status != http.StatusServiceUnavailable || bytes.Contains(res.body, []byte("/secret")) {
		t.Errorf("away = %d %s", res.status, res.body)
	}
	if res := b.get("/healthz"); res.status != http.StatusOK {
		t.Errorf("health = %d", res.status)
	}
}
