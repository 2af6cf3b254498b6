package settings

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// row is one line of a CSV file, by column name.
type row struct {
	line  int
	cells map[string]string
	extra map[string]string // columns this program does not know
}

func (r row) get(column string) string { return r.cells[column] }

// list splits a cell that holds several values, separated by "|" or ";".
func (r row) list(column string) []string {
	var out []string
	for v := range strings.FieldsFuncSeq(r.cells[column], func(c rune) bool { return c == '|' || c == ';' }) {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// readCSV reads a CSV file as Excel writes it: comma, semicolon or tab; with or without quotes and a byte order mark; UTF-8, UTF-16
// or Windows-1252; any order of columns. Columns outside known are kept in extra. Empty lines are skipped.
func readCSV(file string, b []byte, known, required []string, rep *report) []row {
	text := decodeText(file, b, rep)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	separator, body := separatorOf(text)
	c := csv.NewReader(strings.NewReader(body))
	c.Comma, c.FieldsPerRecord = separator, -1
	first := 1 + strings.Count(text[:len(text)-len(body)], "\n")
	head, err := c.Read()
	if err != nil {
		csvFault(file, first-1, err, rep)
		return nil
	}
	columns, ok := header(file, first, head, known, required, rep)
	if !ok {
		return nil
	}
	var rows []row
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			csvFault(file, first-1, err, rep)
			return rows
		}
		at, _ := c.FieldPos(0)
		r := row{line: at + first - 1, cells: map[string]string{}}
		if r.fill(columns, known, record, file, rep) {
			rows = append(rows, r)
		}
	}
}

// header returns the column names, folded to the known ones.
func header(file string, line int, head, known, required []string, rep *report) ([]string, bool) {
	columns := make([]string, len(head))
	for i, h := range head {
		h = strings.TrimSpace(h)
		columns[i] = h
		if k := slices.IndexFunc(known, func(k string) bool { return fold(k) == fold(h) }); k >= 0 {
			columns[i] = known[k]
		} else if near := Nearest(h, known); near != "" && h != "" {
			rep.note(file, line, "column %q is kept but not used; did you mean %s", h, near)
		}
		if columns[i] != "" && slices.Contains(columns[:i], columns[i]) {
			rep.fault(file, line, "column %q is there twice", columns[i])
			return nil, false
		}
	}
	ok := true
	for _, k := range required {
		if !slices.Contains(columns, k) {
			rep.fault(file, line, "column %s is missing; the first line must name the columns, such as %s", k, strings.Join(known, ","))
			ok = false
		}
	}
	return columns, ok
}

// fill reports whether the record holds anything.
func (r *row) fill(columns, known, record []string, file string, rep *report) bool {
	some := false
	for i, cell := range record {
		cell = strings.TrimSpace(cell)
		some = some || cell != ""
		switch {
		case i >= len(columns) && cell != "":
			rep.fault(file, r.line, "the line has %d cells but there are %d columns; a cell that holds a separator needs quotes", len(record), len(columns))
			return false
		case i >= len(columns) || columns[i] == "":
		case slices.Contains(known, columns[i]):
			r.cells[columns[i]] = cell
		case cell != "":
			if r.extra == nil {
				r.extra = map[string]string{}
			}
			r.extra[columns[i]] = cell
		}
	}
	return some
}

func csvFault(file string, before int, err error, rep *report) {
	line, problem := 0, "the file cannot be read as CSV"
	var p *csv.ParseError
	if errors.As(err, &p) {
		line = p.StartLine + before
		switch {
		case errors.Is(p.Err, csv.ErrQuote), errors.Is(p.Err, csv.ErrBareQuote):
			problem = `a quotation mark is not closed or stands inside a cell; write "" for a quotation mark inside a quoted cell`
		}
	}
	rep.fault(file, line, "%s", problem)
}

// separatorOf finds what stands between cells: Excel's own "sep=" line, else what the first line holds most of.
func separatorOf(text string) (rune, string) {
	first, rest, _ := strings.Cut(text, "\n")
	if s, ok := strings.CutPrefix(strings.TrimRight(first, "\r"), "sep="); ok && utf8.RuneCountInString(s) == 1 {
		r, _ := utf8.DecodeRuneInString(s)
		return r, rest
	}
	best := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(first, string(c)) > strings.Count(first, string(best)) {
			best = c
		}
	}
	return best, text
}

// decodeText returns b as UTF-8 without a byte order mark and with plain line ends.
func decodeText(file string, b []byte, rep *report) string {
	var text string
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		utf8Bytes, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), b)
		if err != nil {
			rep.fault(file, 0, "the file looks like UTF-16 but is broken; save it as \"CSV UTF-8\"")
			return ""
		}
		text = string(utf8Bytes)
	case utf8.Valid(b):
		text = string(stripBOM(b))
	default:
		fromLatin, err := charmap.Windows1252.NewDecoder().Bytes(b)
		if err != nil {
			rep.fault(file, 0, "the file is neither UTF-8 nor Windows-1252; save it as \"CSV UTF-8\"")
			return ""
		}
		text = string(fromLatin)
		rep.note(file, 0, "the file is not UTF-8 and was read as Windows-1252, as older Excel writes it; look at names with accents, or save it as \"CSV UTF-8\"")
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
