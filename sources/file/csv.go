package file

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"earshot/sources"
)

// csvRecords reads CSV with a header row, as spreadsheets and platforms write it: comma, semicolon or tab; quotes with line breaks in
// them; UTF-8 or Windows-1252, told apart record by record.
type csvRecords struct {
	br     *bufio.Reader
	comma  rune
	header []string
	line   int // lines read so far
	raw    []byte
	latin  bool // all of it is Windows-1252, also what could be UTF-8
	strict bool // none of it is
}

func newCSV(br *bufio.Reader, encoding string) (*csvRecords, error) {
	if b, _ := br.Peek(3); bytes.Equal(b, []byte("\xEF\xBB\xBF")) {
		_, _ = br.Discard(3)
	}
	c := &csvRecords{br: br, comma: ',', latin: encoding == windows1252, strict: encoding == utf8Encoding}
	_, size, err := c.read()
	if err != nil && size == 0 {
		return nil, errors.New("the file is empty")
	}
	if size > sources.MaxMentionBytes {
		return nil, errors.New("the file is neither JSON lines nor CSV: its first line is over 1 MiB long")
	}
	c.comma = separator(c.raw)
	if c.header, err = c.split(); err != nil {
		return nil, fmt.Errorf("the header row cannot be read: %w", err)
	}
	for i, h := range c.header {
		c.header[i] = strings.TrimSpace(h)
	}
	return c, nil
}

// separator is the candidate that stands most often in the header row outside quotes.
func separator(header []byte) rune {
	best, most := ',', 0
	for _, s := range []rune{',', ';', '\t'} {
		n, quoted := 0, false
		for _, b := range header {
			if b == '"' {
				quoted = !quoted
			} else if rune(b) == s && !quoted {
				n++
			}
		}
		if n > most {
			best, most = s, n
		}
	}
	return best
}

func (c *csvRecords) next() (int, record, *sources.LineError, error) {
	for {
		at := c.line + 1
		_, size, err := c.read()
		if err != nil && size == 0 {
			return c.line, record{}, nil, err
		}
		if size > sources.MaxMentionBytes {
			return at, record{}, &sources.LineError{Line: at, Err: fmt.Sprintf("the row is longer than the %d bytes allowed; perhaps a quote is not closed",
				sources.MaxMentionBytes)}, nil
		}
		if len(bytes.TrimSpace(c.raw)) == 0 {
			continue
		}
		fields, ferr := c.split()
		if ferr != nil {
			return at, record{}, &sources.LineError{Line: at, Err: "the row cannot be read: " + ferr.Error()}, nil
		}
		if len(fields) > len(c.header) {
			return at, record{}, &sources.LineError{Line: at, Err: fmt.Sprintf("the row has %d fields and the header %d", len(fields), len(c.header))}, nil
		}
		rec, fault := quoted(c.header, fields)
		if fault != "" {
			return at, record{}, &sources.LineError{Line: at, Err: fault}, nil
		}
		return at, rec, nil, nil
	}
}

// read brings one row into raw, over line breaks within quotes, and returns its first line and its size. A row that is too long is read
// to the end of its line, so that an unclosed quote costs one megabyte and not the rest of the file.
func (c *csvRecords) read() (first, size int, err error) {
	c.raw = c.raw[:0]
	first = c.line + 1
	quoted := false
	for {
		part, err := c.br.ReadSlice('\n')
		size += len(part)
		if size <= sources.MaxMentionBytes {
			c.raw = append(c.raw, part...)
			quoted = quoted != (bytes.Count(part, []byte{'"'})%2 == 1)
		} else {
			quoted = false
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF:
			if size > 0 {
				c.line++
			}
			return first, size, err
		case err != nil:
			return first, size, err
		}
		c.line++
		if !quoted {
			return first, size, nil
		}
	}
}

func (c *csvRecords) split() ([]string, error) {
	raw := c.raw
	valid := utf8.Valid(raw)
	if !valid && c.strict {
		return nil, errors.New("it is not UTF-8, which the mapping says it is")
	}
	if c.latin || !valid {
		var err error
		if raw, err = charmap.Windows1252.NewDecoder().Bytes(raw); err != nil {
			return nil, errors.New("it is neither UTF-8 nor Windows-1252")
		}
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = c.comma, -1, true
	return r.Read()
}
