package topic

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Kind names what a record's value holds.
type Kind string

// The kinds, each with one topic it belongs to.
const (
	KindMention Kind = "mention" // sources.Mention
	KindTriaged Kind = "triaged" // a mention and its verdict
	KindEvent   Kind = "event"   // an act on a mention
	KindSetting Kind = "setting" // an entry of Settings
	KindCursor  Kind = "cursor"  // an entry of Cursors
)

// HeaderWire is the header that says how a value is written: the kind, a slash and the version, such as mention/1.
//
// Within a version members are only added: older programs keep what they do not know, newer ones take an absent member for its
// zero. A change that an older program would misread gets a new number here, and the older program sets the record aside.
const HeaderWire = "wire"

// versions is the version this program writes, and the only one it reads, of each kind.
var versions = map[Kind]string{
	KindMention: "mention/1", KindTriaged: "triaged/1", KindEvent: "event/1", KindSetting: "setting/1", KindCursor: "cursor/1",
}

// Encode makes the record of v, to be published on topic. v is written as JSON. Errors: an unknown kind, an empty key, a
// value that is not JSON or wraps ErrTooLarge.
func Encode(topic string, kind Kind, key string, v any) (Record, error) {
	wire, ok := versions[kind]
	if !ok {
		return Record{}, fmt.Errorf("topic: encode: %q is no kind of record", kind)
	}
	if key == "" {
		return Record{}, fmt.Errorf("topic: encode %s: the key is empty", kind)
	}
	value, err := json.Marshal(v)
	if err != nil {
		return Record{}, fmt.Errorf("topic: encode %s: %w", kind, err)
	}
	if most := maxValue(topic); len(value) > most {
		return Record{}, fmt.Errorf("%w: %s of %d bytes, at most %d fit", ErrTooLarge, kind, len(value), most)
	}
	return Record{Topic: topic, Key: []byte(key), Value: value, Headers: []Header{{HeaderWire, []byte(wire)}}}, nil
}

// Decode reads the value of a record that must be of the given kind. Every error is a *PoisonError and names no content.
func Decode[T any](rec Record, kind Kind) (T, error) {
	var v T
	if err := checkWire(&rec, kind); err != nil {
		return v, err
	}
	if err := json.Unmarshal(rec.Value, &v); err != nil {
		var zero T
		return zero, Poison(CauseBrokenJSON, describe(err))
	}
	return v, nil
}

// checkWire judges everything about a value but its members.
func checkWire(rec *Record, kind Kind) error {
	wire, ok := rec.Header(HeaderWire)
	switch {
	case !ok:
		return Poison(CauseUnknownWire, errors.New("there is no wire header"))
	case versions[kind] == "":
		return Poison(CauseUnknownWire, fmt.Errorf("%q is no kind of record", kind))
	case wire != versions[kind]:
		return Poison(CauseUnknownWire, fmt.Errorf("the wire header says %s, this program reads %s", shown(wire), versions[kind]))
	case len(rec.Value) == 0:
		return Poison(CauseEmpty, errors.New("there is no value"))
	case len(rec.Value) > MaxValueBytes:
		return Poison(CauseTooLarge, fmt.Errorf("the value is %d bytes long, more than the %d allowed", len(rec.Value), MaxValueBytes))
	case !utf8.Valid(rec.Value):
		return Poison(CauseBadUTF8, errors.New("the value is not valid UTF-8"))
	}
	return nil
}

// shown makes a header from outside fit for a log: short, and nothing but the letters a wire header may have.
func shown(wire string) string {
	const most = 32
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("/-._", r) {
			return r
		}
		return '?'
	}, wire[:min(len(wire), most)])
	return fmt.Sprintf("%q", clean)
}

// describe says what is wrong with JSON without repeating any of it: a fault may sit in somebody's words.
func describe(err error) error {
	var syn *jsontext.SyntacticError
	var sem *json.SemanticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the JSON ends too early")
	case errors.As(err, &syn):
		return fmt.Errorf("the JSON is broken at byte %d", syn.ByteOffset)
	case errors.As(err, &sem):
		return fmt.Errorf("a member at byte %d has the wrong type or form", sem.ByteOffset)
	default:
		return errors.New("the JSON cannot be read")
	}
}
