package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// TestComposeEnvironmentWorks starts ingest and both triage nodes as docker-compose.yml does, on the Kafka and ClickHouse of
// engines/with.sh, hands a threat to the first node, finds it on the second, and gets one mail about it.
func TestComposeEnvironmentWorks(t *testing.T) {
	kafka, clickhouse := needEngines(t)
	mail := catchMail(t)
	bin := build(t)
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "secret.key"), []byte(strings.Repeat("k", 44)), 0o600); err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("compose-%d.", time.Now().UnixNano())
	start := func(name string) *program {
		p := &program{t: t, name: name, path: filepath.Join(bin, earshots[name]), addr: freeAddress(t)}
		for _, kv := range readCompose(t).Services[name].environ() {
			k, v, _ := strings.Cut(kv, "=")
			switch k {
			case "EARSHOT_DATA":
				v = t.TempDir()
			case "EARSHOT_LISTEN", "EARSHOT_INGEST_LISTEN":
				v = p.addr
			case "EARSHOT_KAFKA_BROKERS":
				v = kafka
			case "EARSHOT_CLICKHOUSE_DSN":
				v = onHost(t, v, clickhouse, strings.Trim(strings.ReplaceAll(prefix, "-", "_"), "."))
			case "EARSHOT_SMTP_URL":
				v = strings.Replace(v, "mail:1025", mail.addr, 1)
			default:
				v = strings.ReplaceAll(v, "/srv/earshot", files)
			}
			p.env = append(p.env, k+"="+v)
		}
		p.env = append(p.env, "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(), "EARSHOT_TOPIC_PREFIX="+prefix)
		p.start()
		return p
	}
	one := start("triage-1")
	two, ingest := start("triage-2"), start("ingest")

	token := one.command("token", "create", "--role", "comms", "--name", "compose")
	line := `{"id":"facebook:compose_1","platform":"facebook","text":"I know where Cllr Amos parks and I am going to kill him tonight","created_at":"` +
		time.Now().UTC().Format(time.RFC3339) + `"}`
	if got := one.ask(http.MethodPost, "/api/v1/mentions", token, line); !strings.Contains(got, `"accepted":1`) {
		t.Fatalf("hand-in answered %s", got)
	}
	eventually(t, "the second node finds it", func() error {
		var found struct{ Total int }
		q := "/api/v1/mentions?limit=0&q=" + url.QueryEscape(`"going to kill him"`)
		if err := json.Unmarshal([]byte(two.ask(http.MethodGet, q, token, "")), &found); err != nil {
			return err
		}
		if found.Total != 1 {
			return fmt.Errorf("%d found", found.Total)
		}
		return nil
	})
	eventually(t, "a mail about it", func() error {
		if mail.count("duty.officer@marrowby.example") == 0 {
			return errors.New("none yet")
		}
		return nil
	})
	for _, p := range []*program{ingest, two, one} {
		p.stop()
	}
}

// needEngines returns the engines' addresses.
func needEngines(t *testing.T) (kafka, clickhouse string) {
	t.Helper()
	kafka, clickhouse = os.Getenv("EARSHOT_TEST_KAFKA"), os.Getenv("EARSHOT_TEST_CLICKHOUSE")
	if kafka == "" || clickhouse == "" {
		const why = "needs a real Kafka and ClickHouse: run it under engines/with.sh"
		if os.Getenv("EARSHOT_TEST_REQUIRE") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	return kafka, clickhouse
}

// onHost puts the engine's host and a database of the test's own into the compose file's DSN. The engine for tests knows no users.
func onHost(t *testing.T, dsn, engine, database string) string {
	t.Helper()
	u, err1 := url.Parse(dsn)
	e, err2 := url.Parse(engine)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	u.Scheme, u.Host, u.User, u.Path = e.Scheme, e.Host, e.User, "/"+database
	return u.String()
}

func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"triage", "ingest"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), "earshot/cmd/"+name).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	return dir
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// program is one container's process.
type program struct {
	t          *testing.T
	name, path string
	addr       string
	env        []string
	cmd        *exec.Cmd
	ended      chan error
	log        lockedBuffer
}

func (p *program) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.path)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan error, 1)
	go func() { p.ended <- p.cmd.Wait() }()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		if p.t.Failed() {
			p.t.Logf("the end of what %s said:\n%s", p.name, p.log.tail(4000))
		}
	})
	eventually(p.t, p.name+" is ready", func() error {
		select {
		case err := <-p.ended:
			p.t.Fatalf("%s ended by itself: %v", p.name, err)
		default:
		}
		resp, err := http.Get("http://" + p.addr + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz says %s", resp.Status)
		}
		return nil
	})
}

// stop asks politely, as docker does, and wants a clean end.
func (p *program) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("%s ended with %v", p.name, err)
		}
	case <-time.After(60 * time.Second):
		p.t.Errorf("%s does not end", p.name)
	}
}

// command runs one of the program's commands beside it.
func (p *program) command(args ...string) string {
	p.t.Helper()
	cmd := exec.Command(p.path, args...)
	cmd.Env = p.env
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%s %v: %v\n%s", p.name, args, err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

func (p *program) ask(method, path, token, body string) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// eventually polls a foreign process until ok returns nil.
func eventually(t *testing.T, what string, ok func() error) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within 90 s: %s: %v", what, err)
		}
		<-tick.C
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b.Bytes()[max(0, l.b.Len()-n):])
}

// catcher is the compose file's mail catcher: it takes every mail and counts them by recipient.
type catcher struct {
	addr string
	mu   sync.Mutex
	to   map[string]int
}

func catchMail(t *testing.T) *catcher {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &catcher{addr: l.Addr().String(), to: map[string]int{}}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{c: c}, nil }))
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return c
}

func (c *catcher) count(to string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.to[to]
}

type session struct {
	c  *catcher
	to []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Reset()                               { s.to = nil }
func (s *session) Logout() error                        { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, to := range s.to {
		s.c.to[to]++
	}
	return nil
}
