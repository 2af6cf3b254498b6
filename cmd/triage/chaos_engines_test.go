package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"earshot/internal/machinetest"
)

// engines are the real Kafka and ClickHouse that engines/with.sh started, and how to kill and start them.
type engines struct {
	t                        *testing.T
	kafka, kafkaDir          string
	clickhouse, clickhouseAt string
}

// realEngines finds the engines. Their suites run by make test-engines; without them the test has nothing to talk to.
func realEngines(t *testing.T) engines {
	t.Helper()
	e := engines{t, os.Getenv("EARSHOT_TEST_KAFKA"), os.Getenv("EARSHOT_TEST_KAFKA_DIR"), os.Getenv("EARSHOT_TEST_CLICKHOUSE"), os.Getenv("EARSHOT_TEST_CLICKHOUSE_DIR")}
	if e.kafkaDir == "" || e.clickhouseAt == "" {
		machinetest.Need(t, "a real Kafka and ClickHouse: run make test-engines")
	}
	return e
}

// database names a database of the test's own, which the program makes.
func (e engines) database() string {
	e.t.Helper()
	name := fmt.Sprintf("triage_%d", time.Now().UnixNano())
	u, err := url.Parse(e.clickhouse)
	if err != nil {
		e.t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func (e engines) script(name string, args ...string) {
	e.t.Helper()
	machinetest.Command(e.t, "../../engines/"+name, args...)
}

// TestNothingIsLostOnTheEngines kills the program, the broker and the database in turn under load; afterwards everything accepted is
// recorded, found and escalated, each once.
func TestNothingIsLostOnTheEngines(t *testing.T) {
	e := realEngines(t)
	rnd := seed(t)
	mail := startMailbox(t)
	s := newSystem(t, t.TempDir(), "EARSHOT_SMTP_URL=smtp://"+mail.addr+"?tls=none", "EARSHOT_SETTINGS="+councilFolder(t),
		"EARSHOT_KAFKA_BROKERS="+e.kafka, fmt.Sprintf("EARSHOT_TOPIC_PREFIX=chaos%d.", time.Now().UnixNano()), "EARSHOT_CLICKHOUSE_DSN="+e.database())
	s.start()
	f := feed(s)
	n := max(6, kills(t)/2)
	for i := range n {
		f.waitFor(40)
		time.Sleep(time.Duration(100+rnd.IntN(900)) * time.Millisecond) // the instant of the kill is what is random here
		switch i % 3 {
		case 0:
			s.Kill()
			s.start()
		case 1:
			e.script("kafka/kafka.sh", "kill", e.kafkaDir, "1")
			e.script("kafka/kafka.sh", "node", e.kafkaDir, "1")
		case 2:
			e.script("chdb/chdb.sh", "kill", e.clickhouseAt)
			e.script("chdb/chdb.sh", "up", e.clickhouseAt)
		}
	}
	accepted := f.finish()
	s.sent(13 * time.Minute)
	if got, err := s.Total(""); err != nil || got != accepted {
		t.Errorf("search finds %d mentions (%v), %d were accepted", got, err, accepted)
	}
	mail.check(t, n)
	t.Logf("%d kills, %d mentions accepted, %d mails, %d of them repeated on the wire", n, accepted, mail.unique(), mail.repeats.Load())
	s.Stop()
}

// TestTwoNodesShareTheWork runs two triage nodes and ingest on the engines: mentions handed to either are found on both, an act on one
// shows on the other, and escalation moves when its leader is killed.
func TestTwoNodesShareTheWork(t *testing.T) {
	e := realEngines(t)
	mail := startMailbox(t)
	env := []string{"EARSHOT_SMTP_URL=smtp://" + mail.addr + "?tls=none", "EARSHOT_SETTINGS=" + councilFolder(t), "EARSHOT_KAFKA_BROKERS=" + e.kafka,
		fmt.Sprintf("EARSHOT_TOPIC_PREFIX=pair%d.", time.Now().UnixNano()), "EARSHOT_CLICKHOUSE_DSN=" + e.database(),
		"EARSHOT_SECRET_KEY=" + strings.Repeat("k", 40)}
	a, b := newSystem(t, t.TempDir(), env...), newSystem(t, t.TempDir(), env...)
	a.start()
	b.Token = a.Token
	b.start()
	hand := func(s *system, batch int) {
		t.Helper()
		if err := s.Call("POST", "/api/v1/mentions", "application/x-ndjson", strings.NewReader(string(mentions(batch, 20))), nil); err != nil {
			t.Fatal(err)
		}
	}
	found := func(s *system, want int) {
		t.Helper()
		s.Until("the node finds what was handed in", time.Minute, func() error {
			if n, err := s.Total(""); err != nil || n != want {
				return fmt.Errorf("%d of %d, %v", n, want, err)
			}
			return nil
		})
	}
	hand(a, 1)
	hand(b, 2)
	found(a, 40)
	found(b, 40)
	id := "forum:1-0"
	if err := a.Call("POST", "/api/v1/mentions/"+url.PathEscape(id)+"/events", "application/json", strings.NewReader(`{"type":"acknowledged"}`), nil); err != nil {
		t.Fatal(err)
	}
	b.Until("the act shows on the other node", 20*time.Second, func() error {
		if m := b.mention(id); m.Case.State != "acknowledged" {
			return fmt.Errorf("state %q", m.Case.State)
		}
		return nil
	})
	b.Until("the first mails have arrived", time.Minute, func() error {
		if mail.unique() == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
	before := mail.unique()
	a.Kill() // whichever led, one of the two is killed in each half
	hand(b, 300)
	found(b, 60)
	a.start()
	b.Kill()
	hand(a, 301)
	found(a, 80)
	a.Until("escalation went on without the killed node", time.Minute, func() error {
		if mail.unique() <= before {
			return fmt.Errorf("still %d mails", before)
		}
		return nil
	})
	b.start()
	a.settled(3 * time.Minute)
	mail.check(t, 2)
}
