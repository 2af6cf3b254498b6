package cmdtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/internal/machinetest"
)

// built is the folder of triage and ingest, built once for all tests of a package.
var built = sync.OnceValues(func() (string, error) {
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

// Main is the TestMain of a package that runs the programs: it takes away what was built.
func Main(m *testing.M) {
	code := m.Run()
	if dir, err := built(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// Program is triage or ingest in an environment.
type Program struct {
	*machinetest.Process        // the one that Start started last
	Addr                 string // where it serves
	Token                string // for Get and Call

	t    testing.TB
	bin  string
	name string
	env  []string
}

// New prepares a program that serves at addr. Of the test's own environment it sees all but Earshot's variables; env adds to it.
func New(t testing.TB, name, addr string, env ...string) *Program {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{t: t, bin: bin, name: name, Addr: addr}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "EARSHOT_") {
			p.env = append(p.env, kv)
		}
	}
	p.env = append(p.env, env...)
	return p
}

// Start starts the program and returns once it is ready.
func (p *Program) Start() {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(p.bin, p.name))
	cmd.Env = p.env
	p.Process = machinetest.Start(p.t, cmd)
	p.Process.Until(p.t, p.name+" is ready", 90*time.Second, func() error { return machinetest.Answers("http://" + p.Addr + "/readyz") })
}

// Stop ends the program as its service manager would, and fails the test unless it drains in time.
func (p *Program) Stop() {
	p.t.Helper()
	if code := p.Process.Stop(p.t, time.Minute); code != 0 {
		p.t.Fatalf("%s ended with %d:\n%s", p.name, code, p.Log.Tail())
	}
}

// Until polls until ok returns nil, and fails the test after limit.
func (p *Program) Until(what string, limit time.Duration, ok func() error) {
	p.t.Helper()
	machinetest.Until(p.t, what, limit, ok)
}

// Exec runs a command of the programs, in the same environment, and returns what it printed and its exit code.
func (p *Program) Exec(stdin io.Reader, name string, args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	return p.ExecWithin(5*time.Minute, stdin, name, args...)
}

// ExecWithin is Exec that kills the command after limit: an import waits as long as the log takes nothing.
func (p *Program) ExecWithin(limit time.Duration, stdin io.Reader, name string, args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, name), args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.env, stdin, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Run is Exec for what must succeed.
func (p *Program) Run(name string, args ...string) string {
	p.t.Helper()
	out, errs, code := p.Exec(nil, name, args...)
	if code != 0 {
		p.t.Fatalf("%s %s ended with %d: %s%s", name, strings.Join(args, " "), code, out, errs)
	}
	return out
}

// NewToken makes an API token.
func (p *Program) NewToken(role, name string) string {
	p.t.Helper()
	return strings.TrimSpace(p.Run("triage", "token", "create", "--role", role, "--name", name))
}
