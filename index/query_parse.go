package index

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ParseQuery reads the language of the search page:
//
//	bins "missed collection" -recycling "bin late"~5 bin* (fly OR tipping) tag:complaint site:facebook before:2026-11-01
//
// All conditions must hold; OR joins its neighbours, parentheses group, a minus turns a condition round. Dates are read in loc, relative
// ones (today, yesterday, 7d) count from now. A mistake is a *QueryError: one sentence and the query as it might have been meant.
func ParseQuery(s string, now time.Time, loc *time.Location) (Query, error) {
	if len(s) > MaxQueryBytes {
		return Query{}, &QueryError{Problem: fmt.Sprintf("The query is %d bytes long; at most %d are read.", len(s), MaxQueryBytes)}
	}
	if !utf8.ValidString(s) {
		return Query{}, &QueryError{Problem: "The query is not valid UTF-8 text.", Mended: strings.ToValidUTF8(s, "")}
	}
	p := parser{lex: lexer{s: s}, now: now.In(loc), src: s}
	clauses, err := p.sequence(0)
	if err != nil {
		return Query{}, err
	}
	return Query{Source: s, Clauses: clauses}, nil
}

// parser reads one query.
type parser struct {
	lex   lexer
	now   time.Time // in the council's zone
	src   string
	count int // clauses so far
}

// sequence reads conditions up to the closing parenthesis, or to the end at depth 0.
func (p *parser) sequence(depth int) ([]Clause, error) {
	var out []Clause
	var or []Query // alternatives gathered so far, when the last piece was OR
	afterOr := piece{}
	for {
		t, err := p.lex.next()
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case tokEnd, tokClose:
			switch {
			case or != nil:
				return nil, mistake("OR needs a condition on both sides.", p.src, afterOr.start, afterOr.end, "")
			case t.kind == tokEnd && depth > 0:
				return nil, mistake("A parenthesis is opened and not closed.", p.src, len(p.src), len(p.src), ")")
			case t.kind == tokClose && depth == 0:
				return nil, mistake("A parenthesis is closed that was not opened.", p.src, t.start, t.end, "")
			}
			return out, nil
		case tokOr:
			if len(out) == 0 || or != nil {
				return nil, mistake("OR needs a condition on both sides.", p.src, t.start, t.end, "")
			}
			or, afterOr = alternatives(out[len(out)-1]), t
			out = out[:len(out)-1]
			continue
		}
		item, err := p.item(t, depth)
		if err != nil {
			return nil, err
		}
		if or != nil {
			out, or = append(out, Clause{Or: append(or, Query{Clauses: item})}), nil
			continue
		}
		out = append(out, p.grouped(item)...)
	}
}

// grouped keeps a parenthesis together while an OR may follow it: (a b) OR c.
func (p *parser) grouped(item []Clause) []Clause {
	if len(item) < 2 {
		return item
	}
	ahead := p.lex
	if t, err := ahead.next(); err == nil && t.kind == tokOr {
		return []Clause{{Or: []Query{{Clauses: item}}}}
	}
	return item
}

// alternatives takes apart what a OR b OR c has joined so far.
func alternatives(c Clause) []Query {
	if c.Or != nil && !c.Not {
		return append([]Query(nil), c.Or...)
	}
	return []Query{{Clauses: []Clause{c}}}
}

// item reads the condition, or the parenthesis, that begins with t.
func (p *parser) item(t piece, depth int) ([]Clause, error) {
	if t.kind == tokOpen {
		return p.group(t, depth)
	}
	if p.count++; p.count > MaxQueryClauses {
		return nil, &QueryError{Problem: fmt.Sprintf("The query has more than %d conditions.", MaxQueryClauses), Mended: strings.TrimSpace(p.src[:t.start])}
	}
	var c Clause
	var err error
	switch {
	case t.field != "":
		c, err = p.field(t)
	case t.kind == tokQuoted:
		c, err = p.phrase(t)
	default:
		c, err = p.word(t)
	}
	c.Not = t.not
	return []Clause{c}, err
}

func (p *parser) group(t piece, depth int) ([]Clause, error) {
	if depth == MaxQueryDepth {
		return nil, &QueryError{Problem: fmt.Sprintf("Parentheses stand more than %d deep.", MaxQueryDepth)}
	}
	inner, err := p.sequence(depth + 1)
	if err != nil {
		return nil, err
	}
	switch {
	case len(inner) == 0:
		return nil, mistake("There is nothing between the parentheses.", p.src, t.start, p.lex.at, "")
	case !t.not:
		return inner, nil
	case len(inner) == 1 && !inner[0].Not:
		inner[0].Not = true
		return inner, nil
	}
	return []Clause{{Not: true, Or: []Query{{Clauses: inner}}}}, nil
}

func (p *parser) word(t piece) (Clause, error) {
	words := strings.TrimRight(t.text, "*")
	c := Clause{Words: words, Prefix: words != t.text}
	units := unitsOf(words)
	switch {
	case strings.Contains(words, "*"):
		head, _, _ := strings.Cut(words, "*")
		return c, mistake("A star may only stand at the end of a word.", p.src, t.start, t.end, minus(t)+head+"*")
	case len(units) == 0:
		return c, mistake(fmt.Sprintf("There is nothing to search for in %s.", t.text), p.src, t.start, t.end, "")
	case !c.Prefix:
		return c, nil
	case len(units) > 1:
		return c, mistake("A star may only follow a single word.", p.src, t.start, t.end, minus(t)+words)
	case utf8.RuneCountInString(strings.TrimLeft(prefixOf(units), "#@")) < MinPrefix:
		return c, mistake(fmt.Sprintf("At least %d letters must stand before a star.", MinPrefix), p.src, t.start, t.end, minus(t)+words)
	}
	return c, nil
}

func (p *parser) phrase(t piece) (Clause, error) {
	c := Clause{Words: strings.TrimSpace(t.text), Phrase: true}
	if len(unitsOf(c.Words)) == 0 {
		return c, mistake("There is no word between the quotation marks.", p.src, t.start, t.end, "")
	}
	if t.slop == "" {
		return c, nil
	}
	n, err := strconv.Atoi(t.slop)
	if err != nil || n > MaxSlop {
		return c, mistake(fmt.Sprintf("Words may stand at most %d apart.", MaxSlop), p.src, t.start, t.end,
			fmt.Sprintf(`%s"%s"~%d`, minus(t), c.Words, MaxSlop))
	}
	c.Slop, c.Phrase = n, n == 0
	return c, nil
}

func minus(t piece) string {
	if t.not {
		return "-"
	}
	return ""
}
