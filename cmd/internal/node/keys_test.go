package node

import (
	"errors"
	"log/slog"
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
