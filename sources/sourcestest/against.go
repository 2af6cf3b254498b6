package sourcestest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earshot/sources"
)

func number(n int) string { return strconv.Itoa(n) }

func platformOf(id string) string {
	p, _, _ := strings.Cut(id, ":")
	return p
}

// Against runs a connector against its platform's server in every way that platforms misbehave: Run, and empty, one page, many, each fault
// between two pages, a dead key, a clock that is wrong, edits, deletions, a backlog; and it asserts that nothing but reads left.
func Against(t *testing.T, x Peer) {
	t.Helper()
	start := func(t *testing.T, c *Content) *Platform {
		p := NewPlatform(t, x.Serve(c))
		t.Cleanup(func() { onlyReads(t, p, x.Asks) })
		return p
	}
	many := 2*x.Page + x.Page/2
	t.Run("suite", func(t *testing.T) {
		Run(t, func(t *testing.T) (sources.Source, []sources.Mention) {
			c := Fill(max(many, 3))
			return x.Source(t, start(t, c)), x.want(c)
		})
	})
	t.Run("empty", func(t *testing.T) {
		p := start(t, Fill(0))
		nothingMore(t, x.Source(t, p), "", Options{})
		if len(p.Requests()) == 0 {
			t.Error("nothing was asked")
		}
	})
	t.Run("one page", func(t *testing.T) {
		c := Fill(1)
		got := drain(t, x.Source(t, start(t, c)), "", 1)
		compare(t, got, x.want(c))
		if x.Check != nil {
			x.Check(t, got[len(got)-1].mentions[0])
		}
	})
	x.faults(t, start, many)
	t.Run("a clock that is wrong", func(t *testing.T) { x.skew(t, start) })
	if x.Edits {
		t.Run("an edit", func(t *testing.T) { x.edit(t, start) })
	}
	if _, ok := x.Source(t, NewPlatform(t, http.NotFoundHandler())).(sources.Rechecker); ok {
		t.Run("asked again", func(t *testing.T) { x.recheck(t, start) })
	} else if x.Connector.Recheck != 0 {
		t.Error("Connector.Recheck is set, but the source is no Rechecker")
	}
	t.Run("a backlog", func(t *testing.T) { inBubble(t, x.backlog) })
}

// onlyReads fails the test when anything but a read or a listed question reached the platform.
func onlyReads(t *testing.T, p *Platform, asks []string) {
	t.Helper()
	for _, r := range p.Requests() {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			continue
		}
		ok := false
		for _, a := range asks {
			ok = ok || r.Method == http.MethodPost && r.URL.Path == a
		}
		if !ok {
			t.Errorf("%s %s left the program", r.Method, r.URL.Path)
		}
	}
}

const slow = "slow"

// faults meets each misbehaviour with the second answer of the first sweep; what was there comes afterwards, whole.
func (x *Peer) faults(t *testing.T, start func(*testing.T, *Content) *Platform, many int) {
	bare, dead := x.Bare, x.Dead
	if bare == nil {
		bare = Status(http.StatusTooManyRequests)
	}
	if dead == nil && len(x.Keys) > 0 {
		dead = Status(http.StatusUnauthorized)
	}
	for _, c := range []struct {
		name  string
		fault Fault
		check func(*testing.T, error)
		ends  bool // what comes next is another matter
	}{
		{"wait, as the platform says it", x.Throttled, x.waits, true},
		{"wait, without a time", bare, worthAnotherTry, false},
		{"500", Status(500), worthAnotherTry, false},
		{"503", Status(503), worthAnotherTry, false},
		{"broken off", Truncated(), worthAnotherTry, false},
		{slow, Slow(time.Minute), worthAnotherTry, false},
		{"a web page", Body("text/html", "<!doctype html><title>Sorry</title><p>Down for maintenance"), worthAnotherTry, false},
		{"another type", bodyOrNil(x.WrongType), worthAnotherTry, false},
		{"a dead key", dead, stops, true},
	} {
		if c.fault == nil {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			content := Fill(many)
			p := start(t, content)
			client := p.Anywhere()
			if c.name == slow {
				client.Timeout = 300 * time.Millisecond
			}
			src := x.source(t, client)
			defer closeSource(src)
			p.Break(nil, c.fault)
			got, after, err := readUntilError(t, src)
			if err == nil {
				t.Fatal("no error")
			}
			p.Fired(t, 2)
			checkError(t, err)
			c.check(t, err)
			if c.ends {
				return
			}
			rest := drainIDs(t, src, after, minus(idsOf(x.want(content)), got))
			if missing := minus(idsOf(x.want(content)), append(got, rest...)); len(missing) > 0 {
				t.Errorf("afterwards these never came: %v", missing)
			}
		})
	}
}

func bodyOrNil(s string) Fault {
	if s == "" {
		return nil
	}
	return Body("application/json", s)
}

// readUntilError reads until Next fails, and returns the IDs that came before and the cursor of that moment.
func readUntilError(t *testing.T, src sources.Source) (ids []string, after sources.Cursor, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		ms, c, err := src.Next(ctx, after)
		if err != nil {
			if ctx.Err() != nil {
				t.Fatal("nothing failed")
			}
			if c != after {
				t.Errorf("the cursor moved with an error")
			}
			return ids, after, err
		}
		ids, after = append(ids, idsOf(ms)...), c
	}
}

func (x *Peer) waits(t *testing.T, err error) {
	var w *sources.Wait
	if !errors.As(err, &w) {
		t.Fatalf("got %v, want a wait", err)
	}
	if d := w.Until.Sub(x.Until).Abs(); d > cmp.Or(x.Within, 2*time.Second) {
		t.Errorf("it waits until %v, want %v", w.Until, x.Until)
	}
}

func worthAnotherTry(t *testing.T, err error) {
	var f *sources.Fault
	var w *sources.Wait
	if errors.Is(err, sources.ErrStop) || !errors.As(err, &f) && !errors.As(err, &w) {
		t.Errorf("got %v, want what is worth another try, in a sentence", err)
	}
}

func stops(t *testing.T, err error) {
	if !errors.Is(err, sources.ErrStop) {
		t.Errorf("got %v, want a stop until a person acts", err)
	}
}

// skew shows a thing from an hour ahead: what comes after it must be read all the same.
func (x *Peer) skew(t *testing.T, start func(*testing.T, *Content) *Platform) {
	c := Fill(3)
	ahead := c.Add(time.Now().Add(time.Hour), "Exampleford, from a clock that is fast")
	src := x.Source(t, start(t, c))
	defer closeSource(src)
	first := drain(t, src, "", 4)
	if ids := idsOf(flat(first)); len(minus([]string{x.ID(ahead.N)}, ids)) > 0 {
		t.Fatalf("the one from the future never came: %v", ids)
	}
	late := c.Add(time.Now(), "Exampleford, at the right time")
	drainIDsOrFail(t, src, first[len(first)-1].next, x.ID(late.N))
}

func drainIDsOrFail(t *testing.T, src sources.Source, after sources.Cursor, id string) Mention {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		ms, c, err := src.Next(ctx, after)
		if err != nil {
			t.Fatalf("%s never came: %v", id, err)
		}
		for _, m := range ms {
			if m.ID == id {
				return m
			}
		}
		after = c
	}
}

func (x *Peer) edit(t *testing.T, start func(*testing.T, *Content) *Platform) {
	c := Fill(3)
	src := x.Source(t, start(t, c))
	defer closeSource(src)
	steps := drain(t, src, "", 3)
	edited := time.Now().UTC().Truncate(time.Second)
	c.Change(3, func(s *Shown) { s.Text, s.Edited = "Exampleford mended it", edited })
	m := drainIDsOrFail(t, src, steps[len(steps)-1].next, x.ID(3))
	x.mended(t, &m)
}

func (x *Peer) mended(t *testing.T, m *Mention) {
	t.Helper()
	sources.Normalise(m, time.Now())
	if !strings.Contains(m.Text, "mended it") && !strings.Contains(m.Title, "mended it") {
		t.Errorf("the edit says %q", m.Text)
	}
	if m.State != sources.Edited && !x.NoMark {
		t.Errorf("the edit's state is %q", m.State)
	}
}

// recheck asks again about what was taken in, when one thing was deleted and one edited.
func (x *Peer) recheck(t *testing.T, start func(*testing.T, *Content) *Platform) {
	c := Fill(3)
	p := start(t, c)
	src := x.Source(t, p)
	defer closeSource(src)
	held := flat(drain(t, src, "", 3))
	for i := range held {
		sources.Normalise(&held[i], time.Now())
	}
	c.Change(1, func(s *Shown) { s.Gone = true })
	c.Change(2, func(s *Shown) { s.Text, s.Edited = "Exampleford mended it", time.Now().UTC().Truncate(time.Second) })
	again := src.(sources.Rechecker)
	batch := cmp.Or(x.Connector.Batch, 1)
	found := map[string]Mention{}
	for i := 0; i < len(held); i += batch {
		ms, err := again.Recheck(t.Context(), held[i:min(i+batch, len(held))])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			found[m.ID] = m
		}
	}
	if m := found[x.ID(1)]; m.State != sources.Deleted || m.At.IsZero() {
		t.Errorf("of the deleted one it says %q at %v", m.State, m.At)
	}
	if m, ok := found[x.ID(2)]; ok {
		x.mended(t, &m)
	} else if x.Edits {
		t.Error("it says nothing of the edited one")
	}
	if m, ok := found[x.ID(3)]; ok && m.State == sources.Deleted {
		t.Error("the one that is still there is called deleted")
	}
	p.Break(Status(500), Status(500), Status(500))
	if ms, err := again.Recheck(t.Context(), held[:1]); err == nil {
		t.Errorf("a platform in trouble gives no error but %d mentions", len(ms))
	}
}

// backlogSize is how much waits in the backlog test: EARSHOT_BACKLOG, or what can be read in a second or two.
func backlogSize(page int) int {
	if n, err := strconv.Atoi(os.Getenv("EARSHOT_BACKLOG")); err == nil {
		return n
	}
	return max(12_000, 40*page)
}

// backlogBytes is how much memory a backlog may take, however long it is.
const backlogBytes = 64 << 20

// backlog reads more than a sweep may hold: everything comes once, and memory stays bounded. It runs in a bubble of synctest: where the Poller waits for
// its budget, as it must for days, the clock moves on.
func (x *Peer) backlog(t *testing.T) {
	n := min(backlogSize(x.Page), cmp.Or(x.Backlog, math.MaxInt))
	apart := min(time.Minute, 6*24*time.Hour/time.Duration(n)) // within the look back of a first sweep
	c := fill(n, apart)
	src := x.source(t, &http.Client{Transport: direct{x.Serve(c)}})
	defer closeSource(src)
	began := time.Now()
	index := make(map[string]int, n)
	for i := 1; i <= n; i++ {
		index[x.ID(i)] = i
	}
	seen := make([]bool, n+1)
	before := heap()
	var after sources.Cursor
	var most uint64
	for got, look := 0, 0; got < n; {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour) // or what never comes would be waited for without end
		ms, next, err := src.Next(ctx, after)
		cancel()
		if wait := (*sources.Wait)(nil); errors.As(err, &wait) {
			time.Sleep(time.Until(wait.Until))
			continue
		}
		if err != nil {
			t.Fatalf("after %d of %d: %v", got, n, err)
		}
		for _, m := range ms {
			if i := index[m.ID]; i > 0 && !seen[i] {
				seen[i] = true
				got++
			}
		}
		after = next
		if got >= look || got == n {
			most = max(most, heap())
			look = got + max(5000, n/20)
		}
	}
	grown := int64(most) - int64(before)
	if grown > backlogBytes {
		t.Errorf("reading a backlog of %d took %d MiB, more than %d", n, grown>>20, backlogBytes>>20)
	}
	t.Logf("a backlog of %d mentions took %s, and %v by the platform's budget", n, mib(grown), time.Since(began).Round(time.Minute))
}

// inBubble runs f in a bubble of synctest whose clock shows the time of day.
func inBubble(t *testing.T, f func(t *testing.T)) {
	now := time.Now()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now))
		f(t)
	})
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(max(n, 0))/(1<<20)) }

// heap returns the bytes that live.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
