package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/casework"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/topic"
)

// tooter is a Mastodon server that shows one post to whoever has the token.
func tooter(t *testing.T, token string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, `{"error":"no"}`, http.StatusUnauthorized)
			return
		}
		if r.URL.Query().Get("max_id") != "" || r.URL.Query().Get("min_id") != "" {
			fmt.Fprint(w, "[]")
			return
		}
		fmt.Fprintf(w, `[{"id":"1","uri":"https://social.example/users/jo/statuses/1","url":"https://social.example/@jo/1","created_at":%q,"visibility":"public",
			"content":"<p>Marrowby Council, mend the fountain</p>","account":{"id":"9","acct":"jo"}}]`, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// keyBook is sources.KeyBook of one key.
type keyBook map[string]string

func (k keyBook) Get(_ context.Context, name string) (string, error) { return k[name], nil }
func (k keyBook) Set(_ context.Context, name, value string) error    { k[name] = value; return nil }

// healthIs waits until a source is in a state, as the fleet says in its own time.
func healthIs(ctx context.Context, t *testing.T, a *App, id, state string) sources.Health {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var last sources.Health
	for {
		for _, h := range topic.NewCursorStore(a.log.Cursors).Health() {
			if last = h; h.Source == id && h.State == state {
				return h
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s never was %s; the last health is %+v", id, state, last)
		}
	}
}

// A source is tested, added, given a key, paused and removed as the pages do it, and each act stands in the audit.
func TestASourceFromTheDesk(t *testing.T) {
	a := startApp(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	desk := sourceDesk{a, new(sync.Mutex)}
	anna := casework.Actor{Kind: "person", ID: "anna"}
	src := settings.Source{ID: "toots", Kind: "mastodon", Name: "Toots", AllowNet: []string{"127.0.0.0/8"},
		Options: map[string]string{"server": tooter(t, "right"), "hashtags": "marrowby"}}

	ms, err := desk.Try(ctx, src, keyBook{"access_token": "right", "token": "right"}, 3)
	if err != nil || len(ms) != 1 || !strings.HasPrefix(ms[0].Text, "Marrowby Council") || len(ms[0].MatchedBy) == 0 {
		t.Fatalf("a test shows %+v, %v", ms, err)
	}
	shut := src
	shut.AllowNet = nil
	if _, err := desk.Try(ctx, shut, keyBook{}, 3); err == nil {
		t.Error("a test reached a private network that is not allowed")
	}
	if err := desk.Put(ctx, anna, "", settings.Source{ID: "x", Kind: "mastodon"}); len(settings.Faults(err)) != 1 {
		t.Errorf("a source without its options: %v", err)
	}

	if err := topic.NewCursorStore(a.log.Cursors).Save(ctx, "toots", "of an earlier source"); err != nil {
		t.Fatal(err)
	}
	before := len(a.settings.Current().Sources)
	if err := desk.Put(ctx, anna, "added the source toots", src); err != nil {
		t.Fatal(err)
	}
	if got := a.settings.Current().Sources; len(got) != before+1 || !strings.Contains(string(a.settings.Current().Files[settings.SourcesFile]), "# Examples, all paused") {
		t.Errorf("the settings hold %d sources, want %d, and their comments", len(got), before+1)
	}
	if h := healthIs(ctx, t, a, "toots", sources.StateStopped); !strings.Contains(h.Sentence, "does not accept the key") {
		t.Errorf("without its key it says %q; the cursor of an earlier source must be forgotten", h.Sentence)
	}
	if err := desk.SetKeys(ctx, anna, src, map[string]string{mastodonKey(t, a): "right"}); err != nil {
		t.Fatal(err)
	}
	healthIs(ctx, t, a, "toots", sources.StateRunning) // the key alone made it start anew

	moved := src // as an import of the file may do it, which no form checks
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			stolen.Store(true)
		}
		fmt.Fprint(w, "[]")
	}))
	t.Cleanup(thief.Close)
	moved.Options = map[string]string{"server": thief.URL, "hashtags": "marrowby"}
	if _, err := desk.Key(ctx, moved, mastodonKey(t, a)); err == nil || !strings.Contains(sources.Sentence(err), "is given to no other") {
		t.Errorf("the key for another server: %v", err)
	}
	if err := desk.Put(ctx, anna, "moved the source toots", moved); err != nil {
		t.Fatal(err)
	}
	if h := healthIs(ctx, t, a, "toots", sources.StateStopped); !strings.Contains(h.Sentence, "was entered for the server") || stolen.Load() {
		t.Errorf("at another server it says %q; the key was sent there: %v", h.Sentence, stolen.Load())
	}

	src.Paused = true
	if err := desk.Put(ctx, anna, "paused the source toots", src); err != nil {
		t.Fatal(err)
	}
	if h := a.sourceHealth(); !slices.ContainsFunc(h, func(h sources.Health) bool { return h.Source == "toots" && h.State == sources.StatePaused }) {
		t.Errorf("right after it was paused its health is %+v", h)
	}
	if err := desk.Remove(ctx, anna, "toots"); err != nil {
		t.Fatal(err)
	}
	if n := len(a.settings.Current().Sources); n != before || len(desk.KeyNames("toots")) > 0 {
		t.Errorf("after it was removed: %d sources, keys %v", n, desk.KeyNames("toots"))
	}
	if err := desk.Remove(ctx, anna, "toots"); !errors.Is(err, settings.ErrNoSource) {
		t.Errorf("removing it twice: %v", err)
	}
	if slices.ContainsFunc(a.sourceHealth(), func(h sources.Health) bool { return h.Source == "toots" }) {
		t.Error("a source that is gone still has health")
	}

	places := topic.NewCursorStore(a.log.Cursors)
	for tick := time.Tick(10 * time.Millisecond); ; { // the source that is being stopped tells its health once more
		c, err := places.Load(ctx, "toots")
		left := slices.ContainsFunc(places.Health(), func(h sources.Health) bool { return h.Source == "toots" })
		if err == nil && c == "" && !left && len(a.fleet.Health()) == len(a.settings.Current().Sources) {
			break
		}
		select {
		case <-tick:
		case <-ctx.Done():
			t.Fatalf("of a source that was removed is left: cursor %q, health %v, %v", c, left, err)
		}
	}

	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	versions, err := a.store.Settings(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range settingsActs(versions) {
		if e.By.ID == "anna" {
			acts = append(acts, e.Note+": "+e.Why)
		}
	}
	slices.Sort(acts)
	key := mastodonKey(t, a)
	want := []string{"keys/toots: removed " + key, "keys/toots: set " + key, "sources.yaml: added the source toots", "sources.yaml: moved the source toots", "sources.yaml: paused the source toots", "sources.yaml: removed the source toots"}
	if !slices.Equal(acts, want) {
		t.Errorf("the record of settings says\n%s\nwant\n%s", strings.Join(acts, "\n"), strings.Join(want, "\n"))
	}
	for _, v := range versions {
		if strings.Contains(string(v.Value), "right") {
			t.Errorf("%s holds the key", v.Key)
		}
	}
	listed, _, err := a.escalate.audit.Acts(ctx, casework.Viewer{Role: casework.Admin}, "", 100)
	if err != nil || !slices.ContainsFunc(listed, func(e casework.Event) bool { return e.Note == "keys/toots" && e.By.ID == "anna" }) {
		t.Errorf("the audit lists no change of keys: %+v, %v", listed, err)
	}
}

// mastodonKey is what a Mastodon source calls its key.
func mastodonKey(t *testing.T, a *App) string {
	t.Helper()
	return sourceDesk{app: a}.Registry()["mastodon"].Keys[0].Name
}
