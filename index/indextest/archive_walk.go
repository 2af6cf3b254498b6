package indextest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/index/archive"
)

func (s *suite) walkWhileWriting() {
	const before = 60
	for n := range before {
		s.put(post(numbered(2*n), "x", n))
	}
	met := map[string]int{}
	extra := 0
	for cur := archive.Cursor(""); ; {
		page, next, err := s.Scan(s.Context(), cur, 7)
		s.ok(err)
		for _, rec := range page {
			met[rec.Mention.ID]++
		}
		if cur = next; cur == "" {
			break
		}
		// Others come in, before and behind; and ones already there change.
		s.put(post(numbered(2*extra+1), "x", 100), edited(post(numbered(2*extra), "x", extra), "changed", 200))
		extra++
	}
	if extra == 0 {
		s.Fatal("nothing was written meanwhile")
	}
	for n := range before {
		if met["test:"+numbered(2*n)] != 1 {
			s.Fatalf("%s was met %d times", numbered(2*n), met["test:"+numbered(2*n)])
		}
	}
	for id, n := range met {
		if n > 1 {
			s.Fatalf("%s was met %d times", id, n)
		}
	}
	names := 0
	s.ok(s.Identities(s.Context(), func(archive.Identity) error { names++; return nil }))
	if want := before + extra; names != want || int(s.stats().Mentions) != want {
		s.Fatalf("%d names, want %d", names, want)
	}
}

// readWhileWriting edits one mention through many batches while others read it: they see one whole version or another.
func (s *suite) readWhileWriting() {
	const versions = 40
	text := func(n int) string { return fmt.Sprintf("version %d", n) }
	s.put(post("a", text(0), 0))
	ctx, stop := context.WithCancel(s.Context())
	defer stop()
	var reads atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, 4)
	for range 3 {
		wg.Go(func() {
			for last := -1; ctx.Err() == nil; {
				n, err := readVersion(s.Store, text)
				if err == nil && n < last {
					err = fmt.Errorf("version %d after %d", n, last)
				}
				if err != nil {
					failed <- err
					return
				}
				last = n
				reads.Add(1)
			}
		})
	}
	for n := 1; n <= versions; n++ {
		s.put(edited(post("a", "", 0), text(n), n))
	}
	stop()
	wg.Wait()
	select {
	case err := <-failed:
		s.Fatal(err)
	default:
	}
	if reads.Load() == 0 {
		s.Fatal("nobody read")
	}
	if st := s.stats(); st.Mentions != 1 || st.Versions != versions {
		s.Fatalf("%+v", st)
	}
}

func readVersion(st archive.Store, text func(int) string) (int, error) {
	rec, err := st.Get(context.Background(), casework.Viewer{Role: casework.System}, "test:a")
	if err != nil {
		return 0, err
	}
	var n int
	if _, err := fmt.Sscanf(rec.Mention.Text, "version %d", &n); err != nil || rec.Mention.Text != text(n) || rec.Verdict.Version != rec.Mention.Version() {
		return 0, fmt.Errorf("text %q with a verdict on %s", rec.Mention.Text, rec.Verdict.Version)
	}
	return n, nil
}

func (s *suite) cancelled() {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if _, err := s.PutTagged(ctx, []classify.Tagged{post("a", "x", 0)}); err == nil {
		s.Fatal("a cancelled write said it was done")
	}
	if _, err := s.PutEvents(ctx, []casework.Event{act("e", "a", casework.Escalated, 0)}); err == nil {
		s.Fatal("a cancelled write said it was done")
	}
	if r := s.put(post("a", "x", 0)); r.New != 1 {
		s.Fatalf("%+v", r)
	}
	if n := s.putEvents(act("e", "a", casework.Escalated, 0)); n != 1 {
		s.Fatalf("%d new", n)
	}
}

func (s *suite) foreignCursor() {
	s.put(post("a", "x", 0))
	for _, walk := range []func() error{
		func() error { _, _, err := s.Scan(s.Context(), "\x00not ours", 3); return err },
		func() error { _, _, err := s.Events(s.Context(), "\x00not ours", 3); return err },
		func() error { _, err := s.Held(s.Context(), "src", day0, "\x00not ours", 3); return err },
	} {
		if err := walk(); !errors.Is(err, index.ErrBadCursor) {
			s.Fatal(err)
		}
	}
}
