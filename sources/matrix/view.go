package matrix

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

type event struct {
	Room    string         `json:"-"`
	Type    string         `json:"type"`
	ID      string         `json:"event_id"`
	Sender  string         `json:"sender"`
	TS      int64          `json:"origin_server_ts"` // Unix milliseconds
	Redacts string         `json:"redacts"`
	Content jsontext.Value `json:"content"`
}

func (e *event) time() time.Time { return time.UnixMilli(e.TS).UTC() }

type content struct {
	Type      string `json:"msgtype"`
	Body      string `json:"body"`
	Formatted string `json:"formatted_body"`
	Filename  string `json:"filename"`
	Redacts   string `json:"redacts"` // in newer versions of rooms
	Info      struct {
		Mime string `json:"mimetype"`
	} `json:"info"`
	Mentions struct {
		Users []string `json:"user_ids"`
	} `json:"m.mentions"`
	New     *content `json:"m.new_content"`
	Relates struct {
		Type        string `json:"rel_type"`
		Event       string `json:"event_id"`
		FallingBack bool   `json:"is_falling_back"`
		Reply       struct {
			Event string `json:"event_id"`
		} `json:"m.in_reply_to"`
	} `json:"m.relates_to"`
}

// direct is the content of m.direct: whom the account talks to, and where.
type direct map[string]jsontext.Value

func (d direct) has(room string) bool {
	for _, v := range d {
		var rooms []string
		if json.Unmarshal(v, &rooms) == nil && slices.Contains(rooms, room) {
			return true
		}
	}
	return false
}

// mention makes a mention of an event; false when it is none.
func (x *account) mention(ctx context.Context, e *event) (sources.Mention, bool, error) {
	var c content
	if json.Unmarshal(e.Content, &c) != nil { // anybody in a room may send anything
		return sources.Mention{}, false, nil
	}
	if e.Type == "m.room.redaction" {
		gone := e.Redacts
		if gone == "" {
			gone = c.Redacts
		}
		return sources.Mention{ID: platform + ":" + gone, Platform: platform, State: sources.Deleted, At: e.time()}, gone != "", nil
	}
	if e.Type != "m.room.message" || c.Type == "" || slices.Contains(x.own, e.Sender) { // without a type: redacted
		return sources.Mention{}, false, nil
	}
	if c.Relates.Type == "m.replace" {
		return x.edit(ctx, e, &c)
	}
	x.known.add(e.ID, origin{e.Sender, e.TS})
	return x.message(e.ID, e.time(), e, &c), true, nil
}

// edit makes a mention of new content for an event, if the same person wrote both.
func (x *account) edit(ctx context.Context, e *event, c *content) (sources.Mention, bool, error) {
	of := c.Relates.Event
	if c.New == nil || of == "" {
		return sources.Mention{}, false, nil
	}
	o, ok := x.known.get(of)
	if !ok {
		var first event
		r, err := x.get(ctx, nil, &first, "rooms", e.Room, "event", of)
		if r.Status == http.StatusNotFound {
			return sources.Mention{}, false, nil
		}
		if err != nil {
			return sources.Mention{}, false, err
		}
		o = origin{first.Sender, first.TS}
		x.known.add(of, o)
	}
	if o.sender != e.Sender {
		return sources.Mention{}, false, nil
	}
	m := x.message(of, time.UnixMilli(o.ts).UTC(), e, c.New)
	m.State, m.EditedAt = sources.Edited, e.time()
	return m, true, nil
}

func (x *account) message(id string, created time.Time, e *event, c *content) sources.Mention {
	m := sources.Mention{ID: platform + ":" + id, Platform: platform, Kind: sources.Message, Text: c.Body, TextRaw: c.Formatted, CreatedAt: created,
		Author: sources.Author{ID: e.Sender, Handle: e.Sender, URL: "https://matrix.to/#/" + e.Sender}, Visibility: "members", Permalink: permalink(e.Room, id, e.Sender)}
	if reply := c.Relates.Reply.Event; reply != "" && !c.Relates.FallingBack {
		m.Kind, m.ParentID, m.Text = sources.Reply, platform+":"+reply, withoutQuote(c.Body)
	}
	if c.Relates.Type == "m.thread" && c.Relates.Event != "" {
		m.ThreadID = platform + ":" + c.Relates.Event
	}
	if slices.ContainsFunc(c.Mentions.Users, func(u string) bool { return slices.Contains(x.own, u) }) {
		m.MatchedBy = []string{"mention"}
	}
	switch c.Type {
	case "m.image", "m.file", "m.video", "m.audio": // their contents need the key
		name := c.Filename
		if name == "" {
			name = c.Body
		}
		m.Media = []sources.Media{{Type: c.Info.Mime, Alt: name}}
		if name == m.Text {
			m.Text = ""
		}
	}
	return m
}

// withoutQuote takes off what older programs repeat of the message replied to.
func withoutQuote(body string) string {
	if !strings.HasPrefix(body, "> <") {
		return body
	}
	rest := body
	for strings.HasPrefix(rest, ">") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return strings.TrimPrefix(rest, "\n")
}

// permalink names a server that knows the room: its own, or in rooms of newer versions, whose IDs name none, the sender's.
func permalink(room, id, sender string) string {
	_, via, ok := strings.Cut(room, ":")
	if !ok {
		_, via, _ = strings.Cut(sender, ":")
	}
	return "https://matrix.to/#/" + room + "/" + id + "?via=" + via
}

// origin is who wrote an event, and when.
type origin struct {
	sender string
	ts     int64
}

// origins remembers the last few thousand events, for their edits.
type origins struct{ young, old map[string]origin }

const generation = 4096

func (o *origins) add(id string, v origin) {
	if o.young == nil || len(o.young) >= generation {
		o.young, o.old = map[string]origin{}, o.young
	}
	o.young[id] = v
}

func (o *origins) get(id string) (origin, bool) {
	if v, ok := o.young[id]; ok {
		return v, true
	}
	v, ok := o.old[id]
	return v, ok
}
