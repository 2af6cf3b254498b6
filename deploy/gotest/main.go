// Command gotest runs `go test` with its arguments and prints what a person wants to read of it: go test's own line for each package, the
// whole output of what failed, and why tests were skipped. Everything is kept in build/test.log.
//
// Where nothing may be skipped it fails for a skip. EARSHOT_TEST_REQUIRE=1: for every one. EARSHOT_TEST_STRICT=1: for every one but those
// that need the big engines, which `make test-engines` runs.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

func main() {
	code, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
	}
	os.Exit(code)
}

func run(args []string, out io.Writer) (int, error) {
	log, err := openLog()
	if err != nil {
		return 1, err
	}
	defer log.Close()
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = out
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	r := newReport(out, log)
	readErr := r.read(pipe)
	waitErr := cmd.Wait()
	skips := r.unwanted(os.Getenv("EARSHOT_TEST_REQUIRE") == "1", os.Getenv("EARSHOT_TEST_STRICT") == "1")
	fmt.Fprintf(out, "tests: %d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skips))
	switch {
	case readErr != nil:
		return 1, readErr
	case waitErr != nil:
		return max(1, cmd.ProcessState.ExitCode()), nil // go test has said why
	case skips > 0:
		return 1, fmt.Errorf("%d tests were skipped that may not be skipped here", skips)
	case r.passed == 0:
		return 1, errors.New("no test ran")
	}
	return 0, nil
}

func openLog() (io.WriteCloser, error) {
	if err := os.MkdirAll("build", 0o755); err != nil {
		return nil, err
	}
	return os.Create(filepath.Join("build", "test.log"))
}

// event is a line of `go test -json`, see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
}

type skip struct{ pkg, test, why string }

type report struct {
	out, log io.Writer
	kept     map[string]*strings.Builder // output of a test, or of a package under its own name, until it is known to have passed
	skips    []skip

	passed, failed int // tests, those inside tests too
}

func newReport(out, log io.Writer) *report {
	return &report{out: out, log: log, kept: map[string]*strings.Builder{}}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line) // go itself says something that is no event
			} else {
				r.take(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ownLine is what go test says of a package in the end.
var ownLine = regexp.MustCompile(`^(ok  |FAIL|\?   )\t`)

func (r *report) take(e event) {
	io.WriteString(r.log, e.Output)
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		io.WriteString(r.out, e.Output)
	case "output":
		switch {
		case e.Test == "" && ownLine.MatchString(e.Output):
			r.flush(e.Package+" ", !strings.HasPrefix(e.Output, "FAIL"))
			io.WriteString(r.out, e.Output)
		default:
			if r.kept[key] == nil {
				r.kept[key] = &strings.Builder{}
			}
			r.kept[key].WriteString(e.Output)
		}
	case "pass":
		if e.Test != "" {
			r.passed++
		}
		r.flush(key, true)
	case "fail":
		if e.Test != "" {
			r.failed++
		}
		r.flush(key, false)
	case "skip":
		if e.Test != "" {
			r.skips = append(r.skips, skip{e.Package, e.Test, r.reason(key)})
		}
		r.flush(key, true)
	}
}

// flush forgets the output under key, or prints it first.
func (r *report) flush(key string, forget bool) {
	if b := r.kept[key]; b != nil && !forget {
		io.WriteString(r.out, b.String())
	}
	delete(r.kept, key)
}

// reason is the last thing a skipped test said before it was skipped.
func (r *report) reason(key string) string {
	if r.kept[key] == nil {
		return "it does not say why"
	}
	var said []string
	for l := range strings.Lines(r.kept[key].String()) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "=== ") && !strings.HasPrefix(l, "--- ") {
			_, what, _ := strings.Cut(l, ": ") // behind file and line
			said = append(said, what)
		}
	}
	if len(said) == 0 {
		return "it does not say why"
	}
	return said[len(said)-1]
}

// needsEngine is how tests begin that run under engines/with.sh only.
var needsEngine = regexp.MustCompile(`^needs (a |the )?(real )?(Apache )?(Kafka|ClickHouse)`)

// unwanted prints the skips, those of one package and reason in one line, and counts those that fail the run.
func (r *report) unwanted(all, allButEngines bool) int {
	slices.SortFunc(r.skips, func(a, b skip) int { return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.why, b.why)) })
	n := 0
	for i := 0; i < len(r.skips); {
		s, same := r.skips[i], 0
		for ; i < len(r.skips) && r.skips[i].pkg == s.pkg && r.skips[i].why == s.why; i++ {
			fmt.Fprintf(r.log, "skipped: %s %s: %s\n", s.pkg, r.skips[i].test, s.why)
			same++
		}
		if all || allButEngines && !needsEngine.MatchString(s.why) {
			n += same
		}
		fmt.Fprintf(os.Stderr, "skipped: %s, %d tests (%s ...): %s\n", s.pkg, same, s.test, s.why)
	}
	return n
}
