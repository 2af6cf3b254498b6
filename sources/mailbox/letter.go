package mailbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // mails come in many
	"github.com/emersion/go-message/mail"

	"earshot/sources"
)

// letter is one mail as far as it is used.
type letter struct {
	id      string // Message-ID without brackets, or a hash of the headers
	from    string // the address, lower case
	name    string // beside it
	subject string
	text    string // plain, or made plain of HTML
	links   []string
	date    time.Time
	results []string // Authentication-Results, the newest first
}

// readLetter reads a mail, or as much as there is of one: it never fails, since what is broken is somebody else's.
func readLetter(raw []byte, received time.Time) letter {
	x := letter{date: received.UTC()}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) || r == nil {
		x.id = hash(raw)
		return x
	}
	h := r.Header
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if x.id, err = h.MessageID(); err != nil || x.id == "" {
		x.id = hash(head)
	}
	x.subject, _ = h.Subject()
	if list, err := h.AddressList("From"); err == nil && len(list) == 1 { // two authors are nobody's notification
		x.from, x.name = strings.ToLower(list[0].Address), list[0].Name
	}
	if d, err := h.Date(); err == nil && d.Sub(received).Abs() < 7*24*time.Hour { // otherwise the sender's clock is not to be believed
		x.date = d.UTC()
	}
	for f := h.FieldsByKey("Authentication-Results"); f.Next(); {
		x.results = append(x.results, f.Value())
	}
	if !deep(raw) {
		x.read(r)
	}
	return x
}

// maxDepth is how many parts of a mail may stand within each other; those of people and platforms are three or four. The time it takes to read
// one byte grows with them.
const maxDepth = 20

// deep says that the parts of a mail stand too deep within each other: such a mail is read without its text.
func deep(raw []byte) bool {
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return false // readLetter has looked
	}
	return errors.Is(e.Walk(func(path []int, _ *message.Entity, _ error) error {
		if len(path) > maxDepth {
			return errDeep
		}
		return nil
	}), errDeep)
}

var errDeep = errors.New("mailbox: parts within parts")

// read takes the text: the plain part where there is one, and links from both.
func (x *letter) read(r *mail.Reader) {
	var rich string
	for {
		p, err := r.NextPart()
		if err != nil && !message.IsUnknownCharset(err) || p == nil {
			break // io.EOF, or what cannot be read any further
		}
		inline, ok := p.Header.(*mail.InlineHeader)
		if !ok {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(p.Body, maxLetter))
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && len(body) == 0 {
			continue
		}
		switch t, _, _ := inline.ContentType(); {
		case t == "text/plain" && x.text == "":
			x.text = sources.CleanText(string(body))
		case t == "text/html" && rich == "":
			rich = string(body)
		}
	}
	doc := sources.HTMLToText(rich)
	if x.text == "" {
		x.text = doc.Text
	}
	x.links = append(plainLinks(x.text), doc.Links...)
}

// plainLinks are the addresses that stand in text.
func plainLinks(text string) (out []string) {
	for w := range strings.FieldsSeq(text) {
		if i := strings.Index(w, "https://"); i >= 0 {
			out = append(out, strings.TrimRight(w[i:], `.,;:)>]"'`))
		}
	}
	return out
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
