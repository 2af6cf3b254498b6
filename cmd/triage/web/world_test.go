package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/cmd/triage/web"
	"earshot/escalate"
	"earshot/index"
	"earshot/index/indextest"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/upload"

	"github.com/PuerkitoBio/goquery"
	"github.com/prometheus/client_golang/prometheus"
)

const password = "three sturdy words"

var start = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// world is everything the pages stand on, in memory: the suite's reference search, the real ledger, signer and upload store.
type world struct {
	mu       sync.Mutex
	at       time.Time
	scan     *indextest.Scan
	recs     map[string]*index.Record
	table    *table
	folder   *settings.Folder
	health   []sources.Health
	notices  []escalate.Notice
	handIn   error // what HandIn answers; nil: takes everything
	failing  error // what Search answers; nil: the scan's answer
	taken    int
	imports  int
	imported string

	ledger *escalate.Ledger
	signer *escalate.Signer
	hub    *web.Hub
	reg    *prometheus.Registry
	store  *upload.Store
	book   quality.Book
	draws  []quality.Draw

	desk desk

	switchedBy string // the account that changed the classifier last

	server *web.Server
	http   *httptest.Server
	cfg    web.Config
}

func newWorld(t testing.TB, change ...func(*web.Config)) *world {
	t.Helper()
	folder, err := settings.Load(settings.Sample())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{at: start, recs: map[string]*index.Record{}, table: &table{kept: map[string][]byte{}}, folder: folder, ledger: escalate.NewLedger(),
		signer: escalate.NewSigner(bytes.Repeat([]byte("k"), 32)), hub: web.NewHub(), reg: prometheus.NewRegistry()}
	w.desk = desk{w: w, keys: map[string]map[string]string{}}
	w.scan = indextest.NewScan(folder.Council.Location(), func() time.Time { return w.at }) // asked under the lock
	bucket, err := upload.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.store, err = upload.New(upload.Config{Bucket: bucket, Publisher: w, Key: bytes.Repeat([]byte("u"), 32), Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.cfg = web.Config{Search: w, Record: w, Acts: w, HandIn: w, Incidents: w.ledger, Acks: w.signer, Reports: reports{w.store}, Table: w.table, Stream: w.hub,
		Health: func() []sources.Health { return w.health }, Settings: w.settings, Import: w.importFile, Audit: w, Learning: learning{w}, Sources: &w.desk, Notices: func() []escalate.Notice { return w.notices }, Now: w.now, Registerer: w.reg,
		SecretKey: bytes.Repeat([]byte("s"), 32), Version: "test"}
	for _, f := range change {
		f(&w.cfg)
	}
	w.server, err = web.New(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.http = httptest.NewServer(w.server.Handler())
	t.Cleanup(func() { w.hub.Close(); w.http.Close() })
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) settings() web.Settings {
	var versions []index.SettingVersion
	for i, k := range []string{"council.yaml", "terms.yaml"} {
		versions = append(versions, index.SettingVersion{Key: k, Version: int64(i), At: start.Add(-time.Hour), By: "import", Value: []byte("name: Marrowby\n")})
	}
	return web.Settings{Folder: *w.folder, Zone: w.folder.Council.Location(), Versions: versions}
}

func (w *world) importFile(_ context.Context, _ casework.Actor, name string, content []byte) error {
	if bytes.Contains(content, []byte("broken")) {
		return errors.Join(settings.Fault{File: name, Line: 3, Problem: "the colon is missing"})
	}
	w.imports++
	w.imported = name
	return nil
}

// add puts a mention with its verdict into record and search.
func (w *world) add(tagged classify.Tagged) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rec := w.recs[tagged.Mention.ID]
	if rec == nil {
		rec = &index.Record{}
		w.recs[tagged.Mention.ID] = rec
	}
	rec.Tagged = tagged
	_ = w.scan.Apply(context.Background(), []index.Change{{Tagged: &tagged}})
}

// PublishMentions is the log: what is taken is recorded and searchable at once.
func (w *world) PublishMentions(_ context.Context, ms []sources.Mention) error {
	if w.handIn != nil {
		return w.handIn
	}
	for _, m := range ms {
		w.add(classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Model: "none@1"}})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken += len(ms)
	return nil
}

// Append folds acts into record, search and ledger.
func (w *world) Append(_ context.Context, events []casework.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		rec := w.recs[e.Mention]
		if rec == nil || slices.ContainsFunc(rec.Events, func(x casework.Event) bool { return x.ID == e.ID }) {
			continue
		}
		rec.Events = append(rec.Events, e)
		rec.Case = casework.Fold(rec.Events)
		_ = w.scan.Apply(context.Background(), []index.Change{{Event: &e}})
	}
	w.ledger.Apply(events)
	w.book.Add(events)
	return nil
}

// learning is web.Learning over a world.
type learning struct{ w *world }

func (l learning) Draws() []quality.Draw         { return l.w.draws }
func (l learning) Decisions() []quality.Decision { return l.w.book.Decisions() }

func (w *world) Search(ctx context.Context, r index.Request) (index.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing != nil {
		return index.Result{}, w.failing
	}
	if r.Sort == "" {
		r.Sort = index.Newest
	}
	from := 0
	if r.Cursor != "" {
		n, err := strconv.Atoi(r.Cursor)
		if err != nil {
			return index.Result{}, fmt.Errorf("%w: test", index.ErrBadCursor)
		}
		from = n
	}
	limit := r.Limit
	r.Limit, r.Cursor = index.MaxLimit, ""
	res, err := w.scan.Search(ctx, r)
	if err != nil {
		return res, err
	}
	from = min(from, len(res.Hits))
	end := min(from+limit, len(res.Hits))
	if end < len(res.Hits) && limit > 0 {
		res.Next = strconv.Itoa(end)
	}
	res.Hits = res.Hits[from:end]
	return res, nil
}

func (w *world) Get(_ context.Context, v casework.Viewer, id string) (index.Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if rec := w.recs[id]; rec != nil {
		if seen, ok := rec.For(v); ok {
			return seen, nil
		}
	}
	return index.Record{}, index.ErrNotFound
}

func (w *world) GetMany(ctx context.Context, v casework.Viewer, ids []string) ([]index.Record, error) {
	var out []index.Record
	for _, id := range ids {
		if rec, err := w.Get(ctx, v, id); err == nil {
			out = append(out, rec)
		}
	}
	return out, nil
}

func (w *world) Thread(ctx context.Context, v casework.Viewer, thread string, limit int) ([]index.Record, error) {
	w.mu.Lock()
	ids := slices.Sorted(maps.Keys(w.recs))
	ids = slices.DeleteFunc(ids, func(id string) bool { return w.recs[id].Mention.Thread() != thread })
	w.mu.Unlock()
	return w.GetMany(ctx, v, ids[:min(limit, len(ids))])
}

// Acts lists every act, newest first.
func (w *world) Acts(_ context.Context, v casework.Viewer, _ string, limit int) ([]casework.Event, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []casework.Event
	for _, r := range w.recs {
		out = append(out, v.Events(r.Events)...)
	}
	slices.SortFunc(out, func(a, b casework.Event) int { return b.At.Compare(a.At) })
	return out[:min(limit, len(out))], "", nil
}

// reports shows the upload store to the pages, as the program does.
type reports struct{ *upload.Store }

func (reports) Limits() web.ReportLimits {
	return web.ReportLimits{Files: upload.MaxFiles, FileBytes: upload.MaxFileBytes, Types: []string{"PNG", "JPEG", "WebP"}, Pixels: upload.MaxPixels / 1e6}
}

func (r reports) Submit(ctx context.Context, f web.ReportForm) (web.Receipt, error) {
	in := upload.Report{URL: f.URL, Note: f.Note, Relation: f.Relation, Contact: f.Contact, Account: f.Account, Key: f.Key}
	for _, file := range f.Files {
		in.Files = append(in.Files, upload.File{Name: file.Name, Size: file.Size, Open: file.Open})
	}
	rec, err := r.Receive(ctx, in)
	if refusals := upload.Refusals(err); len(refusals) > 0 {
		return web.Receipt{}, &web.BadReport{File: -1, Field: refusals[0].Field, Why: refusals[0].Sentence}
	}
	return web.Receipt{Reference: rec.Reference, Secret: rec.Secret, Mention: rec.MentionID()}, err
}

func (r reports) Status(ctx context.Context, reference, secret string) (web.ReportStatus, error) {
	rec, err := r.Store.Status(ctx, reference, secret)
	if errors.Is(err, upload.ErrNoReport) {
		return web.ReportStatus{}, web.ErrBadLink
	}
	return web.ReportStatus{Reference: rec.Reference, Received: rec.At, Pictures: len(rec.Pictures), Mention: rec.MentionID()}, err
}

func (r reports) Picture(ctx context.Context, blob string) (io.ReadCloser, string, error) {
	rc, kind, err := r.Shown(ctx, blob)
	if errors.Is(err, upload.ErrNoBlob) {
		err = index.ErrNotFound
	}
	return rc, kind, err
}

func (l learning) Switch(_ context.Context, by casework.Actor, version string) error {
	c, err := l.w.folder.Classifier.Switch(version)
	if err == nil {
		l.w.folder.Classifier, l.w.switchedBy = c, by.ID
	}
	return err
}

func (learning) Fits(v *settings.ClassifierVersion) bool { return v.Base == "base" }

// table is web.Table in memory. Failing makes every change fail, as a log that is away does.
type table struct {
	mu      sync.Mutex
	kept    map[string][]byte
	failing error
}

func (t *table) Get(key string) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.kept[key]
	return b, ok
}

func (t *table) All(prefix string) map[string][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string][]byte{}
	for k, v := range t.kept {
		if strings.HasPrefix(k, prefix) {
			out[k] = v
		}
	}
	return out
}

func (t *table) Put(_ context.Context, key string, value []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing == nil {
		t.kept[key] = value
	}
	return t.failing
}

func (t *table) Delete(_ context.Context, key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing == nil {
		delete(t.kept, key)
	}
	return t.failing
}

// browser is one person's cookies and what they look at. It does not follow redirects, so that tests see them.
type browser struct {
	t    testing.TB
	w    *world
	http *http.Client
}

func (w *world) browser(t testing.TB) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t, w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs somebody of a role in, making the account first.
func (w *world) as(t testing.TB, role casework.Role) *browser {
	t.Helper()
	email := string(role) + "@marrowby.example"
	admin := web.Person{ID: "test"}
	if !slices.ContainsFunc(w.server.Accounts.People(), func(p web.Person) bool { return p.Email == email }) {
		service := ""
		if role == casework.ServiceMan {
			service = "waste"
		}
		secret, err := w.server.Accounts.Invite(t.Context(), admin, email, strings.ToUpper(string(role[:1]))+string(role[1:])+" Person", role, service)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.server.Accounts.Accept(t.Context(), secret, "", "", password); err != nil {
			t.Fatal(err)
		}
	}
	b := w.browser(t)
	b.get("/sign-in")
	res := b.submit("/sign-in", url.Values{"email": {email}, "password": {password}})
	if res.status != http.StatusSeeOther {
		t.Fatalf("sign in as %s = %d %s", role, res.status, res.text())
	}
	return b
}

// answer is a response read whole.
type answer struct {
	t        testing.TB
	status   int
	header   http.Header
	body     []byte
	document *goquery.Document
}

func (a *answer) doc() *goquery.Document {
	a.t.Helper()
	if a.document == nil {
		d, err := goquery.NewDocumentFromReader(bytes.NewReader(a.body))
		if err != nil {
			a.t.Fatal(err)
		}
		a.document = d
	}
	return a.document
}

func (a *answer) text() string { return strings.Join(strings.Fields(a.doc().Find("main").Text()), " ") }

// find returns the words of what selector finds, once.
func (a *answer) find(selector string) string {
	return strings.Join(strings.Fields(a.doc().Find(selector).First().Text()), " ")
}

func (b *browser) do(r *http.Request) *answer {
	b.t.Helper()
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return &answer{t: b.t, status: res.StatusCode, header: res.Header, body: body}
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.w.http.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *browser) get(path string) *answer {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil))
}

// token is the form token that this browser's pages carry.
func (b *browser) token() string {
	b.t.Helper()
	v, _ := b.get("/no-such-page").doc().Find("input[name=form_token]").First().Attr("value")
	if v == "" {
		v, _ = b.get("/sign-in").doc().Find("input[name=form_token]").First().Attr("value")
	}
	return v
}

// submit sends a form as its page would.
func (b *browser) submit(path string, form url.Values) *answer {
	b.t.Helper()
	form.Set("form_token", b.token())
	return b.post(path, form)
}

func (b *browser) post(path string, form url.Values) *answer {
	b.t.Helper()
	r := b.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

type healthOf = sources.Health

func newLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
