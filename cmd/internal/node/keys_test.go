package node

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"earshot/cmd/internal/lifecycle"

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
	if err := k.Set(t.Context(), "bluesky", "app_password", "open-sesame"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(t.Context(), "bluesky", "app_password"); err != nil || got != "open-sesame" {
		t.Errorf("Get = %q, %v", got, err)
	}
	e, _ := l.Settings.Get("key/bluesky/app_password")
	if strings.Contains(string(e.Value), "sesame") {
		t.Error("the log holds the key in clear")
	}
	if _, err := l.Settings.Put(t.Context(), "key/mastodon/token", e.Value); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), "mastodon", "token"); !errors.Is(err, ErrKeyUnreadable) {
		t.Errorf("a key moved to another source opens: %v", err)
	}
	other, err := NewKeys(l.Settings, []byte(strings.Repeat("t", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Get(t.Context(), "bluesky", "app_password"); !errors.Is(err, ErrKeyUnreadable) {
		t.Errorf("another secret opens the key: %v", err)
	}
	if err := k.Set(t.Context(), "bluesky", "app_password", ""); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(t.Context(), "bluesky", "app_password"); err != nil || got != "" {
		t.Errorf("after it was removed Get = %q, %v", got, err)
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
	if err := k.Set(t.Context(), "x", "token", "renewed-by-the-platform"); err != nil { // a connector's own renewal is nobody's change
		t.Fatal(err)
	}
	if err := k.Change(t.Context(), "x", map[string]string{"secret": "open-sesame", "token": ""}, "anna"); err != nil {
		t.Fatal(err)
	}
	if err := k.Change(t.Context(), "y", map[string]string{"token": "t"}, "anna"); err != nil {
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
