package index

import (
	"strings"

	"earshot/classify"
	"earshot/settings"
)

// partGap keeps phrases from running from a title into the text.
const partGap = 100

// MentionToken is a token of a mention's words. A masked one is part of a junior officer's name (P12): only a viewer who sees names
// may find the mention by it.
type MentionToken struct {
	Token
	Masked bool
}

// MentionTokens calls emit for every term of what a mention says: its title, its text, and what its pictures are described by.
// Start and End count within the part. Masked tokens are those that Mask would take away.
func MentionTokens(t *classify.Tagged, emit func(MentionToken)) {
	m := &t.Mention
	english := IsEnglish(Language(t))
	names := JuniorNames(&t.Verdict, m.Text)
	base := 0
	part := func(text string, more []span) {
		if text == "" {
			return
		}
		cuts := more
		if len(names) > 0 {
			cuts = union(append(nameSpans(text, names), more...))
		}
		last := base
		Analyse(text, english, func(tok Token) {
			tok.Pos += base
			last = tok.Pos
			emit(MentionToken{Token: tok, Masked: touches(cuts, tok.Start, tok.End)})
		})
		base = last + partGap
	}
	part(m.Title, nil)
	part(m.Text, officerSpans(t))
	for i := range m.Media {
		part(m.Media[i].Alt, nil)
	}
}

func officerSpans(t *classify.Tagged) []span {
	var out []span
	for _, o := range t.Verdict.Officers {
		if o.Grade == settings.Junior && validSpan(t.Mention.Text, o.Start, o.End) {
			out = append(out, span{o.Start, o.End})
		}
	}
	return out
}

func touches(cuts []span, start, end int) bool {
	for _, c := range cuts {
		if start < c.end && end > c.start {
			return true
		}
	}
	return false
}

// Language is the primary language of a mention in lower case ("en", "cy"), as found, else as declared; empty when unknown.
func Language(t *classify.Tagged) string {
	lang := t.Mention.LangDetected
	if lang == "" || lang == "und" {
		lang = t.Mention.Lang
	}
	lang, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(lang, "_", "-")), "-")
	if lang == "und" {
		return ""
	}
	return lang
}

// IsEnglish reports whether plain English endings are taken off the words of lang: an unknown language counts as English.
func IsEnglish(lang string) bool { return lang == "" || lang == "en" }
