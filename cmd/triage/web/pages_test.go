package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/settings"
	"earshot/sources"
)

func mention(id, text string, age time.Duration) sources.Mention {
	platform, _, _ := strings.Cut(id, ":")
	return sources.Mention{ID: id, Platform: platform, Kind: sources.Post, Text: text, CreatedAt: start.Add(-age), LangDetected: "en",
		Author: sources.Author{Handle: "writer", Name: "A Writer"}, Permalink: "https://" + platform + ".example/1"}
}

func reasonFor(text, words, label, why string) classify.Reason {
	i := strings.Index(text, words)
	return classify.Reason{Label: label, Start: i, End: i + len(words), Why: why}
}

// The seeded world: one mention of each kind that pages show differently.
const (
	complaintID = "bluesky:at://did:plc:abc/app.bsky.feed.post/3k"
	abuseID     = "facebook:1_2"
	threatID    = "x:99"
	ownID       = "report:OWN1"
	plainID     = "mastodon:https://m.example/@a/5"
)

func seed(w *world) {
	text := "You left my brown bin AGAIN. Ask Dawn Pettit, she knows nothing."
	m := mention(complaintID, text, 2*time.Hour)
	m.ThreadID = "bluesky:thread"
	w.add(classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Labels: []classify.Label{classify.Complaint, classify.JuniorOfficer},
		Scores: map[classify.Label]float64{classify.Complaint: 0.97, classify.JuniorOfficer: 0.7}, Service: "waste", Model: "fast@1", At: start.Add(-time.Hour),
		Officers: []classify.Officer{{Name: "Dawn Pettit", Grade: settings.Junior, Start: strings.Index(text, "Dawn"), End: strings.Index(text, ",")}},
		Reasons:  []classify.Reason{reasonFor(text, "left my brown bin AGAIN", "complaint", "a missed collection"), reasonFor(text, "Dawn Pettit", "junior_officer", "Dawn Pettit is on the roster")}}})
	reply := mention("bluesky:at://did:plc:abc/app.bsky.feed.post/4k", "Same here in Westgate", time.Hour)
	reply.ThreadID = "bluesky:thread"
	w.add(classify.Tagged{Mention: reply, Verdict: classify.Verdict{ID: reply.ID, Model: "fast@1"}})

	text = "The planning officer is vile scum"
	staff := "staff"
	w.add(classify.Tagged{Mention: mention(abuseID, text, 3*time.Hour), Verdict: classify.Verdict{ID: abuseID, Labels: []classify.Label{classify.Abuse}, Target: &staff,
		Scores: map[classify.Label]float64{classify.Abuse: 0.99}, Model: "fast@1", Reasons: []classify.Reason{reasonFor(text, "vile scum", "abuse", "an insult at a person")}}})
	w.add(classify.Tagged{Mention: mention(threatID, "I will burn the town hall down tonight", 4*time.Hour),
		Verdict: classify.Verdict{ID: threatID, Risk: []classify.Risk{classify.Threat}, Model: "fast@1"}})
	own := mention(ownID, "They call me names in a group", 5*time.Hour)
	own.Kind, own.Relation, own.Reporter = sources.Report, "me", "staff-1"
	w.add(classify.Tagged{Mention: own, Verdict: classify.Verdict{ID: ownID, Model: "fast@1"}})
	w.add(classify.Tagged{Mention: mention(plainID, "The library opens on Sunday", 30*time.Hour), Verdict: classify.Verdict{ID: plainID, Model: "fast@1"}})

	escalated := func(id, audience string, wall casework.Wall, due time.Duration, reason escalate.Reason) casework.Event {
		e := casework.Event{ID: casework.DerivedID("esc", id, audience), Mention: id, Type: casework.Escalated, At: start.Add(-time.Hour), Wall: wall,
			By: casework.Actor{Kind: "system", ID: "route"}, Incident: "inc-" + audience + "-" + id[:3], Audience: audience, Route: "default-" + audience,
			Group: id, Reasons: []string{string(reason)}}
		if due != 0 {
			e.Due = start.Add(due)
		}
		return e
	}
	must(w.Append(context.Background(), []casework.Event{
		escalated(complaintID, escalate.AudienceComms, "", 40*time.Hour, escalate.ReasonComplaint),
		escalated(threatID, escalate.AudienceOnCall, "", -30*time.Minute, escalate.ReasonThreat),
		escalated(abuseID, escalate.AudienceHR, casework.HRWall, 0, escalate.ReasonAbuseStaff),
		escalated(ownID, escalate.AudienceHR, casework.HRWall, 0, escalate.ReasonOwnReport),
	}))
	w.notices = []escalate.Notice{{Source: "feed", Name: "Marrowby Mercury", Trouble: escalate.TroubleAnswer, Sentence: "the feed answers with a web page instead of a feed",
		Since: start.Add(-2 * time.Hour), Raised: start.Add(-time.Hour)},
		{Source: "town-blog", Name: "Town <b>Blog</b>", Trouble: escalate.TroubleQuiet, Since: start.Add(-20 * time.Hour), Raised: start.Add(-19 * time.Hour), Well: start.Add(-time.Minute)}}
	w.health = []sources.Health{
		{Source: "bsky", Kind: "bluesky", Name: "Bluesky", State: "running", LastSuccess: start.Add(-time.Minute), LastMention: start.Add(-time.Hour), Rhythm: "36h0m0s", Accepted: 12},
		{Source: "feed", Kind: "feed", Name: "Marrowby Mercury", State: "failing", Sentence: "the feed answers with a web page instead of a feed", Failures: 3,
			Sweep: "Deleted and edited posts are noticed late."},
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func casePath(id string) string { return "/cases/" + url.PathEscape(id) }

// Every page answers each role with what the table of routes says, and never with a fault of ours.
func TestEveryPageRenders(t *testing.T) {
	w := newWorld(t)
	seed(w)
	comms := w.as(t, casework.Comms)
	incident := w.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})
	if len(incident) == 0 {
		t.Fatal("the ledger shows comms no incident")
	}
	for path, want := range map[string]string{
		"/": "Today", "/search": "Search", "/search?q=bin": "Search", casePath(complaintID): "Complaint on Bluesky",
		casePath(abuseID): "Abuse on Facebook", "/incidents": "Incidents", "/incidents/" + url.PathEscape(incident[0].ID): "Incident " + incident[0].Reference,
		"/report": "Report a post", "/sources": "Sources", "/settings": "Settings", "/settings/files/terms.yaml": "terms.yaml",
		"/numbers": "Numbers", "/numbers/audit": "Weekly sample", "/audit": "Audit", "/help": "Help", "/sign-out": "Sign out",
	} {
		res := comms.get(path)
		if res.status != http.StatusOK || res.find("h1") != want {
			t.Errorf("GET %s = %d, heading %q; want %q\n%s", path, res.status, res.find("h1"), want, res.text())
		}
		if n := res.doc().Find("h1").Length(); n != 1 {
			t.Errorf("GET %s has %d main headings", path, n)
		}
	}
}
