package discord

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the channels of Discord servers that invited the bot.
var Connector = sources.Connector{
	Name: platform, Title: "Discord", New: New, Every: every,
	Recheck: 7 * 24 * time.Hour, Batch: 10,
	About: sources.About{
		Reads: "Messages in text channels and public threads of servers whose administrators invited the council's bot.",
		Access: "Make an application at discord.com/developers, add a bot, switch on the Message Content intent, and send the server's administrator the " +
			"invitation link with the permissions View Channels and Read Message History. The token stands under Bot.",
		Price:    "Nothing.",
		Approval: "The server's administrator decides. Discord reviews bots that more than 10,000 people can see. Say in the channel that the council reads along.",
		Cannot:   "Direct messages and private threads are never read. Public threads are read when their own IDs are listed.",
	},
	Options: []sources.Field{
		{Name: "channels", Label: "Channels", Hint: "Their IDs, separated by commas: switch on Developer Mode and choose Copy Channel ID.", Example: "1300000000000000001", Needed: true},
		{Name: "mode", Label: "How to read", Hint: "The stream sees messages, edits and deletions at once; the poll asks now and then.", Values: []string{"poll", "stream"}},
		{Name: "own", Label: "The council's own accounts", Hint: "Their user IDs: what they write is no mention, and what addresses them is one whatever it says.", Example: "1200000000000000001"},
	},
	Keys: []sources.Field{{Name: secretToken, Label: "Bot token", Hint: "From the Bot page of the application.", Needed: true}},
}

const (
	platform    = "discord"
	secretToken = "token"

	api      = "https://discord.com/api/v10"
	every    = 5 * time.Minute
	overlap  = time.Hour
	pageSize = 100
)

// Kinds of channels (Discord's numbers) in which everybody on the server may read.
const (
	textChannel      = 0
	voiceChannel     = 2 // its text
	newsChannel      = 5
	newsThread       = 10
	publicThread     = 11
	stageChannel     = 13
	unknownChannel   = 10003 // an error's code
	unknownMessage   = 10008
	emptyChannelList = "a Discord source needs the option channels: IDs such as 1300000000000000001"
)

type guilds struct {
	own   []string
	names []string // of the channels: their IDs
	rooms map[string]room
	call  *sources.Caller
	live  *gateway // nil: poll alone
	sources.Poller
}

// room is what is known of one channel.
type room struct {
	guild  string
	thread bool
}

var (
	_ sources.Rechecker = (*guilds)(nil)
	_ sources.Closer    = (*guilds)(nil)
)

// New makes the reader of channels.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &guilds{own: sources.ListOption(s.Options["own"]), names: sources.ListOption(s.Options["channels"]), rooms: map[string]room{}}
	var faults []error
	if len(x.names) == 0 {
		faults = append(faults, errors.New(emptyChannelList))
	}
	for _, c := range x.names {
		if _, err := strconv.ParseUint(c, 10, 64); err != nil {
			faults = append(faults, fmt.Errorf("%q is no channel of Discord: IDs are numbers", c))
		}
	}
	mode := s.Options["mode"]
	if mode != "" && mode != "poll" && mode != "stream" {
		faults = append(faults, fmt.Errorf("mode is %q; write poll or stream", mode))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Discord", Now: d.Now, Signal: sources.SecondsReset("X-RateLimit-Remaining", "X-RateLimit-Reset-After"),
		Auth: func(r *http.Request) error {
			token, err := d.Key(r.Context(), s.ID, secretToken)
			r.Header.Set("Authorization", "Bot "+token)
			return err
		}}
	x.Poller = sources.Poller{Fetch: sources.ChainOf(x.names, x.fetch), Every: sources.Every(s, every), Overlap: overlap, Now: d.Now}
	if mode == "stream" {
		x.live = newGateway(x, s, d)
		x.Poller.Wake = x.live.wake
	}
	return x, nil
}

// Next implements sources.Source.
func (x *guilds) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	if x.live != nil {
		x.live.start(ctx)
	}
	return x.Poller.Next(ctx, after)
}

// Close ends the Gateway's connection.
func (x *guilds) Close() error {
	if x.live != nil {
		x.live.close()
	}
	return nil
}

// room asks what a channel is, once, and refuses what is private.
func (x *guilds) room(ctx context.Context, channel string) (room, error) {
	if r, ok := x.rooms[channel]; ok {
		return r, nil
	}
	var out struct {
		Type  int    `json:"type"`
		Guild string `json:"guild_id"`
	}
	if _, err := x.call.GetJSON(ctx, api+"/channels/"+channel, &out); err != nil {
		return room{}, err
	}
	r := room{guild: out.Guild}
	switch out.Type {
	case textChannel, voiceChannel, newsChannel, stageChannel:
	case newsThread, publicThread:
		r.thread = true
	default:
		r.guild = ""
	}
	if r.guild == "" {
		return room{}, sources.Stopf("Discord's channel %s is private or holds no messages, and Earshot reads no private messages. Take it out of this source.", channel)
	}
	x.rooms[channel] = r
	return r, nil
}

func (x *guilds) fetch(ctx context.Context, channel string, r sources.PageRequest) (sources.Page, error) {
	if x.live != nil {
		if err := x.live.fatal(); err != nil {
			return sources.Page{}, err
		}
	}
	room, err := x.room(ctx, channel)
	if err != nil {
		return sources.Page{}, err
	}
	after := cmp.Or(r.Token, snowflake(r.Since))
	q := url.Values{"after": {after}, "limit": {strconv.Itoa(pageSize)}}
	var list []message
	if _, err := x.call.GetJSON(ctx, api+"/channels/"+channel+"/messages?"+q.Encode(), &list); err != nil {
		return sources.Page{}, err
	}
	p := sources.Page{Items: make([]sources.Item, 0, len(list))}
	for i := range list {
		list[i].Channel = channel
		if m, ok := x.mention(room, &list[i]); ok {
			p.Items = append(p.Items, sources.Item{Mention: m, At: timeOf(list[i].ID)})
		}
	}
	if len(list) == pageSize {
		p.Next = list[0].ID // the newest of this page
	}
	if x.live != nil && r.Token == "" {
		p.Items = append(p.Items, x.live.take(channel, room)...)
	}
	return p, nil
}

// Recheck asks for each message by its ID.
func (x *guilds) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var changed []sources.Mention
	for i := range held {
		id := strings.TrimPrefix(held[i].ID, platform+":")
		guild, channel := place(held[i].Permalink)
		if channel == "" {
			continue
		}
		var out message
		r, err := x.call.GetJSON(ctx, api+"/channels/"+channel+"/messages/"+id, &out)
		m := sources.Gone(&held[i], x.Poller.Time())
		switch {
		case r.Status == http.StatusNotFound && isGone(r.Body):
		case err != nil:
			return nil, err
		default:
			out.Channel = channel
			now, ok := x.mention(room{guild: guild, thread: held[i].ThreadID == platform+":"+channel}, &out)
			if !ok {
				continue
			}
			m = now
		}
		changed = append(changed, m)
	}
	return changed, nil
}

// isGone tells a message or channel that is no more from an address that never was.
func isGone(body []byte) bool {
	return bytes.Contains(body, []byte(strconv.Itoa(unknownMessage))) || bytes.Contains(body, []byte(strconv.Itoa(unknownChannel)))
}
