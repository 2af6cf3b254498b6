package sources

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"earshot/settings"
)

// subjects are what a watch term may be about.
var subjects = []string{"council", "service", "place", "topic", "event"}

// tooCommon alone would take in the whole platform.
var tooCommon = strings.Fields(`the and for you that with this are not have from they what has been when your would there our council
	bins road roads school news today people help good bad`)

func compileTerm(b *lexiconBuilder, t settings.Term) (rule, error) {
	var r rule
	switch s := strings.ToLower(strings.TrimSpace(t.Subject)); {
	case s == "" || slices.Contains(subjects, s):
	case slices.Contains([]string{"person", "people", "private person", "resident", "individual", "citizen", "customer", "employee", "officer", "staff"}, s):
		return r, errors.New("its subject is a person; Earshot never watches people, only what is said about the council, " +
			"its services and places (policy P4); remove the term")
	default:
		return r, fmt.Errorf("subject is %q; write one of %s", t.Subject, strings.Join(subjects, ", "))
	}
	parts, err := splitQuery(t.Query)
	if err != nil {
		return r, err
	}
	if len(parts) == 0 {
		return r, errors.New(`query is empty; write the words to watch for, such as: "Mill Lane" roadworks`)
	}
	for _, p := range parts {
		g, err := addPart(b, p)
		if err != nil {
			return r, err
		}
		r.groups = append(r.groups, g)
	}
	if w := foldWords(parts[0]); len(parts) == 1 && len(w) == 1 && !strings.ContainsAny(parts[0][:1], "@#") &&
		(slices.Contains(tooCommon, w[0]) || len(w[0]) < 3) {
		return r, fmt.Errorf("%q alone would match nearly everything; add the council's name or a place to it", t.Query)
	}
	if r.near, err = addAll(b, "near", t.Near); err != nil {
		return r, err
	}
	r.without, err = addAll(b, "without", t.Without)
	return r, err
}

// councilRule is one group: any of the name and the aliases.
func councilRule(b *lexiconBuilder, c settings.Council) (rule, error) {
	var any []int32
	for _, n := range append([]string{c.Name}, c.Aliases...) {
		if strings.TrimSpace(n) == "" {
			continue
		}
		g, err := addPart(b, strings.TrimSpace(n))
		if err != nil {
			return rule{}, fmt.Errorf("the council's name or alias %q: %w", n, err)
		}
		any = append(any, g...)
	}
	if len(any) == 0 {
		return rule{}, nil
	}
	return rule{groups: [][]int32{any}}, nil
}

func addAll(b *lexiconBuilder, what string, texts []string) ([]int32, error) {
	var all []int32
	for _, s := range texts {
		parts, err := splitQuery(`"` + strings.Trim(strings.TrimSpace(s), `"`) + `"`)
		if err != nil || len(parts) == 0 {
			return nil, fmt.Errorf("%s holds %q, in which there is no word", what, s)
		}
		g, err := addPart(b, parts[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		all = append(all, g...)
	}
	return all, nil
}

// splitQuery cuts a query at spaces outside quotes; the quotes are gone from the parts.
func splitQuery(q string) ([]string, error) {
	q = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`).Replace(q)
	if strings.Count(q, `"`)%2 != 0 {
		return nil, fmt.Errorf(`the quotes in %s do not pair; write "two words" with a quote on each side`, q)
	}
	var parts []string
	for i, s := range strings.Split(q, `"`) {
		if i%2 == 1 {
			if s = strings.TrimSpace(s); s != "" {
				parts = append(parts, s)
			}
			continue
		}
		parts = append(parts, strings.Fields(s)...)
	}
	return parts, nil
}

// addPart adds one word, phrase, @handle or #tag and returns the patterns that satisfy it, any of them. A phrase is also satisfied by
// the tag that its words make (#ExamplefordDistrictCouncil), and a possessive by its spelling without apostrophe.
func addPart(b *lexiconBuilder, part string) ([]int32, error) {
	switch part[0] {
	case '@':
		h := foldHandle(part[1:])
		if h == "" {
			return nil, fmt.Errorf("%q is not a handle; write it like @examplefordDC", part)
		}
		return []int32{b.mark("@" + h)}, nil
	case '#':
		w := strings.Join(foldWords(part[1:]), "")
		if w == "" || len(w) > maxWordBytes-32 {
			return nil, fmt.Errorf("%q is not a tag; write it like #Exampleford", part)
		}
		return []int32{b.mark("#" + w)}, nil
	}
	words := foldWords(part)
	if len(words) == 0 {
		return nil, fmt.Errorf("%q holds no letter or digit", part)
	}
	if len(words) > 20 {
		return nil, fmt.Errorf("%q is a phrase of %d words, more than the 20 allowed", part, len(words))
	}
	out := []int32{b.phrase(words)}
	if joined := foldWords(strings.NewReplacer("'", "", "’", "").Replace(part)); !slices.Equal(joined, words) && len(joined) > 0 {
		out = append(out, b.phrase(joined))
	}
	if len(words) > 1 {
		if tag := strings.Join(words, ""); len(tag) <= maxWordBytes-32 {
			out = append(out, b.mark("#"+tag))
		}
	}
	return out, nil
}

// foldWords cuts text as a Match does.
func foldWords(text string) []string {
	c := matching{collect: true}
	c.scan(text)
	return c.words
}

func foldHandle(h string) string {
	h = strings.ToLower(strings.TrimRight(h, ".-"))
	for i := 0; i < len(h); i++ {
		if c := h[i]; c >= utf8.RuneSelf || fold[c] == 0 && !strings.ContainsRune("._-@", rune(c)) {
			return ""
		}
	}
	if len(h) > maxWordBytes-2 {
		return ""
	}
	return h
}
