package bluesky

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

const (
	maxFrameBytes = 2 << 20
	queued        = 1000 // events between the reader and Next
	pingEvery     = 30 * time.Second
	tellEvery     = time.Second // how far reading has come, when nothing matches
)

// event is one thing that concerns us, or with nothing but timeUS how far reading has come.
type event struct {
	timeUS  int64
	mention sources.Mention
	rev     string
	gone    string // DID of an account that is gone
	err     error  // the connection's end
}

// connection is one websocket with the two goroutines that read it and keep it alive; both end with close.
type connection struct {
	ws     *websocket.Conn
	events chan event
	cancel context.CancelFunc
	done   chan struct{}
}

// connect opens a connection that begins a little before at. A first start without a place begins with what is published from now on.
func (s *stream) connect(ctx context.Context, at int64) (*connection, error) {
	dialing, cancelDial := context.WithTimeout(ctx, 30*time.Second)
	defer cancelDial()
	ws, res, err := websocket.Dial(dialing, s.subscribeURL(at), &websocket.DialOptions{HTTPClient: s.client})
	if err != nil {
		return nil, s.refusedBy(ctx, err, res != nil && res.StatusCode/100 == 4)
	}
	ws.SetReadLimit(maxFrameBytes)
	living, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &connection{ws: ws, events: make(chan event, queued), cancel: cancel, done: make(chan struct{})}
	s.heard.Store(s.deps.Time().UnixNano())
	go func() {
		defer close(c.done)
		err := s.read(living, c)
		select {
		case c.events <- event{err: err}:
		case <-living.Done():
		}
	}()
	go c.keepAlive(living)
	return c, nil
}

func (s *stream) refusedBy(ctx context.Context, err error, byServer bool) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var f *sources.Fault
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, sources.ErrStop) { // keep its sentence, lose the library's words around it
		for e := err; e != nil; e = errors.Unwrap(e) {
			if u := errors.Unwrap(e); u == nil || !errors.Is(u, sources.ErrStop) || u == sources.ErrStop {
				return e
			}
		}
		return err
	}
	if byServer {
		return &sources.Fault{Sentence: "The Jetstream server refuses the connection. Check the option jetstream; it is tried again.", Err: err}
	}
	return &sources.Fault{Sentence: "The Jetstream server cannot be reached. It is tried again.", Err: err}
}

func (c *connection) close() {
	c.cancel()
	_ = c.ws.CloseNow()
	<-c.done
}

// broken puts the connection's end back for the next call to find.
func (c *connection) broken(err error) {
	c.events = make(chan event, 1)
	c.events <- event{err: err}
}

func (c *connection) keepAlive(ctx context.Context) {
	t := time.NewTicker(pingEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			answered, cancel := context.WithTimeout(ctx, pingEvery)
			err := c.ws.Ping(answered)
			cancel()
			if err != nil {
				_ = c.ws.CloseNow() // the reader sees it
				return
			}
		}
	}
}

// read passes on what concerns us until the connection ends; it never returns nil.
func (s *stream) read(ctx context.Context, c *connection) error {
	g := newGlancer(s.accounts)
	var frame bytes.Buffer
	var told int64
	for {
		_, r, err := c.ws.Reader(ctx)
		if err == nil {
			frame.Reset()
			_, err = io.Copy(&frame, r)
		}
		if err != nil {
			return &sources.Fault{Sentence: "The connection to the Jetstream server ended. It is opened again, from a little before that place.", Err: err}
		}
		s.heard.Store(s.deps.Time().UnixNano())
		e, ok := s.judge(g, frame.Bytes())
		if !ok && e.timeUS-told < tellEvery.Microseconds() {
			continue
		}
		told = e.timeUS
		select {
		case c.events <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// judge says whether a frame concerns us. What cannot be read is counted as skipped: the stream goes on.
func (s *stream) judge(g *glancer, frame []byte) (event, bool) {
	x, err := g.look(frame)
	e := event{timeUS: x.timeUS}
	if err != nil {
		s.skipped.Add(1)
		return e, false
	}
	switch string(x.kind) {
	case "account":
		if x.inactive {
			e.gone = string(x.did)
		}
		return e, x.inactive
	case "commit":
	default:
		return e, false
	}
	if string(x.collection) != collection {
		return e, false
	}
	if string(x.operation) == "delete" {
		e.mention = sources.Mention{ID: id(string(x.did), string(x.rkey)), Platform: platform, State: sources.Deleted, At: time.UnixMicro(x.timeUS)}
		return e, true
	}
	update := string(x.operation) == "update"
	var matched []string
	if terms := s.deps.Terms; terms != nil && !s.source.AllTerms {
		matched = terms().MatchBytes(x.readable, "")
		if len(matched) == 0 && !x.addressed && !update { // an edit that takes our name out concerns us, if we have the post
			s.skipped.Add(1)
			return e, false
		}
	}
	m, rev, err := decode(frame, s.accounts)
	if err != nil {
		s.skipped.Add(1)
		return e, false
	}
	for _, t := range matched {
		m.MatchedBy = append(m.MatchedBy, "keyword:"+t)
	}
	if update {
		m.State, m.EditedAt = sources.Edited, time.UnixMicro(x.timeUS)
	}
	e.mention, e.rev = m, rev
	return e, true
}

// decode reads a create or update whole.
func decode(frame []byte, accounts []string) (sources.Mention, string, error) {
	var f struct {
		DID    string `json:"did"`
		TimeUS int64  `json:"time_us"`
		Commit struct {
			Rev    string         `json:"rev"`
			RKey   string         `json:"rkey"`
			Record jsontext.Value `json:"record"`
		} `json:"commit"`
	}
	if err := json.Unmarshal(frame, &f, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)); err != nil {
		return sources.Mention{}, "", err
	}
	m, err := mention(f.DID, f.Commit.RKey, f.Commit.Record, time.UnixMicro(f.TimeUS), accounts)
	return m, strings.Clone(f.Commit.Rev), err
}
