package sourcestest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"earshot/sources"
)

// Secret is the key that fixtures give to a connector that needs one; no error may hold it.
const Secret = "s3cr3t-0f-the-test"

// Options say what is different about a source.
type Options struct {
	Ends bool // Next returns io.EOF at the end instead of blocking
}

// Run asks of a Source what the interface promises. make is called anew for every question and returns a fresh Source over the same
// platform content and the mentions it must bring, in order, with at least ID, Platform and State set. It must bring three or more.
func Run(t *testing.T, make func(t *testing.T) (sources.Source, []sources.Mention), opts ...Options) {
	t.Helper()
	var o Options
	if len(opts) > 0 {
		o = opts[0]
	}
	if _, want := make(t); len(want) < 3 {
		t.Fatalf("the fixture brings %d mentions; fewer than 3 prove nothing", len(want))
	}
	t.Run("everything once and in order", func(t *testing.T) {
		src, want := make(t)
		defer closeSource(src)
		got := drain(t, src, "", len(want))
		compare(t, got, want)
		nothingMore(t, src, got[len(got)-1].next, o)
	})
	t.Run("same batch for the same cursor", func(t *testing.T) {
		src, _ := make(t)
		defer closeSource(src)
		a, ac := next(t, src, "")
		b, bc := next(t, src, "")
		if ac != bc {
			t.Fatalf("cursors %q and %q for one question", ac, bc)
		}
		sameIDs(t, a, b)
	})
	t.Run("a new start from each cursor loses nothing", func(t *testing.T) {
		src, want := make(t)
		steps := drain(t, src, "", len(want))
		closeSource(src)
		done := 0
		for i, s := range steps {
			done += len(s.mentions)
			if done == len(want) {
				break
			}
			again, _ := make(t)
			rest := drainIDs(t, again, s.next, idsOf(want[done:]))
			closeSource(again)
			if missing := minus(idsOf(want[done:]), rest); len(missing) > 0 {
				t.Fatalf("after step %d of %d these never came: %v", i+1, len(steps), missing)
			}
		}
	})
	t.Run("the same IDs and contents on another day", func(t *testing.T) {
		a, want := make(t)
		defer closeSource(a)
		b, _ := make(t)
		defer closeSource(b)
		x, y := flat(drain(t, a, "", len(want))), flat(drain(t, b, "", len(want)))
		sameIDs(t, x, y)
		for i := range x {
			if x[i].Version() != y[i].Version() {
				t.Errorf("%s has two versions in two readings", x[i].ID)
			}
		}
	})
	t.Run("what it brings is valid after Normalise", func(t *testing.T) {
		src, want := make(t)
		defer closeSource(src)
		for _, m := range flat(drain(t, src, "", len(want))) {
			sources.Normalise(&m, time.Now())
			if err := m.Validate(); err != nil {
				t.Errorf("%s: %v", m.ID, err)
			}
			if !strings.HasPrefix(m.ID, m.Platform+":") {
				t.Errorf("ID %q does not begin with its platform %q", m.ID, m.Platform)
			}
		}
	})
	t.Run("a cancelled context ends Next promptly", func(t *testing.T) {
		src, want := make(t)
		defer closeSource(src)
		steps := drain(t, src, "", len(want))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make1(func() error {
			after := steps[len(steps)-1].next
			for {
				_, c, err := src.Next(ctx, after)
				if err != nil {
					return err
				}
				after = c
			}
		})
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) && !(o.Ends && errors.Is(err, io.EOF)) {
				t.Fatalf("Next returned %v, want context.Canceled", err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("Next did not return within 5 s of the end of its context")
		}
	})
}

func make1(f func() error) <-chan error {
	c := make(chan error, 1)
	go func() { c <- f() }()
	return c
}

// step is one answer of Next.
type step struct {
	mentions []sources.Mention
	next     sources.Cursor
}

// patience bounds one test's reading; it is generous because a machine may be busy.
const patience = 30 * time.Second

func drain(t *testing.T, src sources.Source, after sources.Cursor, n int) []step {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var steps []step
	for got := 0; got < n; {
		ms, c, err := src.Next(ctx, after)
		if err != nil {
			checkError(t, err)
			t.Fatalf("after %d of %d mentions: %v", got, n, err)
		}
		if len(ms) == 0 && c == after {
			t.Fatal("Next returned with neither a mention nor a new cursor")
		}
		got += len(ms)
		steps = append(steps, step{ms, c})
		after = c
	}
	return steps
}

// drainIDs reads until every wanted ID came; an overlap may bring others first.
func drainIDs(t *testing.T, src sources.Source, after sources.Cursor, want []string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []string
	for len(minus(want, got)) > 0 {
		ms, c, err := src.Next(ctx, after)
		if err != nil {
			checkError(t, err)
			return got
		}
		got = append(got, idsOf(ms)...)
		after = c
	}
	return got
}

func next(t *testing.T, src sources.Source, after sources.Cursor) ([]sources.Mention, sources.Cursor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ms, c, err := src.Next(ctx, after)
	if err != nil {
		checkError(t, err)
		t.Fatal(err)
	}
	return ms, c
}

// nothingMore lets the source look for a while and fails if it brings a mention again.
func nothingMore(t *testing.T, src sources.Source, after sources.Cursor, o Options) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for {
		ms, c, err := src.Next(ctx, after)
		switch {
		case o.Ends && errors.Is(err, io.EOF):
			return
		case err != nil && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded): // a budget does not wait for what comes too late
			t.Fatalf("at the end of the content: %v", err)
		case err != nil:
			return
		case len(ms) > 0:
			t.Fatalf("%d mentions came a second time, the first is %s", len(ms), ms[0].ID)
		}
		after = c
	}
}

// CheckSecret fails the test when err's text holds the fixture's Secret.
func CheckSecret(t *testing.T, err error) {
	t.Helper()
	checkError(t, err)
}

func checkError(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), Secret) {
		t.Fatalf("an error holds the key: %v", strings.ReplaceAll(err.Error(), Secret, "<secret>"))
	}
}

func flat(steps []step) (out []sources.Mention) {
	for _, s := range steps {
		out = append(out, s.mentions...)
	}
	return out
}

func compare(t *testing.T, steps []step, want []sources.Mention) {
	t.Helper()
	got := flat(steps)
	sameIDs(t, want, got)
	for i := range got {
		if w, g := stateOf(want[i]), stateOf(got[i]); w != g {
			t.Errorf("%s is %s, want %s", got[i].ID, g, w)
		}
		if want[i].Text != "" && got[i].Text != want[i].Text {
			t.Errorf("%s says %q, want %q", got[i].ID, got[i].Text, want[i].Text)
		}
	}
}

func stateOf(m sources.Mention) sources.State {
	if m.State == "" {
		return sources.Live
	}
	return m.State
}

func sameIDs(t *testing.T, want, got []sources.Mention) {
	t.Helper()
	w, g := strings.Join(idsOf(want), "\n"), strings.Join(idsOf(got), "\n")
	if w != g {
		t.Fatalf("got the IDs\n%s\nwant\n%s", g, w)
	}
}

func idsOf(ms []sources.Mention) []string {
	out := make([]string, len(ms))
	for i := range ms {
		out[i] = ms[i].ID
	}
	return out
}

func minus(all, some []string) (out []string) {
	have := map[string]int{}
	for _, s := range some {
		have[s]++
	}
	for _, s := range all {
		if have[s] == 0 {
			out = append(out, s)
		}
	}
	return out
}

func closeSource(s sources.Source) {
	if c, ok := s.(sources.Closer); ok {
		_ = c.Close()
	}
}
