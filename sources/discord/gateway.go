package discord

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/settings"
	"earshot/sources"
)

// The Gateway's operations.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opAcknowledged   = 11

	intents       = 1<<9 | 1<<15 // messages in servers, and their content; none of direct messages
	maxFrameBytes = 4 << 20
	maxWaiting    = 2000 // edits and deletions that the poll has not taken
)

// gateway is the connection by which Discord tells of what happens. One goroutine holds it until close; what it hears waits for the poll.
type gateway struct {
	guilds *guilds
	source settings.Source
	deps   sources.Deps
	client *http.Client
	wake   chan struct{}
	gap    time.Duration // from what is heard to the poll, so that a lively channel is not asked for each word
	nudged atomic.Bool

	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	stopped error // a person must act
	heard   []told

	session, resume string // of the connection before
	seq             int64
}

// told is one edit, or the deletion of an ID.
type told struct {
	channel string
	at      time.Time
	edit    message
	gone    string
}

func newGateway(x *guilds, s settings.Source, d sources.Deps) *gateway {
	return &gateway{guilds: x, source: s, deps: d, client: d.HTTP(s), wake: make(chan struct{}, 1), gap: time.Second}
}

// start opens the connection once.
func (g *gateway) start(ctx context.Context) {
	if g.cancel != nil {
		return
	}
	living, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g.cancel, g.done = cancel, make(chan struct{})
	go func() {
		defer close(g.done)
		g.run(living)
	}()
}

func (g *gateway) close() {
	if g.cancel != nil {
		g.cancel()
		<-g.done
		g.cancel = nil
	}
}

func (g *gateway) fatal() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stopped
}

// nudge wakes the poll after the gap.
func (g *gateway) nudge() {
	if !g.nudged.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(g.gap, func() {
		g.nudged.Store(false)
		select {
		case g.wake <- struct{}{}:
		default: // it is awake already
		}
	})
}

// take hands over what was told of a channel since the last time. A sweep that fails after it leaves these to be found by asking again.
func (g *gateway) take(channel string, r room) (out []sources.Item) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = slices.DeleteFunc(g.heard, func(t told) bool {
		if t.channel != channel {
			return false
		}
		m, ok := sources.Mention{ID: platform + ":" + t.gone, Platform: platform, State: sources.Deleted, At: t.at}, true
		if t.gone == "" {
			m, ok = g.guilds.mention(r, &t.edit)
		}
		if ok {
			out = append(out, sources.Item{Mention: m, At: t.at})
		}
		return true
	})
	return out
}

func (g *gateway) keep(t told) {
	if !slices.Contains(g.guilds.names, t.channel) {
		return
	}
	t.at = g.deps.Time()
	g.mu.Lock()
	if len(g.heard) < maxWaiting { // what is more is found when it is asked for again
		g.heard = append(g.heard, t)
	}
	g.mu.Unlock()
	g.nudge()
}

// run connects again and again, until ctx ends or a person must act.
func (g *gateway) run(ctx context.Context) {
	pauses := backoff.NewExponentialBackOff(backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(5*time.Minute), backoff.WithMaxElapsedTime(0))
	for again := false; ctx.Err() == nil; {
		began := g.deps.Time()
		err := g.connection(ctx)
		if errors.Is(err, sources.ErrStop) {
			g.mu.Lock()
			g.stopped = err
			g.mu.Unlock()
			g.nudge() // the next sweep meets it
			return
		}
		if g.deps.Time().Sub(began) > time.Minute {
			pauses.Reset()
		}
		if again = errors.Is(err, errAgain) && !again; again { // at once, but not in a circle
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pauses.NextBackOff()):
		}
	}
}

// errAgain is a connection's end that Discord itself wished, to be followed by another at once.
var errAgain = errors.New("discord: the Gateway asks to connect again")

type frame struct {
	Op   int            `json:"op"`
	Data jsontext.Value `json:"d"`
	Seq  int64          `json:"s"`
	Type string         `json:"t"`
}

// connection holds one connection to its end; the error is never nil.
func (g *gateway) connection(ctx context.Context) error {
	address, err := g.address(ctx)
	if err != nil {
		return err
	}
	dialing, cancelDial := context.WithTimeout(ctx, 30*time.Second)
	defer cancelDial()
	ws, _, err := websocket.Dial(dialing, address+"/?v=10&encoding=json", &websocket.DialOptions{HTTPClient: g.client})
	if err != nil {
		g.resume = ""
		return err
	}
	var beating sync.WaitGroup
	defer beating.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer ws.CloseNow()
	ws.SetReadLimit(maxFrameBytes)
	beats := make(chan struct{}, 1) // acknowledged heartbeats
	for {
		var f frame
		_, r, err := ws.Reader(ctx)
		if err == nil {
			var body []byte
			if body, err = io.ReadAll(r); err == nil {
				err = json.Unmarshal(body, &f)
			}
		}
		if err != nil {
			return g.ended(err)
		}
		switch f.Op {
		case opHello:
			interval, err := g.hello(ctx, ws, f.Data)
			if err != nil {
				return err
			}
			beating.Go(func() { g.beat(ctx, ws, interval, beats) })
		case opHeartbeat:
			if err := g.send(ctx, ws, opHeartbeat, g.last()); err != nil {
				return err
			}
		case opAcknowledged:
			select {
			case beats <- struct{}{}:
			default:
			}
		case opReconnect:
			return errAgain
		case opInvalidSession:
			if string(f.Data) != "true" {
				g.session, g.resume = "", ""
			}
			return errors.New("discord: the Gateway's session is no longer good")
		case opDispatch:
			g.setLast(f.Seq)
			g.dispatch(f)
		}
	}
}

// address is where to connect: back to the session before, or as Discord says.
func (g *gateway) address(ctx context.Context) (string, error) {
	if g.resume != "" {
		return g.resume, nil
	}
	var out struct {
		URL string `json:"url"`
	}
	_, err := g.guilds.call.GetJSON(ctx, api+"/gateway/bot", &out)
	return out.URL, err
}

// hello reads how often the heart must beat, and signs in, or goes on with the session before.
func (g *gateway) hello(ctx context.Context, ws *websocket.Conn, data jsontext.Value) (time.Duration, error) {
	var h struct {
		Interval int64 `json:"heartbeat_interval"` // milliseconds
	}
	if err := json.Unmarshal(data, &h); err != nil || h.Interval <= 0 {
		return 0, errors.New("discord: the Gateway's greeting cannot be read")
	}
	every := time.Duration(h.Interval) * time.Millisecond
	token, err := g.deps.Key(ctx, g.source.ID, secretToken)
	if err != nil {
		return 0, err
	}
	if g.session != "" {
		return every, g.send(ctx, ws, opResume, map[string]any{"token": token, "session_id": g.session, "seq": g.last()})
	}
	return every, g.send(ctx, ws, opIdentify, map[string]any{"token": token, "intents": intents,
		"properties": map[string]string{"os": "linux", "browser": "earshot", "device": "earshot"}})
}

// beat sends heartbeats, and cuts a connection that does not answer one before the next.
func (g *gateway) beat(ctx context.Context, ws *websocket.Conn, every time.Duration, beats <-chan struct{}) {
	pause := time.Duration(rand.Float64() * float64(every))
	for answered := true; ; pause = every {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		select {
		case <-beats:
			answered = true
		default:
		}
		if !answered || g.send(ctx, ws, opHeartbeat, g.last()) != nil {
			_ = ws.CloseNow() // the reader sees it
			return
		}
		answered = false
	}
}

func (g *gateway) send(ctx context.Context, ws *websocket.Conn, op int, data any) error {
	body, err := json.Marshal(map[string]any{"op": op, "d": data})
	if err != nil {
		return err
	}
	return ws.Write(ctx, websocket.MessageText, body)
}

func (g *gateway) last() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seq
}

func (g *gateway) setLast(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seq = n
}

// ended tells what a person must mend from what passes.
func (g *gateway) ended(err error) error {
	switch websocket.CloseStatus(err) {
	case 4004:
		return sources.Stopf("Discord does not accept the bot's token. Enter a new one on the sources page.")
	case 4013, 4014:
		return sources.Stopf("Discord does not let the bot read messages. Switch on the Message Content intent on the application's Bot page, then save the source again.")
	case 4007, 4009: // the session is no longer known
		g.session, g.resume = "", ""
		return errAgain
	}
	return err
}

// dispatch takes one event.
func (g *gateway) dispatch(f frame) {
	switch f.Type {
	case "READY":
		var r struct {
			Session string `json:"session_id"`
			Resume  string `json:"resume_gateway_url"`
		}
		if json.Unmarshal(f.Data, &r) == nil {
			g.session, g.resume = r.Session, r.Resume
		}
		g.nudge() // what came before is read by the poll
	case "RESUMED":
		g.nudge()
	case "MESSAGE_CREATE":
		var m message
		if json.Unmarshal(f.Data, &m) == nil && m.Guild != "" && slices.Contains(g.guilds.names, m.Channel) {
			g.nudge()
		}
	case "MESSAGE_UPDATE":
		var m message
		if json.Unmarshal(f.Data, &m) != nil || m.Guild == "" || m.Edited.IsZero() || m.Author.ID == "" {
			return // a link's preview was added
		}
		g.keep(told{channel: m.Channel, edit: m})
	case "MESSAGE_DELETE", "MESSAGE_DELETE_BULK":
		var gone struct {
			ID      string   `json:"id"`
			IDs     []string `json:"ids"`
			Channel string   `json:"channel_id"`
		}
		if json.Unmarshal(f.Data, &gone) != nil {
			return
		}
		for _, id := range append(gone.IDs, gone.ID) {
			if id != "" {
				g.keep(told{channel: gone.Channel, gone: id})
			}
		}
	}
}
