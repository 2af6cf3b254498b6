package escalate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/escalate/escalatetest"
	"earshot/settings"
	"earshot/sources"
)

// desk is a dispatcher with everything around it in memory, except its state.db.
type desk struct {
	t      *testing.T
	dir    string
	folder *settings.Folder
	log    *escalatetest.Log
	box    *escalatetest.Mailbox
	ledger *escalate.Ledger
	d      *escalate.Dispatcher
	stop   func()
	within time.Duration   // to wait for a considered verdict
	lookup escalate.Lookup // the record
}

const (
	comms      = "publicity@westford.example"
	hr         = "hr@westford.example"
	monitoring = "monitoring@westford.example"
	first      = "first@westford.example"
	second     = "second@westford.example"
)

func newDesk(t *testing.T) *desk {
	return &desk{t: t, dir: filepath.Join(t.TempDir(), "escalate"), log: &escalatetest.Log{}, box: &escalatetest.Mailbox{}, folder: westford()}
}

func westford() *settings.Folder {
	return &settings.Folder{Council: settings.Council{Name: "Westford Council", QuietHours: "send",
		Links: map[string]string{"complaints": "https://www.westford.example/complaints"},
		Inboxes: settings.Inboxes{Publicity: []string{comms}, HR: []string{hr}, Monitoring: []string{monitoring}, OnCall: []string{first, second},
			From: "earshot@westford.example"}},
		People: []settings.Person{{Name: "Dana Whitlock", Job: "planning officer", Grade: settings.Junior}},
		Facts:  []settings.Fact{{ID: "F07", Statement: "Council tax rose by 4.99% in 2026.", SourceURL: "https://www.westford.example/tax"}}}
}

// open opens the dispatcher without running it; the ledger starts with what the record has.
func (k *desk) open() {
	k.t.Helper()
	k.ledger = escalate.NewLedger()
	if err := k.ledger.Load(k.t.Context(), k.log); err != nil {
		k.t.Fatal(err)
	}
	tbl, err := escalate.CompileRoutes(k.folder)
	if err != nil {
		k.t.Fatal(err)
	}
	k.d, err = escalate.Open(escalate.Config{Dir: k.dir, Table: tbl, Ledger: k.ledger, Notifier: k.box, Journal: k.log,
		PublicURL: "https://earshot.westford.example/", Signer: escalate.NewSigner([]byte("secret")),
		ConsiderWithin: k.within, Lookup: k.lookup})
	if err != nil {
		k.t.Fatal(err)
	}
}

// run starts it; stop ends it as a crash would: whatever is in memory is gone.
func (k *desk) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.d.Run(ctx) }()
	k.stop = func() {
		k.t.Helper()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			k.t.Errorf("Run ended with %v", err)
		}
		k.close()
	}
}

func (k *desk) close() {
	if err := k.d.Close(); err != nil {
		k.t.Error(err)
	}
}

func (k *desk) start() { k.open(); k.run() }

func (k *desk) hand(batch ...classify.Tagged) {
	k.t.Helper()
	if err := k.d.HandleTagged(k.t.Context(), batch); err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) acts(events ...casework.Event) {
	k.t.Helper()
	if err := k.log.Append(k.t.Context(), events); err != nil {
		k.t.Fatal(err)
	}
	if err := k.d.HandleEvents(k.t.Context(), events); err != nil {
		k.t.Fatal(err)
	}
}

// subjects lists recipient and subject of every mail.
func (k *desk) subjects() (out []string) {
	for _, n := range k.box.All() {
		out = append(out, n.To+": "+n.Subject)
	}
	return out
}

func (k *desk) want(want ...string) {
	k.t.Helper()
	if got := k.subjects(); fmt.Sprint(got) != fmt.Sprint(want) {
		k.t.Fatalf("mails:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// tagged makes a mention with labels; a label may carry its score after a colon, a risk begins with "!", a target with "@".
func tagged(id, thread, text string, tags ...string) classify.Tagged {
	out := classify.Tagged{Mention: sources.Mention{ID: "facebook:" + id, Platform: "facebook", Kind: sources.Comment, Text: text, ThreadID: "facebook:" + thread,
		Author: sources.Author{Handle: "@resident"}, CreatedAt: time.Now(), FetchedAt: time.Now(), Permalink: "https://www.facebook.com/" + id},
		Verdict: classify.Verdict{ID: "facebook:" + id, Scores: map[classify.Label]float64{}, Stage: classify.Fast, Model: "test@1", Service: "waste", At: time.Now()}}
	for _, tag := range tags {
		switch {
		case strings.HasPrefix(tag, "!"):
			out.Verdict.Risk = append(out.Verdict.Risk, classify.Risk(tag[1:]))
		case strings.HasPrefix(tag, "@"):
			target := tag[1:]
			out.Verdict.Target = &target
		default:
			name, score, ok := strings.Cut(tag, ":")
			p := 0.95
			if ok {
				fmt.Sscan(score, &p)
			}
			out.Verdict.Labels = append(out.Verdict.Labels, classify.Label(name))
			out.Verdict.Scores[classify.Label(name)] = p
		}
	}
	return out
}

func person(mention string, typ casework.Type) casework.Event {
	at := time.Now()
	return casework.Event{ID: casework.NewID(at), Mention: "facebook:" + mention, Type: typ, At: at, By: casework.Actor{Kind: "person", ID: "p1"}}
}

func TestComplaintIsOneGroupedMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		defer func() { k.stop() }()
		for n := range 5 {
			k.hand(tagged(fmt.Sprint(n), "thread", "my bin was missed", "complaint"))
			time.Sleep(3 * time.Second)
		}
		k.want() // the group waits 20 seconds
		time.Sleep(6 * time.Second)
		synctest.Wait()
		k.want(comms + ": Complaint (5 mentions) · Facebook · Waste and recycling · answer by Wed 08:30") // the bubble begins on a Saturday
		time.Sleep(time.Hour)
		synctest.Wait()
		k.want(comms + ": Complaint (5 mentions) · Facebook · Waste and recycling · answer by Wed 08:30")
		all := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})
		if len(all) != 1 || len(all[0].Mentions) != 5 || len(all[0].Mails) != 1 || all[0].LastMail.IsZero() {
			t.Fatalf("%+v", all)
		}
	})
}

func TestStormCostsFiveMails(t *testing.T) {
	for name, tag := range map[string]string{"complaints": "complaint", "risks": "!threat"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				k.folder.Council.Inboxes.OnCall = []string{first}
				k.start()
				defer func() { k.stop() }()
				start := time.Now()
				for n := range 1000 { // a thread each: nothing groups them
					k.hand(tagged(fmt.Sprint(n), fmt.Sprint(n), "x", tag))
					time.Sleep(600 * time.Millisecond)
				}
				var storm int
				for until := start.Add(13 * time.Minute); time.Now().Before(until); {
					time.Sleep(time.Second)
				}
				synctest.Wait()
				told := map[string]bool{}
				for _, i := range k.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{}) {
					if len(i.Mails) > 0 {
						told[i.ID] = true
					}
				}
				for _, n := range k.box.All() {
					if n.Date.Sub(start) < 13*time.Minute {
						storm++
					}
				}
				if len(told) != 1000 {
					t.Errorf("%d of 1000 incidents were told of", len(told))
				}
				if storm > 5 || storm < 2 {
					t.Errorf("%d mails:\n%s", storm, strings.Join(k.subjects(), "\n"))
				}
			})
		})
	}
}

func TestRiskGoesToTheNextPersonUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.folder.Council.QuietHours = "hold" // it is Saturday night for the others
		k.start()
		defer func() { k.stop() }()
		k.hand(tagged("1", "1", "I know where they live", "!threat"))
		synctest.Wait()
		const subject = "Possible threat · unconfirmed · Facebook · Waste and recycling"
		k.want(first + ": " + subject)
		time.Sleep(escalate.RiskStep - time.Second)
		synctest.Wait()
		k.want(first + ": " + subject)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		k.want(first+": "+subject, second+": Reminder: "+subject)
		all := k.box.All()
		if all[1].InReplyTo != all[0].MessageID || all[0].InReplyTo != "" || all[0].MessageID == all[1].MessageID {
			t.Errorf("not one thread: %q, %q", all[0].MessageID, all[1].InReplyTo)
		}
		time.Sleep(25 * time.Minute)
		synctest.Wait()
		if n := len(k.box.All()); n < 3 {
			t.Fatalf("the chain stopped after %d mails", n)
		}
		k.acts(person("1", casework.Acknowledged))
		before := len(k.box.All())
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := len(k.box.All()); n != before {
			t.Errorf("%d mails after somebody acknowledged", n-before)
		}
	})
}

func TestChainGoesOnWhenOnePersonsMailIsStuckOrRefused(t *testing.T) {
	for name, fail := range map[string]error{"stuck": errors.New("not now"), "refused": fmt.Errorf("%w: no such mailbox", escalate.ErrRefused)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				k.box.Fail = func(n escalate.Notification) error {
					if n.To == first {
						return fail
					}
					return nil
				}
				k.start()
				defer func() { k.stop() }()
				k.hand(tagged("1", "1", "x", "!emergency"))
				if name == "refused" {
					time.Sleep(time.Second)
				} else {
					time.Sleep(escalate.RiskStep + time.Second)
				}
				synctest.Wait()
				if len(k.box.To(second)) != 1 {
					t.Fatalf("the second person was not told: %q", k.subjects())
				}
				i := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})[0]
				if name == "refused" && (len(i.Mails) == 0 || i.Mails[0].Refused == "") {
					t.Errorf("the refusal is not shown: %+v", i.Mails)
				}
			})
		})
	}
}

func TestMailServerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		var away atomic.Bool
		var count atomic.Int64
		away.Store(true)
		k.box.Fail = func(escalate.Notification) error {
			count.Add(1)
			if away.Load() {
				return escalatetest.ErrAway
			}
			return nil
		}
		k.start()
		defer func() { k.stop() }()
		k.hand(tagged("1", "1", "x", "complaint"), tagged("2", "2", "x", "abuse", "@staff"), tagged("3", "3", "x", "!threat"))
		time.Sleep(time.Hour)
		synctest.Wait()
		k.want()
		if tries := count.Load(); tries < 20 || tries > 400 {
			t.Errorf("%d tries in an hour", tries)
		}
		health := k.d.Health()
		if len(health) < 3 || health[0].Failures == 0 || health[0].Error == "" || health[0].NextTry.IsZero() {
			t.Errorf("health does not show it: %+v", health)
		}
		away.Store(false)
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		ids := map[string]int{}
		for _, n := range k.box.All() {
			ids[n.MessageID]++
		}
		if len(k.box.To(comms)) != 1 || len(k.box.To(hr)) != 1 || len(k.box.To(first)) == 0 {
			t.Errorf("once it is back: %q", k.subjects())
		}
		for id, n := range ids {
			if n != 1 {
				t.Errorf("%s came %d times", id, n)
			}
		}
	})
}

func TestRestartForgetsNothingAndRepeatsNothing(t *testing.T) {
	for _, lost := range []string{"", "state.db", "record"} {
		t.Run("lost "+lost, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				k.start()
				k.hand(tagged("sent", "sent", "x", "complaint"))
				time.Sleep(time.Minute)
				synctest.Wait()
				k.hand(tagged("waiting", "waiting", "the words", "complaint"))
				k.stop()
				k.want(comms + ": Complaint · Facebook · Waste and recycling · answer by Wed 08:30")
				switch lost {
				case "state.db": // the record has the casework
					k.dir = filepath.Join(t.TempDir(), "new")
				case "record": // state.db has it
					k.log = &escalatetest.Log{}
				}
				k.start()
				k.hand(tagged("sent", "sent", "x", "complaint"), tagged("waiting", "waiting", "the words", "complaint")) // the stage had not committed
				time.Sleep(time.Minute)
				synctest.Wait()
				k.stop()
				mails := k.box.All()
				if len(mails) != 2 || mails[0].MessageID == mails[1].MessageID || !strings.Contains(mails[1].Text, "the words") {
					t.Fatalf("%d mails: %q", len(mails), k.subjects())
				}
			})
		})
	}
}

func TestMailWithoutWordsWhenNothingRemembersThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		k.hand(tagged("1", "1", "the words", "complaint"))
		k.stop()
		k.dir = filepath.Join(t.TempDir(), "new")
		k.start()
		defer func() { k.stop() }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := k.box.All(); len(got) != 1 || !strings.Contains(got[0].Text, "The words are on the case page") || !strings.Contains(got[0].Text, "/cases/facebook:1") {
			t.Fatalf("%+v", got)
		}
	})
}

func TestAbuseStaysBehindTheWall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		defer func() { k.stop() }()
		m := tagged("1", "1", "Dana Whitlock is a worthless toad and my bin was missed", "abuse", "@staff", "complaint")
		m.Verdict.Reasons = []classify.Reason{{Label: "abuse", Start: 19, End: 33, Why: "insult"}}
		k.hand(m)
		time.Sleep(time.Minute)
		synctest.Wait()
		mails := k.box.To(hr)
		if len(mails) != 1 {
			t.Fatalf("%q", k.subjects())
		}
		for _, leak := range []string{"Dana", "Whitlock", "toad", "worthless", "resident", "Facebook", "bin"} {
			if strings.Contains(mails[0].Subject+mails[0].Text+mails[0].HTML, leak) {
				t.Errorf("HR's mail says %q", leak)
			}
		}
		if !strings.HasPrefix(mails[0].Subject, "A colleague may need support · reference ") {
			t.Errorf("subject %q", mails[0].Subject)
		}
		told := k.box.To(comms)
		if len(told) != 1 || !strings.Contains(told[0].Text, "with HR") {
			t.Fatalf("comms: %+v", told)
		}
		for _, part := range []string{told[0].Text, told[0].HTML} {
			if strings.Contains(part, "Whitlock") || strings.Contains(part, "toad") || strings.Contains(part, "worthless") {
				t.Errorf("comms' mail names the officer or shows the words: %s", part)
			}
			if !strings.Contains(part, "my bin was missed") {
				t.Error("comms' mail does not show the complaint")
			}
		}
		for role, want := range map[casework.Role]int{casework.Comms: 1, casework.HR: 2, casework.Monitoring: 1, casework.Admin: 1, casework.Staff: 0, casework.System: 2} {
			got := k.ledger.List(casework.Viewer{Role: role}, escalate.Filter{})
			if len(got) != want || len(k.ledger.Of(casework.Viewer{Role: role}, "facebook:1")) != want {
				t.Errorf("%s sees %d incidents, want %d", role, len(got), want)
			}
		}
		hrs := k.ledger.List(casework.Viewer{Role: casework.HR}, escalate.Filter{Audience: escalate.AudienceHR})[0]
		if _, err := k.ledger.Get(casework.Viewer{Role: casework.Comms}, hrs.ID); !errors.Is(err, escalate.ErrNoIncident) {
			t.Errorf("comms gets HR's incident: %v", err)
		}
		if _, err := k.ledger.Act(casework.Viewer{Role: casework.Comms}, hrs.ID, person("1", casework.Acknowledged)); !errors.Is(err, escalate.ErrNoIncident) {
			t.Errorf("comms acts on HR's incident: %v", err)
		}
		for _, e := range k.log.All() {
			if (e.Audience == escalate.AudienceHR) != (e.Wall == casework.HRWall) {
				t.Errorf("event %s of %s has wall %q", e.Type, e.Audience, e.Wall)
			}
		}
	})
}

func TestActOnAnIncidentActsOnEachCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		defer func() { k.stop() }()
		k.hand(tagged("1", "t", "x", "complaint"), tagged("2", "t", "x", "complaint"))
		v := casework.Viewer{Role: casework.Comms, Account: "p1"}
		i := k.ledger.List(v, escalate.Filter{Waiting: true})[0]
		act := person("", casework.Acknowledged)
		events, err := k.ledger.Act(v, i.ID, act)
		if err != nil || len(events) != 2 || events[0].Mention == events[1].Mention {
			t.Fatalf("%v %+v", err, events)
		}
		again, err := k.ledger.Act(v, i.ID, act)
		if err != nil || again[0].ID != events[0].ID {
			t.Error("the same act has another ID")
		}
		k.acts(events...)
		time.Sleep(time.Hour)
		synctest.Wait()
		k.want() // taken before its first mail left
		if got, err := k.ledger.Get(v, i.ID); err != nil || got.AcknowledgedBy.ID != "p1" || got.Acknowledged.IsZero() || len(k.ledger.List(v, escalate.Filter{Waiting: true})) != 0 {
			t.Errorf("%+v %v", got, err)
		}
		undo := person("1", casework.Undone)
		undo.Undoes = events[0].ID
		undo2 := person("2", casework.Undone)
		undo2.Undoes = events[1].ID
		k.acts(undo, undo2)
		time.Sleep(time.Minute)
		synctest.Wait()
		k.want(comms + ": Complaint (2 mentions) · Facebook · Waste and recycling · answer by Wed 08:30")
	})
}

func contains(s, sub string) bool { return strings.Contains(s, sub) }

// TestFaultAtEachSeam fails each durable step once, in every order that matters, and asks that nothing is lost and nothing doubled.
func TestFaultAtEachSeam(t *testing.T) {
	for _, seam := range []string{"save escalations", "mark mail as sent", "plan mail", "save casework", "journal", "mail", "accepted but not told"} {
		t.Run(seam, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newDesk(t)
				fired := 0
				broken := func(name string, times int) error {
					if name == seam && fired < times {
						fired++
						return errors.New("disk full")
					}
					return nil
				}
				k.log.Fail = func(int) error { return broken("journal", 3) }
				k.box.Fail = func(escalate.Notification) error { return broken("mail", 3) }
				k.box.Lost = func(escalate.Notification) error { return broken("accepted but not told", 1) }
				k.open()
				k.d.FailState(func(op string) error { return broken(op, 3) })
				k.run()
				defer func() { k.stop() }()
				var batch []classify.Tagged
				for n := range 8 {
					batch = append(batch, tagged(fmt.Sprint(n), fmt.Sprint(n), "x", "complaint"))
				}
				for k.d.HandleTagged(t.Context(), batch) != nil { // the stage hands the batch in again
					time.Sleep(time.Second)
				}
				for k.d.HandleEvents(t.Context(), []casework.Event{person("7", casework.Acknowledged)}) != nil {
					time.Sleep(time.Second)
				}
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				if fired == 0 {
					t.Fatal("the fault was not reached")
				}
				times := map[string]int{}
				for _, n := range k.box.All() {
					times[n.MessageID]++
				}
				for id, n := range times {
					if n > 1 && seam != "accepted but not told" {
						t.Errorf("%s came %d times", id, n)
					}
				}
				if seam == "accepted but not told" && len(times) >= len(k.box.All()) {
					t.Error("the window was not shown")
				}
				waiting := 0
				for _, i := range k.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{}) {
					if len(i.Mails) == 0 && i.Acknowledged.IsZero() {
						t.Errorf("incident %s was forgotten", i.Reference)
					}
					waiting++
				}
				if waiting != 8 {
					t.Errorf("%d incidents", waiting)
				}
				again := escalate.NewLedger() // the log alone tells the same
				again.Apply(k.log.All())
				again.Apply([]casework.Event{person("7", casework.Acknowledged)})
				all := casework.Viewer{Role: casework.System}
				for _, i := range k.ledger.List(all, escalate.Filter{}) {
					j, err := again.Get(all, i.ID)
					if err != nil || fmt.Sprint(i.Mails) != fmt.Sprint(j.Mails) || fmt.Sprint(i.Mentions) != fmt.Sprint(j.Mentions) {
						t.Errorf("the log says %+v, memory %+v", j, i)
					}
				}
			})
		})
	}
}

func TestStateForgetsWhatIsLongClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		k.hand(tagged("old", "old", "x", "complaint"), tagged("open", "open", "x", "complaint"))
		time.Sleep(time.Minute)
		k.acts(person("old", casework.Closed))
		synctest.Wait()
		k.stop()
		time.Sleep(40 * 24 * time.Hour)
		k.open()
		k.close()
		k.log = &escalatetest.Log{} // only state.db remembers
		k.open()
		defer k.close()
		all := k.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{})
		if len(all) != 1 || all[0].Mentions[0] != "facebook:open" || len(all[0].Mails) != 1 {
			t.Fatalf("%+v", all)
		}
	})
}

func TestStateHeldOrBroken(t *testing.T) {
	k := newDesk(t)
	k.open()
	k.close()
	path := filepath.Join(k.dir, escalate.StateFile)
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	tbl := compile(t, nil)
	_, err := escalate.Open(escalate.Config{Dir: k.dir, Table: tbl, Ledger: escalate.NewLedger(), Notifier: k.box, Journal: k.log, PublicURL: "https://e.example",
		Signer: escalate.NewSigner(nil)})
	if !errors.Is(err, escalate.ErrState) || !contains(err.Error(), "move it away and start again") {
		t.Errorf("%v", err)
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	_, err := escalate.Open(escalate.Config{PublicURL: "earshot", Limits: escalate.Limits{RetryMin: 2, RetryMax: 1, Single: -1}})
	for _, want := range []string{"Dir is missing", "Table is missing", "Ledger is missing", "Notifier is missing", "Journal is missing", "Signer is missing",
		"PublicURL", "RetryMin is longer", "negative"} {
		if err == nil || !contains(err.Error(), want) {
			t.Errorf("no fault says %q: %v", want, err)
		}
	}
}

func TestSummaryComesThoughTheProcessKeepsDying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.start()
		var batch []classify.Tagged
		for n := range 50 {
			batch = append(batch, tagged(fmt.Sprint(n), fmt.Sprint(n), "x", "complaint"))
		}
		k.hand(batch...)
		for range 10 {
			time.Sleep(15 * time.Second)
			synctest.Wait()
			k.stop()
			k.start()
		}
		synctest.Wait()
		k.stop()
		if got := k.subjects(); len(got) != 4 || got[3] != comms+": 47 more incidents wait for somebody" {
			t.Fatalf("%q", got)
		}
	})
}
