// Package webtest walks the pages in a real browser: Chromium, at a desktop's and a phone's size, with and without scripts, with axe-core
// looking for barriers and screenshots kept for people to look at. It knows nothing of what stands behind the pages, so the same walk
// serves the pages' own tests and a whole running program.
package webtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/internal/machinetest"

	"github.com/chromedp/chromedp"
	"github.com/go-json-experiment/json"
)

// Size is a window's size in CSS pixels.
type Size struct {
	Name          string
	Width, Height int64
}

// The sizes of the walk. 320 pixels is also what 400 % zoom leaves of a 1280 pixel screen (WCAG 2.2, 1.4.10).
var (
	Desktop = Size{"desktop", 1280, 900}
	Phone   = Size{"phone", 320, 640}
)

// Stop is one page of the walk. Name is its screenshot's; Status is what a request for it answers, zero for 200. With Press, a button that
// is pressed there once the fields named in Fill hold their values, the stop is the page that follows, which has what Await selects.
type Stop struct {
	Name, Path   string
	Status       int
	Fill         map[string]string // by the field's ID
	Press, Await string            // selectors
}

// visitTime bounds one page at one size; a page that takes longer has failed.
const visitTime = 60 * time.Second

// Browser starts Chromium with an empty profile, or skips the test where there is none. It ends with the test.
func Browser(t testing.TB) context.Context {
	t.Helper()
	path := chromium()
	if path == "" {
		machinetest.Need(t, "Chromium: install the package chromium, or name the program in EARSHOT_TEST_CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.UserDataDir(t.TempDir()))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser to leave its profile
		cancel()
		cancelAlloc()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

func chromium() string {
	if p := os.Getenv("EARSHOT_TEST_CHROMIUM"); p != "" {
		return p
	}
	for _, n := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	return ""
}

// axeSource reads axe-core from the assets' packages, which `make assets` installs.
func axeSource(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	b, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		machinetest.Need(t, "axe-core: run make assets")
	}
	return string(b)
}

// Browse visits every stop at both sizes, with and without scripts, as whoever the cookies sign in. At each it asks for: the status
// expected, a title and one main heading, no sideways scrolling, nothing in the console that is an error, and nothing that axe finds.
func Browse(t *testing.T, baseURL string, cookies []*http.Cookie, stops ...Stop) {
	if len(stops) == 0 {
		t.Fatal("a walk without stops proves nothing")
	}
	axe := axeSource(t)
	root := Browser(t)
	for _, size := range []Size{Desktop, Phone} {
		for _, scripts := range []bool{true, false} {
			name := size.Name
			if !scripts {
				name += "-no-script"
			}
			t.Run(name, func(t *testing.T) {
				ctx, cancel := chromedp.NewContext(root)
				defer cancel()
				w := &walk{ctx: ctx, base: baseURL, axe: axe, size: size, scripts: scripts}
				w.prepare(t, cookies)
				for _, s := range stops {
					t.Run(s.Name, func(t *testing.T) { w.visit(t, s, name) })
				}
			})
		}
	}
}

// walk is one tab.
type walk struct {
	ctx     context.Context
	base    string
	axe     string
	size    Size
	scripts bool

	mu      sync.Mutex
	console []string // errors since the last visit began
}

func (w *walk) prepare(t *testing.T, cookies []*http.Cookie) {
	t.Helper()
	if err := chromedp.Listen(w.ctx, w.listen); err != nil {
		t.Fatal(err)
	}
	if err := Resize(w.ctx, w.size); err != nil {
		t.Fatal(err)
	}
	if err := w.allowScripts(w.ctx, w.scripts); err != nil {
		t.Fatal(err)
	}
	if err := SetCookies(w.ctx, w.base, cookies); err != nil {
		t.Fatal(err)
	}
}

// seen is what one page says of itself.
type seen struct {
	Title    string `json:"title"`
	Headings int    `json:"headings"`
	Lang     string `json:"lang"`
	Wide     int    `json:"wide"` // pixels beyond the window's width
	Widest   string `json:"widest"`
}

const look = `(() => { const width = document.documentElement.clientWidth
	const wide = document.documentElement.scrollWidth - width
	const out = wide > 0 ? [...document.querySelectorAll('main *, header *, footer *')].filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.tagName + '.' + e.className).slice(-1)[0] : ''
	return {title: document.title, headings: document.querySelectorAll('h1').length, lang: document.documentElement.lang, wide, widest: out || ''} })()`

func (w *walk) visit(t *testing.T, s Stop, folder string) {
	ctx, cancel := context.WithTimeout(w.ctx, visitTime)
	defer cancel()
	w.heard() // what the last page said belongs to it
	res, err := chromedp.Run(ctx, chromedp.NavigateResponse(w.base+s.Path))
	if err != nil {
		t.Fatalf("%s: %v", s.Path, err)
	}
	if want := max(int64(s.Status), 0); res.Status != want && (want != 0 || res.Status != http.StatusOK) {
		t.Errorf("%s answers %d, want %d", s.Path, res.Status, want)
	}
	if s.Press != "" {
		w.press(ctx, t, s)
	}
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("screenshot of %s: %v", s.Path, err)
	}
	keep(t, filepath.Join(folder, s.Name+".png"), shot)
	for _, line := range w.heard() {
		t.Errorf("%s: console: %s", s.Path, line)
	}
	// Looking needs scripts of our own, which the tab allows again before the next page.
	if err := w.allowScripts(ctx, true); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.allowScripts(w.ctx, w.scripts); err != nil {
			t.Fatal(err)
		}
	}()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[seen](look, chromedp.EvalAsValue))
	if err != nil {
		t.Fatalf("look at %s: %v", s.Path, err)
	}
	if got.Title == "" || got.Lang != "en-GB" || got.Headings != 1 {
		t.Errorf("%s has the title %q, the language %q and %d main headings", s.Path, got.Title, got.Lang, got.Headings)
	}
	if got.Wide > 0 {
		t.Errorf("%s is %d pixels too wide for %d, because of %s", s.Path, got.Wide, w.size.Width, got.Widest)
	}
	w.axes(ctx, t, s)
}

// press fills in and sends a form. In a tab without scripts the page's own were never run, so the browser alone sends it.
func (w *walk) press(ctx context.Context, t *testing.T, s Stop) {
	t.Helper()
	if err := w.allowScripts(ctx, true); err != nil {
		t.Fatal(err)
	}
	fill, err := json.Marshal(s.Fill)
	if err != nil {
		t.Fatal(err)
	}
	do := fmt.Sprintf("Object.entries(%s || {}).forEach(([id, v]) => { document.getElementById(id).value = v }); document.querySelector(%q).click(); 0", fill, s.Press)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](do)); err != nil {
		t.Fatalf("press %s on %s: %v", s.Press, s.Path, err)
	}
	tick := time.NewTicker(20 * time.Millisecond) // the browser is another process, whose doings cannot be waited for otherwise
	defer tick.Stop()
	for {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("document.readyState === 'complete' && document.querySelector(%q) !== null", s.Await)))
		if there && err == nil {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: nothing that is %s came after %s was pressed", s.Path, s.Await, s.Press)
		}
	}
	if err := w.allowScripts(ctx, w.scripts); err != nil {
		t.Fatal(err)
	}
}

type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

const runAxe = `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 300))})))`

// axes runs axe-core with all its rules.
func (w *walk) axes(ctx context.Context, t *testing.T, s Stop) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](w.axe+"; 0")); err != nil {
		t.Fatalf("axe on %s: %v", s.Path, err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](runAxe, chromedp.EvalAsValue, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("axe on %s: %v", s.Path, err)
	}
	for _, v := range found {
		t.Errorf("%s: axe %s: %s\n\t%s", s.Path, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
}

// keep writes a screenshot under EARSHOT_SCREENSHOTS, where that is set.
func keep(t *testing.T, name string, png []byte) {
	t.Helper()
	root := os.Getenv("EARSHOT_SCREENSHOTS")
	if root == "" {
		return
	}
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// SignIn signs somebody in over HTTP, without a browser, and returns the cookies that Browse takes.
func SignIn(t testing.TB, baseURL, email, password string) []*http.Cookie {
	t.Helper()
	jar := &cookies{}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	token := formToken(t, client, baseURL+"/sign-in")
	res, err := client.PostForm(baseURL+"/sign-in", url.Values{"email": {email}, "password": {password}, "form_token": {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in answers %s", res.Status)
	}
	return jar.all
}

// Welcome follows a one-time link and sets a password; for the first administrator email and name count.
func Welcome(t testing.TB, link, email, name, password string) []*http.Cookie {
	t.Helper()
	jar := &cookies{}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	token := formToken(t, client, link)
	res, err := client.PostForm(link, url.Values{"email": {email}, "name": {name}, "password": {password}, "form_token": {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the one-time link answers %s", res.Status)
	}
	return jar.all
}
