package escalate

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/classify"
	"earshot/settings"
)

const (
	maskedName    = "[officer's name]"
	mailWordBytes = 1200 // of one mention's words in a mail; the case has the rest
	mailWordLines = 25
)

// masks lists the names of junior officers, longest first, so that a full name is taken before a part of it. A single word is not among
// them: half the first names are also ordinary words, and the classifier marks those that mean a person.
func masks(people []settings.Person) []string {
	var out []string
	for _, p := range people {
		if p.Grade != settings.Junior {
			continue
		}
		for _, n := range slices.Concat([]string{p.Name}, p.AlsoKnownAs, p.Handles) {
			if strings.ContainsAny(n, " @") {
				out = append(out, n)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(out)
}

// span is a part of a text with how it is shown.
type span struct {
	start, end int
	as         byte
}

// How a part is shown; where spans overlap, the greatest counts.
const (
	asIs      byte = iota
	asCovered      // abusive words
	asRisk         // the words of a risk: whoever must judge it has to read them, abusive or not
	asName         // an officer's name
)

// words makes a mention's text fit for a mail: junior officers' names masked, abusive words covered, nothing that could hide or reorder
// what is read, and no more of it than a phone shows. Lines are data: the caller quotes them.
func (t *Table) words(text string, v *classify.Verdict) (lines []string, shortened bool) {
	text = hide(text, t.spans(text, v))
	text = printable(text)
	if len(text) > mailWordBytes {
		text, shortened = cut(text, mailWordBytes), true
	}
	lines = strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > mailWordLines {
		lines, shortened = lines[:mailWordLines], true
	}
	return lines, shortened
}

// spans finds what must not be read in a mail.
func (t *Table) spans(text string, v *classify.Verdict) []span {
	var out []span
	add := func(start, end int, as byte) {
		if start >= 0 && start < end && start < len(text) {
			out = append(out, span{start, min(end, len(text)), as})
		}
	}
	for _, o := range v.Officers {
		if o.Grade == settings.Junior {
			add(o.Start, o.End, asName)
			if o.Name != "" {
				eachFold(text, o.Name, func(s, e int) { add(s, e, asName) })
			}
		}
	}
	for _, n := range t.masks {
		eachFold(text, n, func(s, e int) { add(s, e, asName) })
	}
	if !v.Has(classify.Abuse) && !slices.Contains(v.Unsure, classify.Abuse) {
		return out
	}
	covered := false
	for _, r := range v.Reasons {
		if r.Label == string(classify.Abuse) && r.Start < r.End {
			add(r.Start, r.End, asCovered)
			covered = true
		}
		if slices.Contains(classify.Risks, classify.Risk(r.Label)) {
			add(r.Start, r.End, asRisk)
		}
	}
	if !covered { // nobody knows which words they are: all are covered
		add(0, len(text), asCovered)
	}
	return out
}

// eachFold calls fn for each place where needle stands in text as whole words, whatever its case.
func eachFold(text, needle string, fn func(start, end int)) {
	for i := 0; i+len(needle) <= len(text); i++ {
		if !utf8.RuneStart(text[i]) || !strings.EqualFold(text[i:i+len(needle)], needle) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(needle):])
		if !wordRune(before) && !wordRune(after) {
			fn(i, i+len(needle))
		}
	}
}

func wordRune(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// hide writes text with its spans as they are to be shown.
func hide(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	kind := make([]byte, len(text))
	for _, s := range spans {
		for i := s.start; i < s.end; i++ {
			kind[i] = max(kind[i], s.as)
		}
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && kind[j] == kind[i] {
			j++
		}
		switch kind[i] {
		case asCovered:
			b.WriteString(cover(text[i:j]))
		case asName:
			b.WriteString(maskedName)
		default:
			b.WriteString(text[i:j])
		}
		i = j
	}
	return b.String()
}

// cover leaves the first letter of each word and puts asterisks for the others, always four, so that the length tells nothing.
func cover(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range strings.ToValidUTF8(s, "*") {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.So, r)
		switch {
		case letter && !inWord:
			b.WriteRune(r)
			b.WriteString("****")
		case !letter:
			b.WriteRune(r)
		}
		inWord = letter || inWord && (r == '\'' || r == '’' || r == '-')
	}
	return b.String()
}

// printable drops control characters and those that reorder or hide text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029' || r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= '\u200b' && r <= '\u200f' && r != '\u200d', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff':
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"))
}

// oneLine makes s fit for a subject.
func oneLine(s string, maxRunes int) string {
	s = strings.Join(strings.Fields(printable(s)), " ")
	if r := []rune(s); len(r) > maxRunes {
		return strings.TrimSpace(string(r[:maxRunes-1])) + "…"
	}
	return s
}
