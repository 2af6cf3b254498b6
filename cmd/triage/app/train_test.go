package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/cmd/triage/web"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/topic"
)

var _ web.Learning = learning{}

// publish puts mentions on the log and waits until every stage has them.
func publish(t *testing.T, a *App, ms ...sources.Mention) {
	t.Helper()
	recs := make([]topic.Record, len(ms))
	for i := range ms {
		var err error
		if recs[i], err = topic.EncodeMention(&ms[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.log.Client.Publish(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// audit makes three weeks of samples out of posts of the corpus, tagged as their readers tagged them.
func audited(t *testing.T, a *App) {
	t.Helper()
	worlds, err := corpus.Load("../../../classify/corpus")
	if err != nil {
		t.Fatal(err)
	}
	posts := worlds[1].Posts[:300]
	start := time.Now().AddDate(0, 0, -28).UTC()
	var ms []sources.Mention
	for i, p := range posts {
		ms = append(ms, sources.Mention{ID: "forum:" + p.ID, Platform: "forum", Text: p.Text, CreatedAt: start.Add(time.Duration(i) * time.Minute)})
	}
	publish(t, a, ms...)
	for week := range 3 {
		d := quality.Draw{Week: fmt.Sprintf("2026-W%02d", 10+week), From: start, To: time.Now().UTC(), At: start, Strata: []quality.Stratum{{Name: quality.StratumPlain, Of: 1000, Drawn: 100}}}
		var events []casework.Event
		for i, p := range posts[100*week : 100*week+100] {
			id := "forum:" + p.ID
			rec, err := overlay{a.store, a.recent}.Get(t.Context(), system, id)
			if err != nil {
				t.Fatal(err)
			}
			e := casework.Event{ID: "audit" + id, Mention: id, Type: casework.Audited, At: start.Add(time.Duration(100*week+i) * time.Hour), By: casework.Actor{Kind: "person", ID: "p"},
				Judged: casework.JudgedBy(&rec.Verdict), Sample: &casework.Sampled{Week: d.Week, Stratum: quality.StratumPlain, Of: 1000, Drawn: 100}}
			for _, l := range classify.Labels {
				if p.Has(string(l)) {
					e.Labels = append(e.Labels, l)
				}
			}
			events, d.Picks = append(events, e), append(d.Picks, quality.Pick{ID: id, Stratum: quality.StratumPlain})
		}
		a.escalate.book.Add(events)
		if err := a.putSample(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// What officers said becomes a version on trial, which judges in the shadow until a person switches it on, and can be switched back.
func TestTrainingGoesOnTrialAndIsSwitchedByAPerson(t *testing.T) {
	a := startApp(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if _, err := a.train(ctx, struct{}{}, func(int64, int64) {}); err == nil || !strings.Contains(err.Error(), "too little to learn from: 0 decisions of the 100") {
		t.Errorf("without any answer: %v", err)
	}
	audited(t, a)
	done, err := a.train(ctx, struct{}{}, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if done.Name != "local-1" || done.Fitted < trainLeast || done.Fitted > 215 || !slices.Contains(done.Labels, "complaint") || len(done.HeldOut) != 1 || done.HeldOut[0].N < heldLeast {
		t.Errorf("trained %+v", done)
	}
	t.Logf("trained %+v", done)
	verdict := func(id string) classify.Verdict {
		t.Helper()
		publish(t, a, sources.Mention{ID: id, Platform: "forum", Text: "You never collected my bin again, this is a disgrace", CreatedAt: time.Now()})
		rec, err := overlay{a.store, a.recent}.Get(ctx, system, id)
		if err != nil {
			t.Fatal(err)
		}
		return rec.Verdict
	}
	a.takeUp(a.settings.Current()) // what the subscription does, at once
	if v := verdict("forum:n1"); v.Shadow == nil || v.Shadow.Version != "local-1" || strings.Contains(v.Model, "local") {
		t.Errorf("on trial: model %s, shadow %+v", v.Model, v.Shadow)
	}
	person := casework.Actor{Kind: "person", ID: "anna"}
	for i, step := range []struct{ version, ends string }{{"local-1", "+local-1"}, {"", ""}} {
		if err := a.learning().Switch(ctx, person, step.version); err != nil {
			t.Fatal(err)
		}
		a.takeUp(a.settings.Current())
		v := verdict(fmt.Sprint("forum:s", i))
		if strings.Contains(v.Model, "local") != (step.ends != "") || !strings.HasSuffix(v.Model, step.ends) {
			t.Errorf("after switching to %q: model %s", step.version, v.Model)
		}
	}
	acts, _, err := a.escalate.audit.Acts(ctx, casework.Viewer{Role: casework.Admin}, "", 10)
	acts = slices.DeleteFunc(acts, func(e casework.Event) bool { return e.Type != casework.Switched })
	if err != nil || len(acts) != 3 || acts[0].Type != casework.Switched || acts[0].By.ID != "anna" || acts[0].Why != "switched back to the classifier as it came" ||
		acts[1].Why != "switched on local-1" || acts[2].By.ID != "command line" {
		t.Errorf("the audit lists %+v, %v", acts, err)
	}
	if versions, err := a.store.Settings(ctx, settings.ClassifierFile); err != nil || len(settingsActs(versions)) != 3 {
		t.Errorf("the record has %d changes, %v", len(versions), err)
	}
}

// What is learnt from comes before everything it is measured on.
func TestTheExamIsLaterThanTheLessons(t *testing.T) {
	var decisions []quality.Decision
	d := quality.Draw{Week: "w", Strata: []quality.Stratum{{Name: quality.StratumPlain, Of: 500, Drawn: 50}}}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range 50 {
		id := fmt.Sprint("x:", i)
		d.Picks = append(d.Picks, quality.Pick{ID: id, Stratum: quality.StratumPlain})
		decisions = append(decisions, quality.Decision{Event: id, Mention: id, Type: casework.Audited, At: at.Add(time.Duration(i) * time.Hour), Sample: &casework.Sampled{Week: "w"}},
			quality.Decision{Event: "r" + id, Mention: "r" + id, Type: casework.Relabelled, At: at.Add(time.Duration(i) * time.Hour)})
	}
	fit, held := splitByTime([]quality.Draw{d}, decisions)
	if len(held) != 15 || len(fit) != 70 {
		t.Fatalf("%d lessons, %d in the exam", len(fit), len(held))
	}
	last := slices.MaxFunc(fit, func(x, y quality.Item) int { return x.At.Compare(y.At) }).At
	for _, x := range held {
		if x.Census || x.Weight != 10 || !x.At.After(last) {
			t.Errorf("in the exam: %+v, the last lesson at %s", x, last)
		}
	}
	if fit, held := splitByTime(nil, decisions); fit != nil || held != nil {
		t.Error("without a sample there is something to learn")
	}
}
