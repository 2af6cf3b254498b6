package index

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"earshot/casework"
	"earshot/classify"
)

// Fields lists the fields of the query language.
var Fields = []string{"tag", "risk", "unsure", "from", "site", "service", "is", "owner", "has", "lang", "term", "source", "id", "ref", "thread",
	"incident", "before", "after", "on", "hr", "monitoring"}

// synonyms of fields.
var synonyms = map[string]string{"platform": "site", "state": "is", "label": "tag", "author": "from", "language": "lang", "since": "after"}

// Values of fields that know all of theirs, beside the labels, risks and states.
const (
	AnyValue   = "any"
	NoValue    = "none"
	Open       = "open"       // is: new, acknowledged or held; hr and monitoring: new or acknowledged
	Overdue    = "overdue"    // is: open and past its clock
	DueSoon    = "due_soon"   // is: open and within DueSoonWithin of its clock
	Unowned    = "unowned"    // is: open and nobody's
	Relabelled = "relabelled" // is: an officer has set the tags
	Edited     = "edited"     // is: its author has changed it
	Me         = "me"         // owner: who asks
	Media      = "media"      // has: pictures or video
	Link       = "link"       // has: a link
	Reply      = "reply"      // has: an answer of the council
	Parent     = "parent"     // has: it answers another post
)

// DueSoonWithin is how near its clock a case counts as near: one working day of council hours.
const DueSoonWithin = 8 * time.Hour

// closedFields maps the fields that take only certain values to these.
var closedFields = map[string][]string{
	"tag":        append(names(classify.Labels), AnyValue, NoValue),
	"risk":       append(names(classify.Risks), AnyValue, NoValue),
	"unsure":     append(names(classify.Labels), AnyValue),
	"is":         append(names(casework.States), Open, Overdue, DueSoon, Unowned, Relabelled, Edited, NoValue),
	"has":        {Media, Link, Reply, Parent},
	"hr":         {string(casework.New), string(casework.StateAcked), string(casework.StateClosed), Open},
	"monitoring": {string(casework.New), string(casework.StateAcked), string(casework.StateClosed), Open},
}

// exactCase are the fields whose values keep their case.
var exactCase = []string{"id", "thread", "ref", "incident", "owner", "source"}

func names[T ~string](xs []T) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = string(x)
	}
	return out
}

// field reads NAME:VALUE.
func (p *parser) field(t piece) (Clause, error) {
	name := t.field
	if s, ok := synonyms[name]; ok {
		name = s
	}
	if !slices.Contains(Fields, name) {
		return Clause{}, p.unknownField(t)
	}
	value := strings.TrimSpace(t.text)
	if !slices.Contains(exactCase, name) {
		value = strings.ToLower(value)
	}
	if name == "from" {
		value = FoldHandle(value)
	}
	c := Clause{Field: name, Value: value}
	again := func(v string) string { return minus(t) + name + ":" + quoteValue(v) }
	switch {
	case value == "":
		return c, mistake(fmt.Sprintf("%s: needs a value after the colon.", name), p.src, t.start, t.end, again(example(name, p)))
	case slices.Contains([]string{"before", "after", "on"}, name):
		return p.date(t, c)
	case name == "lang" && !language(value):
		return c, mistake(fmt.Sprintf("%s is not the code of a language, such as en, cy or pl.", value), p.src, t.start, t.end, again("en"))
	}
	if known, ok := closedFields[name]; ok && !slices.Contains(known, value) {
		spelt := strings.ReplaceAll(strings.ReplaceAll(value, "-", "_"), " ", "_")
		if slices.Contains(known, spelt) {
			c.Value = spelt
			return c, nil
		}
		return c, mistake(fmt.Sprintf("%s is not a value of %s:, which knows %s.", value, name, list(known)), p.src, t.start, t.end, again(nearest(value, known)))
	}
	return c, nil
}

// unknownField proposes the field that is spelt most like it, else the words themselves in quotation marks.
func (p *parser) unknownField(t piece) error {
	known := slices.Clone(Fields)
	for s := range synonyms {
		known = append(known, s)
	}
	slices.Sort(known)
	problem := fmt.Sprintf("There is no field called %s.", t.field)
	if near := nearest(t.field, known); distance(t.field, near) <= 1+len(t.field)/5 {
		value := t.text
		if value == "" {
			value = example(near, p)
		}
		return mistake(problem, p.src, t.start, t.end, minus(t)+near+":"+quoteValue(value))
	}
	return mistake(problem, p.src, t.start, t.end, minus(t)+`"`+strings.TrimSpace(t.field+" "+t.text)+`"`)
}

// FoldHandle returns the form in which handles are compared: lower case, without the @ in front.
func FoldHandle(s string) string {
	return strings.ToLower(strings.TrimLeft(strings.TrimSpace(s), "@"))
}

func language(s string) bool {
	return len(s) >= 2 && len(s) <= 3 && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// example is a value that may stand after name.
func example(name string, p *parser) string {
	if known := closedFields[name]; known != nil {
		return known[0]
	}
	switch name {
	case "before", "after", "on":
		return p.now.Format("2006-01-02")
	case "from":
		return "somebody"
	case "site":
		return "facebook"
	case "service":
		return "waste"
	case "lang":
		return "en"
	}
	return "something"
}

func list(xs []string) string {
	return strings.Join(xs[:len(xs)-1], ", ") + " and " + xs[len(xs)-1]
}

// nearest returns the word of known that needs the fewest changes.
func nearest(s string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return distance(s, a) - distance(s, b) })
}

// distance counts the letters to add, take away, change or swap with their neighbour (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			d[i+1][j+1] = min(d[i][j]+cost, d[i][j+1]+1, d[i+1][j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
