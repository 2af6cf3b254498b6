package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/machinetest"

	"github.com/emersion/go-smtp"
)

// kills is how often the chaos tests kill the program: 10, or what EARSHOT_TEST_KILLS says (make chaos: 200).
func kills(t *testing.T) int {
	v := os.Getenv("EARSHOT_TEST_KILLS")
	if v == "" {
		return 10
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("EARSHOT_TEST_KILLS is %q; write a number from 1", v)
	}
	return n
}

// seed prints the seed of a random test, which EARSHOT_TEST_SEED repeats.
func seed(t *testing.T) *rand.Rand {
	n := uint64(time.Now().UnixNano())
	if v, err := strconv.ParseUint(os.Getenv("EARSHOT_TEST_SEED"), 10, 64); err == nil {
		n = v
	}
	t.Logf("EARSHOT_TEST_SEED=%d", n)
	return rand.New(rand.NewPCG(n, 1))
}

// TestNothingIsLostUnderSIGKILL hands in mentions over HTTP and by file while the program is killed at random instants and the mail
// server comes and goes; afterwards everything accepted is recorded, found and escalated, each once.
func TestNothingIsLostUnderSIGKILL(t *testing.T) {
	rnd := seed(t)
	mail := startMailbox(t)
	s := newSystem(t, t.TempDir(), "EARSHOT_SMTP_URL=smtp://"+mail.addr+"?tls=none", "EARSHOT_SETTINGS="+councilFolder(t))
	s.start()
	f := feed(s)
	n := kills(t)
	for i := range n {
		if i%3 == 1 {
			mail.close()
		}
		time.Sleep(time.Duration(100+rnd.IntN(1400)) * time.Millisecond) // the instant of the kill is what is random here
		s.Kill()
		if i%3 == 2 || i == n-1 {
			mail.open()
		}
		s.start()
	}
	accepted := f.finish()
	if accepted < 10*n {
		t.Fatalf("only %d mentions were accepted over %d kills; that proves nothing", accepted, n)
	}
	s.sent(13 * time.Minute)
	if got, err := s.Total(""); err != nil || got != accepted {
		t.Errorf("search finds %d mentions (%v), %d were accepted", got, err, accepted)
	}
	mail.check(t, n)
	t.Logf("%d kills, %d mentions accepted, %d mails, %d of them repeated on the wire", n, accepted, mail.unique(), mail.repeats.Load())
}

// TestAFullDiskLosesNothing fills the disk under the running program, twice: until it refuses politely, and to the last byte.
func TestAFullDiskLosesNothing(t *testing.T) {
	dir := machinetest.SmallDisk(t, 640<<20)
	s := newSystem(t, filepath.Join(dir, "data"), "EARSHOT_SETTINGS="+councilFolder(t))
	s.start()
	f := feed(s)
	for _, leave := range []int64{8 << 20, 0} { // below what the log reserves for itself, and nothing
		f.waitFor(200)
		ballast := fillDisk(t, dir, leave)
		f.waitForRefusal()
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		f.waitFor(200)
	}
	accepted := f.finish()
	s.settled(2 * time.Minute)
	if got, err := s.Total(""); err != nil || got != accepted {
		t.Errorf("search finds %d mentions (%v), %d were accepted", got, err, accepted)
	}
	if f.refused.Load() == 0 {
		t.Error("nothing was refused, so the disk was never full")
	}
}

// settled waits until triage verify finds nothing that differs.
func (s *system) settled(limit time.Duration) {
	s.t.Helper()
	s.Until("triage verify finds no difference", limit, func() error {
		out, errs, code := s.Exec(nil, "triage", "verify")
		if code != 0 {
			return fmt.Errorf("verify: %s%s", out, errs)
		}
		s.t.Log(strings.TrimSpace(out))
		return nil
	})
}

// sent is settled, and waits until no mail is held back either: three minutes for the summary of one storm, ten more for that of a second.
func (s *system) sent(limit time.Duration) {
	s.t.Helper()
	s.Until("every escalation is delivered", limit, func() error {
		out, errs, code := s.Exec(nil, "triage", "verify")
		if code != 0 || !strings.Contains(out, ", waiting 0,") {
			return fmt.Errorf("verify: %s%s", out, errs)
		}
		s.t.Log(strings.TrimSpace(out))
		return nil
	})
}

// feeder hands in mentions until it is told to finish, repeating each batch until the program has accepted it.
type feeder struct {
	s        *system
	stop     chan struct{}
	done     chan struct{}
	accepted atomic.Int64
	refused  atomic.Int64
	step     chan struct{}
}

func feed(s *system) *feeder {
	f := &feeder{s: s, stop: make(chan struct{}), done: make(chan struct{}), step: make(chan struct{}, 1)}
	go f.run()
	s.t.Cleanup(func() { f.finish() })
	return f
}

func (f *feeder) run() {
	defer close(f.done)
	for batch := 0; ; batch++ {
		select {
		case <-f.stop:
			return
		default:
		}
		body := mentions(batch, 20)
		for !f.hand(batch, body) {
			f.refused.Add(1)
			f.poke()
			select {
			case <-f.s.t.Context().Done():
				return
			case <-time.After(50 * time.Millisecond): // a client's pause before it tries again
			}
		}
		f.accepted.Add(20)
		f.poke()
	}
}

// hand hands one batch in, every fifth by file, and reports whether all of it was accepted.
func (f *feeder) hand(batch int, body []byte) bool {
	if batch%5 == 4 {
		out, _, code := f.s.ExecWithin(15*time.Second, bytes.NewReader(body), "ingest", "import", "-")
		return code == 0 && strings.HasPrefix(out, "accepted 20 ")
	}
	var r struct{ Accepted int }
	err := f.s.Call("POST", "/api/v1/mentions", "application/x-ndjson", bytes.NewReader(body), &r)
	return err == nil && r.Accepted == 20
}

func (f *feeder) poke() {
	select {
	case f.step <- struct{}{}:
	default:
	}
}

func (f *feeder) waitFor(more int64) {
	f.s.t.Helper()
	want := f.accepted.Load() + more
	f.wait("more mentions are accepted", func() bool { return f.accepted.Load() >= want })
}

func (f *feeder) waitForRefusal() {
	f.s.t.Helper()
	want := f.refused.Load() + 1
	f.wait("mentions are refused", func() bool { return f.refused.Load() >= want })
}

func (f *feeder) wait(what string, ok func() bool) {
	f.s.t.Helper()
	limit := time.After(time.Minute)
	for !ok() {
		select {
		case <-f.step:
		case <-limit:
			f.s.t.Fatalf("waited a minute until %s: %d accepted, %d refused", what, f.accepted.Load(), f.refused.Load())
		}
	}
}

// finish ends the feeder after its last batch and returns how many mentions were accepted.
func (f *feeder) finish() int {
	select {
	case <-f.stop:
	default:
		close(f.stop)
	}
	<-f.done
	return int(f.accepted.Load())
}

// mentions makes one batch of n lines, different in every batch: one complaint, one threat now and then, the rest chatter.
func mentions(batch, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		text := fmt.Sprintf("Walked past the library %d-%d today, nice and quiet.", batch, i)
		switch {
		case i == 0:
			text = fmt.Sprintf("Westgate %d: our bins have been missed for the third week running and nobody at the council answers. Not good enough.", batch)
		case i == 1 && batch%7 == 0:
			text = fmt.Sprintf("Strong smell of gas outside the council offices, number %d, people are feeling faint, somebody help now", batch)
		}
		line, _ := json.Marshal(map[string]any{"id": fmt.Sprintf("forum:%d-%d", batch, i), "platform": "forum", "kind": "post", "text": text,
			"created_at": time.Date(2026, 11, 1, 8, 0, batch, 0, time.UTC).Format(time.RFC3339), "thread_id": fmt.Sprintf("forum:t%d", batch%40)})
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// councilFolder is a settings folder whose mail goes out at once and at any hour.
func councilFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	council := `name: Westmere Borough Council
aliases: [Westmere Council]
links: {complaints: "https://westmere.example/complaints"}
quiet_hours: send
inboxes:
  publicity: [publicity@westmere.example]
  hr: [hr@westmere.example]
  monitoring: [monitoring@westmere.example]
  on_call: [oncall@westmere.example]
  from: earshot@westmere.example
`
	routes := `routes:
  - {id: at-once, risk: [any], audience: on_call}
  - {id: comms-complaint, labels: [complaint], audience: comms, wait: 1s}
`
	for name, content := range map[string]string{"council.yaml": council, "routes.yaml": routes} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mailbox is a mail server that can be away.
type mailbox struct {
	addr    string
	mu      sync.Mutex
	srv     *smtp.Server
	got     map[string]int // by recipient and Message-ID
	repeats atomic.Int64
}

func startMailbox(t *testing.T) *mailbox {
	m := &mailbox{addr: machinetest.FreeAddress(t), got: map[string]int{}}
	m.open()
	t.Cleanup(m.close)
	return m
}

func (m *mailbox) open() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.srv != nil {
		return
	}
	m.srv = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{m: m}, nil }))
	m.srv.Domain = "localhost"
	ln, err := net.Listen("tcp", m.addr)
	if err != nil {
		panic(err) // the port was ours a moment ago
	}
	go m.srv.Serve(ln)
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.srv != nil {
		m.srv.Close()
		m.srv = nil
	}
}

func (m *mailbox) unique() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.got)
}

// check asserts that mails came, and that a Message-ID came twice only where a kill fell between the server's yes and our mark of it.
func (m *mailbox) check(t *testing.T, kills int) {
	t.Helper()
	if m.unique() == 0 {
		t.Error("no mail arrived")
	}
	if n := m.repeats.Load(); n > int64(kills) {
		t.Errorf("%d mails were repeated over %d kills", n, kills)
	}
}

type mailSession struct {
	m  *mailbox
	to []string
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}
func (s *mailSession) Reset()        { s.to = nil }
func (s *mailSession) Logout() error { return nil }
func (s *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	id := ""
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(strings.ToLower(line), "message-id:"); ok {
			id = strings.TrimSpace(v)
		}
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for _, to := range s.to {
		if s.m.got[to+" "+id]++; s.m.got[to+" "+id] > 1 {
			s.m.repeats.Add(1)
		}
	}
	return nil
}
