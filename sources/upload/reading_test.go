package upload

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"earshot/internal/machinetest"
	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestPicturesBecomeMentions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := &byPicture{texts: []string{"Bins again on Mill Lane", "", "Typical council"}, fail: 3}
		s := newStore(t, func(c *Config) { c.Reader = reader })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		rec, err := s.Receive(t.Context(), Report{Relation: "me", Account: "staff-3", URL: "https://x.example/1", Files: []File{
			file("1.png", asPNG(t, corner(10, 10))), file("2.png", asPNG(t, corner(12, 12))), file("3.png", asPNG(t, corner(14, 14))), file("4.png", asPNG(t, corner(16, 16)))}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := s.log.byID()
		one, three := got[rec.MentionID()+"/1"], got[rec.MentionID()+"/3"]
		if len(got) != 3 || one.Text != "Bins again on Mill Lane" || three.Text != "Typical council" {
			t.Errorf("mentions = %v", got)
		}
		if one.ParentID != rec.MentionID() || one.Relation != "me" || one.Reporter != "staff-3" || one.Kind != sources.Report ||
			len(one.Media) != 1 || one.Media[0].Blob != rec.Pictures[0] || one.Media[0].Alt != one.Text {
			t.Errorf("mention of the first picture = %+v", one)
		}
		for outcome, n := range map[string]float64{"text": 2, "empty": 1, "failed": 1} {
			if got := testutil.ToFloat64(s.metrics.read.WithLabelValues(outcome)); got != n {
				t.Errorf("%v pictures counted as %s, want %v", got, outcome, n)
			}
		}
		if keys, _ := s.bucket.List(t.Context(), unreadPrefix); len(keys) > 0 {
			t.Errorf("marks are left: %v", keys)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// byPicture finds one text after the other, and fails at picture fail.
type byPicture struct {
	texts []string
	n     int
	fail  int
}

func (r *byPicture) Read(context.Context, []byte) (string, error) {
	defer func() { r.n++ }()
	if r.n == r.fail {
		return "", errors.New("cannot read")
	}
	return r.texts[r.n], nil
}

// TestReadingSurvivesACrash leaves a mark behind, as a process that was killed does, with a log that first will not take anything.
func TestReadingSurvivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newStore(t, func(c *Config) { c.Reader = words("Rats in the alley") })
		rec, err := first.Receive(t.Context(), Report{Files: []File{file("1.png", asPNG(t, corner(10, 10)))}})
		if err != nil {
			t.Fatal(err)
		}
		second := newStore(t, func(c *Config) { c.Bucket = first.bucket; c.Reader = words("Rats in the alley") })
		second.log.err = errors.New("the log is away")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go second.Run(ctx)
		synctest.Wait()
		if len(second.log.ms) > 0 {
			t.Fatal("the log took something although it is away")
		}
		second.log.mu.Lock()
		second.log.err, second.log.added = nil, make(chan struct{}, 1)
		second.log.mu.Unlock()
		<-second.log.added // Run looks again by itself
		got := second.log.byID()
		if got[rec.MentionID()+"/1"].Text != "Rats in the alley" || got[rec.MentionID()].ID == "" {
			t.Errorf("mentions = %v", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestErasedReportsAreNotRead(t *testing.T) {
	s := newStore(t, func(c *Config) { c.Reader = words("x") })
	rec, err := s.Receive(t.Context(), Report{Files: []File{file("1.png", asPNG(t, corner(10, 10)))}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), &sources.Mention{ID: rec.MentionID()}); err != nil {
		t.Fatal(err)
	}
	before := len(s.log.ms)
	if err := s.readReport(t.Context(), unreadKey(rec.Reference)); err != nil || len(s.log.ms) != before {
		t.Errorf("readReport = %v, and the log has %d more", err, len(s.log.ms)-before)
	}
}

func tesseract(t *testing.T) *Tesseract {
	t.Helper()
	r, err := FindTesseract(t.Context())
	if err != nil {
		machinetest.Need(t, "Tesseract: %v", err)
	}
	return r
}

func TestTesseractReads(t *testing.T) {
	r := tesseract(t)
	s := newStore(t, func(c *Config) { c.Reader = r })
	pic := asPNG(t, screenshot(t, "Great job leaving my bins AGAIN", "Mill Lane, third week running"))
	rec, err := s.Receive(t.Context(), Report{Files: []File{file("1.png", pic)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.readAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := s.log.byID()[rec.MentionID()+"/1"].Text
	for _, want := range []string{"Great job leaving my bins AGAIN", "Mill Lane, third week running"} {
		if !strings.Contains(text, want) {
			t.Errorf("Tesseract read %q, without %q", text, want)
		}
	}
}

func TestTesseractIsLimited(t *testing.T) {
	r := tesseract(t)
	if _, err := r.Read(t.Context(), []byte("not a picture")); err == nil {
		t.Error("rubbish was read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, asPNG(t, screenshot(t, "x"))); !errors.Is(err, context.Canceled) {
		t.Errorf("under a cancelled context: %v", err)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	greedy := &Tesseract{program: sh, languages: "eng"} // sh reads a program from standard input as "stdin" does not exist: any failure will do
	if _, err := greedy.Read(t.Context(), nil); err == nil {
		t.Error("a program that fails was believed")
	}
}

func TestTidyText(t *testing.T) {
	if got := tidyText("\n\n a \n\n\n b\f \n\x0c"); got != "a\n\nb" {
		t.Errorf("tidyText = %q", got)
	}
	var l limited
	l.Write(make([]byte, maxReadBytes-1))
	if n, err := l.Write(make([]byte, 10)); n != 10 || err != nil || l.Len() != maxReadBytes {
		t.Errorf("limited kept %d bytes", l.Len())
	}
}
