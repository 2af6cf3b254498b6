package web_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/cmd/triage/web/webtest"
	"earshot/escalate"
	"earshot/settings"
)

// cookies are what b holds for the pages.
func (b *browser) cookies() []*http.Cookie {
	u, _ := url.Parse(b.w.http.URL)
	return b.http.Jar.Cookies(u)
}

// The pages of a comms officer and of an administrator, full, in a real browser.
func TestBrowserFindsNothingWrong(t *testing.T) {
	w := newWorld(t)
	seed(w)
	hostile(w)
	w.draws = []quality.Draw{drawOf(hostileID, complaintID, abuseID)}
	answered(w, 60)
	w.folder.Classifier = settings.Classifier{On: "local-1", Trial: "local-2", Versions: []settings.ClassifierVersion{{Name: "local-1", Base: "base", Made: start},
		{Name: "local-2", Base: "base", Made: start, HeldOut: []settings.HeldOut{{Stage: "fast", N: 60, Old: 0.6, New: 0.7, Low: 0.02, High: 0.18}}}}}
	comms := w.as(t, casework.Comms)
	incident := w.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})[0].ID
	token := w.signer.Sign(incident, "publicity@marrowby.example", start.Add(time.Hour))
	sent := report(t, comms, map[string][]byte{"one.png": picture(t)})
	if sent.status != http.StatusSeeOther {
		t.Fatalf("report = %d %s", sent.status, sent.text())
	}
	t.Run("comms", func(t *testing.T) {
		webtest.Browse(t, w.http.URL, comms.cookies(), []webtest.Stop{
			{Name: "today", Path: "/"}, {Name: "search", Path: "/search"}, {Name: "search-words", Path: "/search?q=bin+tag%3Acomplaint"},
			{Name: "search-nothing", Path: "/search?q=zeppelin"}, {Name: "search-mistake", Path: "/search?q=tag%3Acomplant", Status: http.StatusBadRequest},
			{Name: "case", Path: casePath(complaintID)}, {Name: "case-covered", Path: casePath(abuseID)}, {Name: "case-hostile", Path: casePath(hostileID)},
			{Name: "incidents", Path: "/incidents"}, {Name: "incident", Path: "/incidents/" + url.PathEscape(incident)}, {Name: "ack", Path: "/ack/" + token},
			{Name: "ack-forged", Path: "/ack/forged", Status: http.StatusForbidden}, {Name: "report", Path: "/report"},
			{Name: "reported", Path: sent.header.Get("Location")}, {Name: "sources", Path: "/sources"}, {Name: "sources-platforms", Path: "/platforms"},
			{Name: "sources-platform", Path: "/platforms/megaphone"}, {Name: "sources-source", Path: "/sources/town-blog"}, {Name: "import", Path: "/import"}, {Name: "settings", Path: "/settings"},
			{Name: "setting", Path: "/settings/files/council.yaml"}, {Name: "numbers", Path: "/numbers"},
			{Name: "sample", Path: "/numbers/audit"}, {Name: "audit", Path: "/audit"},
			{Name: "help", Path: "/help"}, {Name: "not-found", Path: "/nothing-here", Status: http.StatusNotFound},
			{Name: "sign-out", Path: "/sign-out"}, {Name: "role", Path: "/settings/people", Status: http.StatusForbidden},
		}...)
	})
	t.Run("admin", func(t *testing.T) {
		admin := w.as(t, casework.Admin)
		webtest.Browse(t, w.http.URL, admin.cookies(), []webtest.Stop{{Name: "admin-today", Path: "/"}, {Name: "people", Path: "/settings/people"},
			{Name: "tokens", Path: "/settings/tokens"}, {Name: "admin-sources", Path: "/sources"}, {Name: "platforms", Path: "/platforms"},
			{Name: "platform", Path: "/platforms/megaphone"}, {Name: "source", Path: "/sources/town-blog"},
			{Name: "source-remove", Path: "/sources/town-blog/remove"},
			{Name: "source-problems", Path: "/platforms/megaphone", Fill: map[string]string{"name": "", "every": "often"}, Press: "button[value=save]", Await: "#problem"},
			{Name: "source-tried", Path: "/platforms/megaphone", Fill: map[string]string{"option-square": "Market Square", "key-token": megaphoneToken},
				Press: "button[value=test]", Await: "#result"},
			{Name: "source-tried-in-vain", Path: "/platforms/megaphone", Fill: map[string]string{"option-square": "Market Square", "key-token": "wrong"},
				Press: "button[value=test]", Await: "#result"},
			{Name: "source-saved", Path: "/platforms/megaphone", Fill: map[string]string{"option-square": "Market Square", "key-token": megaphoneToken},
				Press: "button[value=save]", Await: "[role=status] .govuk-notification-banner__heading"}}...)
	})
	t.Run("nobody", func(t *testing.T) {
		webtest.Browse(t, w.http.URL, nil, []webtest.Stop{{Name: "sign-in", Path: "/sign-in"}, {Name: "sign-in-ended", Path: "/sign-in?ended=1"}}...)
	})
	t.Run("empty", func(t *testing.T) {
		bare := newWorld(t)
		link, needed, err := bare.server.FirstAdminLink(t.Context())
		if err != nil || !needed {
			t.Fatalf("FirstAdminLink = %v, %v", needed, err)
		}
		officer := bare.as(t, casework.Comms)
		webtest.Browse(t, bare.http.URL, officer.cookies(), []webtest.Stop{{Name: "empty-today", Path: "/"}, {Name: "empty-search", Path: "/search"},
			{Name: "empty-incidents", Path: "/incidents"}, {Name: "empty-sources", Path: "/sources"}, {Name: "empty-audit", Path: "/audit"},
			{Name: "empty-numbers", Path: "/numbers"},
			{Name: "empty-sample", Path: "/numbers/audit"}, {Name: "welcome", Path: link}}...)
	})
}
