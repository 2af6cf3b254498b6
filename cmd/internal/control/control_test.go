package control

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func TestControlSocketCarriesProgressResultAndErrors(t *testing.T) {
	data := t.TempDir()
	var got string
	if err := Call(t.Context(), data, "echo", "hello", nil, &got); !errors.Is(err, ErrNotRunning) {
		t.Fatalf("Call without a server = %v, want ErrNotRunning", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan struct{})
	done := make(chan error, 1)
	commands := map[string]Command{
		"echo": func(_ context.Context, args jsontext.Value, progress Progress) (any, error) {
			var s string
			if err := json.Unmarshal(args, &s); err != nil {
				return nil, err
			}
			progress(1, 2)
			progress(2, 2)
			return s, nil
		},
		"fail": func(context.Context, jsontext.Value, Progress) (any, error) {
			return nil, errors.New("the data folder is on fire")
		},
	}
	go func() { done <- Serve(ctx, data, commands) }()
	go func() {
		defer close(ready)
		for ctx.Err() == nil {
			var s string
			if Call(ctx, data, "echo", "up", nil, &s) == nil {
				return
			}
		}
	}()
	<-ready
	steps := 0
	if err := Call(t.Context(), data, "echo", "hello", func(done, total int64) { steps += int(done) }, &got); err != nil || got != "hello" || steps != 3 {
		t.Errorf("echo = %q, %v after %d steps", got, err, steps)
	}
	if err := Call(t.Context(), data, "fail", nil, nil, &got); err == nil || err.Error() != "the data folder is on fire" {
		t.Errorf("fail = %v", err)
	}
	if fi, err := os.Stat(socketPath(data)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("socket mode = %v, %v; want 0600", fi.Mode(), err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v after cancel", err)
	}
}
