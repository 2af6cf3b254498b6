package irc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"earshot/sources"
)

// mention makes a mention of what was said in one of our channels; false when it is none: what is said to the bot alone above all.
func (x *network) mention(l *line, at time.Time) (sources.Mention, bool) {
	channel := l.param(0)
	if !x.listens(channel) {
		return sources.Mention{}, false
	}
	if l.command == "REDACT" {
		return sources.Mention{ID: x.id(l.param(1)), Platform: platform, State: sources.Deleted, At: at}, l.param(1) != ""
	}
	text := l.param(1)
	if ctcp, ok := strings.CutPrefix(text, "\x01"); ok {
		if text, ok = strings.CutPrefix(ctcp, "ACTION "); !ok {
			return sources.Mention{}, false
		}
		text = strings.TrimSuffix(text, "\x01")
	}
	nick := l.nick()
	if text = withoutCodes(latin(text)); nick == "" || strings.TrimSpace(text) == "" || x.isOwn(nick) {
		return sources.Mention{}, false
	}
	m := sources.Mention{Platform: platform, Kind: sources.Message, Text: text, CreatedAt: at, Visibility: "members", Author: sources.Author{ID: nick, Handle: nick}}
	if account := l.tags["account"]; account != "" {
		m.Author.ID = account
	}
	if m.ID = x.id(l.tags["msgid"]); l.tags["msgid"] == "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%s", at.UnixNano(), fold(channel), nick, l.param(1)))
		m.ID = x.id(hex.EncodeToString(sum[:8]))
	}
	if to := l.tags["+draft/reply"]; to != "" {
		m.Kind, m.ParentID = sources.Reply, x.id(to)
	}
	return m, true
}

func (x *network) id(native string) string { return platform + ":" + x.host + "/" + native }

// latin reads a text that is not UTF-8, as old programs send it, as ISO 8859-1.
func latin(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

// timeOf is when the server says that it was, or else now.
func timeOf(l *line, now time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, l.tags["time"]); err == nil {
		return t.UTC()
	}
	return now.UTC()
}
