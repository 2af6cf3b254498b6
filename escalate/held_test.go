package escalate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/sources"
)

// considered is the considered verdict on the words of t.
func considered(t classify.Tagged, tags ...string) classify.Tagged {
	again := tagged("x", "x", "x", tags...)
	again.Mention, again.Again = t.Mention, true
	again.Verdict.ID, again.Verdict.Stage = t.Mention.ID, classify.Considered
	return again
}

// record is a Lookup that knows a few mentions.
type record struct{ known sync.Map }

func (r *record) Tagged(_ context.Context, id string) (classify.Tagged, error) {
	if t, ok := r.known.Load(id); ok {
		return t.(classify.Tagged), nil
	}
	return classify.Tagged{}, errors.New("not there")
}

// TestWhatIsNoRiskWaitsForTheConsideredVerdict: two minutes at most, over a restart, whatever comes meanwhile; a risk waits for nothing.
func TestWhatIsNoRiskWaitsForTheConsideredVerdict(t *testing.T) {
	const complaint = comms + ": Complaint · Facebook · Waste and recycling · answer by Wed 08:30" // the bubble begins on a Saturday
	for name, c := range map[string]struct {
		first []string // tags of the fast verdict
		then  func(k *desk, fast classify.Tagged)
		after time.Duration // when the mail has left, from the fast verdict
		want  string
	}{
		"nothing comes":           {first: []string{"complaint"}, after: 2*time.Minute + escalate.GroupWait, want: complaint},
		"it is confirmed":         {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.hand(considered(f, "complaint")) }, after: time.Minute + escalate.GroupWait, want: complaint},
		"it is taken back":        {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.hand(considered(f)) }},
		"it is added to":          {first: []string{"trolling"}, then: func(k *desk, f classify.Tagged) { k.hand(considered(f, "complaint")) }, after: time.Minute + escalate.GroupWait, want: complaint},
		"found where nothing was": {then: func(k *desk, f classify.Tagged) { k.hand(considered(f, "complaint")) }, after: time.Minute + escalate.GroupWait, want: complaint},
		"it comes again":          {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.hand(f) }, after: 2*time.Minute + escalate.GroupWait, want: complaint},
		"edited, and the old words are considered": {first: []string{"trolling"}, then: func(k *desk, f classify.Tagged) {
			edited := tagged("1", "1", "other words", "complaint")
			k.hand(edited, considered(f))
		}, after: 3*time.Minute + escalate.GroupWait, want: complaint},
		"edited to nothing": {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.hand(tagged("1", "1", "other words")) }},
		"it is deleted": {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) {
			f.Mention.State = sources.Deleted
			k.hand(f)
		}},
		"a person says otherwise": {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.acts(person("1", casework.Relabelled)) }},
		"a restart":               {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.stop(); k.start() }, after: 2*time.Minute + escalate.GroupWait, want: complaint},
		"a restart without the encoder": {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) {
			k.stop()
			k.within = 0
			k.start()
		}, after: time.Minute + escalate.GroupWait, want: complaint},
		"the record knows better": {first: []string{"complaint"}, then: func(k *desk, f classify.Tagged) { k.lookup.(*record).known.Store(f.Mention.ID, considered(f)) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				k.within, k.lookup = 2*time.Minute, &record{}
				k.start()
				defer func() { k.stop() }()
				fast := tagged("1", "1", "my bin was missed", c.first...)
				k.hand(fast)
				began := time.Now()
				time.Sleep(time.Minute)
				synctest.Wait()
				k.want()
				if all, _ := k.ledger.Count(); all != 0 {
					t.Errorf("%d incidents are open before the considered verdict", all)
				}
				if c.then != nil {
					c.then(k, fast)
				}
				if c.want == "" {
					time.Sleep(time.Hour)
					synctest.Wait()
					k.want()
					if i := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{Audience: escalate.AudienceComms}); len(i) != 0 {
						t.Errorf("incidents: %+v", i)
					}
					return
				}
				time.Sleep(time.Until(began.Add(c.after - time.Second)))
				synctest.Wait()
				k.want()
				time.Sleep(2 * time.Second)
				synctest.Wait()
				k.want(c.want)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				k.want(c.want)
			})
		})
	}
}

// TestRiskWaitsForNoSecondReading: the risk's mail leaves at once, the complaint beside it with the considered verdict.
func TestRiskWaitsForNoSecondReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.within = 2 * time.Minute
		k.start()
		defer func() { k.stop() }()
		fast := tagged("1", "1", "I know where they live", "complaint", "!threat")
		k.hand(fast)
		synctest.Wait()
		if got := k.subjects(); len(got) != 1 || len(k.box.To(first)) != 1 {
			t.Fatalf("at once: %q", got)
		}
		time.Sleep(time.Minute)
		k.hand(considered(fast, "complaint"))
		time.Sleep(escalate.GroupWait + time.Second)
		synctest.Wait()
		if len(k.box.To(comms)) != 1 {
			t.Errorf("the complaint: %q", k.subjects())
		}
		doubted := false
		for _, i := range k.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{}) {
			doubted = doubted || len(i.Doubts) == 1 && slices.Equal(i.Doubts[0].Reasons, []escalate.Reason{escalate.ReasonThreat})
		}
		if !doubted {
			t.Error("no incident says that the closer reading does not find the threat")
		}
	})
}

// TestATakenBackReasonIsShown: after its mail an incident says what the considered verdict does not find, once, also after a restart from the
// record; before its mail, none leaves.
func TestATakenBackReasonIsShown(t *testing.T) {
	for name, wait := range map[string]time.Duration{"after the mail": 3 * time.Minute, "before the mail": 2*time.Minute + time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				k.within = 2 * time.Minute
				k.start()
				defer func() { k.stop() }()
				fast := tagged("1", "1", "my bin was missed", "complaint")
				k.hand(fast)
				time.Sleep(wait)
				synctest.Wait()
				mails := len(k.box.All())
				if sent := mails > 0; sent != (wait == 3*time.Minute) {
					t.Fatalf("%d mails", mails)
				}
				back := considered(fast, "trolling")
				k.hand(back, back)
				k.hand(fast)
				k.stop()
				k.start()
				time.Sleep(30 * time.Minute)
				synctest.Wait()
				if n := len(k.box.All()); n != mails {
					t.Errorf("%d mails, %d before: %q", n, mails, k.subjects())
				}
				list := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{Audience: escalate.AudienceComms})
				var doubts []escalate.Doubt
				for _, i := range list {
					doubts = append(doubts, i.Doubts...)
				}
				if len(doubts) != 1 || fmt.Sprint(doubts[0].Reasons) != "[complaint]" || doubts[0].Mention != fast.Mention.ID || doubts[0].At.IsZero() {
					t.Errorf("doubts %+v", doubts)
				}
				said := 0
				for _, e := range k.log.All() {
					if e.Type == casework.Reconsidered {
						said++
					}
				}
				if said != 1 {
					t.Errorf("the log has %d events about it", said)
				}
				k.hand(considered(fast, "complaint", "trolling"))
				if i, err := k.ledger.Get(casework.Viewer{Role: casework.Comms}, list[0].ID); err != nil || len(i.Doubts) != 0 {
					t.Errorf("found again, it is still doubted: %+v, %v", i.Doubts, err)
				}
			})
		})
	}
}

// TestContextTakesNothingBack: a mention that waits in its own right goes on waiting when its thread is fetched; only a risk of what was fetched
// leaves, at once and alone.
func TestContextTakesNothingBack(t *testing.T) {
	for name, c := range map[string]struct {
		tags   []string // of the fetched copy's verdict
		onCall int
	}{"nothing in it": {nil, 0}, "a complaint too": {[]string{"complaint"}, 0}, "a risk": {[]string{"complaint", "!threat"}, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				k.within = 2 * time.Minute
				k.start()
				defer func() { k.stop() }()
				own := tagged("1", "1", "the bins again", "complaint")
				k.hand(own)
				copied := tagged("1", "1", "the bins again", c.tags...)
				copied.Mention.MatchedBy, copied.Verdict.Stage = []string{sources.MatchedThread}, classify.Considered
				other := tagged("2", "1", "and the roads", c.tags...)
				other.Mention.MatchedBy = []string{sources.MatchedThread}
				k.hand(copied, other)
				synctest.Wait()
				if got := len(k.box.To(first)); got != c.onCall || len(k.box.To(comms)) != 0 {
					t.Errorf("at once: %d to the people on call, %q", got, k.subjects())
				}
				time.Sleep(2*time.Minute + escalate.GroupWait + time.Second)
				synctest.Wait()
				if len(k.box.To(comms)) != 1 {
					t.Errorf("two minutes later: %q", k.subjects())
				}
				for _, i := range k.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{Audience: escalate.AudienceComms}) {
					if len(i.Mentions) != 1 || i.Mentions[0] != own.Mention.ID {
						t.Errorf("comms is told about %v", i.Mentions)
					}
				}
			})
		})
	}
}
