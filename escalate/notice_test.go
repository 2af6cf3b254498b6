package escalate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earshot/settings"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// noticeWorld is a Noticer over sources whose health a test sets, with a store and a mailbox in memory.
type noticeWorld struct {
	t      *testing.T
	table  *Table
	health map[string]*sources.Health
	book   []byte
	saves  int
	full   bool // the store cannot be written
	mails  []Notification
	send   func(Notification) error
}

func newNoticeWorld(t *testing.T, quietHours string) *noticeWorld {
	t.Helper()
	table, err := CompileRoutes(&settings.Folder{Council: settings.Council{Name: "Westmere", QuietHours: quietHours,
		Inboxes: settings.Inboxes{Publicity: []string{"news@westmere.example", "web@westmere.example"}, From: "earshot@westmere.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	return &noticeWorld{t: t, table: table, health: map[string]*sources.Health{}}
}

func (w *noticeWorld) Load(context.Context) (b NoticeBook, err error) {
	if w.book != nil {
		err = json.Unmarshal(w.book, &b)
	}
	return b, err
}

func (w *noticeWorld) Save(_ context.Context, b NoticeBook) (err error) {
	if w.full {
		return errors.New("full")
	}
	w.saves++
	w.book, err = json.Marshal(b)
	return err
}

func (w *noticeWorld) Send(_ context.Context, n Notification) error {
	if w.send != nil {
		if err := w.send(n); err != nil {
			return err
		}
	}
	w.mails = append(w.mails, n)
	return nil
}

func (w *noticeWorld) set(id, state, cause string) {
	w.health[id] = &sources.Health{Source: id, Name: strings.ToUpper(id), State: state, Cause: cause, Sentence: "It says so."}
}

func (w *noticeWorld) list() (out []sources.Health) {
	for _, h := range w.health {
		x := *h
		if x.At.IsZero() {
			x.At = time.Now()
		}
		out = append(out, x)
	}
	return out
}

// pass lets a Noticer that has just started run for d, and stops it: every call is a restart.
func (w *noticeWorld) pass(d time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	n := &Noticer{Store: w, Health: w.list, Table: func() *Table { return w.table }, Notifier: w, PublicURL: "https://earshot.example", Log: slog.New(slog.DiscardHandler)}
	if err := n.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		w.t.Fatalf("Run = %v", err)
	}
}

func (w *noticeWorld) raised() string {
	b, err := w.Load(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, n := range b.Raised() {
		out = append(out, n.Source+" "+string(n.Trouble))
	}
	return strings.Join(out, ", ")
}

func (w *noticeWorld) subjects() string {
	var out []string
	for _, m := range w.mails {
		if m.To == "news@westmere.example" {
			out = append(out, strings.TrimPrefix(m.Subject, "Sources · "))
		}
	}
	return strings.Join(out, "; ")
}

func TestEachTroubleIsRaisedOnceItHasLasted(t *testing.T) {
	for _, c := range []struct {
		state, cause string
		next         time.Duration
		trouble      Trouble
		hold         time.Duration
	}{
		{sources.StateStopped, "", 0, TroubleStopped, noticeSoon},
		{sources.StateQuiet, "", 0, TroubleQuiet, noticeSoon},
		{sources.StateWaiting, "", 5 * time.Hour, TroubleQuota, noticeSoon},
		{sources.StateWaiting, "", 5 * time.Minute, TroubleQuota, noticeWait},
		{sources.StateFailing, sources.CauseAnswer, 0, TroubleAnswer, noticeWait},
		{sources.StateFailing, "", 0, TroubleFailing, noticeFail},
		{sources.StateStopped, sources.CauseDone, 0, "", 0},
		{sources.StateFailing, sources.CauseStore, 0, "", 0},
		{sources.StateStarting, "", 0, "", 0},
		{sources.StatePaused, "", 0, "", 0},
		{sources.StateRunning, "", 0, "", 0},
	} {
		t.Run(fmt.Sprint(c.state, c.cause, c.next), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newNoticeWorld(t, "send")
				w.set("x", c.state, c.cause)
				w.health["x"].NextTry = time.Now().Add(24*time.Hour + c.next)
				if c.next < time.Hour {
					w.health["x"].NextTry = time.Now().Add(c.next)
				}
				if c.trouble == "" {
					if w.pass(12 * time.Hour); w.raised() != "" || w.saves > 0 {
						t.Errorf("raised %q, stored %d times", w.raised(), w.saves)
					}
					return
				}
				if w.pass(c.hold - noticeEvery); w.raised() != "" {
					t.Errorf("raised %q too early", w.raised())
				}
				if w.pass(2 * noticeEvery); w.raised() != "x "+string(c.trouble) {
					t.Errorf("raised %q, want %s after %s", w.raised(), c.trouble, c.hold)
				}
				if w.pass(20 * time.Hour); len(w.mails) != 2 || w.saves > 10 {
					t.Errorf("%d mails, want one to each address of the inbox; stored %d times", len(w.mails), w.saves)
				}
			})
		})
	}
}

func TestASourceThatNobodyReportsOnIsRaised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNoticeWorld(t, "send")
		w.set("x", sources.StateRunning, "")
		w.health["x"].At = time.Now()
		if w.pass(noticeSilent + noticeBack - noticeEvery); w.raised() != "" {
			t.Errorf("raised %q too early", w.raised())
		}
		if w.pass(3 * noticeEvery); w.raised() != "x unreported" {
			t.Errorf("raised %q", w.raised())
		}
		w.set("y", sources.StateStopped, "") // which is the last that is heard of it
		w.health["y"].At = time.Now()
		if w.pass(time.Hour); w.raised() != "y stopped, x unreported" {
			t.Errorf("raised %q", w.raised())
		}
	})
}

func TestItIsToldOnceAndThatItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNoticeWorld(t, "send")
		w.set("x", sources.StateStopped, "")
		w.set("y", sources.StateRunning, "")
		w.pass(noticeSoon + noticeGather + time.Minute)
		w.set("y", sources.StateStopped, "")
		w.pass(3 * time.Hour)
		if got := w.subjects(); got != "X: has stopped until somebody acts; Y: has stopped until somebody acts" {
			t.Errorf("mails: %s", got)
		}
		w.set("x", sources.StateRunning, "")
		if w.pass(noticeCalm - time.Minute); w.raised() != "x stopped, y stopped" {
			t.Errorf("cleared too early: %s", w.raised())
		}
		w.set("x", sources.StateStarting, "") // of a restart: neither well nor not
		w.pass(time.Minute)
		w.set("x", sources.StateRunning, "")
		w.pass(5 * time.Minute)
		if got := w.subjects(); w.raised() != "y stopped" || !strings.HasSuffix(got, "; X is well again") || len(w.mails) != 6 {
			t.Errorf("raised %q, %d mails: %s", w.raised(), len(w.mails), got)
		}
		delete(w.health, "y") // removed: nothing is well, nobody is told
		if w.pass(2 * time.Hour); w.raised() != "" || len(w.mails) != 6 {
			t.Errorf("after y was removed: raised %q, mails %s", w.raised(), w.subjects())
		}
		w.pass(25 * time.Hour)
		if b, err := w.Load(t.Context()); err != nil || len(b.Notices) > 0 || len(b.Mails) > 0 {
			t.Errorf("a day later the book holds %+v, %v", b, err)
		}
	})
}

func TestFlappingCausesTwoMailsADayAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNoticeWorld(t, "send")
		flaps := 0
		for range 3 * 24 {
			w.set("x", sources.StateStopped, "")
			w.pass(29 * time.Minute)
			w.set("x", sources.StateRunning, "")
			w.pass(31 * time.Minute)
			flaps++
		}
		if n := len(w.mails) / 2; n < 2 || n > 2*3 {
			t.Errorf("%d mails to each address in three days of %d flaps: %s", n, flaps, w.subjects())
		}
		w.mails = nil
		for range 24 {
			w.set("y", sources.StateStopped, "")
			w.pass(9 * time.Minute)
			w.set("y", sources.StateRunning, "")
			w.pass(time.Minute)
		}
		if strings.Contains(w.subjects(), "Y") {
			t.Errorf("trouble that never lasted was told: %s", w.subjects())
		}
	})
}

func TestTroubleTogetherIsOneMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNoticeWorld(t, "send")
		for i := range 30 {
			w.set(fmt.Sprintf("s%02d", i), sources.StateFailing, "")
			w.pass(5 * time.Second)
		}
		w.pass(8 * time.Hour)
		if got := w.subjects(); got != "30 sources need a look" {
			t.Errorf("mails: %s", got)
		}
	})
}

func TestQuietHoursHoldNoticesAndForgetWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNoticeWorld(t, "hold") // midnight of a Saturday
		w.set("x", sources.StateStopped, "")
		w.set("y", sources.StateStopped, "")
		w.pass(3 * time.Hour)
		w.set("x", sources.StateRunning, "")
		if w.pass(3 * time.Hour); w.raised() != "y stopped" || len(w.mails) > 0 {
			t.Errorf("at night: raised %q, mails %s", w.raised(), w.subjects())
		}
		if w.pass(72 * time.Hour); w.subjects() != "Y: has stopped until somebody acts" {
			t.Errorf("on Monday: %s", w.subjects())
		}
	})
}

func TestNothingIsSentTwiceAndNothingForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNoticeWorld(t, "send")
		w.set("x", sources.StateStopped, "")
		tries, away := 0, true
		w.send = func(n Notification) error {
			if tries++; away && n.To == "news@westmere.example" {
				return errors.New("the mail server is away")
			}
			return nil
		}
		if w.pass(3 * time.Hour); tries < 5 || len(w.mails) != 1 {
			t.Fatalf("%d tries, %d mails; want one, to the address that works", tries, len(w.mails))
		}
		away = false
		if w.pass(3 * time.Hour); len(w.mails) != 2 {
			t.Errorf("%d mails once the server is back", len(w.mails))
		}
		// Accepted, but not marked: the log is away at that moment.
		w.set("x", sources.StateRunning, "")
		w.send = func(Notification) error { w.full = true; return nil }
		w.pass(2 * time.Hour)
		w.full, w.send = false, nil
		w.pass(2 * time.Hour)
		ids := map[string]bool{}
		for _, m := range w.mails {
			ids[m.MessageID] = true
		}
		if len(ids) != 4 || w.raised() != "" {
			t.Errorf("%d different mails of %d, want four: %s", len(ids), len(w.mails), w.subjects())
		}
		// Refused for good by all: nobody was told, so nobody hears that it is over.
		w.mails = nil
		w.pass(25 * time.Hour)
		w.set("x", sources.StateStopped, "")
		w.send = func(Notification) error { return ErrRefused }
		w.pass(2 * time.Hour)
		w.send = nil
		w.set("x", sources.StateRunning, "")
		if w.pass(2 * time.Hour); len(w.mails) > 0 {
			t.Errorf("a refused mail was followed by %s", w.subjects())
		}
	})
}

func TestNoticeMails(t *testing.T) {
	w := newNoticeWorld(t, "send")
	since := time.Date(2026, 11, 20, 9, 5, 0, 0, time.UTC)
	lines := []NoticeLine{}
	for _, trouble := range Troubles {
		n := Notice{Source: "s/" + string(trouble), Name: "The " + string(trouble) + "\nsource <b>", Trouble: trouble, Since: since, Raised: since,
			Sentence: "It says <so>.\r\nBcc: everybody@example.org"}
		if n.Headline() == "" || n.Step() == "" {
			t.Errorf("%s has no words", trouble)
		}
		lines = append(lines, lineOf(&n))
	}
	for name, m := range map[string]NoticeMail{"source-one": {Lines: lines[:1]}, "source-many": {Lines: lines}, "source-well": {Well: true, Lines: lines[:1]}} {
		m.To, m.Key = "news@westmere.example", "0123456789abcdef"
		n, err := composeNotice(w.table, m, "https://earshot.example/", since)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", "To: "+n.To+"\nSubject: "+n.Subject+"\nMessage-ID: "+n.MessageID+"\n\n"+n.Text)
		golden(t, name+".html", n.HTML)
		if strings.ContainsAny(n.Subject, "\r\n") || strings.Contains(n.HTML, "<so>") || strings.Contains(n.Text, "\nBcc:") {
			t.Errorf("%s lets a sentence out of its place", name)
		}
	}
}
