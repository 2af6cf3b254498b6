package web_test

import (
	"bytes"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/cmd/triage/web"
	"earshot/escalate"
)

func (w *world) events(id string) []casework.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recs[id].Events
}

// counted is what earshot_web_refused_total holds for a reason.
func (w *world) counted(t *testing.T, reason string) float64 {
	t.Helper()
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "earshot_web_refused_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no metric for %q", reason)
	return 0
}

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	path := casePath(complaintID) + "/acts"
	before := len(w.events(complaintID))
	good := func() url.Values {
		return url.Values{"type": {"noted"}, "note": {"x"}, "form_token": {b.token()}}
	}
	for name, tc := range map[string]struct {
		form   url.Values
		head   []string
		reason string
	}{
		"another site":     {good(), []string{"Sec-Fetch-Site", "cross-site"}, "cross_site"},
		"another origin":   {good(), []string{"Origin", "https://evil.example"}, "cross_site"},
		"no token":         {url.Values{"type": {"noted"}, "note": {"x"}}, nil, "form_token"},
		"a wrong token":    {url.Values{"type": {"noted"}, "note": {"x"}, "form_token": {"AAAA"}}, nil, "form_token"},
		"as multipart":     {good(), []string{"Content-Type", "multipart/form-data; boundary=x"}, "form_token"},
		"as JSON":          {good(), []string{"Content-Type", "application/json"}, "form_token"},
		"token of another": {url.Values{"type": {"noted"}, "note": {"x"}, "form_token": {w.as(t, casework.HR).token()}}, nil, "form_token"},
	} {
		counted := w.counted(t, tc.reason)
		r := b.request(http.MethodPost, path, strings.NewReader(tc.form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(tc.head); i += 2 {
			r.Header.Set(tc.head[i], tc.head[i+1])
		}
		res := b.do(r)
		if res.status != http.StatusForbidden || len(res.find(".govuk-body-l")) < 20 {
			t.Errorf("%s = %d %q", name, res.status, res.find(".govuk-body-l"))
		}
		if got := w.counted(t, tc.reason); got != counted+1 {
			t.Errorf("%s: counted %v refusals for %s, want %v", name, got, tc.reason, counted+1)
		}
	}
	if n := len(w.events(complaintID)); n != before {
		t.Errorf("%d events were added by refused forms", n-before)
	}
	if res := b.post(path, good()); res.status != http.StatusSeeOther || len(w.events(complaintID)) != before+1 {
		t.Errorf("the page's own form = %d", res.status)
	}
}

func TestAnAPICallWithACookieNeedsTheFormToken(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	path := "/api/v1/mentions/" + url.PathEscape(complaintID) + "/events"
	r := b.request(http.MethodPost, path, strings.NewReader(`{"type":"acknowledged"}`))
	if res := b.do(r); res.status != http.StatusForbidden {
		t.Errorf("without = %d %s", res.status, res.body)
	}
	token := b.token()
	r = b.request(http.MethodPost, path, strings.NewReader(`{"type":"acknowledged"}`))
	r.Header.Set("X-Form-Token", token)
	if res := b.do(r); res.status != http.StatusCreated {
		t.Errorf("with = %d %s", res.status, res.body)
	}
}

func TestAnEndedSessionLeadsBackAfterSigningIn(t *testing.T) {
	for name, end := range map[string]func(*world, *browser){
		"not used for 8 hours": func(w *world, _ *browser) { w.pass(8*time.Hour + time.Minute) },
		"seven days old": func(w *world, b *browser) {
			for range 24 * 7 / 4 { // in use all the time
				w.pass(4 * time.Hour)
				b.get("/help")
			}
			w.pass(time.Hour)
		},
	} {
		w := newWorld(t)
		b := w.as(t, casework.Comms)
		w.pass(7 * time.Hour)
		if res := b.get("/search?q=bins"); res.status != http.StatusOK {
			t.Fatalf("%s: within time = %d", name, res.status)
		}
		end(w, b)
		res := b.get("/search?q=bins")
		to, _ := url.Parse(res.header.Get("Location"))
		if res.status != http.StatusSeeOther || to.Path != "/sign-in" || to.Query().Get("next") != "/search?q=bins" || to.Query().Get("ended") != "1" {
			t.Fatalf("%s: after = %d to %s", name, res.status, to)
		}
		page := b.get(to.String())
		if !strings.Contains(page.text(), "signed out because Earshot was not used") {
			t.Errorf("%s: the page does not say why: %s", name, page.text())
		}
		in := b.submit("/sign-in", url.Values{"email": {"comms@marrowby.example"}, "password": {password}, "next": {to.Query().Get("next")}})
		if in.header.Get("Location") != "/search?q=bins" {
			t.Errorf("%s: signing in again leads to %q", name, in.header.Get("Location"))
		}
		if w.counted(t, "old_session") < 1 {
			t.Errorf("%s: nothing was counted", name)
		}
	}
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	for next, want := range map[string]string{
		"/search?q=a": "/search?q=a", "": "/", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "/sign-out": "/",
		"javascript:alert(1)": "/", "/%2f%2fevil.example": "/", "/cases/a%2Fb": "/cases/a%2Fb", "/\t/evil.example": "/",
	} {
		if got := web.LocalPath(next); got != want {
			t.Errorf("after signing in with next=%q one is sent to %q, want %q", next, got, want)
		}
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Comms)
	u, _ := url.Parse(w.http.URL)
	old := b.http.Jar.Cookies(u)
	if res := b.submit("/sign-out", url.Values{}); res.status != http.StatusSeeOther {
		t.Fatalf("sign out = %d", res.status)
	}
	thief := w.browser(t)
	thief.http.Jar.SetCookies(u, old)
	if res := thief.get("/search"); res.status != http.StatusSeeOther {
		t.Errorf("the old cookie still opens a page: %d", res.status)
	}
}

func TestGuessingIsHeldBackWithoutLockingOthersOut(t *testing.T) {
	w := newWorld(t)
	w.as(t, casework.Comms)
	try := func(b *browser, address, password string) *answer {
		form := url.Values{"email": {"comms@marrowby.example"}, "password": {password}, "form_token": {b.token()}}
		r := b.request(http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", "203.0.113.250, "+address) // the part before the last was not written by our proxy
		return b.do(r)
	}
	guesser, owner := w.browser(t), w.browser(t)
	limited := 0
	for range 12 {
		switch res := try(guesser, "203.0.113.9", "wrong guess number n"); res.status {
		case http.StatusTooManyRequests:
			limited++
			if res.header.Get("Retry-After") == "" || !strings.Contains(res.find("#problem"), "wait") {
				t.Errorf("the refusal says nothing: %s", res.find("#problem"))
			}
		case http.StatusUnprocessableEntity:
		default:
			t.Fatalf("guess = %d", res.status)
		}
	}
	if limited != 12-5 {
		t.Errorf("%d of 12 guesses were held back, want 7", limited)
	}
	if res := try(owner, "198.51.100.4", password); res.status != http.StatusSeeOther {
		t.Errorf("the owner at another address = %d %s", res.status, res.text())
	}
	for range 3 { // the right password gives all tries back
		for range 4 {
			try(owner, "198.51.100.4", "a slip of the finger")
		}
		if res := try(owner, "198.51.100.4", password); res.status != http.StatusSeeOther {
			t.Fatalf("the owner after four slips = %d", res.status)
		}
		w.pass(10 * time.Second) // for the address's own limit
	}
	w.pass(40 * time.Second)
	if res := try(guesser, "203.0.113.9", password); res.status != http.StatusSeeOther {
		t.Errorf("after waiting = %d", res.status)
	}
}

func TestCookiesAndHeaders(t *testing.T) {
	w := newWorld(t, func(c *web.Config) { c.PublicURL = "https://earshot.example.gov.uk" })
	res := w.browser(t).get("/sign-in")
	cookie := res.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-earshot-visitor=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %s", cookie, part)
		}
	}
	csp := res.header.Get("Content-Security-Policy")
	nonce, _ := res.doc().Find("script").Attr("nonce")
	if res.doc().Find("script").Length() > 0 && (nonce == "" || !strings.Contains(csp, "'nonce-"+nonce+"'")) {
		t.Errorf("script nonce %q, policy %q", nonce, csp)
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %s", part)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is unsafe: %s", csp)
	}
	for head, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if got := res.header.Get(head); got != want {
			t.Errorf("%s = %q", head, got)
		}
	}
	again := w.browser(t).get("/sign-in").header.Get("Content-Security-Policy")
	if again == csp {
		t.Error("two answers have one nonce")
	}
}

func TestAckLinkNeedsTheButton(t *testing.T) {
	w := newWorld(t)
	seed(w)
	list := w.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{Audience: escalate.AudienceHR})
	if len(list) == 0 {
		t.Fatal("no incident of HR")
	}
	id, mention := list[0].ID, list[0].Mentions[0]
	token := w.signer.Sign(id, "hr@marrowby.example", w.now().Add(time.Hour))
	b := w.browser(t)
	before := len(w.events(mention))
	page := b.get("/ack/" + token)
	if page.status != http.StatusOK || page.find("button.ear-wide") != "Acknowledge" || strings.Contains(page.text(), "Abuse") || strings.Contains(page.text(), "scum") {
		t.Errorf("GET = %d %s", page.status, page.text())
	}
	if n := len(w.events(mention)); n != before {
		t.Errorf("looking at the page added %d events", n-before)
	}
	if res := b.submit("/ack/"+token, url.Values{}); res.status != http.StatusSeeOther {
		t.Fatalf("POST = %d %s", res.status, res.text())
	}
	events := w.events(mention)
	last := events[len(events)-1]
	if len(events) != before+1 || last.Type != casework.Acknowledged || last.Wall != casework.HRWall || last.By.ID == "" || last.Incident != id {
		t.Errorf("the button added %+v", last)
	}
	if got, _ := w.ledger.Get(casework.Viewer{Role: casework.System}, id); got.Acknowledged.IsZero() {
		t.Error("the incident is not acknowledged")
	}
	b.submit("/ack/"+token, url.Values{})
	if n := len(w.events(mention)); n != before+1 {
		t.Errorf("pressing it twice added %d events", n-before)
	}
	old := w.signer.Sign(id, "hr@marrowby.example", w.now().Add(-time.Second))
	for name, bad := range map[string]string{"forged": token[:len(token)-4] + "AAAA", "empty": "x", "too old": old} {
		counted := w.counted(t, "bad_link")
		if res := b.get("/ack/" + bad); res.status != http.StatusForbidden || !strings.Contains(res.find(".govuk-body-l"), "link") {
			t.Errorf("%s = %d %q", name, res.status, res.find(".govuk-body-l"))
		}
		if w.counted(t, "bad_link") != counted+1 {
			t.Errorf("%s was not counted", name)
		}
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	w := newWorld(t)
	hostile(w)
	b := w.as(t, casework.Comms)
	paths := []string{"/", "/search", "/search?q=" + url.QueryEscape(`"><script>alert(1)</script>`), "/numbers", "/audit"}
	for i := range hostileTexts {
		paths = append(paths, casePath(hostileID+strings.Repeat("x", i)))
	}
	for _, p := range paths {
		res := b.get(p)
		if res.status >= 500 || res.status == http.StatusNotFound {
			t.Errorf("GET %s = %d", p[:min(len(p), 60)], res.status)
		}
		doc := res.doc()
		if n := doc.Find("main script, main img[onerror], main svg[onload], [href^='javascript:'], [href^='data:'], [src^='data:']").Length(); n > 0 {
			t.Errorf("GET %s: %d elements came alive", p[:min(len(p), 60)], n)
		}
		if bytes.Contains(res.body, []byte("ZgotmplZ")) {
			t.Errorf("GET %s: a link was left for the template to refuse", p[:min(len(p), 60)])
		}
		if bytes.Contains(res.body, []byte("argon2id")) || doc.Find("main").Length() != 1 || doc.Find("footer").Length() != 1 {
			t.Errorf("GET %s: the page was broken open", p[:min(len(p), 60)])
		}
	}
}

func TestAPanicIsOnePageWithAReference(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(c *web.Config) {
		c.Log = newLog(&log)
		c.Settings = nil
		c.Health = func() (none []healthOf) { panic("secret words in a panic") }
	})
	b := w.as(t, casework.Comms)
	res := b.get("/sources")
	reference := res.header.Get("X-Reference")
	if res.status != http.StatusInternalServerError || !strings.Contains(res.text(), reference) || reference == "" {
		t.Errorf("page = %d %s", res.status, res.text())
	}
	if bytes.Contains(res.body, []byte("secret words")) || !strings.Contains(log.String(), reference) {
		t.Errorf("the page tells of our insides, or the log lacks the reference %s", reference)
	}
	if b.get("/help").status != http.StatusOK {
		t.Error("everything else does not go on")
	}
}

// A browser behind https has its cookies bound to the host; over plain HTTP it can still sign in.
func TestSignInOverHTTPS(t *testing.T) {
	w := newWorld(t)
	srv := httptest.NewTLSServer(w.server.Handler())
	defer srv.Close()
	w.as(t, casework.Comms)
	jar, _ := cookiejar.New(nil)
	client := srv.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b := &browser{t, &world{http: srv, server: w.server}, client}
	res := b.submit("/sign-in", url.Values{"email": {"comms@marrowby.example"}, "password": {password}})
	if res.status != http.StatusSeeOther || !strings.Contains(strings.Join(res.header.Values("Set-Cookie"), "\n"), "__Host-earshot=") {
		t.Errorf("sign in = %d, cookies %q", res.status, res.header.Values("Set-Cookie"))
	}
}
