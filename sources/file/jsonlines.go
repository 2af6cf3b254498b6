package file

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"earshot/sources"
)

// record is one line: the names and values of its fields, in their order.
type record struct {
	json   []byte // the whole object, of a JSON line
	names  []string
	values []jsontext.Value // of a CSV line: JSON strings
}

var errBroken = errors.New("the JSON is broken")

// jsonRecords reads JSON lines.
type jsonRecords struct{ lines *sources.LineScanner }

func (j *jsonRecords) next() (int, record, *sources.LineError, error) {
	if !j.lines.Scan() {
		err := j.lines.Err()
		if err == nil {
			err = io.EOF
		}
		return j.lines.Line(), record{}, nil, err
	}
	line := j.lines.Line()
	if f := j.lines.Fault(); f != nil {
		return line, record{}, f, nil
	}
	b := bytes.Clone(j.lines.Bytes())
	rec, err := members(b)
	if err != nil {
		return line, record{}, &sources.LineError{Line: line, Err: err.Error()}, nil
	}
	return line, rec, nil, nil
}

// members splits an object without decoding its values; numbers keep their digits.
func members(b []byte) (record, error) {
	rec := record{json: b}
	if !utf8.Valid(b) {
		return rec, errors.New("it is not valid UTF-8")
	}
	d := jsontext.NewDecoder(bytes.NewReader(b))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return rec, errors.New("it is not a JSON object")
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return rec, errBroken
		}
		rec.names = append(rec.names, name.String())
		v, err := d.ReadValue()
		if err != nil {
			return rec, errBroken
		}
		rec.values = append(rec.values, v.Clone())
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '}' {
		return rec, errBroken
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return rec, errors.New("something follows the JSON object")
	}
	return rec, nil
}
