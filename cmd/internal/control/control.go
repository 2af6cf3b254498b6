// Package control lets commands reach the triage that runs on a data folder, through a socket that only its owner may open.
package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Command is something a person asks of a running or stopped triage. It reads its arguments from args, may say how far it is, and returns
// what is printed. The same function serves the control socket and a command that opened the data folder itself.
type Command func(ctx context.Context, args jsontext.Value, progress Progress) (any, error)

// Progress says how far a command is; total 0 means unknown.
type Progress func(done, total int64)

// line is one line of a control answer: progress, or the end.
type line struct {
	Done   int64          `json:"done,omitzero"`
	Total  int64          `json:"total,omitzero"`
	Result jsontext.Value `json:"result,omitzero"`
	Error  string         `json:"error,omitzero"`
}

// socketPath is where a running triage listens, for its owner only.
func socketPath(data string) string { return filepath.Join(data, "run", "control.sock") }

// Serve answers commands on the control socket until ctx ends.
func Serve(ctx context.Context, data string, commands map[string]Command) error {
	path := socketPath(data)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the control socket: %w", err)
	}
	os.Remove(path) // left by a process that was killed; the data folder's lock says that none is alive
	ln, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen on the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return fmt.Errorf("close the control socket to others: %w", err)
	}
	srv := &http.Server{
		Handler:           handler(commands),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		srv.Shutdown(drain)
	})
	defer stopped()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

func handler(commands map[string]Command) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		args, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
		cmd := commands[r.URL.Path[1:]]
		if err != nil || cmd == nil || r.Method != http.MethodPost {
			http.Error(w, "unknown command", http.StatusNotFound)
			return
		}
		flush := func(l line) {
			b, err := json.Marshal(l)
			if err != nil {
				return
			}
			w.Write(append(b, '\n'))
			http.NewResponseController(w).Flush()
		}
		res, err := cmd(r.Context(), args, func(done, total int64) { flush(line{Done: done, Total: total}) })
		end := line{}
		if err == nil {
			end.Result, err = json.Marshal(res)
		}
		if err != nil {
			end = line{Error: err.Error()}
		}
		flush(end)
	})
}

// ErrNotRunning says that no triage listens on the control socket of the data folder.
var ErrNotRunning = errors.New("triage is not running on this data folder")

// Call asks a running triage. It returns ErrNotRunning when there is none.
func Call(ctx context.Context, data, name string, args any, progress Progress, result any) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socketPath(data))
	}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://triage/"+name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %s", ErrNotRunning, data)
	}
	defer resp.Body.Close()
	dec := jsontext.NewDecoder(resp.Body)
	for {
		var l line
		if err := json.UnmarshalDecode(dec, &l); err != nil {
			return fmt.Errorf("the running triage broke off %s: %w", name, err)
		}
		switch {
		case l.Error != "":
			return errors.New(l.Error)
		case l.Result != nil:
			return json.Unmarshal(l.Result, result)
		case progress != nil:
			progress(l.Done, l.Total)
		}
	}
}

// Brokers is what the command "brokers" answers: which log a running triage speaks to.
type Brokers struct {
	Addrs  []string `json:"addrs"`
	Prefix string   `json:"prefix"`
}
