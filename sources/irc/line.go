package irc

import (
	"regexp"
	"strings"
)

// line is one message of the protocol.
type line struct {
	tags    map[string]string
	source  string // nick!user@host, or a server
	command string // upper case
	params  []string
}

// parse reads a line without its end; false when it is none.
func parse(s string) (line, bool) {
	var l line
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		tags, after, _ := strings.Cut(rest, " ")
		l.tags, s = parseTags(tags), strings.TrimLeft(after, " ")
	}
	if rest, ok := strings.CutPrefix(s, ":"); ok {
		l.source, s, _ = strings.Cut(rest, " ")
	}
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		if last, ok := strings.CutPrefix(s, ":"); ok && l.command != "" {
			l.params = append(l.params, last)
			break
		}
		var word string
		word, s, _ = strings.Cut(s, " ")
		if l.command == "" {
			l.command = strings.ToUpper(word)
		} else {
			l.params = append(l.params, word)
		}
	}
	return l, l.command != ""
}

func parseTags(s string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(s, ";") {
		if name, value, _ := strings.Cut(tag, "="); name != "" {
			tags[name] = unescape(value)
		}
	}
	return tags
}

// unescape reads a tag's value; a backslash before anything else, or at the end, is dropped.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	escaped := false
	for _, r := range s {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case escaped:
			if i := strings.IndexRune(`:s\rn`, r); i >= 0 {
				r = rune("; \\\r\n"[i])
			}
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}

// param returns the nth parameter, or nothing.
func (l *line) param(n int) string {
	if n < len(l.params) {
		return l.params[n]
	}
	return ""
}

func (l *line) nick() string {
	n, _, _ := strings.Cut(l.source, "!")
	return n
}

// fold makes names comparable as IRC does: {}|^ are the small letters of []\~.
func fold(s string) string {
	return strings.NewReplacer("[", "{", "]", "}", `\`, "|", "~", "^").Replace(strings.ToLower(s))
}

// codes are mIRC's: bold, colours, reset, monospace, reverse, italics, strike, underline.
var codes = regexp.MustCompile("\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]")

func withoutCodes(s string) string { return codes.ReplaceAllString(s, "") }
