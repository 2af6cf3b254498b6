package twitch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

const (
	eventSub      = "wss://eventsub.wss.twitch.tv/ws"
	dialGap       = 5 * time.Second
	maxFrameBytes = 1 << 20
	tooOld        = 10 * time.Minute
	validateEvery = time.Hour
	patience      = 30 * time.Second // for a connection to begin
	lastWords     = 500 * time.Millisecond
	remembered    = 4096
)

// kinds are what is subscribed to, each with the scope user:read:chat.
var kinds = []string{"channel.chat.message", "channel.chat.message_delete", "channel.chat.clear_user_messages", "channel.chat.clear"}

// chat listens to channels.
type chat struct {
	*app
	channels []string
	client   *http.Client
	check    *sources.Caller // of the token
	deps     sources.Deps
	stream   sources.Stream
	seen     *sources.Recent
	recent   []spoken // a ring
	next     int
	sources.Poller
}

// spoken is what must be remembered of a message to delete it with others.
type spoken struct{ channel, chatter, id string }

var _ sources.Closer = (*chat)(nil)

func newChat(a *app, channels []string, s settings.Source, d sources.Deps) *chat {
	x := &chat{app: a, channels: channels, client: d.HTTP(s), deps: d, seen: sources.NewRecent(remembered)}
	x.check = &sources.Caller{Client: x.client, Name: "Twitch", Now: d.Now, Auth: func(r *http.Request) error {
		token, err := a.tokens.Token(r.Context())
		r.Header.Set("Authorization", "OAuth "+token)
		return err
	}}
	x.stream = sources.Stream{Run: x.run, Gap: dialGap, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.stream.Page, Forward: true, Every: sources.StreamEvery, Now: d.Now}
	return x
}

// Close ends the connection.
func (x *chat) Close() error { return x.stream.Close() }

// run holds one session to its end, over the connections that Twitch asks for.
func (x *chat) run(ctx context.Context, l *sources.Line) error {
	me, err := x.validate(ctx)
	if err != nil {
		return err
	}
	c, err := x.dial(ctx, eventSub)
	if err != nil {
		return err
	}
	defer func() { c.ws.CloseNow() }()
	if err := x.subscribe(ctx, me, c.session); err != nil {
		return err
	}
	l.Up()
	validated := x.deps.Time()
	for {
		f, err := c.read(ctx, c.keepalive)
		if err != nil {
			return x.ended(ctx, err)
		}
		switch f.Metadata.Type {
		case "notification":
			if !x.notified(f, l) {
				return ctx.Err()
			}
		case "session_reconnect":
			if c, err = x.move(ctx, c, f.Payload.Session.Reconnect, l); err != nil {
				return err
			}
		case "revocation":
			return sources.Stopf("Twitch no longer lets the account read the chat (%s). Ask the streamer, and sign in again.", status(f.Payload.Subscription.Status))
		}
		if x.deps.Time().Sub(validated) > validateEvery { // as Twitch demands of whoever holds a session
			if _, err := x.validate(ctx); err != nil {
				return err
			}
			validated = x.deps.Time()
		}
	}
}

// status passes on the words that Twitch is known to use.
func status(s string) string {
	switch s {
	case "authorization_revoked", "user_removed", "version_removed", "chat_user_banned", "moderator_removed":
		return s
	}
	return "revoked"
}

func (x *chat) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &sources.Fault{Sentence: "The connection to Twitch ended. It is opened again.", Err: err}
}

// validate asks whose the token is.
func (x *chat) validate(ctx context.Context) (id string, err error) {
	var out struct {
		User string `json:"user_id"`
	}
	err = x.again(func() (sources.Response, error) { return x.check.GetJSON(ctx, oauth+"validate", &out) })
	if err == nil && out.User == "" {
		err = sources.Stopf("Twitch's token belongs to nobody. Sign in with the council's account and enter its refresh token.")
	}
	return out.User, err
}

// subscribe asks for each channel's chat, within the ten seconds that Twitch gives.
func (x *chat) subscribe(ctx context.Context, me, session string) error {
	var out struct {
		Data []struct {
			ID    string `json:"id"`
			Login string `json:"login"`
		} `json:"data"`
	}
	if err := x.get(ctx, "users", url.Values{"login": x.channels}, &out); err != nil {
		return err
	}
	if len(out.Data) < len(x.channels) {
		return sources.Stopf("Twitch knows only %d of the %d channels. Check their login names.", len(out.Data), len(x.channels))
	}
	for _, u := range out.Data {
		for _, kind := range kinds {
			question := map[string]any{"type": kind, "version": "1", "condition": map[string]string{"broadcaster_user_id": u.ID, "user_id": me},
				"transport": map[string]string{"method": "websocket", "session_id": session}}
			err := x.again(func() (sources.Response, error) {
				return x.call.PostJSON(ctx, helix+"eventsub/subscriptions", question, &struct{}{})
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// connection is one websocket that has been greeted.
type connection struct {
	ws        *websocket.Conn
	session   string
	keepalive time.Duration // the longest silence that is normal
}

func (x *chat) dial(ctx context.Context, address string) (connection, error) {
	dialing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ws, _, err := websocket.Dial(dialing, address, &websocket.DialOptions{HTTPClient: x.client})
	if err != nil {
		return connection{}, x.ended(ctx, err)
	}
	ws.SetReadLimit(maxFrameBytes)
	c := connection{ws: ws}
	f, err := c.read(ctx, patience)
	if err == nil && f.Metadata.Type != "session_welcome" {
		err = errors.New("twitch: no welcome")
	}
	if err != nil {
		ws.CloseNow()
		return connection{}, x.ended(ctx, err)
	}
	c.session = f.Payload.Session.ID
	c.keepalive = time.Duration(max(f.Payload.Session.Keepalive, 10))*time.Second*3/2 + 5*time.Second
	return c, nil
}

// read reads one frame; a silence longer than that ends the connection.
func (c *connection) read(ctx context.Context, silence time.Duration) (f frame, err error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, r, err := c.ws.Reader(ctx)
	if err != nil {
		return f, err
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(body, &f)
}

// move opens the connection that Twitch asks for, takes the old one's last words, and lets it go. The subscriptions move with the session.
func (x *chat) move(ctx context.Context, old connection, address string, l *sources.Line) (connection, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "wss" {
		return old, x.ended(ctx, errors.New("twitch: no address to reconnect to"))
	}
	c, err := x.dial(ctx, address)
	if err != nil {
		return old, err
	}
	for {
		f, err := old.read(ctx, lastWords)
		if err != nil {
			old.ws.CloseNow()
			return c, ctx.Err()
		}
		if f.Metadata.Type == "notification" {
			x.notified(f, l)
		}
	}
}

// notified hands on one event; false when the connection is to end.
func (x *chat) notified(f frame, l *sources.Line) bool {
	at := f.Metadata.At
	if at.Before(x.deps.Time().Add(-tooOld)) || x.seen.Has(f.Metadata.ID) {
		return true
	}
	x.seen.Add(f.Metadata.ID)
	e := &f.Payload.Event
	switch f.Payload.Subscription.Type {
	case "channel.chat.message":
		m, ok := x.said(e, at)
		if !ok {
			return true
		}
		x.remember(spoken{e.Channel, e.Chatter, m.ID})
		return l.Tell(sources.Item{Mention: m, At: at})
	case "channel.chat.message_delete":
		return x.gone(platform+":"+e.MessageID, at, l)
	case "channel.chat.clear_user_messages":
		return x.goneAll(func(s spoken) bool { return s.channel == e.Channel && s.chatter == e.Target }, at, l)
	case "channel.chat.clear":
		return x.goneAll(func(s spoken) bool { return s.channel == e.Channel }, at, l)
	}
	return true
}

func (x *chat) remember(s spoken) {
	if len(x.recent) < remembered {
		x.recent = append(x.recent, s)
		return
	}
	x.recent[x.next] = s
	x.next = (x.next + 1) % remembered
}

func (x *chat) gone(id string, at time.Time, l *sources.Line) bool {
	return l.Tell(sources.Item{At: at, Mention: sources.Mention{ID: id, Platform: platform, State: sources.Deleted, At: at.UTC()}})
}

func (x *chat) goneAll(which func(spoken) bool, at time.Time, l *sources.Line) bool {
	for i, s := range x.recent {
		if s.id != "" && which(s) {
			x.recent[i] = spoken{}
			if !x.gone(s.id, at, l) {
				return false
			}
		}
	}
	return true
}
