package webtest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// listen notes what goes wrong in the page.
func (w *walk) listen(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		w.console = append(w.console, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		// A page that answers 404 or 400 on purpose is an error to the console, not to us.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
			w.console = append(w.console, e.Entry.Text)
		}
	}
}

// heard returns what was noted since it was last asked.
func (w *walk) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := w.console
	w.console = nil
	return lines
}

func (w *walk) allowScripts(ctx context.Context, yes bool) error {
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !yes})
	return err
}

// Resize gives the tab of ctx a size.
func Resize(ctx context.Context, s Size) error {
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: s.Width, Height: s.Height, DeviceScaleFactor: 1, Mobile: s == Phone})
	return err
}

// SetCookies gives the tab of ctx cookies for baseURL.
func SetCookies(ctx context.Context, baseURL string, cookies []*http.Cookie) error {
	for _, c := range cookies {
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: baseURL}); err != nil {
			return err
		}
	}
	return nil
}

// cookies is a jar for one site that shows what it holds.
type cookies struct{ all []*http.Cookie }

// SetCookies keeps the newest of each name; one that has ended is forgotten.
func (c *cookies) SetCookies(_ *url.URL, fresh []*http.Cookie) {
	for _, f := range fresh {
		var kept []*http.Cookie
		for _, k := range c.all {
			if k.Name != f.Name {
				kept = append(kept, k)
			}
		}
		if f.MaxAge >= 0 {
			kept = append(kept, f)
		}
		c.all = kept
	}
}

// Cookies returns all of them.
func (c *cookies) Cookies(*url.URL) []*http.Cookie { return c.all }

func formToken(t testing.TB, client *http.Client, address string) string {
	t.Helper()
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	token, ok := doc.Find("input[name=form_token]").First().Attr("value")
	if !ok {
		t.Fatalf("%s has no form", address)
	}
	return token
}
