package escalate_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
)

// audiences counts the incidents of each audience.
func (k *desk) audiences() map[string]int {
	out := map[string]int{}
	for _, i := range k.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{}) {
		out[i.Audience]++
	}
	return out
}

func in(t *testing.T, fn func(t *testing.T, k *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		defer func() { k.stop() }()
		fn(t, k)
	})
}

func TestOnlyWhatIsNewIsEscalated(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		m := tagged("1", "1", "x", "complaint")
		k.hand(m)
		k.hand(m) // delivered again
		if n := len(k.log.All()); n != 1 {
			t.Fatalf("%d events, want 1", n)
		}
		considered := tagged("1", "1", "x", "complaint", "inaccuracy")
		considered.Verdict.Stage = classify.Considered
		k.hand(considered, considered)
		events := k.log.All()
		if len(events) != 2 || events[1].Type != casework.Joined || fmt.Sprint(events[1].Reasons) != "[inaccuracy]" || events[1].Incident != events[0].Incident {
			t.Fatalf("%+v", events)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(k.box.All()); n != 1 {
			t.Errorf("%d mails, want 1: %q", n, k.subjects())
		}
	})
}

func TestEditAfterClosingOpensANewIncidentForWhatIsNew(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "1", "x", "complaint"))
		time.Sleep(time.Minute)
		k.acts(person("1", casework.Closed))
		time.Sleep(time.Minute)
		k.hand(tagged("1", "1", "x edited", "complaint", "inaccuracy"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := k.audiences(); got["comms"] != 2 || len(k.box.All()) != 2 {
			t.Fatalf("%v, %q", got, k.subjects())
		}
		if c := casework.Fold(k.log.All()); c.State != casework.New {
			t.Errorf("the case is %q, want new again", c.State)
		}
	})
}

func TestPersonsWordStandsAgainstVerdicts(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		old := tagged("1", "1", "x", "complaint") // judged before the person looked
		time.Sleep(time.Minute)
		clear := person("1", casework.Relabelled) // not a complaint at all
		k.acts(clear)
		k.hand(old)
		time.Sleep(time.Minute)
		k.hand(tagged("1", "1", "x", "complaint")) // judged again, the same words
		if got := k.audiences(); len(got) != 0 {
			t.Fatalf("%v", got)
		}
		k.hand(tagged("1", "1", "x edited into a threat", "complaint", "!threat"))
		if got := k.audiences(); got["on_call"] != 1 || got["comms"] != 0 {
			t.Fatalf("%v", got)
		}
	})
}

func TestRelabelledIsRoutedAnew(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		m := tagged("1", "1", "x", "complaint")
		k.hand(m)
		time.Sleep(time.Minute)
		synctest.Wait()
		r := person("1", casework.Relabelled)
		r.Labels, r.Target = []classify.Label{classify.Abuse}, "member"
		k.acts(r)
		k.acts(r) // delivered again
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := k.audiences(); got["monitoring"] != 1 || got["comms"] != 1 || len(k.box.To(monitoring)) != 1 {
			t.Fatalf("%v %q", got, k.subjects())
		}
		comms := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})
		if len(comms) != 1 || comms[0].Open() {
			t.Errorf("nothing is left of the complaint, yet it is open: %+v", comms)
		}
	})
}

func TestConfirmedSuspicionGoesOn(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "1", "x", "abuse:0.6", "@staff"))
		time.Sleep(time.Minute)
		synctest.Wait()
		k.want(comms + ": Possible abuse to confirm · Facebook · Waste and recycling · answer by Wed 08:30")
		k.acts(person("1", casework.Confirmed))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(k.box.To(hr)) != 1 || k.audiences()["hr"] != 1 {
			t.Fatalf("%v %q", k.audiences(), k.subjects())
		}
		asked := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})
		if len(asked) != 1 || asked[0].Open() {
			t.Errorf("comms answered and is still asked: %+v", asked)
		}
		if c := (casework.Viewer{Role: casework.Comms}).Case(casework.Fold(k.log.All())); c.State != casework.WithHR || len(c.With) != 1 {
			t.Errorf("%+v", c)
		}
	})
}

func TestReferredByHand(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		r := person("unseen", casework.Referred) // never escalated, not in state.db
		r.Audience = escalate.AudienceOnCall
		k.acts(r)
		synctest.Wait()
		if got := k.box.To(first); len(got) != 1 {
			t.Fatalf("%q", k.subjects())
		}
	})
}

func TestNewRiskAfterSomebodyAcknowledgedTheFirst(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "t", "x", "!threat"))
		synctest.Wait()
		k.acts(person("1", casework.Acknowledged))
		k.hand(tagged("2", "t", "x", "!threat"))
		synctest.Wait()
		if n := len(k.box.To(first)); n != 2 {
			t.Fatalf("%d mails, want one for each: %q", n, k.subjects())
		}
	})
}

func TestTrollingIsACaseWithoutMail(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "t", "x", "trolling"))
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		k.want()
		if c := casework.Fold(k.log.All()); c.State != casework.New || k.audiences()["comms"] != 1 {
			t.Errorf("%+v", c)
		}
		if got := k.ledger.Unsent(compile(t, nil), time.Now()); len(got) != 0 {
			t.Errorf("counted as unsent: %v", got)
		}
	})
}

func TestQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.folder.Council.QuietHours = ""
		k.start()
		defer func() { k.stop() }()
		k.hand(tagged("1", "1", "x", "complaint"), tagged("2", "2", "x", "!threat")) // Saturday, 1 January 2000, 00:00 UTC
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if len(k.box.To(comms)) != 0 || len(k.box.To(first)) == 0 {
			t.Fatalf("at the weekend: %q", k.subjects())
		}
		time.Sleep(8*time.Hour + 30*time.Minute)
		synctest.Wait()
		if got := k.box.To(comms); len(got) != 1 || got[0].Date.Hour() != 8 || got[0].Date.Weekday() != time.Monday {
			t.Fatalf("%q", k.subjects())
		}
	})
}

func TestDeletedPostIsSaidToBeGone(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "1", "the words", "complaint"))
		gone := tagged("1", "1", "")
		gone.Mention.State = sources.Deleted
		k.hand(gone)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := k.box.All(); len(got) != 1 || !contains(got[0].Text, "no longer shows this post") || contains(got[0].Text, "the words") {
			t.Fatalf("%+v", got)
		}
	})
}

func TestErasedWordsLeaveStateToo(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "t", "the secret words", "complaint"), tagged("2", "t", "other words", "complaint"))
		e := person("1", casework.Erased)
		k.acts(e)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := k.box.All(); len(got) != 1 || contains(got[0].Text, "secret") || !contains(got[0].Text, "other words") {
			t.Fatalf("%+v", got)
		}
	})
}

func TestReminder(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "1", "x", "complaint"))
		time.Sleep(time.Minute)
		k.hand(tagged("2", "1", "x", "complaint"))
		time.Sleep(escalate.Reminder)
		synctest.Wait()
		got := k.box.All()
		if len(got) != 2 || got[1].Subject != "Reminder: Complaint (2 mentions) · Facebook · Waste and recycling · answer by Wed 08:30" || got[1].InReplyTo != got[0].MessageID {
			t.Fatalf("%q", k.subjects())
		}
	})
}

func TestMetricsAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.open()
		k.close()
		reg := prometheus.NewRegistry()
		d, err := escalate.Open(escalate.Config{Dir: k.dir, Table: compile(t, nil), Ledger: escalate.NewLedger(), Notifier: k.box, Journal: k.log,
			PublicURL: "https://e.example", Signer: escalate.NewSigner(nil), Metrics: escalate.NewMetrics(reg)})
		if err != nil {
			t.Fatal(err)
		}
		k.d = d
		gone := tagged("4", "4", "x")
		gone.Mention.State = sources.Deleted
		k.hand(tagged("1", "1", "x", "complaint"), tagged("1", "1", "x", "complaint"), tagged("2", "2", "x"), gone, tagged("3", "3", "x", "abuse", "@both"))
		k.close()
		sum := map[string]float64{}
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				sum[f.GetName()] += m.GetCounter().GetValue()
			}
		}
		if sum["earshot_escalate_tagged_total"] != 5 || sum["earshot_escalate_escalated_total"] != 2 || sum["earshot_escalate_dropped_total"] != 3 ||
			sum["earshot_escalate_incidents_total"] != 3 {
			t.Errorf("%v", sum)
		}
	})
}

func TestOneMentionOneEventForAnInbox(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "1", "x", "complaint", "inaccuracy", "junior_officer", "!threat"))
		events := k.log.All()
		if len(events) != 2 || fmt.Sprint(events[0].Reasons)+fmt.Sprint(events[1].Reasons) != "[complaint junior_officer inaccuracy][threat]" {
			t.Fatalf("%+v", events)
		}
	})
}

func TestVerdictFromBeforeClosingStaysQuiet(t *testing.T) {
	in(t, func(t *testing.T, k *desk) {
		k.hand(tagged("1", "1", "x", "complaint"))
		late := tagged("1", "1", "x", "complaint", "inaccuracy") // judged before the person closed, delivered after
		time.Sleep(time.Minute)
		k.acts(person("1", casework.Closed))
		k.hand(late)
		if got := k.audiences(); got["comms"] != 1 {
			t.Fatalf("%v", got)
		}
	})
}
