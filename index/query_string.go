package index

import (
	"strconv"
	"strings"
)

// String returns q in the language of ParseQuery; parsing it again gives the same clauses.
func (q Query) String() string {
	parts := make([]string, len(q.Clauses))
	for i := range q.Clauses {
		parts[i] = q.Clauses[i].String()
	}
	return strings.Join(parts, " ")
}

// String returns the clause as it would be typed.
func (c Clause) String() string {
	var b strings.Builder
	if c.Not {
		b.WriteByte('-')
	}
	switch {
	case c.Or != nil:
		b.WriteByte('(')
		for i, q := range c.Or {
			if i > 0 {
				b.WriteString(" OR ")
			}
			if len(q.Clauses) > 1 {
				b.WriteString("(" + q.String() + ")")
			} else {
				b.WriteString(q.String())
			}
		}
		b.WriteByte(')')
	case c.Field != "":
		b.WriteString(c.Field + ":" + quoteValue(c.Value))
	case c.Phrase || c.Slop > 0:
		b.WriteString(`"` + c.Words + `"`)
		if c.Slop > 0 {
			b.WriteString("~" + strconv.Itoa(c.Slop))
		}
	default:
		b.WriteString(c.Words)
		if c.Prefix {
			b.WriteByte('*')
		}
	}
	return b.String()
}

func quoteValue(v string) string {
	if strings.ContainsFunc(v, breaksWord) {
		return `"` + v + `"`
	}
	return v
}
