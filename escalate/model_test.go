package escalate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/escalate/escalatetest"
)

// TestModel plays random verdicts, redeliveries, acts, crashes, outages of mail, log and disk, and lost state files against a simple
// model: a mention whose reasons ask for an audience is in one of its incidents, and every incident that nobody took is told of.
func TestModel(t *testing.T) {
	for range 12 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

type model struct {
	*desk
	rnd      *rand.Rand
	stream   []classify.Tagged // as the triaged topic keeps it
	offset   int               // committed by the stage
	mailDown atomic.Bool
	logDown  atomic.Bool
	diskFull atomic.Bool
	crashes  int
	retries  int
	unmarked map[string]bool // Message-IDs about risks that left while the disk was full: they may come twice
}

var tagSets = [][]string{nil, {"complaint"}, {"complaint", "inaccuracy"}, {"abuse:0.9", "@staff"}, {"abuse:0.9", "@both", "complaint"}, {"abuse:0.5", "@member"},
	{"!threat"}, {"trolling"}, {"junior_officer"}, {"!self_harm", "complaint"}}

func play(t *testing.T, rnd *rand.Rand) {
	m := &model{desk: newDesk(t), rnd: rnd, unmarked: map[string]bool{}}
	m.box.Fail = func(escalate.Notification) error { return yes(m.mailDown.Load(), escalatetest.ErrAway) }
	m.box.Lost = func(n escalate.Notification) error {
		if m.diskFull.Load() {
			m.unmarked[n.MessageID] = true
			if n.To != first && n.To != second {
				t.Errorf("%s left for %s while the disk was full", n.MessageID, n.To)
			}
		}
		return nil
	}
	m.log.Fail = func(int) error { return yes(m.logDown.Load(), escalatetest.ErrAway) }
	m.begin()
	for range 120 {
		switch n := rnd.IntN(100); {
		case n < 55:
			m.stream = append(m.stream, m.verdict())
		case n < 75:
			m.work()
		case n < 80:
			m.crash()
		case n < 84:
			m.mailDown.Store(!m.mailDown.Load())
		case n < 88:
			m.logDown.Store(!m.logDown.Load())
		case n < 91:
			m.diskFull.Store(!m.diskFull.Load())
		case n < 95 && !m.logDown.Load() && !m.diskFull.Load():
			m.act()
		}
		time.Sleep(time.Duration(rnd.IntN(40)) * time.Second)
		synctest.Wait()
	}
	m.mailDown.Store(false)
	m.logDown.Store(false)
	m.diskFull.Store(false)
	m.crash()
	for m.offset < len(m.stream) {
		m.work()
		time.Sleep(time.Second)
	}
	time.Sleep(2 * time.Hour)
	synctest.Wait()
	m.stop()
	m.judge()
}

func yes(on bool, err error) error {
	if on {
		return err
	}
	return nil
}

func (m *model) begin() {
	m.open()
	m.d.FailState(func(string) error { return yes(m.diskFull.Load(), errors.New("disk full")) })
	m.run()
}

// verdict is about a new mention or, often, an old one: delivered again, considered again, edited.
func (m *model) verdict() classify.Tagged {
	if len(m.stream) > 0 && m.rnd.IntN(3) == 0 {
		return m.stream[m.rnd.IntN(len(m.stream))]
	}
	id := m.rnd.IntN(60)
	return tagged(fmt.Sprint(id), fmt.Sprint(id/4), fmt.Sprint("words ", m.rnd.IntN(3)), tagSets[m.rnd.IntN(len(tagSets))]...)
}

// work is the stage: a batch from the committed offset, which moves only when the batch was taken; sometimes it dies before it moves.
func (m *model) work() {
	end := min(len(m.stream), m.offset+1+m.rnd.IntN(8))
	err := m.d.HandleTagged(m.t.Context(), m.stream[m.offset:end])
	switch {
	case err != nil:
		m.retries++
	case m.rnd.IntN(6) == 0:
		m.crash()
	default:
		m.offset = end
	}
}

func (m *model) crash() {
	m.stop()
	m.crashes++
	if m.rnd.IntN(5) == 0 && !m.logDown.Load() && m.flushed() {
		m.dir += "x" // the node's disk is lost; another takes over from the record
	}
	m.begin()
}

// flushed reports whether the log has everything: only then may a disk be lost with what was told.
func (m *model) flushed() bool {
	l := escalate.NewLedger()
	l.Apply(m.log.All())
	all := casework.Viewer{Role: casework.System}
	mails := 0
	for _, i := range l.List(all, escalate.Filter{}) {
		mails += len(i.Mails)
	}
	have := 0
	for _, i := range m.ledger.List(all, escalate.Filter{}) {
		have += len(i.Mails)
	}
	return mails == have
}

func (m *model) act() {
	all := m.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{Open: true})
	if len(all) == 0 {
		return
	}
	i := all[m.rnd.IntN(len(all))]
	like := person("", []casework.Type{casework.Acknowledged, casework.Closed}[m.rnd.IntN(2)])
	events, err := m.ledger.Act(casework.Viewer{Role: casework.System}, i.ID, like)
	if err != nil {
		m.t.Fatal(err)
	}
	m.acts(events...)
}

func (m *model) judge() {
	t, all := m.t, casework.Viewer{Role: casework.System}
	t.Logf("%d verdicts, %d mails, %d crashes, %d retries", len(m.stream), len(m.box.All()), m.crashes, m.retries)
	if len(m.stream) < 20 || len(m.box.All()) == 0 || m.crashes == 0 {
		t.Error("the game was too short to prove anything")
	}
	tbl := compile(t, nil)
	closed := map[string]bool{} // mentions a person has closed: an older verdict need not escalate them
	for _, e := range m.log.All() {
		if e.Type == casework.Closed {
			closed[e.Mention] = true
		}
	}
	for k := range m.stream { // nothing unrouted
		s := &m.stream[k]
		for _, d := range tbl.Decide(s) {
			told := ""
			for _, i := range m.ledger.Of(all, s.Mention.ID) {
				if i.Audience == d.Audience {
					told += fmt.Sprint(i.Reasons)
				}
			}
			for _, r := range d.Reasons {
				if !strings.Contains(told, string(r)) && !closed[s.Mention.ID] {
					t.Errorf("%s was not escalated to %s for %s", s.Mention.ID, d.Audience, r)
				}
			}
		}
	}
	if lost := m.ledger.Unsent(tbl, time.Now()); len(lost) > 0 { // nothing untold
		t.Errorf("never told of: %v", lost)
	}
	seen := map[string]bool{}
	for _, n := range m.box.All() { // nothing twice
		if seen[n.To+n.MessageID] && !m.unmarked[n.MessageID] {
			t.Errorf("%s came to %s twice", n.MessageID, n.To)
		}
		seen[n.To+n.MessageID] = true
	}
	again := escalate.NewLedger() // the log alone tells every node the same
	again.Apply(m.log.All())
	a, b := m.ledger.List(all, escalate.Filter{}), again.List(all, escalate.Filter{})
	if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
		t.Errorf("the log tells of %d incidents, the dispatcher of %d, or they differ", len(b), len(a))
	}
}

// TestLedgerAgreesInEveryOrder shuffles a log in every way that keeps each mention's order, repeats parts of it, and asks for the same incidents.
func TestLedgerAgreesInEveryOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	at := time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC)
	streams := map[string][]casework.Event{}
	n := 0
	add := func(mention string, typ casework.Type, change func(*casework.Event)) string {
		n++
		e := casework.Event{ID: fmt.Sprint("e", n), Mention: mention, Type: typ, At: at.Add(time.Duration(n) * time.Second), By: casework.Actor{Kind: "person", ID: "p"}}
		if change != nil {
			change(&e)
		}
		streams[mention] = append(streams[mention], e)
		return e.ID
	}
	for k := range 10 {
		mention, incident := fmt.Sprint("x:", k), fmt.Sprintf("incident-%d", k%3)
		typ := casework.Joined
		if k < 3 {
			typ = casework.Escalated
		}
		add(mention, typ, func(e *casework.Event) {
			e.Incident, e.Audience, e.Group, e.Route, e.Reasons = incident, "comms", "g"+incident, fmt.Sprint("r", k%2), []string{"complaint"}
			e.Due = at.Add(time.Duration(100-k) * time.Hour)
		})
		if k < 3 {
			add(mention, casework.Delivered, func(e *casework.Event) {
				e.Incident, e.MessageID, e.To = incident, "<"+strings.Repeat(fmt.Sprint(k), 32)+"@x.example>", "a@x.example"
			})
		}
		ack := add(mention, casework.Acknowledged, nil)
		if k%4 == 0 {
			add(mention, casework.Undone, func(e *casework.Event) { e.Undoes = ack })
		}
		if k%3 != 1 {
			add(mention, casework.Closed, func(e *casework.Event) { e.Incident = incident })
		}
		if k == 8 {
			add(mention, casework.Reopened, nil)
		}
	}
	want := ""
	for round := range 200 {
		l := escalate.NewLedger()
		l.Apply(interleave(rnd, streams))
		all := l.List(casework.Viewer{Role: casework.System}, escalate.Filter{})
		for i := range all {
			all[i].Created = all[i].Created.UTC()
		}
		got := fmt.Sprintf("%+v", all)
		if round == 0 {
			want = got
			if len(all) != 3 || !strings.Contains(got, "AcknowledgedBy:{Kind:person") {
				t.Fatalf("%s", got)
			}
		}
		if got != want {
			t.Fatalf("round %d:\n%s\nwant\n%s", round, got, want)
		}
	}
}

// interleave merges the streams at random and repeats a random stretch of each.
func interleave(rnd *rand.Rand, streams map[string][]casework.Event) (out []casework.Event) {
	var queues [][]casework.Event
	for _, s := range streams {
		if k := rnd.IntN(len(s)); rnd.IntN(2) == 0 { // the consumer died and went back to k
			s = append(append([]casework.Event(nil), s...), s[k:]...)
		}
		queues = append(queues, s)
	}
	for len(queues) > 0 {
		k := rnd.IntN(len(queues))
		out = append(out, queues[k][0])
		if queues[k] = queues[k][1:]; len(queues[k]) == 0 {
			queues = append(queues[:k], queues[k+1:]...)
		}
	}
	return out
}
