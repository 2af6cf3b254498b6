package file

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

// fields are what a map may set.
var fields = []string{"id", "platform", "source", "kind", "title", "text", "text_raw", "author.id", "author.handle", "author.name", "author.url",
	"created_at", "edited_at", "permalink", "parent_id", "thread_id", "quoted_id", "lang", "visibility", "state"}

// rounded is a long number as a spreadsheet shows or keeps it once it has lost digits.
var rounded = regexp.MustCompile(`^\d(\.\d+)?[eE]\+\d+$`)

// ParseMap reads "text=Message,id=Post ID": fields of a mention and where the file has them. Dots lead into objects: author.name=user.name.
func ParseMap(s string) (map[string]string, error) {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		to, from, ok := strings.Cut(part, "=")
		to, from = strings.TrimSpace(to), strings.TrimSpace(from)
		if to == "author" {
			to = "author.handle"
		}
		switch {
		case strings.TrimSpace(part) == "":
			continue
		case !ok || from == "":
			return nil, fmt.Errorf("%q in the map is not of the form text=FIELD", part)
		case !slices.Contains(fields, to):
			return nil, fmt.Errorf("a mention has no field %q; known are %s", to, strings.Join(fields, ", "))
		case out[to] != "":
			return nil, fmt.Errorf("the map names %s twice", to)
		}
		out[to] = from
	}
	return out, nil
}

// foreign makes a mention of a record in somebody else's form: mapped fields first, then fields that bear a mention's own names; the
// rest is kept as it is.
func (r *Reader) foreign(rec record) (sources.Mention, error) {
	m := sources.Mention{Platform: r.opts.Platform, Source: r.opts.Source, Kind: sources.Kind(r.opts.Kind)}
	used := map[string]bool{}
	r.twice = false
	for _, to := range fields {
		from := r.opts.Map[to]
		mapped := from != ""
		if !mapped {
			from = to
		}
		v, ok := rec.find(from)
		if !ok {
			if mapped && (to == "id" || to == "text") {
				return m, fmt.Errorf("it has no field %q, to which %s is mapped", from, to)
			}
			continue
		}
		top, _, _ := strings.Cut(from, ".")
		switch err := r.set(&m, to, v); {
		case err == nil:
			used[top] = true
		case mapped:
			return m, fmt.Errorf("field %q: %w", from, err)
		}
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt, m.CreatedPrecision = r.opts.Now, "unknown"
	}
	finishIDs(&m, rec)
	if r.twice {
		rec.names, rec.values = append(slices.Clip(rec.names), "created_at_twice"), append(slices.Clip(rec.values), jsontext.Value("true"))
	}
	var err error
	if m.Unknown, err = rest(rec, used); err != nil {
		return m, err
	}
	return m, m.Validate()
}

// find follows dots into objects; a name that itself holds a dot wins.
func (rec *record) find(name string) (jsontext.Value, bool) {
	if i := slices.Index(rec.names, name); i >= 0 {
		return rec.values[i], true
	}
	head, tail, dotted := strings.Cut(name, ".")
	if !dotted {
		return nil, false
	}
	v, ok := rec.find(head)
	if !ok || v.Kind() != '{' {
		return nil, false
	}
	inner, err := members(v)
	if err != nil {
		return nil, false
	}
	return inner.find(tail)
}

// plain is the value as text: of a string its content, of a number its digits, of null nothing.
func plain(v jsontext.Value) (string, error) {
	switch v.Kind() {
	case '"':
		b, err := jsontext.AppendUnquote(nil, v)
		return string(b), err
	case '0', 't', 'f':
		return string(v), nil
	case 'n':
		return "", nil
	}
	return "", errors.New("it holds a list or an object where text is wanted")
}

func (r *Reader) set(m *sources.Mention, field string, v jsontext.Value) error {
	s, err := plain(v)
	if err != nil || s == "" {
		return err
	}
	if field == "created_at" || field == "edited_at" {
		at, precision, twice, err := r.date(s)
		if err != nil {
			return err
		}
		if field == "edited_at" {
			m.EditedAt = at
		} else {
			m.CreatedAt, m.CreatedPrecision, r.twice = at, precision, twice
		}
		return nil
	}
	if isID := field == "id" || strings.HasSuffix(field, "_id"); isID && rounded.MatchString(s) {
		return fmt.Errorf("the id %s was rounded by a spreadsheet; format its column as text there, and export again", s)
	}
	*map[string]*string{"id": &m.ID, "platform": &m.Platform, "source": &m.Source, "kind": (*string)(&m.Kind), "title": &m.Title, "text": &m.Text,
		"text_raw": &m.TextRaw, "author.id": &m.Author.ID, "author.handle": &m.Author.Handle, "author.name": &m.Author.Name,
		"author.url": &m.Author.URL, "permalink": &m.Permalink, "parent_id": &m.ParentID, "thread_id": &m.ThreadID,
		"quoted_id": &m.QuotedID, "lang": &m.Lang, "visibility": &m.Visibility, "state": (*string)(&m.State)}[field] = s
	return nil
}

// finishIDs puts the platform before every native id, and makes an id of the content where there is none.
func finishIDs(m *sources.Mention, rec record) {
	if m.ID == "" {
		h := sha256.New()
		for i, n := range rec.names {
			fmt.Fprintf(h, "%d:%s%d:%s", len(n), n, len(rec.values[i]), rec.values[i])
		}
		m.ID = "sha-" + hex.EncodeToString(h.Sum(nil)[:16])
	}
	for _, id := range []*string{&m.ID, &m.ParentID, &m.ThreadID, &m.QuotedID} {
		if *id != "" && !strings.HasPrefix(*id, m.Platform+":") {
			*id = m.Platform + ":" + *id
		}
	}
}

// rest keeps the fields that were not used. One that bears the name of a mention's own member gets "x_" before it, so that the two are
// not mixed up when the mention is read again.
func rest(rec record, used map[string]bool) (jsontext.Value, error) {
	out := []byte{'{'}
	seen := map[string]bool{}
	for i, n := range rec.names {
		if used[n] || n == "" || rec.values[i].Kind() == '"' && len(rec.values[i]) == 2 {
			continue
		}
		if own[n] {
			n = "x_" + n
		}
		if seen[n] { // two columns of one name: the first is kept
			continue
		}
		seen[n] = true
		if len(out) > 1 {
			out = append(out, ',')
		}
		var err error
		if out, err = jsontext.AppendQuote(out, n); err != nil {
			return nil, errors.New("a field's name is not text")
		}
		out = append(append(out, ':'), rec.values[i]...)
	}
	if len(out) == 1 {
		return nil, nil
	}
	return append(out, '}'), nil
}

// own are the names of a mention's members.
var own = func() map[string]bool {
	m := map[string]bool{"author": true, "truncated": true, "created_precision": true, "fetched_at": true, "at": true, "lang_detected": true,
		"links": true, "engagement": true, "media": true, "matched_by": true, "relation": true, "reporter": true}
	for _, f := range fields {
		if !strings.Contains(f, ".") {
			m[f] = true
		}
	}
	return m
}()
