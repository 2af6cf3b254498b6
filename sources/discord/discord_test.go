package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const roads, parks, private = "1300000000000000001", "1300000000000000002", "1300000000000000003"

var started = time.Now().Add(-time.Hour).Truncate(time.Second)

// at is when thing n was posted: an ID holds a time here, so it must not depend on when a test fills its content.
func at(n int) time.Time { return started.Add(time.Duration(n) * time.Millisecond) }

func idOf(n int) string { return snowflake(at(n)) }

func numberOf(id string) int { return int(timeOf(id).Sub(started).Milliseconds()) }

func channelOf(n int) string {
	if n%2 == 0 {
		return parks
	}
	return roads
}

// serve answers as Discord's REST does: the oldest hundred after an ID, newest first.
func serve(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v10/channels/"), "/")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-RateLimit-Limit", "5")
		w.Header().Set("X-RateLimit-Remaining", "4")
		w.Header().Set("X-RateLimit-Reset-After", "1.000")
		switch {
		case r.Host != "discord.com" || r.Header.Get("Authorization") != "Bot "+sourcestest.Secret:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"message":"401: Unauthorized","code":0}`)
		case len(f) == 1:
			kind, guild := 0, "1100000000000000001"
			if f[0] == private {
				kind, guild = 1, ""
			}
			fmt.Fprintf(w, `{"id":%q,"type":%d,"guild_id":%q,"name":"roads"}`, f[0], kind, guild)
		case len(f) == 3:
			s, ok := c.One(numberOf(f[2]))
			if !ok || s.Gone {
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprint(w, `{"message":"Unknown Message","code":10008}`)
				return
			}
			fmt.Fprint(w, view(s))
		default:
			limit, _ := strconv.Atoi(r.FormValue("limit"))
			after := max(numberOf(r.FormValue("after")), 0)
			var list []string
			for _, s := range c.Oldest(after, 2*limit) {
				if channelOf(s.N) == f[0] && !s.Gone && len(list) < limit {
					list = append([]string{view(s)}, list...)
				}
			}
			fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
		}
	})
}

func view(s sourcestest.Shown) string {
	edited := "null"
	if !s.Edited.IsZero() {
		edited = strconv.Quote(s.Edited.Format("2006-01-02T15:04:05.000000+00:00"))
	}
	return fmt.Sprintf(`{"id":%q,"channel_id":%q,"author":{"id":"1200000000000000001","username":"jo_resident","global_name":"Jo","bot":false},"content":%q,
		"timestamp":%q,"edited_timestamp":%s,"mentions":[],"attachments":[],"embeds":[],"type":0,"pinned":false}`,
		idOf(s.N), channelOf(s.N), s.Text, at(s.N).UTC().Format("2006-01-02T15:04:05.000000+00:00"), edited)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"channels": roads + ", " + parks, "own": "1200000000000000042"},
	Keys:      map[string]string{secretToken: sourcestest.Secret},
	Serve:     serve,
	ID:        func(n int) string { return "discord:" + idOf(n) },
	Page:      pageSize,
	Throttled: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		left := fmt.Sprintf("%.3f", time.Until(until).Seconds())
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset-After", left)
		w.Header().Set("X-RateLimit-Scope", "user")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"message":"You are being rate limited.","retry_after":%s,"global":false}`, left)
	},
	Until: until,
	Bare: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(w, "error code: 1015", http.StatusTooManyRequests)
	},
	WrongType: `[{"id":1573250421743419393}]`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Author.Handle != "jo_resident" || m.Author.Name != "Jo" || m.Permalink != "https://discord.com/channels/1100000000000000001/"+roads+"/"+idOf(1) {
			t.Errorf("got %+v", m)
		}
	},
}

func TestDiscord(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestSnowflake(t *testing.T) {
	if got := timeOf("1573250421743419393"); got.Year() != 2026 {
		t.Errorf("got %v", got)
	}
	now := time.Now().Truncate(time.Millisecond)
	if got := timeOf(snowflake(now)); !got.Equal(now) {
		t.Errorf("got %v, want %v", got, now)
	}
}

func TestNoDirectMessages(t *testing.T) {
	x := peer
	x.Options = map[string]string{"channels": private}
	p := sourcestest.NewPlatform(t, serve(sourcestest.Fill(3)))
	if ms, _, err := x.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || len(ms) > 0 {
		t.Errorf("of a direct channel: %v, %v", ms, err)
	}
	if n := len(p.Requests()); n != 1 {
		t.Errorf("%d requests: its messages were asked for", n)
	}
}

func TestFields(t *testing.T) {
	x := &guilds{own: []string{"42"}}
	said := message{ID: "9", Channel: "8", Content: "<@42> look <:bin:123> <a:wave:4>", Type: replyType}
	said.Mentions = append(said.Mentions, struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}{"42", "council"})
	said.Reference.Message = "7"
	m, ok := x.mention(room{guild: "1", thread: true}, &said)
	if !ok || m.Text != "@council look :bin: :wave:" || m.ParentID != "discord:7" || m.ThreadID != "discord:8" || len(m.MatchedBy) != 1 || m.Kind != sources.Reply {
		t.Errorf("got %+v", m)
	}
	said.Author.ID = "42"
	if _, ok := x.mention(room{guild: "1"}, &said); ok {
		t.Error("the council's own message is a mention")
	}
	said.Author.ID, said.Type = "43", 7
	if _, ok := x.mention(room{guild: "1"}, &said); ok {
		t.Error("somebody's joining is a mention")
	}
	if e := expires("https://cdn.discordapp.com/attachments/1/2/a.png?ex=6a1f0000&is=1&hm=2"); e.Unix() != 0x6a1f0000 {
		t.Errorf("the file's address ends at %v", e)
	}
}

// stream makes a source whose poll sleeps for an hour, so that only the Gateway can wake it.
func stream(t *testing.T, p *sourcestest.Platform) sources.Source {
	t.Helper()
	src, err := New(settings.Source{ID: "d", Every: settings.Duration(time.Hour), Options: map[string]string{"channels": roads + "," + parks, "mode": "stream"}},
		sources.Deps{Client: func(settings.Source) *http.Client { return p.Anywhere() },
			Secret: func(context.Context, string, string) (string, error) { return sourcestest.Secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	src.(*guilds).live.gap = 0
	t.Cleanup(func() { src.(*guilds).Close() })
	return src
}
