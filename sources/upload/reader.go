package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Reader reads the text in a picture.
type Reader interface {
	// Read returns the words in a PNG or JPEG, one line of the picture a line; "" when there are none. Safe for concurrent use.
	Read(ctx context.Context, picture []byte) (string, error)
}

// Limits of reading one picture.
const (
	readTimeout   = 60 * time.Second
	readCPU       = 45      // seconds
	readMemory    = 1 << 20 // KiB of address space
	maxReadBytes  = 64 << 10
	wantedLocales = "eng+cym"
)

// Tesseract is a Reader that runs the program tesseract, one process a picture, with limits on time and memory.
type Tesseract struct {
	program   string
	languages string
}

var _ Reader = (*Tesseract)(nil)

// ErrNoTesseract says that pictures are kept but not read. Its text is the sentence for the health page.
var ErrNoTesseract = errors.New("text in pictures is not read because the program Tesseract is not installed; " +
	"install the package tesseract-ocr and start again")

// FindTesseract looks for tesseract on PATH and for the languages it knows: English, and Welsh where its data is installed.
func FindTesseract(ctx context.Context) (*Tesseract, error) {
	program, err := exec.LookPath("tesseract")
	if err != nil {
		return nil, ErrNoTesseract
	}
	out, err := exec.CommandContext(ctx, program, "--list-langs").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("ask Tesseract for its languages: %w", err)
	}
	known := strings.Fields(string(out))
	var use []string
	for _, l := range strings.Split(wantedLocales, "+") {
		if slices.Contains(known, l) {
			use = append(use, l)
		}
	}
	if len(use) == 0 {
		return nil, fmt.Errorf("text in pictures is not read because Tesseract has no English data; install the package tesseract-ocr-eng")
	}
	return &Tesseract{program, strings.Join(use, "+")}, nil
}

// Read runs tesseract under a shell that sets the limits, because Go cannot set them for a child before it starts.
func (t *Tesseract) Read(ctx context.Context, picture []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	limits := fmt.Sprintf(`ulimit -t %d && ulimit -v %d && exec "$@"`, readCPU, readMemory)
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", limits, "sh", t.program, "stdin", "stdout", "-l", t.languages, "--psm", "3")
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	cmd.Stdin = bytes.NewReader(picture)
	var out limited
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("read picture: %w", ctx.Err())
		}
		return "", fmt.Errorf("read picture: tesseract: %w", err)
	}
	return tidyText(out.String()), nil
}

// limited keeps the first maxReadBytes and takes the rest without keeping it, so that the program can end.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := maxReadBytes - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// tidyText drops form feeds, trailing blanks and repeated empty lines.
func tidyText(s string) string {
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(s, "")) {
		line = strings.TrimSpace(strings.ReplaceAll(line, "\f", ""))
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
