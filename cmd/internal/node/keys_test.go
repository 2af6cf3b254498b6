package node

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"earshot/cmd/internal/lifecycle"
	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
)

// openTestLog opens an embedded log in a folder of the test's.
func openTestLog(t *testing.T) *Log {
	t.Helper()
	var stack lifecycle.Stack
	t.Cleanup(func() {
		if err := stack.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	l, err := OpenLog(t.Context(), LogConfig{Data: t.TempDir(), Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry()}, &stack)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestConnectorKeysAreSealed(t *testing.T) {
	l := openTestLog(t)
	k, err := NewKeys(l.Settings, []byte(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.For("").Set(t.Context(), "bluesky", "app_password", "open-sesame"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.For("").Get(t.Context(), "bluesky", "app_password"); err != nil || got != "open-sesame" {
		t.Errorf("Get = %q, %v", got, err)
	}
	e, _ := l.Settings.Get("key/bluesky/app_password")
	if strings.Contains(string(e.Value), "sesame") {
		t.Error("the log holds the key in clear")
	}
	if _, err := l.Settings.Put(t.Context(), "key/mastodon/token", e.Value); err != nil {
		t.Fatal(err)
	}
	if _, err := k.For("").Get(t.Context(), "mastodon", "token"); !errors.Is(err, ErrKeyUnreadable) {
		t.Errorf("a key moved to another source opens: %v", err)
	}
	other, err := NewKeys(l.Settings, []byte(strings.Repeat("t", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.For("").Get(t.Context(), "bluesky", "app_password"); !errors.Is(err, ErrKeyUnreadable) {
		t.Errorf("another secret opens the key: %v", err)
	}
	if err := k.For("").Set(t.Context(), "bluesky", "app_password", ""); err != nil {
		t.Fatal(err)
	}
	if got, err := k.For("").Get(t.Context(), "bluesky", "app_password"); err != nil || got != "" {
		t.Errorf("after it was removed Get = %q, %v", got, err)
	}
}

func TestAKeyIsGivenToItsServerOnly(t *testing.T) {
	l := openTestLog(t)
	k, err := NewKeys(l.Settings, []byte(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.For("social.example").Set(t.Context(), "toots", "token", "open-sesame"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.For("social.example").Get(t.Context(), "toots", "token"); err != nil || got != "open-sesame" {
		t.Errorf("Get = %q, %v", got, err)
	}
	for _, server := range []string{"thief.example", "http://social.example", ""} {
		if got, err := k.For(server).Get(t.Context(), "toots", "token"); got != "" || !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "social.example") {
			t.Errorf("for %q: %q, %v", server, got, err)
		}
	}
	e, _ := l.Settings.Get("key/toots/token")
	forged := strings.ReplaceAll(string(e.Value), "social.example", "thief.example")
	if _, err := l.Settings.Put(t.Context(), "key/toots/token", []byte(forged)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.For("thief.example").Get(t.Context(), "toots", "token"); !errors.Is(err, ErrKeyUnreadable) {
		t.Errorf("with another name written beside it, it opens: %v", err)
	}
}

// TestConnectorsWithAServerBindTheirKeys: what sends keys to an address of the form says which option that is.
func TestConnectorsWithAServerBindTheirKeys(t *testing.T) {
	for name, c := range Registry() {
		for _, o := range c.Options {
			if address := o.Name == "server" || o.Name == "host" || o.Name == "api" || o.Name == "url"; address && len(c.Keys) > 0 && !o.Server {
				t.Errorf("%s: the option %q says where keys are sent, and they are not bound to it", name, o.Name)
			}
		}
	}
}

func TestAChangeOfKeysIsToldAndNamesNoValue(t *testing.T) {
	l := openTestLog(t)
	k, err := NewKeys(l.Settings, []byte(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 4)
	t.Cleanup(k.WatchChanges(func(source string) { told <- source }))
	if err := k.For("").Set(t.Context(), "x", "token", "renewed-by-the-platform"); err != nil { // a connector's own renewal is nobody's change
		t.Fatal(err)
	}
	if err := k.For("").Change(t.Context(), "x", map[string]string{"secret": "open-sesame", "token": ""}, "anna"); err != nil {
		t.Fatal(err)
	}
	if err := k.For("").Change(t.Context(), "y", map[string]string{"token": "t"}, "anna"); err != nil {
		t.Fatal(err)
	}
	if a, b := <-told, <-told; a != "x" || b != "y" {
		t.Errorf("told of %s and %s; want x once, for the person's change, then y", a, b)
	}
	if got := k.Names("x"); !slices.Equal(got, []string{"secret"}) {
		t.Errorf("the keys of x are %v", got)
	}
	e, ok := l.Settings.Get("keys/x")
	v, err := SettingVersion(e)
	if !ok || err != nil || v.Key != "keys/x" || v.By != "anna" || v.Why != "set secret; removed token" || strings.Contains(string(e.Value), "sesame") {
		t.Errorf("the change is kept as %s (%+v, %v)", e.Value, v, err)
	}
	if !strings.HasPrefix(v.Key, changePrefix) || !IsRecorded("keys/x") || IsRecorded("key/x/token") {
		t.Error("a change belongs into the record, a sealed key never does")
	}
}
