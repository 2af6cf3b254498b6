package sources_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// registryOf makes a registry whose one kind is src.
func registryOf(src sources.Source) sources.Registry {
	return sources.NewRegistry(sources.Connector{Name: "x", New: func(settings.Source, sources.Deps) (sources.Source, error) { return src, nil }})
}

var try = settings.Source{ID: "a", Kind: "x"}

func TestTryShowsWhatMatchesOfOnePageFirst(t *testing.T) {
	terms, err := sources.CompileTerms([]settings.Term{{ID: "hall", Query: "Guildhall"}}, settings.Council{Name: "Westmere"})
	if err != nil {
		t.Fatal(err)
	}
	p := fill(11)
	p.items[8].Mention.Text = "The Guildhall is closed"
	src := &sources.Poller{Fetch: p.fetch}
	ms, err := registryOf(src).Try(t.Context(), try, sources.Deps{Terms: func() *sources.Terms { return terms }}, 2)
	if err != nil || len(ms) != 2 || ms[0].ID != "x:8" || ms[1].ID != "x:10" || ms[1].Source != "a" {
		t.Fatalf("Try = %+v, %v", ms, err)
	}
	if len(ms[1].MatchedBy) != 0 || !slices.Equal(ms[0].MatchedBy, []string{"keyword:hall"}) {
		t.Errorf("matched by %v and %v", ms[0].MatchedBy, ms[1].MatchedBy)
	}
	if p.calls != 1 {
		t.Errorf("the platform was asked %d times", p.calls)
	}
}

func TestTryOfAPlatformWithNothingEndsAtOnce(t *testing.T) {
	p := fill(0)
	ms, err := registryOf(&sources.Poller{Fetch: p.fetch}).Try(t.Context(), try, sources.Deps{}, 3)
	if len(ms) != 0 || err != nil || p.calls == 0 {
		t.Errorf("Try = %v, %v after %d calls", ms, err, p.calls)
	}
}

// stream says nothing until its context ends; up says that its connection stands.
type stream struct{ up bool }

func (s stream) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	<-ctx.Done()
	return nil, after, ctx.Err()
}

func (s stream) Pulse() (p sources.Pulse) {
	if s.up {
		p.LastSuccess = time.Now()
	}
	return p
}

func TestTryOfAStreamTellsConnectedFromUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, up := range []bool{true, false} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			_, err := registryOf(stream{up}).Try(ctx, try, sources.Deps{}, 3)
			cancel()
			if (err == nil) != up {
				t.Errorf("connected %v: %v", up, err)
			}
		}
	})
}

type answers struct {
	ms  []sources.Mention
	err error
}

func (a answers) Next(context.Context, sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	if a.err == nil && a.ms == nil {
		panic("oh")
	}
	return a.ms, "", a.err
}

func TestTrySaysWhatIsWrongAndShowsNoDeletions(t *testing.T) {
	for want, err := range map[string]error{
		"It broke off.":         &sources.Fault{Sentence: "It broke off."},
		"The key is dead.":      sources.Stopf("The key is dead."),
		"Patience until three.": sources.Waitf(time.Now(), "Patience until three."),
	} {
		_, got := registryOf(answers{err: err}).Try(t.Context(), try, sources.Deps{}, 3)
		if s := sources.Sentence(got); s != want {
			t.Errorf("%v is told as %q", err, s)
		}
	}
	if _, err := registryOf(answers{}).Try(t.Context(), try, sources.Deps{}, 3); err == nil {
		t.Error("a panic passed for an answer")
	}
	if ms, err := registryOf(answers{err: io.EOF}).Try(t.Context(), try, sources.Deps{}, 3); len(ms) != 0 || err != nil {
		t.Errorf("the end gave %v, %v", ms, err)
	}
	ms, err := registryOf(answers{ms: []sources.Mention{{ID: "x:1", Platform: "x", State: sources.Deleted}, {ID: "x:2", Platform: "x", Text: "hello"}}}).Try(t.Context(), try, sources.Deps{}, 3)
	if err != nil || len(ms) != 1 || ms[0].ID != "x:2" {
		t.Errorf("Try = %v, %v", ms, err)
	}
	if _, err := registryOf(answers{}).Try(t.Context(), settings.Source{ID: "a", Kind: "y"}, sources.Deps{}, 3); err == nil || errors.Is(err, sources.ErrStop) {
		t.Errorf("an unknown kind gave %v", err)
	}
}

func TestServerIsTheSameHoweverItIsWritten(t *testing.T) {
	k := sources.Connector{Options: []sources.Field{{Name: "what"}, {Name: "server", Server: true}}}
	for in, want := range map[string]string{
		"https://social.example/": "social.example", "Social.Example ": "social.example", "https://social.example:443/about?x=1": "social.example",
		"http://social.example:80": "http://social.example", "irc.example:6697": "irc.example:6697", "https://jo@social.example": "social.example", "": "", "not a host": "https://not a host",
	} {
		if got := k.Server(settings.Source{Options: map[string]string{"server": in, "what": "x"}}); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := (sources.Connector{}).Server(settings.Source{Options: map[string]string{"server": "x"}}); got != "" {
		t.Errorf("of a kind with one place for all: %q", got)
	}
}
