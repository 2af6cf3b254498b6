package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// programs builds triage and ingest once for all tests of this package.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "earshot-programs-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir, "earshot/cmd/triage", "earshot/cmd/ingest").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := programs(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// system is the real program on a data folder, as its user runs it.
type system struct {
	t     testing.TB
	bin   string
	data  string
	addr  string
	env   []string
	log   *bytes.Buffer
	token string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// newSystem prepares a system with an empty data folder; env adds to its environment.
func newSystem(t testing.TB, data string, env ...string) *system {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	s := &system{t: t, bin: bin, data: data, addr: freePort(t), log: &bytes.Buffer{}}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "EARSHOT_") {
			s.env = append(s.env, kv)
		}
	}
	s.env = append(append(s.env, "EARSHOT_DATA="+data, "EARSHOT_LISTEN="+s.addr), env...)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the program's own log, last 6 kB:\n%s", s.log.Bytes()[max(0, s.log.Len()-6000):])
		}
	})
	return s
}

// freePort returns a loopback address nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// syncWriter serialises writes to the log buffer.
type syncWriter struct{ s *system }

func (w syncWriter) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.log.Write(p)
}

// start starts the program and returns once it is ready.
func (s *system) start() {
	s.t.Helper()
	s.spawn()
	s.until("the program is ready", 60*time.Second, func() error {
		select {
		case <-s.done:
			s.t.Fatalf("triage ended by itself:\n%s", s.log)
		default:
		}
		resp, err := http.Get("http://" + s.addr + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 {
			return fmt.Errorf("readyz says %d", resp.StatusCode)
		}
		return nil
	})
	if s.token == "" {
		s.token = strings.TrimSpace(s.run("triage", "token", "create", "--role", "comms", "--name", "test"))
	}
}

func (s *system) spawn() {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "triage"))
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, syncWriter{s}, syncWriter{s}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	s.cmd, s.done = cmd, done
}

// kill ends the program as a power cut would.
func (s *system) kill() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		<-s.done
		s.cmd = nil
	}
}

// stop ends the program as its service manager would, and fails the test unless it drains in time.
func (s *system) stop() {
	s.t.Helper()
	s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.done:
	case <-time.After(40 * time.Second):
		s.t.Fatal("triage did not stop within 40 s of being asked")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Fatalf("triage ended with %d:\n%s", code, s.log)
	}
	s.cmd = nil
}

// exec runs a command of the programs and returns what it printed and its exit code.
func (s *system) exec(stdin io.Reader, name string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	return s.execWithin(5*time.Minute, stdin, name, args...)
}

// execWithin is exec that kills the command after limit: an import waits as long as the log takes nothing.
func (s *system) execWithin(limit time.Duration, stdin io.Reader, name string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.env, stdin, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// run is exec for what must succeed.
func (s *system) run(name string, args ...string) string {
	s.t.Helper()
	out, errs, code := s.exec(nil, name, args...)
	if code != 0 {
		s.t.Fatalf("%s %s ended with %d: %s%s", name, strings.Join(args, " "), code, out, errs)
	}
	return out
}

// until polls a foreign process until fn returns nil.
func (s *system) until(what string, limit time.Duration, fn func() error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := fn()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("waited %s until %s: %v", limit, what, err)
		}
	}
}

// client is as patient as a script of a council's would be.
var client = &http.Client{Timeout: 30 * time.Second}

// get asks the API and decodes its answer.
func (s *system) get(path string, into any) error {
	return s.call(http.MethodGet, path, "", nil, into)
}

func (s *system) call(method, path, contentType string, body io.Reader, into any) error {
	req, err := http.NewRequest(method, "http://"+s.addr+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

// total is how many mentions a search finds.
func (s *system) total(q string) (int, error) {
	var r struct{ Total int }
	err := s.get("/api/v1/mentions?limit=0&q="+q, &r)
	return r.Total, err
}

// needs skips a test for want of something of this machine, or fails it where nothing may be skipped.
func needs(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("EARSHOT_TEST_REQUIRE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}
