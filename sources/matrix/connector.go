package matrix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the rooms of one Matrix account.
var Connector = sources.Connector{
	Name: platform, Title: "Matrix", New: New,
	About: sources.About{
		Reads: "Messages in rooms that the council's account has joined, with their edits and deletions.",
		Access: "Make an account for Earshot alone on any Matrix server, have it invited, and accept the invitation with any Matrix program. The access token stands in Element " +
			"under Settings, Help & About, Advanced.",
		Price:    "Nothing.",
		Approval: "The moderators of each room decide. Say in the room that the council reads along.",
		Cannot:   "Encrypted rooms and direct chats are never read. There is no search of the whole network.",
	},
	Options: []sources.Field{
		{Name: "server", Server: true, Label: "Server", Hint: "Where the account lives.", Example: "https://matrix.example.org", Needed: true},
		{Name: "rooms", Label: "Rooms", Hint: "Their internal IDs, separated by commas: Room settings, Advanced.", Example: "!abcdef:matrix.example.org", Needed: true},
		{Name: "own", Label: "The council's own accounts", Hint: "What they write is no mention, and what addresses them is one whatever it says.", Example: "@council:matrix.example.org"},
	},
	Keys: []sources.Field{{Name: secretToken, Label: "Access token", Hint: "Of the account that joined the rooms.", Needed: true}},
}

const (
	platform    = "matrix"
	secretToken = "access_token"

	pageSize = 100
	portion  = 1000             // messages that are handed over at once and in order
	longPoll = 15 * time.Second // the guarded client waits 20 for an answer to begin
	askAgain = time.Second
	overlap  = time.Hour
)

// account reads the rooms of one account.
type account struct {
	server *url.URL
	base   *url.URL // of the API, once it is looked up
	rooms  []string
	own    []string
	filter string
	call   *sources.Caller
	open   *portionRead
	known  origins
	sources.Poller
}

// New makes the reader of an account's rooms.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &account{rooms: sources.ListOption(s.Options["rooms"]), own: sources.ListOption(s.Options["own"])}
	var faults []error
	u, ok := sources.WebAddress(strings.TrimSuffix(strings.TrimSpace(s.Options["server"]), "/"))
	if !ok {
		faults = append(faults, errors.New("a Matrix source needs the option server, such as https://matrix.example.org"))
	}
	if len(x.rooms) == 0 {
		faults = append(faults, errors.New("a Matrix source needs the option rooms: IDs such as !abcdef:matrix.example.org"))
	}
	for _, r := range x.rooms {
		if !strings.HasPrefix(r, "!") {
			faults = append(faults, fmt.Errorf("%q is no ID of a Matrix room: IDs begin with an exclamation mark", r))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	x.server, x.filter = u, filter(x.rooms)
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The Matrix server " + u.Host, Now: d.Now, Refused: x.refused,
		Auth: d.Bearer(s.ID, secretToken)}
	x.Poller = sources.Poller{Fetch: x.fetch, Forward: true, Every: sources.Every(s, askAgain), Overlap: overlap, Now: d.Now}
	return x, nil
}

// wanted are the events that are read.
var wanted = []string{"m.room.message", "m.room.redaction"}

// filter asks for these rooms' messages and which rooms are direct, and for nothing else about anybody.
func filter(rooms []string) string {
	none := map[string]any{"not_types": []string{"*"}}
	b, err := json.Marshal(map[string]any{
		"presence": none, "account_data": map[string]any{"types": []string{"m.direct"}},
		"room": map[string]any{"rooms": rooms, "ephemeral": none, "account_data": none, "state": map[string]any{"not_types": []string{"*"}, "lazy_load_members": true},
			"timeline": map[string]any{"types": wanted, "limit": pageSize}},
	}, json.Deterministic(true))
	if err != nil { // strings alone
		panic(err)
	}
	return string(b)
}

// refused reads Matrix's older way of asking for patience, in the body.
func (x *account) refused(r sources.Response, err error) error {
	var said struct {
		Code  string `json:"errcode"`
		After int64  `json:"retry_after_ms"`
	}
	if json.Unmarshal(r.Body, &said) != nil || said.Code != "M_LIMIT_EXCEEDED" || said.After <= 0 || r.Header.Get("Retry-After") != "" {
		return err
	}
	until := x.Poller.Time().Add(time.Duration(min(said.After, 3_600_000)) * time.Millisecond)
	return sources.Waitf(until, "The Matrix server asks for patience until %s.", until.UTC().Format("15:04 MST"))
}

// address finds the API of the server, once.
func (x *account) address(ctx context.Context) (*url.URL, error) {
	if x.base != nil {
		return x.base, nil
	}
	var out struct {
		Server struct {
			Base string `json:"base_url"`
		} `json:"m.homeserver"`
	}
	r, err := x.call.GetJSON(ctx, x.server.JoinPath(".well-known/matrix/client").String(), &out)
	if err != nil && r.Status != http.StatusNotFound {
		return nil, err
	}
	x.base = x.server
	if u, err := url.Parse(strings.TrimSuffix(out.Server.Base, "/")); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == x.server.Scheme) {
		x.base = u
	}
	return x.base, nil
}

func (x *account) get(ctx context.Context, q url.Values, out any, path ...string) (sources.Response, error) {
	base, err := x.address(ctx)
	if err != nil {
		return sources.Response{}, err
	}
	for i := range path {
		path[i] = url.PathEscape(path[i])
	}
	u := base.JoinPath(append([]string{"_matrix/client/v3"}, path...)...)
	u.RawQuery = q.Encode()
	return x.call.GetJSON(ctx, u.String(), out)
}

// place is the cursor: where /sync goes on, and what lies before it and is still to be read.
type place struct {
	Since string `json:"since,omitzero"`
	Gaps  []gap  `json:"gaps,omitempty"`
}

// gap is what a timeline left out: from its beginning back to the place before, or to a time.
type gap struct {
	Room  string `json:"room"`
	From  string `json:"from"`
	To    string `json:"to,omitzero"`
	Floor int64  `json:"floor"` // Unix milliseconds
}

// portionRead is a portion that is not read to its end; what is there stays when the server fails in the middle.
type portionRead struct {
	mark   string
	place  place
	events []event // not in order
}

func (x *account) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	if x.open == nil || x.open.mark != r.Mark {
		p := &portionRead{mark: r.Mark}
		if r.Mark != "" {
			if err := json.Unmarshal([]byte(r.Mark), &p.place); err != nil {
				return sources.Page{}, sources.Stopf("The place where reading stopped cannot be understood. Remove the source and add it again.")
			}
		}
		if len(p.place.Gaps) == 0 {
			if err := x.sync(ctx, p, r.Since); err != nil {
				return sources.Page{}, err
			}
		}
		x.open = p
	}
	p := x.open
	for len(p.place.Gaps) > 0 && len(p.events) < portion {
		if err := x.fill(ctx, p); err != nil {
			return sources.Page{}, err
		}
	}
	slices.SortStableFunc(p.events, func(a, b event) int { return cmp.Compare(a.TS, b.TS) })
	page := sources.Page{Items: make([]sources.Item, 0, len(p.events))}
	for i := range p.events {
		m, ok, err := x.mention(ctx, &p.events[i])
		if err != nil {
			return sources.Page{}, err
		}
		if ok {
			page.Items = append(page.Items, sources.Item{Mention: m, At: p.events[i].time()})
		}
	}
	mark, err := json.Marshal(p.place)
	page.Mark, x.open = string(mark), nil
	return page, err
}

type synced struct {
	Next        string `json:"next_batch"`
	AccountData struct {
		Events []struct {
			Type    string `json:"type"`
			Content direct `json:"content"`
		} `json:"events"`
	} `json:"account_data"`
	Rooms struct {
		Join map[string]joined `json:"join"`
	} `json:"rooms"`
}

type joined struct {
	Timeline struct {
		Events  []event `json:"events"`
		Limited bool    `json:"limited"`
		Before  string  `json:"prev_batch"`
	} `json:"timeline"`
	Summary struct {
		Heroes  []string `json:"m.heroes"` // named where the room has no name
		Members *int64   `json:"m.joined_member_count"`
	} `json:"summary"`
}

// sync waits for what is new.
func (x *account) sync(ctx context.Context, p *portionRead, floor time.Time) error {
	first := p.place.Since == ""
	q := url.Values{"filter": {x.filter}, "timeout": {strconv.FormatInt(longPoll.Milliseconds(), 10)}}
	if first {
		q.Set("timeout", "0")
	} else {
		q.Set("since", p.place.Since)
	}
	var out synced
	if _, err := x.get(ctx, q, &out, "sync"); err != nil {
		return err
	}
	if err := x.mayRead(&out, first); err != nil {
		return err
	}
	for _, room := range x.rooms {
		t := out.Rooms.Join[room].Timeline
		for _, e := range t.Events {
			if e.Room = room; !first || e.TS >= floor.UnixMilli() {
				p.events = append(p.events, e)
			}
		}
		if t.Limited && t.Before != "" {
			p.place.Gaps = append(p.place.Gaps, gap{Room: room, From: t.Before, To: p.place.Since, Floor: floor.UnixMilli()})
		}
	}
	p.place.Since = out.Next
	return nil
}

// mayRead refuses private rooms, and at the beginning those that the account has not joined.
func (x *account) mayRead(out *synced, first bool) error {
	for _, room := range x.rooms {
		j, ok := out.Rooms.Join[room]
		if first && !ok {
			return sources.Stopf("The Matrix account has not joined the room %s. Have it invited and accept with any Matrix program, or take it out of this source.", room)
		}
		private := j.Summary.Members != nil && *j.Summary.Members <= 2 && len(j.Summary.Heroes) > 0
		for _, e := range out.AccountData.Events {
			private = private || e.Type == "m.direct" && e.Content.has(room)
		}
		if private {
			return sources.Stopf("The Matrix room %s is a direct chat, and Earshot reads no private messages. Take it out of this source.", room)
		}
	}
	return nil
}

// fill reads one page of the first gap, newest first.
func (x *account) fill(ctx context.Context, p *portionRead) error {
	g := &p.place.Gaps[0]
	q := url.Values{"from": {g.From}, "dir": {"b"}, "limit": {strconv.Itoa(pageSize)}, "filter": {`{"types":["m.room.message","m.room.redaction"]}`}}
	if g.To != "" {
		q.Set("to", g.To)
	}
	var out struct {
		Chunk []event `json:"chunk"`
		End   string  `json:"end"`
	}
	if _, err := x.get(ctx, q, &out, "rooms", g.Room, "messages"); err != nil {
		return err
	}
	older := len(out.Chunk) > 0 // than is wanted, all of them: one server's clock may be wrong
	slices.Reverse(out.Chunk)   // so that a stable sort keeps the order of one moment
	for i := range out.Chunk {
		out.Chunk[i].Room = g.Room
		older = older && out.Chunk[i].TS < g.Floor
	}
	if !older {
		p.events = append(out.Chunk, p.events...)
	}
	if older || out.End == "" || out.End == g.From {
		p.place.Gaps = p.place.Gaps[1:]
	} else {
		g.From = out.End
	}
	return nil
}
