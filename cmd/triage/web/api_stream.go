package web

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// beat keeps a stream open through proxies that close silent ones after a minute, and checks that the session still holds.
const beat = 20 * time.Second

// apiStream sends new and changed mentions that the viewer may see, as server-sent events: new, changed, and lost when the reader was too
// slow and should ask again. It begins with hello, which says that everything from now on will be told.
func (s *Server) apiStream(c *call) error {
	sub := s.cfg.Stream.subscribe()
	if sub == nil {
		return asBusy(&Busy{Why: "Earshot is stopping"})
	}
	defer s.cfg.Stream.unsubscribe(sub)
	s.metrics.stream(1)
	defer s.metrics.stream(-1)
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	c.w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(c.w)
	_ = out.SetWriteDeadline(time.Time{}) // a stream outlives the server's bound on answers; a server without one refuses, which is as good
	if send(c.w, out, "hello", []byte(`{}`)) != nil {
		return nil
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-c.r.Context().Done():
			return nil
		case <-tick.C:
			if !s.stillAdmitted(c) {
				return nil
			}
			err = send(c.w, out, "", nil)
		case change, more := <-sub.changes:
			if !more {
				return nil
			}
			err = s.sendChange(c, out, sub, change)
		}
		if err != nil {
			return nil // the reader has gone
		}
	}
}

func (s *Server) sendChange(c *call, out *http.ResponseController, sub *subscription, change Change) error {
	if s.cfg.Stream.takeLost(sub) {
		s.metrics.streamLost()
		if err := send(c.w, out, "lost", []byte(`{}`)); err != nil {
			return err
		}
	}
	rec, visible := change.Record.For(c.viewer)
	if !visible {
		return nil
	}
	b, err := json.Marshal(asHit(rec))
	if err != nil {
		return err
	}
	kind := "changed"
	if change.New {
		kind = "new"
	}
	return send(c.w, out, kind, b)
}

// stillAdmitted reports whether who opened the stream may still read it.
func (s *Server) stillAdmitted(c *call) bool {
	now := *c
	if err := s.identify(&now); err != nil {
		return false
	}
	return now.viewer == c.viewer
}

// send writes one event; without a kind only a comment, which readers skip.
func send(w http.ResponseWriter, out *http.ResponseController, kind string, data []byte) error {
	var b bytes.Buffer
	if kind == "" {
		b.WriteString(": still here\n\n")
	} else {
		fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", kind, bytes.ReplaceAll(data, []byte("\n"), nil))
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return out.Flush()
}
