package bluesky

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// glance is what a first look at a frame finds. Its slices lie in the frame and in a buffer that the next look uses again.
type glance struct {
	kind, operation, collection, did, rkey []byte
	timeUS                                 int64
	inactive                               bool   // an account event that says so
	readable                               []byte // text, links, tags and alternative texts, a line each
	addressed                              bool   // one of our accounts is mentioned by name
}

// glancer looks at frames. It is used by one goroutine.
type glancer struct {
	dec      *jsontext.Decoder
	in       bytes.Buffer
	readable []byte
	accounts []string // quoted DIDs
}

func newGlancer(accounts []string) *glancer {
	g := &glancer{accounts: make([]string, len(accounts))}
	for i, a := range accounts {
		g.accounts[i] = `"` + a + `"`
	}
	g.dec = jsontext.NewDecoder(&g.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return g
}

var errFrame = errors.New("bluesky: frame is not as expected")

// look reads one frame.
func (g *glancer) look(frame []byte) (glance, error) {
	g.in.Reset()
	g.in.Write(frame)
	g.dec.Reset(&g.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	g.readable = g.readable[:0]
	var x glance
	err := g.object(func(name string) error {
		switch name {
		case "did":
			return g.text(&x.did)
		case "kind":
			return g.text(&x.kind)
		case "time_us":
			v, err := g.dec.ReadValue()
			x.timeUS = number(v)
			return err
		case "commit":
			return g.commit(&x)
		case "account":
			return g.account(&x)
		}
		return g.dec.SkipValue()
	})
	x.readable = g.readable
	return x, err
}

func (g *glancer) commit(x *glance) error {
	return g.object(func(name string) error {
		switch name {
		case "operation":
			return g.text(&x.operation)
		case "collection":
			return g.text(&x.collection)
		case "rkey":
			return g.text(&x.rkey)
		case "record":
			return g.record(x, "")
		}
		return g.dec.SkipValue()
	})
}

func (g *glancer) account(x *glance) error {
	return g.object(func(name string) error {
		if name != "active" {
			return g.dec.SkipValue()
		}
		v, err := g.dec.ReadValue()
		x.inactive = string(v) == "false"
		return err
	})
}

// record collects the readable strings of any value below a record; under is the name of the member it stands in.
func (g *glancer) record(x *glance, under string) error {
	switch g.dec.PeekKind() {
	case '{':
		return g.object(func(name string) error { return g.record(x, memberName(name)) })
	case '[':
		if _, err := g.dec.ReadToken(); err != nil {
			return err
		}
		for g.dec.PeekKind() != ']' {
			if g.dec.PeekKind() == 0 {
				return errFrame
			}
			if err := g.record(x, under); err != nil {
				return err
			}
		}
		_, err := g.dec.ReadToken()
		return err
	case '"':
		v, err := g.dec.ReadValue()
		if err != nil || under == "" || len(v) <= 2 {
			return err
		}
		if under == "did" {
			for _, a := range g.accounts {
				x.addressed = x.addressed || string(v) == a
			}
			return nil
		}
		if bytes.HasPrefix(v, []byte(`"at://`)) {
			return nil
		}
		if under == "tag" {
			g.readable = append(g.readable, '#')
		}
		g.readable = unquote(g.readable, v)
		g.readable = append(g.readable, '\n')
		return nil
	}
	return g.dec.SkipValue()
}

// memberName keeps the names whose strings people read; the constants keep the name from escaping.
func memberName(name string) string {
	switch name {
	case "text":
		return "text"
	case "alt":
		return "alt"
	case "uri":
		return "uri"
	case "title":
		return "title"
	case "description":
		return "description"
	case "did":
		return "did"
	case "tag", "tags":
		return "tag"
	case "facets", "features", "embed", "images", "media", "external", "video", "items":
		return "within"
	}
	return ""
}

// object calls member for each member of the object that comes next; member must read the value.
func (g *glancer) object(member func(name string) error) error {
	if g.dec.PeekKind() != '{' {
		return g.dec.SkipValue()
	}
	if _, err := g.dec.ReadToken(); err != nil {
		return err
	}
	for {
		switch g.dec.PeekKind() {
		case '}':
			_, err := g.dec.ReadToken()
			return err
		case '"':
		default:
			return errFrame
		}
		v, err := g.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := member(view(v[1 : len(v)-1])); err != nil {
			return err
		}
	}
}

func (g *glancer) text(to *[]byte) error {
	v, err := g.dec.ReadValue()
	if err == nil && len(v) >= 2 && v[0] == '"' {
		*to = v[1 : len(v)-1]
	}
	return err
}

func unquote(dst, quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return append(dst, quoted[1:len(quoted)-1]...)
	}
	dst, _ = jsontext.AppendUnquote(dst, quoted) // what can be unquoted is there even when an error comes with it
	return dst
}

func number(v []byte) (n int64) {
	for _, c := range v {
		if c < '0' || c > '9' || n > 1<<59 {
			return n
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
