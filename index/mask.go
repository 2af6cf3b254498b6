package index

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/casework"
	"earshot/classify"
	"earshot/settings"
	"earshot/sources"
)

// Masked stands where a junior officer's name stood (P12).
const Masked = "[junior officer]"

// Mask returns t with the names of the junior officers its verdict found replaced by Masked: in text, title and pictures' words, in
// the verdict and its reasons. Offsets of the verdict are moved along, so that they still point at the same words. The platform's
// raw form, which has offsets of its own, is left out. A verdict that found no junior officer leaves t as it is.
func Mask(t classify.Tagged) classify.Tagged {
	names := JuniorNames(&t.Verdict, t.Mention.Text)
	if len(names) == 0 {
		return t
	}
	cuts := nameSpans(t.Mention.Text, names)
	for _, o := range t.Verdict.Officers {
		if o.Grade == settings.Junior && validSpan(t.Mention.Text, o.Start, o.End) {
			cuts = append(cuts, span{o.Start, o.End})
		}
	}
	cuts = union(cuts)
	t.Mention = maskMention(t.Mention, names)
	t.Mention.Text = replace(t.Mention.Text, cuts)
	t.Verdict = maskVerdict(t.Verdict, names, cuts)
	return t
}

// JuniorNames lists how the junior officers of v are named: as the roster has them, and as the text has them.
func JuniorNames(v *classify.Verdict, text string) []string {
	var names []string
	for _, o := range v.Officers {
		if o.Grade != settings.Junior {
			continue
		}
		names = append(names, trimName(o.Name))
		if validSpan(text, o.Start, o.End) {
			names = append(names, trimName(text[o.Start:o.End]))
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // the longest first: "Ann Lee-Smith" before "Ann Lee"
	names = slices.DeleteFunc(names, func(s string) bool { return s == "" })
	return slices.Compact(names)
}

func trimName(s string) string { return strings.TrimLeft(strings.TrimSpace(s), "@#") }

// MaskNames replaces every occurrence of names in s, whole words in any case, by Masked.
func MaskNames(s string, names []string) string {
	if s == "" || len(names) == 0 {
		return s
	}
	return replace(s, union(nameSpans(s, names)))
}

func maskRecord(r Record) Record {
	names := JuniorNames(&r.Verdict, r.Mention.Text)
	if len(names) == 0 {
		return r
	}
	r.Tagged = Mask(r.Tagged)
	r.Events = slices.Clone(r.Events)
	for i := range r.Events {
		maskEvent(&r.Events[i], names)
	}
	return r
}

func maskEvent(e *casework.Event, names []string) {
	e.Note, e.Why, e.Link = MaskNames(e.Note, names), MaskNames(e.Why, names), MaskNames(e.Link, names)
}

func maskMention(m sources.Mention, names []string) sources.Mention {
	m.Title, m.TextRaw = MaskNames(m.Title, names), ""
	m.Media = slices.Clone(m.Media)
	for i := range m.Media {
		m.Media[i].Alt = MaskNames(m.Media[i].Alt, names)
	}
	m.Unknown = nil // members this program does not know may hold the words again
	return m
}

func maskVerdict(v classify.Verdict, names []string, cuts []span) classify.Verdict {
	v.Scores = maps.Clone(v.Scores)
	v.Unknown = nil
	v.Officers, v.Facts, v.Reasons = slices.Clone(v.Officers), slices.Clone(v.Facts), slices.Clone(v.Reasons)
	for i := range v.Officers {
		o := &v.Officers[i]
		o.Start, o.End = move(o.Start, o.End, cuts)
		if o.Grade == settings.Junior {
			o.Name = Masked
		}
	}
	for i := range v.Facts {
		f := &v.Facts[i]
		f.Start, f.End = move(f.Start, f.End, cuts)
	}
	for i := range v.Reasons {
		r := &v.Reasons[i]
		r.Start, r.End = move(r.Start, r.End, cuts)
		r.Why = MaskNames(r.Why, names)
	}
	return v
}

// span is a stretch of bytes, end exclusive.
type span struct{ start, end int }

func validSpan(s string, start, end int) bool { return 0 <= start && start < end && end <= len(s) }

// nameSpans finds whole-word occurrences of names in any case.
func nameSpans(s string, names []string) []span {
	var out []span
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if wordRune(r) && startsWord(s, i) {
			for _, name := range names {
				if end, ok := foldedPrefix(s, i, name); ok && endsWord(s, end) {
					out = append(out, span{i, end})
					break
				}
			}
		}
		i += size
	}
	return out
}

// foldedPrefix reports where name ends when s has it at start, in any case. Lengths in bytes may differ between cases.
func foldedPrefix(s string, start int, name string) (int, bool) {
	i := start
	for _, want := range name {
		got, size := utf8.DecodeRuneInString(s[i:])
		if size == 0 || !sameFolded(got, want) {
			return 0, false
		}
		i += size
	}
	return i, i > start
}

func sameFolded(a, b rune) bool {
	if a == b {
		return true
	}
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

func startsWord(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i == 0 || !wordRune(r)
}

func endsWord(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i == len(s) || !wordRune(r)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// union sorts spans and joins those that touch or overlap.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, s.end)
			continue
		}
		out = append(out, s)
	}
	return out
}

func replace(s string, cuts []span) string {
	if len(cuts) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for _, c := range cuts {
		b.WriteString(s[at:c.start])
		b.WriteString(Masked)
		at = c.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// move returns where a stretch of the text lies after the cuts were replaced; a stretch that touches a cut grows to cover it.
func move(start, end int, cuts []span) (int, int) {
	if end <= start {
		return start, end // no stretch at all: a reason about the whole mention
	}
	shift := 0
	from, to := start, end
	grown := false
	for _, c := range cuts {
		d := len(Masked) - (c.end - c.start)
		switch {
		case c.end <= start:
			shift += d
		case c.start >= end:
		default:
			if !grown {
				from, grown = min(start, c.start)+shift, true
			}
			to = max(to, c.end)
		}
	}
	if !grown {
		return start + shift, end + shift
	}
	inside := 0
	for _, c := range cuts {
		if c.end > start && c.start < to {
			inside += len(Masked) - (c.end - c.start)
		}
	}
	return from, to + shift + inside
}
