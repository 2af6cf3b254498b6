package machinetest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Command runs a program to its end and fails the test when it fails.
func Command(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// FreeAddress returns a loopback address, host and port, that nobody uses at this moment.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Process is a running program with all it starts.
type Process struct {
	PID    int
	Ended  <-chan struct{} // closed once it has ended
	Log    *Log            // what it writes to its standard output and error
	cmd    *exec.Cmd
	killed bool
}

// Start starts a program that ends with the test. When the test fails, it shows the end of what the program said, unless the test killed it.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Log: &Log{}, cmd: cmd}
	cmd.Stdout, cmd.Stderr = p.Log, p.Log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second // a worker may hold the log open
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	p.PID, p.Ended = cmd.Process.Pid, ended
	go func() {
		_ = cmd.Wait() // ExitCode says how it ended
		close(ended)
	}()
	t.Cleanup(func() {
		killed := p.killed
		p.Kill()
		if t.Failed() && !killed {
			t.Logf("the end of what %s said:\n%s", cmd.Path, p.Log.Tail())
		}
	})
	return p
}

// Kill ends the process and its children as a power cut would: workers may outlive their parent.
func (p *Process) Kill() {
	p.killed = true
	select {
	case <-p.Ended: // its number may be another's by now
	default:
		_ = syscall.Kill(-p.PID, syscall.SIGKILL)
		<-p.Ended
	}
}

// Stop asks the process to end, as a service manager does, and returns its exit code; one that takes longer than limit fails the test.
func (p *Process) Stop(t testing.TB, limit time.Duration) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Ended:
	case <-time.After(limit):
		t.Fatalf("%s did not stop within %s of being asked", p.cmd.Path, limit)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Until is Until that fails at once when the process ends by itself.
func (p *Process) Until(t testing.TB, what string, limit time.Duration, ok func() error) {
	t.Helper()
	Until(t, what, limit, func() error {
		select {
		case <-p.Ended:
			t.Fatalf("%s ended by itself", p.cmd.Path)
		default:
		}
		return ok()
	})
}

// startTime is how long a real server may take to open its port.
const startTime = 2 * time.Minute

// Serve starts a server, waits until it takes connections at address, and ends it with the test.
func Serve(t testing.TB, cmd *exec.Cmd, address string) *Process {
	t.Helper()
	p := Start(t, cmd)
	p.Until(t, cmd.Path+" listens", startTime, func() error {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			err = c.Close()
		}
		return err
	})
	return p
}

// Answers reports why url does not answer 200 yet; nil when it does.
func Answers(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s says %s", url, resp.Status)
	}
	return nil
}

// Log keeps what a process says. Safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Tail is the last 6,000 bytes.
func (l *Log) Tail() string {
	s := l.String()
	return s[max(0, len(s)-6000):]
}
