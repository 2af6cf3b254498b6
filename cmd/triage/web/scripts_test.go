package web_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/cmd/triage/web"
	"earshot/cmd/triage/web/webtest"
	"earshot/internal/machinetest"

	"github.com/chromedp/chromedp"
)

// tab is a browser's tab in which b's person is signed in. It needs the built assets.
func (b *browser) tab(t *testing.T) context.Context {
	t.Helper()
	if b.get("/help").doc().Find("script[src]").Length() == 0 {
		machinetest.Need(t, "the pages' script: run make assets")
	}
	ctx, cancel := context.WithTimeout(webtest.Browser(t), time.Minute)
	t.Cleanup(cancel)
	if err := webtest.SetCookies(ctx, b.w.http.URL, b.cookies()); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func (b *browser) visit(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(b.w.http.URL+path)); err != nil {
		t.Fatal(err)
	}
}

// poll asks every 20 ms until yes is true or ctx ends: the browser is another process, whose doings cannot be waited for otherwise.
func poll(ctx context.Context, yes func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// until waits for a condition in the page, across navigations.
func until(t *testing.T, ctx context.Context, condition string) {
	t.Helper()
	short, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if poll(short, func() bool {
		ok, err := chromedp.Run(short, chromedp.Evaluate[bool](`document.readyState === 'complete' && Boolean(`+condition+`)`))
		return ok && err == nil
	}) {
		return
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + ' ' + document.body.innerText.slice(0, 600)`))
	t.Fatalf("waited in vain for %s\n%s %v", condition, said, err)
}

func press(t *testing.T, ctx context.Context, keys string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(keys)); err != nil {
		t.Fatal(err)
	}
}

func TestBrowserTellsOfNewMentions(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	ctx := b.tab(t)
	arrive := func(id, text string) {
		w.add(classify.Tagged{Mention: mention(id, text, 0)})
		w.mu.Lock()
		rec := *w.recs[id]
		w.mu.Unlock()
		w.hub.Publish(web.Change{New: true, Record: rec})
	}
	b.visit(t, ctx, "/")
	until(t, ctx, `performance.getEntriesByType('resource').length > 0`)
	w.waitForStreams(t, 1)
	arrive("x:new1", "unrelated")
	until(t, ctx, `document.querySelector('#live').textContent.startsWith('1 new mention.')`)
	arrive("x:new2", "unrelated")
	until(t, ctx, `document.querySelector('#live').textContent.startsWith('2 new mentions.')`)

	b.visit(t, ctx, "/search?q=bin")
	w.waitForStreams(t, 1)
	arrive("x:new3", "unrelated")
	arrive("x:new4", "no bin this week")
	until(t, ctx, `document.querySelector('#live').textContent.startsWith('1 new mention.')`)
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("#live a"))); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector('#found') && document.querySelector('#found').dataset.total === '2'`)
}

// waitForStreams waits until n streams are open, as the metric says.
func (w *world) waitForStreams(t *testing.T, n float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if poll(ctx, func() bool { return w.streams(t) == n }) {
		return
	}
	t.Fatalf("%v streams were not open in time", n)
}

func (w *world) streams(t *testing.T) float64 {
	t.Helper()
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "earshot_web_streams" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("no metric counts the streams")
	return 0
}

func TestBrowserKeyboardDoesTheWork(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	ctx := b.tab(t)
	b.visit(t, ctx, "/")
	press(t, ctx, "?")
	until(t, ctx, `document.querySelector('#keys').open`)
	press(t, ctx, "\x1b")
	until(t, ctx, `!document.querySelector('#keys').open`)
	press(t, ctx, "/")
	until(t, ctx, `location.pathname === '/search'`)
	press(t, ctx, "/")
	until(t, ctx, `document.activeElement.id === 'q'`)
	until(t, ctx, `(document.querySelector('#q').value = '') === ''`) // the protocol's char event brings the slash although the page refused it
	press(t, ctx, "bin?j\r")                                          // letters typed into the box are no commands
	until(t, ctx, `new URLSearchParams(location.search).get('q') === 'bin?j'`)
	b.visit(t, ctx, "/search?q=bin")
	press(t, ctx, "j")
	until(t, ctx, `document.activeElement.matches('[data-open]')`)
	press(t, ctx, "\r")
	until(t, ctx, `document.querySelector('h1').textContent === 'Complaint on Bluesky'`)
	press(t, ctx, "r")
	until(t, ctx, `document.querySelector('#relabel').open && document.activeElement.name === 'label'`)
	press(t, ctx, "a")
	until(t, ctx, `new URLSearchParams(location.search).get('done') === 'acknowledged'`)
	if got := w.events(complaintID); got[len(got)-1].Type != casework.Acknowledged {
		t.Errorf("last event %+v", got[len(got)-1])
	}
	// The first Tab leads to the skip link, and that to the main part.
	press(t, ctx, "\t")
	until(t, ctx, `document.activeElement.className === 'govuk-skip-link'`)
	press(t, ctx, "\r")
	until(t, ctx, `document.activeElement.id === 'main'`)
	press(t, ctx, "gt")
	until(t, ctx, `location.pathname === '/'`)
}

func TestBrowserUploadsWithProgress(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Staff)
	ctx := b.tab(t)
	if err := webtest.Resize(ctx, webtest.Phone); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, zip := write("one.png", picture(t)), write("two.png", append([]byte("PK\x03\x04"), make([]byte, 300)...))
	b.visit(t, ctx, "/report")
	choose := func(files ...string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS("#files"), files)); err != nil {
			t.Fatal(err)
		}
	}
	choose(good, zip)
	until(t, ctx, `document.querySelectorAll('#file-list li').length === 2`)
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#report-note"), "seen on the bus"), chromedp.Click(chromedp.CSS("#send"))); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector('#progress').textContent.includes('two.png') && document.querySelectorAll('#file-list progress').length === 2`)
	until(t, ctx, `document.querySelector('#report-note').value === 'seen on the bus'`)
	choose(good)
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("#send"))); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `location.pathname.startsWith('/report/') && document.querySelector('h1').textContent.includes('We have your report')`)
	if w.taken != 1 {
		t.Errorf("%d reports reached the log", w.taken)
	}
}

func TestAReportWithoutScripts(t *testing.T) {
	w := newWorld(t)
	res := report(t, w.as(t, casework.Staff), map[string][]byte{"a.png": picture(t), "b.png": picture(t)})
	if res.status != http.StatusSeeOther || w.taken != 1 {
		t.Errorf("report = %d %s", res.status, res.text())
	}
}
