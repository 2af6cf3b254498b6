package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/cmd/triage/web"
	"earshot/escalate"
	"earshot/internal/machinetest"

	"github.com/PuerkitoBio/goquery"
)

// Every number on Today is exactly what its link finds.
func TestTodaysNumbersAreTheirLinks(t *testing.T) {
	w := newWorld(t)
	seed(w)
	for _, role := range []casework.Role{casework.Comms, casework.HR, casework.Monitoring, casework.ServiceMan} {
		b := w.as(t, role)
		page := b.get("/")
		checked, positive := 0, 0
		page.doc().Find(".ear-numbers a, .ear-big a").Each(func(_ int, a *goquery.Selection) {
			want := strings.Fields(a.Text())[0]
			res := b.get(a.AttrOr("href", ""))
			got, ok := res.doc().Find("#found").Attr("data-total")
			if !ok || got != want {
				t.Errorf("%s: %q leads to %q: %s", role, strings.Join(strings.Fields(a.Text()), " "), got, res.find("#problem"))
			}
			checked++
			if want != "0" {
				positive++
			}
		})
		if checked < 8 || role == casework.Comms && positive < 4 {
			t.Errorf("%s: %d numbers, %d of them not zero, prove little", role, checked, positive)
		}
	}
}

func TestMarkingAsSeen(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	page := b.get("/")
	at, _ := page.doc().Find("input[name=at]").Attr("value")
	w.pass(time.Minute)
	w.add(classify.Tagged{Mention: mention("x:later", "a new one", -30*time.Second)}) // after the page was made, before the button
	if res := b.submit("/seen", url.Values{"at": {at}}); res.status != http.StatusSeeOther {
		t.Fatalf("seen = %d", res.status)
	}
	if got := b.get("/").find(".ear-big"); !strings.HasPrefix(got, "1 published since you last marked them as seen") {
		t.Errorf("after marking: %q", got)
	}
	if got := w.as(t, casework.Monitoring).get("/").find(".ear-big"); strings.HasPrefix(got, "1 ") {
		t.Errorf("somebody else's mark changed: %q", got)
	}
}

func TestWhatEachRoleSeesOfACase(t *testing.T) {
	w := newWorld(t)
	seed(w)
	comms, hr := w.as(t, casework.Comms), w.as(t, casework.HR)
	page := comms.get(casePath(complaintID))
	if strings.Contains(string(page.body), "Pettit") || !strings.Contains(page.find("blockquote"), "[junior officer]") {
		t.Errorf("comms reads the junior officer's name: %s", page.find("blockquote"))
	}
	if got := hr.get(casePath(complaintID)).find("blockquote"); !strings.Contains(got, "Dawn Pettit") {
		t.Errorf("HR reads %q", got)
	}
	page = comms.get(casePath(abuseID))
	if open := page.doc().Find("blockquote").First().Text(); strings.Contains(open, "vile scum") || !strings.Contains(open, "covered words") {
		t.Errorf("abusive words are not covered: %q", open)
	}
	if hidden := page.find("details.ear-cover blockquote"); !strings.Contains(hidden, "vile scum") {
		t.Errorf("they cannot be asked for: %q", hidden)
	}
	if page.doc().Find("details.ear-cover[open]").Length() != 0 {
		t.Error("they are open from the start")
	}
	for _, gone := range []string{"Aimed at", "default-hr", "Escalated"} {
		if strings.Contains(page.text(), gone) {
			t.Errorf("comms sees %q of HR's part", gone)
		}
	}
	if !strings.Contains(page.find(".ear-tags"), "With HR") {
		t.Errorf("comms does not see where it is: %s", page.find(".ear-tags"))
	}
	page = hr.get(casePath(abuseID))
	for _, there := range []string{"Aimed at a member of staff", "default-hr", "With HR only", "Support offered"} {
		if !strings.Contains(page.text(), there) {
			t.Errorf("HR does not see %q", there)
		}
	}
	if n := page.doc().Find("input[name=type][value=relabelled]").Length(); n != 0 {
		t.Error("HR is offered a step that does nothing behind the wall")
	}
	if res := w.as(t, casework.ServiceMan).get(casePath(abuseID)); res.status != http.StatusNotFound {
		t.Errorf("another service's mention = %d", res.status)
	}
	if res := comms.get("/search?q=names"); strings.Contains(res.text(), "call me names") || res.doc().Find("[data-row]").Length() != 0 {
		t.Errorf("search tells comms of a report about oneself: %s", res.text())
	}
}

func TestReasonsAreMarkedAndNumbered(t *testing.T) {
	w := newWorld(t)
	seed(w)
	page := w.as(t, casework.HR).get(casePath(complaintID))
	var marks []string
	page.doc().Find("blockquote mark").Each(func(_ int, m *goquery.Selection) { marks = append(marks, m.Text()) })
	if len(marks) != 2 || !strings.HasPrefix(marks[0], "left my brown bin AGAIN") || !strings.HasSuffix(marks[0], "1") || !strings.HasPrefix(marks[1], "Dawn Pettit") {
		t.Errorf("marks %q", marks)
	}
	if got := page.find("#reason-1"); got != "Complaint: A missed collection." {
		t.Errorf("reason 1 = %q", got)
	}
	if got := page.find(".ear-tags"); !strings.Contains(got, "Complaint very sure") || !strings.Contains(got, "Junior officer named fairly sure") {
		t.Errorf("tags %q", got)
	}
}

func TestActsOnACase(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	path := casePath(complaintID)
	do := func(form url.Values, state string) *answer {
		t.Helper()
		w.pass(time.Second)
		res := b.submit(path+"/acts", form)
		if res.status != http.StatusSeeOther {
			t.Fatalf("%v = %d %s", form, res.status, res.text())
		}
		page := b.get(res.header.Get("Location"))
		if page.find(".govuk-notification-banner__heading") == "" {
			t.Errorf("%v: nothing says that it was done", form)
		}
		if got := page.find(".ear-facts dd"); got != state {
			t.Errorf("%v leads to %q, want %q", form, got, state)
		}
		return page
	}
	do(url.Values{"type": {"assigned"}, "owner": {"me"}}, "New")
	do(url.Values{"type": {"acknowledged"}}, "Acknowledged")
	page := do(url.Values{"type": {"relabelled"}, "label": {"trolling"}, "risk": {"safeguarding"}, "service": {"parks"}, "why": {"read again"}}, "Acknowledged")
	if got := page.find(".ear-tags"); !strings.Contains(got, "Trolling set by an officer") || !strings.Contains(got, "Safeguarding") || strings.Contains(got, "Complaint") {
		t.Errorf("tags after relabelling: %q", got)
	}
	do(url.Values{"type": {"noted"}, "note": {"asked the crew <b>"}}, "Acknowledged")
	do(url.Values{"type": {"held"}}, "Holding reply sent")
	page = do(url.Values{"type": {"replied"}, "link": {"https://bsky.example/reply"}}, "Answered")
	if href, _ := page.doc().Find(".ear-timeline a[href='https://bsky.example/reply']").Attr("rel"); !strings.Contains(href, "noreferrer") {
		t.Error("the link to the reply is not in the history")
	}
	do(url.Values{"type": {"closed"}, "why": {"answered"}}, "Closed")
	page = do(url.Values{"type": {"reopened"}}, "New")
	undo := page.doc().Find(".ear-timeline input[name=undoes]").Last().AttrOr("value", "")
	page = do(url.Values{"type": {"undone"}, "undoes": {undo}}, "Closed")
	if !strings.Contains(page.find(".ear-timeline"), "Opened again (undone)") {
		t.Errorf("history: %s", page.find(".ear-timeline"))
	}
	for name, form := range map[string]url.Values{"closing without why": {"type": {"closed"}}, "an empty note": {"type": {"noted"}}, "a type of the system's": {"type": {"escalated"}}} {
		if res := b.submit(path+"/acts", form); res.status != http.StatusUnprocessableEntity && res.status != http.StatusBadRequest || len(res.find(".govuk-body-l")) < 15 {
			t.Errorf("%s = %d %q", name, res.status, res.find(".govuk-body-l"))
		}
	}
}

func TestHRActsBehindItsWall(t *testing.T) {
	w := newWorld(t)
	seed(w)
	if res := w.as(t, casework.HR).submit(casePath(abuseID)+"/acts", url.Values{"type": {"support_offered"}, "note": {"rang her"}}); res.status != http.StatusSeeOther {
		t.Fatalf("act = %d %s", res.status, res.text())
	}
	events := w.events(abuseID)
	if last := events[len(events)-1]; last.Wall != casework.HRWall || last.By.Role != casework.HR {
		t.Errorf("event %+v", last)
	}
	if page := w.as(t, casework.Comms).get(casePath(abuseID)); strings.Contains(page.text(), "rang her") || strings.Contains(page.text(), "Support offered") && strings.Contains(page.find(".ear-timeline"), "Support offered") {
		t.Error("comms reads HR's note")
	}
	if page := w.as(t, casework.Comms).get("/audit"); strings.Contains(page.text(), "rang her") || strings.Contains(page.text(), "Support offered") {
		t.Error("comms reads HR's act in the audit")
	}
}

func TestActsOnAnIncident(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	i := w.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{Audience: escalate.AudienceComms})[0]
	path := "/incidents/" + url.PathEscape(i.ID)
	if page := b.get(path); page.doc().Find("[data-row]").Length() != len(i.Mentions) || page.find("[data-key=a]") != "Acknowledge" {
		t.Errorf("incident page: %s", page.text())
	}
	if res := b.submit(path+"/acts", url.Values{"type": {"acknowledged"}}); res.status != http.StatusSeeOther {
		t.Fatalf("acknowledge = %d %s", res.status, res.text())
	}
	if page := b.get(path); !strings.Contains(page.find(".govuk-summary-list"), "Acknowledged by Comms Person") {
		t.Errorf("after: %s", page.find(".govuk-summary-list"))
	}
	if res := b.submit(path+"/acts", url.Values{"type": {"closed"}}); res.status != http.StatusUnprocessableEntity {
		t.Errorf("closing without why = %d", res.status)
	}
	if res := b.submit(path+"/acts", url.Values{"type": {"closed"}, "why": {"done"}}); res.status != http.StatusSeeOther {
		t.Errorf("close = %d %s", res.status, res.text())
	}
	if got := b.get("/incidents").text(); strings.Contains(got, i.Reference) {
		t.Error("a closed incident is among the open ones")
	}
	if got := b.get("/incidents?show=all").text(); !strings.Contains(got, i.Reference) {
		t.Error("a closed incident cannot be found")
	}
	hrs := w.ledger.List(casework.Viewer{Role: casework.HR}, escalate.Filter{Audience: escalate.AudienceHR})[0]
	if res := b.get("/incidents/" + url.PathEscape(hrs.ID)); res.status != http.StatusNotFound {
		t.Errorf("comms opens HR's incident: %d", res.status)
	}
}

func TestSearchPage(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	res := b.get("/search?q=" + url.QueryEscape(`"missed my bin`))
	link := res.doc().Find("a:has(code)")
	if res.status != http.StatusBadRequest || link.Length() != 1 || !strings.Contains(res.find("#problem"), "There is a problem") {
		t.Fatalf("broken quote = %d %s", res.status, res.text())
	}
	if v, _ := res.doc().Find("#q").Attr("value"); v != `"missed my bin` {
		t.Errorf("what was typed is lost: %q", v)
	}
	if mended := b.get(link.AttrOr("href", "")); mended.status != http.StatusOK {
		t.Errorf("the mended query = %d %s", mended.status, mended.text())
	}
	if w.counted(t, "bad_query") != 1 {
		t.Error("the mistake was not counted")
	}
	page := b.get("/search?q=bin")
	if got := page.find("mark.ear-match"); got != "bin" {
		t.Errorf("marked %q", got)
	}
	// Every facet leads to as many mentions as it says, and away again.
	page = b.get("/search")
	n := 0
	page.doc().Find(".ear-facet a").Each(func(_ int, a *goquery.Selection) {
		n++
		want := a.Find(".ear-facet__n").Text()
		narrowed := b.get(a.AttrOr("href", ""))
		if got := narrowed.doc().Find("#found").AttrOr("data-total", "?"); got != want {
			t.Errorf("facet %s leads to %s", strings.Join(strings.Fields(a.Text()), " "), got)
		}
		back, ok := narrowed.doc().Find(".ear-facet a[aria-current]").First().Attr("href")
		if !ok || b.get(back).doc().Find("#found").AttrOr("data-total", "?") != page.doc().Find("#found").AttrOr("data-total", "") {
			t.Errorf("facet %s cannot be taken away again", a.AttrOr("href", ""))
		}
	})
	if n < 8 {
		t.Errorf("only %d facet values", n)
	}
}

func TestPagesOfResults(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.add(classify.Tagged{Mention: mention("x:"+strconv.Itoa(i), "words", time.Duration(i)*time.Minute)})
	}
	b := w.as(t, casework.Comms)
	var walked []string
	ids := func(a *answer) (out []string) {
		a.doc().Find("[data-open]").Each(func(_ int, s *goquery.Selection) { out = append(out, s.AttrOr("href", "")) })
		return out
	}
	page := b.get("/search")
	first := ids(page)
	for range 5 {
		walked = append(walked, ids(page)...)
		next, ok := page.doc().Find("a[rel=next]").Attr("href")
		if !ok {
			break
		}
		page = b.get(next)
	}
	if len(walked) != 60 || len(slices.Compact(slices.Sorted(slices.Values(walked)))) != 60 {
		t.Errorf("the pages hold %d mentions", len(walked))
	}
	for range 2 {
		page = b.get(page.doc().Find("a[rel=prev]").AttrOr("href", "/none"))
	}
	if !slices.Equal(ids(page), first) {
		t.Error("going back does not lead to the first page")
	}
}

func TestAFaultBehindIsAPageAndNotMore(t *testing.T) {
	w := newWorld(t)
	w.failing = errors.New("bleve: /var/lib/secret is broken")
	b := w.as(t, casework.Comms)
	res := b.get("/search?q=a")
	if res.status != http.StatusInternalServerError || strings.Contains(string(res.body), "secret") || !strings.Contains(res.text(), "Reference") {
		t.Errorf("fault = %d %s", res.status, res.text())
	}
	w.failing = fmt.Errorf("search: %w", &web.Busy{Why: "the index is being rebuilt", After: 9 * time.Second})
	res = b.get("/search?q=a")
	if res.status != http.StatusServiceUnavailable || res.header.Get("Retry-After") != "9" || !strings.Contains(res.text(), "The index is being rebuilt") {
		t.Errorf("busy = %d %s", res.status, res.text())
	}
}

func TestSettingsPage(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Comms)
	send := func(name, content string) *answer {
		t.Helper()
		body := "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n" + b.token() + "\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
			"\"\r\n\r\n" + content + "\r\n--x--\r\n"
		r := b.request("POST", "/settings/files", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		return b.do(r)
	}
	if res := send("terms.yaml", "broken"); res.status != http.StatusUnprocessableEntity || !strings.Contains(res.find("#problem"), "terms.yaml, line 3: the colon is missing.") {
		t.Errorf("broken file = %d %q", res.status, res.find("#problem"))
	}
	if res := send("terms.yaml", "good"); res.status != http.StatusSeeOther || w.imports != 1 {
		t.Errorf("good file = %d, %d taken", res.status, w.imports)
	}
	if res := send("holding.txt", "good"); res.status != http.StatusSeeOther || w.imported != "templates/holding.txt" {
		t.Errorf("template = %d as %q", res.status, w.imported)
	}
	if res := b.get("/settings/files/secret.key"); res.status != http.StatusNotFound {
		t.Errorf("another file = %d", res.status)
	}
}

func TestStaffAndAdministratorsHaveTheirOwnFirstPage(t *testing.T) {
	w := newWorld(t)
	seed(w)
	if res := w.as(t, casework.Staff).get("/"); res.header.Get("Location") != "/report" {
		t.Errorf("staff begin at %q", res.header.Get("Location"))
	}
	page := w.as(t, casework.Admin).get("/")
	if page.status != http.StatusOK || page.doc().Find("[data-row]").Length() == 0 || page.doc().Find("form[action$='/acts']").Length() != 0 || !strings.Contains(page.text(), "Marrowby Mercury") {
		t.Errorf("the administrator's first page = %d %s", page.status, page.text())
	}
	if page := w.as(t, casework.Admin).get("/sources"); !strings.Contains(page.text(), "instead of a feed. Deleted and edited posts are noticed late.") {
		t.Errorf("the sources page does not say what is late: %s", page.text())
	}
}

// A case that only asks whether abuse is meant says so, offers the answer as one button, and asks no more once it was given.
func TestASuspicionIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	w.add(classify.Tagged{Mention: mention("x:suspect", "that officer again", time.Hour), Verdict: classify.Verdict{ID: "x:suspect", Labels: []classify.Label{classify.Abuse},
		Unsure: []classify.Label{classify.Abuse}, Scores: map[classify.Label]float64{classify.Abuse: 0.5}}})
	must(w.Append(t.Context(), []casework.Event{{ID: "e1", Mention: "x:suspect", Type: casework.Escalated, At: start, Incident: "i1", Audience: "comms",
		Reasons: []string{casework.ConfirmAbuse}, By: casework.Actor{Kind: "system", ID: "route"}}}))
	b := w.as(t, casework.Comms)
	page := b.get(casePath("x:suspect"))
	if got := page.find(".ear-case__side button"); got != "Yes, abuse is meant" {
		t.Errorf("the first button is %q", got)
	}
	if got := page.find(".ear-tags"); !strings.Contains(got, "Abuse not sure") {
		t.Errorf("tags %q", got)
	}
	if res := b.submit(casePath("x:suspect")+"/acts", url.Values{"type": {"confirmed"}}); res.status != http.StatusSeeOther {
		t.Fatalf("confirm = %d %s", res.status, res.text())
	}
	if got := b.get(casePath("x:suspect")).text(); strings.Contains(got, "Yes, abuse is meant") {
		t.Error("it is asked again")
	}
}

// What a first visit costs over the wire, without pictures, and that built files may be kept for good.
func TestAFirstVisitIsSmall(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	page := b.get("/")
	total, files := len(page.body), 0
	page.doc().Find("link[rel=stylesheet], script[src]").Each(func(_ int, s *goquery.Selection) {
		r := b.request(http.MethodGet, s.AttrOr("href", s.AttrOr("src", "")), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		res := b.do(r)
		if res.status != http.StatusOK || res.header.Get("Content-Encoding") != "gzip" || !strings.Contains(res.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s = %d %v", r.URL.Path, res.status, res.header)
		}
		total += len(res.body)
		files++
	})
	if files == 0 {
		machinetest.Need(t, "the built assets: run make assets")
	}
	if total > 100_000 {
		t.Errorf("a first visit is %d bytes, more than 100 kB", total)
	}
	if res := b.get("/static/README"); res.status != http.StatusNotFound {
		t.Errorf("what is no built file = %d", res.status)
	}
}

// TestFirstAndConsideredReading: the case says in words what the considered reading changed, in its history too, and the incident says what of it
// is taken back.
func TestFirstAndConsideredReading(t *testing.T) {
	var verdicts []classify.Verdict
	w := newWorld(t, func(c *web.Config) {
		c.Verdicts = func(context.Context, casework.Viewer, string) ([]classify.Verdict, error) { return verdicts, nil }
	})
	seed(w)
	b := w.as(t, casework.Comms)
	if page := b.get(casePath(complaintID)); page.doc().Find(".ear-readings").Length() != 0 {
		t.Errorf("one reading is compared with itself: %s", page.find(".ear-readings"))
	}
	tagged := w.recs[complaintID].Tagged
	fast := tagged.Verdict
	fast.Stage, fast.Labels = classify.Fast, []classify.Label{classify.Trolling, classify.Complaint}
	tagged.Verdict.Stage, tagged.Verdict.At = classify.Considered, fast.At.Add(-time.Second) // by a clock that is behind
	verdicts = []classify.Verdict{tagged.Verdict, fast}
	w.add(tagged)
	page := b.get(casePath(complaintID))
	if got := page.find(".ear-readings li:nth-child(1)"); !strings.HasPrefix(got, "First reading") || !strings.HasSuffix(got, ": Trolling, Complaint.") {
		t.Errorf("first: %q", got)
	}
	if got := page.find(".ear-readings li:nth-child(2)"); !strings.HasPrefix(got, "Considered reading") || !strings.HasSuffix(got, "It adds Junior officer named and takes back Trolling.") {
		t.Errorf("considered: %q", got)
	}
	if got := page.find(".ear-timeline"); strings.Count(got, "Tagged") != 2 || !strings.Contains(got, "It adds Junior officer named and takes back Trolling.") {
		t.Errorf("history: %s", got)
	}
	i := w.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{Audience: escalate.AudienceComms})[0]
	path := "/incidents/" + url.PathEscape(i.ID)
	if got := b.get(path).find(".govuk-inset-text"); got != "" {
		t.Errorf("before anything is taken back: %q", got)
	}
	event := casework.Event{ID: "again", Mention: i.Mentions[0], Type: casework.Reconsidered, At: start, By: casework.Actor{Kind: "system", ID: "escalate"},
		Why: "a closer reading no longer finds: Complaint", Incident: i.ID, Reasons: []string{"complaint"}}
	if err := w.Append(t.Context(), []casework.Event{event}); err != nil {
		t.Fatal(err)
	}
	if got := b.get(path).find(".govuk-inset-text"); !strings.Contains(got, "no longer Complaint, in this mention") {
		t.Errorf("after: %q", got)
	}
	if got := b.get(casePath(i.Mentions[0])).find(".ear-timeline"); !strings.Contains(got, "Read again") || !strings.Contains(got, "no longer finds: Complaint") {
		t.Errorf("history of the mention: %s", got)
	}
}

// A change of tags keeps what the classifier had said beside what the officer says, and nobody can make it say something else.
func TestRelabelledKeepsBothVerdicts(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	if res := b.submit(casePath(complaintID)+"/acts", url.Values{"type": {"relabelled"}, "label": {"trolling"}}); res.status != http.StatusSeeOther {
		t.Fatalf("relabel = %d %s", res.status, res.text())
	}
	res := b.bearer(casework.Comms, http.MethodPost, "/api/v1/mentions/"+url.PathEscape(complaintID)+"/events",
		`{"type":"confirmed","judged":{"model":"forged@1","labels":["abuse"]},"sample":{"week":"2026-W01","stratum":"none","of":9,"drawn":1}}`)
	if res.status != http.StatusCreated {
		t.Fatalf("confirm = %d %s", res.status, res.body)
	}
	events := w.events(complaintID)
	for _, e := range events[len(events)-2:] {
		if e.Judged == nil || e.Judged.Model != "fast@1" || e.Judged.Scores[classify.Complaint] != 0.97 || !slices.Contains(e.Judged.Labels, classify.Complaint) || e.Sample != nil {
			t.Errorf("%s keeps %+v, sample %+v", e.Type, e.Judged, e.Sample)
		}
	}
	if got := events[len(events)-2].Labels; !slices.Equal(got, []classify.Label{classify.Trolling}) {
		t.Errorf("the officer said %v", got)
	}
}
