package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/cmd/internal/node"
	"earshot/escalate"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/topic"

	"github.com/go-json-experiment/json"
)

// platform is a connector for these tests under a kind that the settings know: it takes pushes, signed with the key "app_secret".
type platform struct {
	mu   sync.Mutex
	next func(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) // nil: silent
	gone map[string]bool                                                                            // what it no longer shows, when it is asked again
	talk []sources.Mention                                                                          // what stands around each mention
}

const platformKind = "lemmy"

// registry is the program's own with the platform in it.
func (p *platform) registry() sources.Registry {
	r := node.Registry()
	c := r[platformKind]
	c.New = func(settings.Source, sources.Deps) (sources.Source, error) { return p, nil }
	c.Push = func(s settings.Source, d sources.Deps) (sources.Receiver, error) { return signed{s.ID, d}, nil }
	c.Recheck, c.Batch = 24*time.Hour, 10
	r[platformKind] = c
	return r
}

func (p *platform) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	p.mu.Lock()
	next := p.next
	p.mu.Unlock()
	if next != nil {
		return next(ctx, after)
	}
	<-ctx.Done()
	return nil, after, ctx.Err()
}

func (p *platform) Recheck(_ context.Context, held []sources.Mention) ([]sources.Mention, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, m := range held {
		if p.gone[m.ID] {
			held[i] = sources.Mention{ID: m.ID, Platform: m.Platform, State: sources.Deleted}
		} else {
			held[i].Text += ", in other words"
		}
	}
	return held, nil
}

func (p *platform) Thread(context.Context, sources.Mention) ([]sources.Mention, error) {
	return p.talk, nil
}

type signed struct {
	source string
	deps   sources.Deps
}

func (s signed) Receive(ctx context.Context, r *http.Request, body []byte) (sources.Delivery, error) {
	secret, err := s.deps.Key(ctx, s.source, "app_secret")
	if err != nil {
		return sources.Delivery{}, err
	}
	if !sources.SignedSHA256(secret, body, r.Header.Get("X-Hub-Signature-256")) {
		return sources.Delivery{}, sources.ErrForged
	}
	var d sources.Delivery
	err = json.Unmarshal(body, &d.Mentions)
	return d, err
}

// useSource puts one source of the platform into the settings.
func useSource(t *testing.T, ctx context.Context, a *App, more string) {
	t.Helper()
	yaml := "sources:\n  - {id: page, kind: " + platformKind + ", name: Our page, options: {server: \"https://x.example\", query: x}" + more + "}\n"
	if _, err := a.settings.Import(ctx, map[string][]byte{"sources.yaml": []byte(yaml)}, "test", "test"); err != nil {
		t.Fatal(err)
	}
}

// push sends mentions to the page's hook over HTTP, signed under secret.
func push(t *testing.T, ctx context.Context, a *App, secret string, ms ...sources.Mention) int {
	t.Helper()
	body, err := json.Marshal(ms)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+a.Addr()+"/hooks/page", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// found is how many mentions a search finds.
func found(t *testing.T, ctx context.Context, a *App, query string) int {
	t.Helper()
	q, err := index.ParseQuery(query, time.Now(), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	res, err := a.fulltext.Search(ctx, index.Request{Query: q, Viewer: casework.Viewer{Role: casework.Comms}})
	if err != nil {
		t.Fatal(err)
	}
	return res.Total
}

// A signed push ends in search and counts for its source's health; a forged one ends nowhere, and a key entered later is used at once.
func TestAPushEndsInSearch(t *testing.T) {
	a := startWith(t, Config{connectors: (&platform{}).registry()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	useSource(t, ctx, a, "")
	m := sources.Mention{ID: "x:1", Platform: "x", Text: "Marrowby District Council lost our quaggabin", CreatedAt: time.Now()}
	if code := push(t, ctx, a, "s3cret", m); code != http.StatusServiceUnavailable {
		t.Errorf("before there is a key: %d", code)
	}
	if err := a.keys.For("").Set(ctx, "page", "app_secret", "s3cret"); err != nil {
		t.Fatal(err)
	}
	if code := push(t, ctx, a, "another", m); code != http.StatusUnauthorized {
		t.Errorf("forged: %d", code)
	}
	for range 2 {
		if code := push(t, ctx, a, "s3cret", m, sources.Mention{ID: "x:2", Platform: "x", Text: "football and quaggabins", CreatedAt: time.Now()}); code != http.StatusOK {
			t.Fatalf("signed: %d", code)
		}
	}
	until(t, ctx, "the mention is found", func() bool { return found(t, ctx, a, "quaggabin") == 1 })
	until(t, ctx, "the source's health shows the push", func() bool {
		for _, h := range topic.NewCursorStore(a.log.Cursors).Health() {
			if h.Source == "page" {
				return time.Since(h.LastMention) < time.Minute && !h.LastSuccess.IsZero()
			}
		}
		return false
	})
	useSource(t, ctx, a, ", paused: true")
	until(t, ctx, "the paused source takes nothing", func() bool { return push(t, ctx, a, "s3cret", m) == http.StatusNotFound })
}

// What a platform no longer shows, or shows differently, leaves record and index as it is there; that its source is paused changes nothing.
func TestASweepReachesRecordAndSearch(t *testing.T) {
	p := &platform{gone: map[string]bool{"x:1": true}}
	a := startWith(t, Config{connectors: p.registry()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var ms []sources.Mention
	for _, id := range []string{"x:1", "x:2", "x:other"} {
		m := sources.Mention{ID: id, Platform: "x", Source: "page", Text: "Marrowby quaggabin " + id, CreatedAt: time.Now().AddDate(0, 0, -2),
			FetchedAt: time.Now().AddDate(0, 0, -2), Author: sources.Author{ID: "did:1"}}
		if id == "x:other" {
			m.Source = "another"
		}
		ms = append(ms, m)
	}
	if err := (handIn{a.log.Client}).PublishMentions(ctx, ms); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	if of, err := a.byAuthor(ctx, "x", []string{"did:1"}); err != nil || len(of["did:1"]) != 3 {
		t.Errorf("the author wrote %v (%v)", of, err)
	}
	useSource(t, ctx, a, ", paused: true")
	until(t, ctx, "the deletion and the edit are in the record", func() bool {
		gone, err := a.store.Get(ctx, system, "x:1")
		if err != nil {
			t.Fatal(err)
		}
		edited, err := a.store.Get(ctx, system, "x:2")
		if err != nil {
			t.Fatal(err)
		}
		return gone.Gone == index.GoneDeleted && gone.Mention.Text == "" && edited.Mention.State == sources.Edited && edited.Mention.Text != ms[1].Text
	})
	until(t, ctx, "search finds two", func() bool { return found(t, ctx, a, "quaggabin") == 2 && found(t, ctx, a, "words") == 1 })
	until(t, ctx, "the place is kept", func() bool {
		place, err := topic.NewCursorStore(a.log.Cursors).LoadSweep(ctx, "page")
		return err == nil && place.Done == 2
	})
}

// A case shows the conversation around its mention. What was fetched for that alone opens no case and sends no mail, but its risks do.
func TestACaseShowsItsConversation(t *testing.T) {
	say := func(id, text string) sources.Mention {
		return sources.Mention{ID: "x:" + id, Platform: "x", Text: text, CreatedAt: time.Now(), ThreadID: "x:root"}
	}
	p := &platform{talk: []sources.Mention{say("root", "the bin of nobody in particular"), say("threat", "a threat"), say("own", "ours")}}
	read := false
	p.next = func(ctx context.Context, c sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
		if !read {
			read = true
			return []sources.Mention{say("own", "Marrowby District Council lost our bin")}, "1", nil
		}
		<-ctx.Done()
		return nil, c, ctx.Err()
	}
	by := func(stage classify.Stage, policy string) byWord {
		return byWord{stage: stage, word: "bin", policy: policy}
	}
	a := startWith(t, Config{connectors: p.registry(),
		fast: func(c *node.Current) (classify.Classifier, error) { return by(classify.Fast, c.Version), nil },
		considered: func(_ context.Context, fast classify.Classifier) (classify.Classifier, error) {
			return by(classify.Considered, fast.(byWord).policy), nil
		}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	useSource(t, ctx, a, "")
	var around []index.Record
	until(t, ctx, "the thread is in the record", func() bool {
		var err error
		around, err = overlay{a.store, a.recent}.Thread(ctx, casework.Viewer{Role: casework.Comms}, "x:root", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(around) == 3
	})
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, r := range around {
		if r.Mention.Around() == (r.Mention.ID == "x:own") {
			t.Errorf("%s matched by %v", r.Mention.ID, r.Mention.MatchedBy)
		}
		if r.Mention.ID == "x:root" && !r.Verdict.Has(classify.Complaint) {
			t.Error("the root is no complaint, so that it proves nothing")
		}
	}
	until(t, ctx, "the threat is escalated", func() bool { return len(incidents(a, escalate.AudienceOnCall)) == 1 })
	for audience, want := range map[string]string{escalate.AudienceOnCall: "[x:threat]", escalate.AudienceComms: "[x:own]"} {
		list := incidents(a, audience)
		if len(list) != 1 || fmt.Sprint(list[0].Mentions) != want {
			t.Errorf("%s: %+v", audience, list)
		}
	}
}
