package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/settings"
	"earshot/sources"

	"github.com/PuerkitoBio/goquery"
)

// drawOf is this week's sample of the mentions given, all of one stratum of ten times as many.
func drawOf(ids ...string) quality.Draw {
	d := quality.Draw{Week: "2026-W46", From: start.AddDate(0, 0, -11), To: start.AddDate(0, 0, -4), At: start.AddDate(0, 0, -4),
		Strata: []quality.Stratum{{Name: "complaint", Of: 10 * len(ids), Drawn: len(ids)}}}
	for _, id := range ids {
		d.Picks = append(d.Picks, quality.Pick{ID: id, Stratum: "complaint"})
	}
	return d
}

// answered adds a week whose sample of n mentions is tagged: a third are complaints found, a third complaints judged trolling, a third
// nothing at all.
func answered(w *world, n int) {
	d := drawOf()
	d.Week = "2026-W45"
	d.Strata = []quality.Stratum{{Name: "plain", Of: 10 * n, Drawn: n}}
	var events []casework.Event
	for i := range n {
		m := mention(fmt.Sprintf("x:aud%d", i), "a mention of the sample", 100*time.Hour)
		v := classify.Verdict{ID: m.ID, Model: "fast@1", Labels: []classify.Label{}, Scores: map[classify.Label]float64{classify.Complaint: 0.1}}
		e := casework.Event{ID: m.ID, Mention: m.ID, Type: casework.Audited, At: start.Add(-time.Hour), By: casework.Actor{Kind: "person", ID: "p"},
			Sample: &casework.Sampled{Week: d.Week, Stratum: "plain", Of: 10 * n, Drawn: n}}
		switch i % 3 {
		case 0:
			v.Labels, v.Scores[classify.Complaint], e.Labels = []classify.Label{classify.Complaint}, 0.9, []classify.Label{classify.Complaint}
		case 1:
			v.Labels, e.Labels = []classify.Label{classify.Trolling}, []classify.Label{classify.Complaint}
		}
		e.Judged = casework.JudgedBy(&v)
		w.add(classify.Tagged{Mention: m, Verdict: v})
		events = append(events, e)
		d.Picks = append(d.Picks, quality.Pick{ID: m.ID, Stratum: "plain"})
	}
	w.draws = append(w.draws, d)
	must(w.Append(context.Background(), events))
}

// The officer sees the words and nothing of what the classifier thinks; after the answer both stand side by side, in the record too.
func TestTheSampleHidesTheVerdictUntilItIsAnswered(t *testing.T) {
	w := newWorld(t)
	seed(w)
	w.draws = []quality.Draw{drawOf(complaintID, abuseID)}
	b := w.as(t, casework.Comms)
	page := b.get("/numbers/audit")
	main, _ := page.doc().Find("main").Html()
	if page.status != http.StatusOK || !strings.Contains(page.find("blockquote"), "left my brown bin AGAIN") {
		t.Fatalf("sample = %d %s", page.status, page.text())
	}
	if page.doc().Find("main .govuk-tag, .ear-tags, [checked]").Length() != 0 || strings.Contains(main, "fast@1") || strings.Contains(main, "missed collection") ||
		strings.Contains(main, url.PathEscape(complaintID)) {
		t.Errorf("the page tells the verdict or leads to it: %s", main)
	}
	if n := page.doc().Find("input[name=label]").Length(); n != len(classify.Labels) {
		t.Errorf("%d labels to choose from", n)
	}
	id, _ := page.doc().Find("input[name=event]").Attr("value")
	for range 2 { // sending the form twice answers once
		res := b.submit("/numbers/audit", url.Values{"mention": {complaintID}, "event": {id}, "label": {"trolling"}})
		if want := "/numbers/audit?after=" + url.QueryEscape(complaintID); res.status != http.StatusSeeOther || res.header.Get("Location") != want {
			t.Fatalf("answer = %d to %q", res.status, res.header.Get("Location"))
		}
	}
	events := w.events(complaintID)
	e := events[len(events)-1]
	if len(events) != 2 || e.Type != casework.Audited || !slices.Equal(e.Labels, []classify.Label{classify.Trolling}) || e.Judged == nil || e.Judged.Model != "fast@1" ||
		e.Judged.Scores[classify.Complaint] != 0.97 || e.Sample == nil || *e.Sample != (casework.Sampled{Week: "2026-W46", Stratum: "complaint", Of: 20, Drawn: 2}) {
		t.Fatalf("recorded %+v", e)
	}
	page = b.get("/numbers/audit?after=" + url.QueryEscape(complaintID))
	if got := page.find("#last"); !strings.Contains(got, "You said: Trolling. Earshot had said: Complaint, Junior officer named.") {
		t.Errorf("after the answer: %q", got)
	}
	if got := page.find("blockquote"); got != "The planning officer is vile scum" {
		t.Errorf("the next mention is %q", got)
	}
	b.submit("/numbers/audit", url.Values{"mention": {abuseID}, "event": {"x"}, "label": {"abuse"}})
	if page = b.get("/numbers/audit"); !strings.Contains(page.text(), "2 of 2 are done") || page.doc().Find("form[action='/numbers/audit']").Length() != 0 {
		t.Errorf("at the end: %s", page.text())
	}
	if got := b.get(casePath(complaintID)).find(".ear-timeline"); !strings.Contains(got, "Tagged for the weekly sample") {
		t.Errorf("the history is silent about it: %s", got)
	}
}

func TestOnlyTheSampleIsAnswered(t *testing.T) {
	w := newWorld(t)
	seed(w)
	gone := mention("x:gone", "", time.Hour)
	gone.State = sources.Deleted
	w.add(classify.Tagged{Mention: gone, Verdict: classify.Verdict{ID: gone.ID, Model: "fast@1"}})
	w.draws = []quality.Draw{drawOf("x:gone", "x:never", ownID, complaintID)}
	b := w.as(t, casework.Comms)
	if page := b.get("/numbers/audit"); !strings.Contains(page.text(), "3 of 4 are done") || !strings.Contains(page.find("blockquote"), "brown bin") {
		t.Errorf("what is gone or walled does not count as done: %s", page.text())
	}
	for id, status := range map[string]int{threatID: http.StatusUnprocessableEntity, "x:gone": http.StatusUnprocessableEntity, ownID: http.StatusNotFound, "": http.StatusUnprocessableEntity} {
		before := len(w.book.Decisions())
		if res := b.submit("/numbers/audit", url.Values{"mention": {id}, "label": {"abuse"}}); res.status != status {
			t.Errorf("%q = %d, want %d", id, res.status, status)
		}
		if len(w.book.Decisions()) != before {
			t.Errorf("%q was recorded", id)
		}
	}
	if res := b.submit("/numbers/audit", url.Values{"mention": {complaintID}, "label": {"rude"}}); res.status != http.StatusBadRequest {
		t.Errorf("a label that is none = %d", res.status)
	}
}

// A conversation around a mention may be long, and none of it is about the council.
func TestNumbersCountNoContext(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Comms)
	for i := range 150 {
		m := mention(fmt.Sprint("x:around", i), "and you?", time.Duration(8*i)*time.Hour)
		if m.MatchedBy = []string{sources.MatchedThread}; i%50 == 0 {
			m.MatchedBy = []string{"keyword:council"}
		}
		w.add(classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Model: "fast@1", Labels: []classify.Label{classify.Complaint}}})
	}
	page := b.get("/numbers?days=90")
	if !strings.Contains(page.text(), "3 mentions in the last 90 days") || page.doc().Find("#drift-few").Length() != 1 {
		t.Errorf("the page says %s", page.text())
	}
	for _, table := range []string{"By day", "By tag", "By platform"} {
		sum := 0
		page.doc().Find("table").FilterFunction(func(_ int, e *goquery.Selection) bool { return e.Find("caption").Text() == table }).Find("td").Each(func(_ int, e *goquery.Selection) {
			n, _ := strconv.Atoi(e.Text())
			sum += n
		})
		if sum != 3 {
			t.Errorf("%s adds up to %d, want 3", table, sum)
		}
	}
	path, _ := page.doc().Find("p.govuk-body a[href^='/search']").Attr("href")
	if list := b.get(path); !strings.Contains(list.text(), "3 mentions") {
		t.Errorf("%s leads to other mentions than were counted: %s", path, list.text())
	}
}

func TestNumbersSayHowGoodTheTagsAre(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Comms)
	page := b.get("/numbers")
	if !strings.Contains(page.find("#rates-few"), "nothing to show yet") || !strings.Contains(page.find("#drift-few"), "too few") || page.doc().Find("#rates").Length() != 0 {
		t.Errorf("without any answer: %s", page.text())
	}
	answered(w, 90)
	for i := range 120 { // eight weeks of complaints before
		m := mention(fmt.Sprint("x:old", i), "old", time.Duration(200+8*i)*time.Hour)
		w.add(classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Model: "fast@1", Labels: []classify.Label{classify.Complaint}}})
	}
	page = b.get("/numbers")
	row := page.find("#rates tbody tr")
	if !strings.HasPrefix(row, "Complaint100 % (9") || !strings.Contains(row, "50 % (4") {
		t.Errorf("complaints: %q", row)
	}
	if got := page.find("#rates tbody tr:nth-child(3)"); got != "Abusetoo few yet: 0 of 10too few yet: 0 of 10" {
		t.Errorf("abuse: %q", got)
	}
	if got := page.find("#dismissed"); !strings.Contains(got, "50 % (") || page.doc().Find("#dismissed + ul a").Length() != 10 {
		t.Errorf("complaints judged trolling: %q", got)
	}
	if got := page.find("#calibration tbody tr:nth-child(1)"); !strings.Contains(got, "0 % to 20 %said 10 %, found 50 % (60 answers)") {
		t.Errorf("calibration: %q", got)
	}
	if got := page.find("#drift tbody tr"); !strings.Contains(got, "Complaint33 %100 %-67 points, more than chance explains") {
		t.Errorf("drift: %q", got)
	}
	if page := w.as(t, casework.Admin).get("/numbers"); page.doc().Find("#dismissed + ul").Length() != 0 || page.doc().Find("a[href='/numbers/audit']").Length() != 0 {
		t.Error("an administrator is led to cases or to the sample")
	}
}

// A version is switched on by a person, what was in force before goes on trial, and it can be switched back.
func TestAPersonSwitchesVersions(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Comms)
	if got := b.get("/numbers").find("#versions-none"); !strings.Contains(got, "triage train") {
		t.Errorf("before any training: %q", got)
	}
	held := []settings.HeldOut{{Stage: "fast", N: 60, Old: 0.6, New: 0.7, Low: 0.02, High: 0.18}}
	w.folder.Classifier = settings.Classifier{On: "local-1", Trial: "local-2", Versions: []settings.ClassifierVersion{
		{Name: "local-0", Base: "another"}, {Name: "local-1", Base: "base"}, {Name: "local-2", Base: "base", Made: start, Fitted: 240, HeldOut: held}}}
	page := b.get("/numbers")
	if got := page.find("#learnt tbody tr"); !strings.Contains(got, "local-2") || !strings.Contains(got, "240 decisions") ||
		!strings.Contains(got, "better: mean F1 0.70 for 0.60, difference +0.10 (+0.02 to +0.18) on 60 audited mentions") || !strings.Contains(got, "on trial") {
		t.Errorf("the newest version: %q", got)
	}
	if got := page.find("#learnt tbody tr:nth-child(3)"); !strings.Contains(got, "older version of the program") {
		t.Errorf("a version of another model: %q", got)
	}
	for _, step := range []struct{ version, on, trial string }{{"local-2", "local-2", "local-1"}, {"local-1", "local-1", "local-2"}, {"", "", "local-1"}} {
		if res := b.submit("/numbers/versions", url.Values{"version": {step.version}}); res.status != http.StatusSeeOther {
			t.Fatalf("switch to %q = %d", step.version, res.status)
		}
		if c := w.folder.Classifier; c.On != step.on || c.Trial != step.trial || len(w.switchedBy) == 0 {
			t.Errorf("after %q: %q in force, %q on trial, by %q", step.version, c.On, c.Trial, w.switchedBy)
		}
	}
	if res := b.submit("/numbers/versions", url.Values{"version": {"local-9"}}); res.status != http.StatusUnprocessableEntity || w.folder.Classifier.On != "" {
		t.Errorf("a version that is none = %d", res.status)
	}
	if page := w.as(t, casework.HR).get("/numbers"); page.doc().Find("form[action='/numbers/versions']").Length() != 0 {
		t.Error("HR is offered a switch")
	}
}
