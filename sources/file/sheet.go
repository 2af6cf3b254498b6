package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/xuri/excelize/v2"

	"earshot/sources"
)

// maxSheetBytes bounds a spreadsheet's file, which is held in memory.
const maxSheetBytes = 64 << 20

// sheetRecords reads one sheet of an Excel workbook whose first row that is not empty names the columns. Numbers and dates come as Excel
// keeps them, not as it shows them.
type sheetRecords struct {
	book   *excelize.File
	rows   *excelize.Rows
	header []string
	line   int
}

func newSheet(src io.Reader, sheet string) (s *sheetRecords, date1904 bool, err error) {
	b, err := io.ReadAll(io.LimitReader(src, maxSheetBytes+1))
	if err != nil {
		return nil, false, err
	}
	if len(b) > maxSheetBytes {
		return nil, false, fmt.Errorf("the spreadsheet is larger than %d MiB; save it as CSV and import that", maxSheetBytes>>20)
	}
	if err := bounded(b); err != nil {
		return nil, false, err
	}
	defer damaged(&err)
	book, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpackedBytes, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, false, errNotSheet
	}
	s = &sheetRecords{book: book}
	if sheet == "" {
		sheet = book.GetSheetName(book.GetActiveSheetIndex())
	}
	if s.rows, err = book.Rows(sheet); err != nil {
		return nil, false, errors.Join(fmt.Errorf("it has no sheet %q; its sheets are %s", sheet, strings.Join(book.GetSheetList(), ", ")), book.Close())
	}
	props, err := book.GetWorkbookProps()
	if err == nil {
		err = s.readHeader()
	}
	if err != nil {
		return nil, false, errors.Join(err, s.Close())
	}
	return s, props.Date1904 != nil && *props.Date1904, nil
}

var errNotSheet = errors.New("it is not an Excel workbook (.xlsx), or a damaged or locked one; save it as CSV and import that")

// damaged makes an error of a panic: the file comes from outside.
func damaged(err *error) {
	if p := recover(); p != nil {
		*err = errNotSheet
	}
}

func (s *sheetRecords) readHeader() error {
	for s.rows.Next() {
		s.line++
		cells, err := s.rows.Columns()
		if err != nil {
			return errNotSheet
		}
		if !blank(cells) {
			for _, c := range cells {
				s.header = append(s.header, strings.TrimSpace(c))
			}
			if _, fault := quoted(s.header, s.header); fault != "" {
				return errors.New("the header row cannot be read: " + fault)
			}
			return nil
		}
	}
	return errors.New("the sheet is empty")
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func (s *sheetRecords) next() (line int, rec record, bad *sources.LineError, err error) {
	defer damaged(&err)
	for s.rows.Next() {
		s.line++
		cells, err := s.rows.Columns()
		switch {
		case err != nil:
			return s.line, record{}, nil, errNotSheet
		case blank(cells):
			continue
		case len(cells) > len(s.header) && !blank(cells[len(s.header):]):
			return s.line, record{}, &sources.LineError{Line: s.line, Err: fmt.Sprintf("the row has %d cells and the header %d", len(cells), len(s.header))}, nil
		}
		rec, fault := quoted(s.header, cells[:min(len(cells), len(s.header))])
		if fault != "" {
			return s.line, record{}, &sources.LineError{Line: s.line, Err: fault}, nil
		}
		return s.line, rec, nil, nil
	}
	if s.rows.Error() != nil {
		return s.line, record{}, nil, errNotSheet
	}
	return s.line, record{}, nil, io.EOF
}

// quoted makes a record of cells.
func quoted(header, cells []string) (rec record, fault string) {
	rec = record{names: header[:len(cells)], values: make([]jsontext.Value, len(cells))}
	size := 0
	for i, c := range cells {
		if size += len(c); size > sources.MaxMentionBytes {
			return rec, fmt.Sprintf("the row is longer than the %d bytes allowed", sources.MaxMentionBytes)
		}
		q, err := jsontext.AppendQuote(nil, c)
		if err != nil {
			return rec, "the row is not text"
		}
		rec.values[i] = q
	}
	return rec, ""
}

// Close gives the workbook's temporary files back.
func (s *sheetRecords) Close() error { return errors.Join(s.rows.Close(), s.book.Close()) }

// serial reads a date as Excel keeps it: days since 1900 or 1904, with the time of day behind the point, on the clock of loc.
func serial(cell string, date1904 bool, loc *time.Location) (at time.Time, precision string, ok bool) {
	days, err := strconv.ParseFloat(cell, 64)
	if err != nil || days < 1 || days > 2_958_465 { // 31 December 9999
		return at, "", false
	}
	wall, err := excelize.ExcelDateToTime(days, date1904)
	if err != nil {
		return at, "", false
	}
	wall = wall.Round(time.Second)
	at = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	if days == math.Trunc(days) {
		return at, "day", true
	}
	return at, "exact", true
}
