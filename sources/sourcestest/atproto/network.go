// Package atproto starts a whole Bluesky network on this machine for tests: PLC directory, PDS and AppView from npm's
// @atproto/dev-env over PostgreSQL and Redis, and a Jetstream bridge of our own (jetstream.mjs). By hand:
//
//	node sources/sourcestest/atproto/network.mjs --demo
//
// starts the same, prints the addresses, and lets an invented resident post every few seconds.
package atproto

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"earshot/internal/machinetest"
	"earshot/sources/sourcestest"
)

// Network is a running network.
type Network struct {
	PDS       string `json:"pds"`
	AppView   string `json:"appview"`
	Jetstream string `json:"jetstream"`
}

// Account is a signed-in account of the network's PDS.
type Account struct {
	DID, Handle, Password string
	token                 string
	pds                   string
}

// startTime is how long the network may take to start: seconds on a quiet machine.
const startTime = 3 * time.Minute

// Start starts a network that ends with the test.
func Start(t testing.TB) Network {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	dir := filepath.Dir(here)
	node, err := exec.LookPath("node")
	if err != nil {
		sourcestest.Need(t, "Node")
	}
	pg, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(pg) == 0 && os.Getenv("POSTGRES_BIN") == "" {
		sourcestest.Need(t, "PostgreSQL")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		sourcestest.Need(t, "Redis")
	}
	sourcestest.MustExist(t, "npm's @atproto/dev-env", filepath.Join(dir, "node_modules", "@atproto", "dev-env"))

	cmd := exec.Command(node, "network.mjs")
	cmd.Dir = dir
	var log machinetest.Log
	cmd.Stderr = &log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	lines := make(chan []byte, 1)
	go func() {
		defer close(ended)
		s := bufio.NewScanner(stdout)
		if s.Scan() {
			lines <- bytes.Clone(s.Bytes())
		}
		for s.Scan() {
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = stdin.Close() // the network ends with its input
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	var n Network
	select {
	case line := <-lines:
		if err := json.Unmarshal(line, &n); err != nil {
			t.Fatalf("the network said %q: %v", line, err)
		}
	case <-ended:
		t.Fatalf("the network did not start: %s", log.Tail())
	case <-time.After(startTime):
		t.Fatalf("the network did not start within %v: %s", startTime, log.Tail())
	}
	return n
}

// SignUp makes an account; the handle must end in .test.
func (n Network) SignUp(t testing.TB, handle string) *Account {
	t.Helper()
	a := &Account{Handle: handle, Password: "pass-" + handle, pds: n.PDS}
	var out struct{ Did, AccessJwt string }
	a.call(t, "com.atproto.server.createAccount", map[string]any{"handle": handle, "email": handle + "@example.test", "password": a.Password}, &out)
	a.DID, a.token = out.Did, out.AccessJwt
	return a
}

// Post publishes a post and returns its at:// address. More members of the record may be given.
func (a *Account) Post(t testing.TB, text string, more map[string]any) string {
	t.Helper()
	record := map[string]any{"$type": "app.bsky.feed.post", "text": text, "createdAt": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "langs": []string{"en"}}
	for k, v := range more {
		record[k] = v
	}
	var out struct{ URI string }
	a.call(t, "com.atproto.repo.createRecord", map[string]any{"repo": a.DID, "collection": "app.bsky.feed.post", "record": record}, &out)
	return out.URI
}

// Delete deletes a post.
func (a *Account) Delete(t testing.TB, uri string) {
	t.Helper()
	a.call(t, "com.atproto.repo.deleteRecord", map[string]any{"repo": a.DID, "collection": "app.bsky.feed.post", "rkey": filepath.Base(uri)}, nil)
}

// Deactivate takes the account out of public view.
func (a *Account) Deactivate(t testing.TB) {
	t.Helper()
	a.call(t, "com.atproto.server.deactivateAccount", map[string]any{}, nil)
}

func (a *Account) call(t testing.TB, method string, body, out any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.pds+"/xrpc/"+method, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var e map[string]any
		_ = json.NewDecoder(res.Body).Decode(&e)
		t.Fatalf("%s: %d %v", method, res.StatusCode, e)
	}
	if out != nil {
		if err := json.NewDecoder(res.Body).Decode(out); err != nil {
			t.Fatal(err)
		}
	}
}
