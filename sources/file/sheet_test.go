package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbook writes an Excel file of rows, which begin in row 2 of its second sheet; dates are cells that Excel shows in the American way.
func workbook(t *testing.T, date1904 bool, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	n, err := f.NewSheet("Comments")
	if err == nil {
		err = f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904})
	}
	if err != nil {
		t.Fatal(err)
	}
	f.SetActiveSheet(n)
	style, err := f.NewStyle(&excelize.Style{NumFmt: 22})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for k, cell := range row {
			name, err := excelize.CoordinatesToCellName(k+1, i+2)
			if err == nil {
				err = f.SetCellValue("Comments", name, cell)
			}
			if _, isTime := cell.(time.Time); err == nil && isTime {
				err = f.SetCellStyle("Comments", name, name, style)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "export.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

var comments = Mapping{Platform: "facebook", Kind: "comment", Columns: map[string]string{"id": "Post ID", "created_at": "Date", "author.name": "Author", "text": "Message"}}

func TestAnExcelWorkbook(t *testing.T) {
	for _, date1904 := range []bool{false, true} {
		path := workbook(t, date1904,
			[]any{"Post ID", "Date", " Author", "Message", "Likes"},
			[]any{1000000001, time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC), "Jo Resident", "=1+1 is no formula here", 4},
			[]any{},
			[]any{"2", "20/11/2026 08:16", "", "as text"},
			[]any{"3", time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), "", "clocks"},
			[]any{"4", time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), "", "a summer's day"},
			[]any{"5", "yesterday", "", "no date"},
			[]any{"1.2345678901234568E+17", "", "", "an id that Excel has rounded"},
			[]any{"6", "", "", "too wide", 1, "x"},
		)
		ms, bad := readAll(t, path, comments.Options(Options{}))
		if len(ms) != 4 || len(bad) != 3 || bad[0].Line != 8 || bad[1].Line != 9 || bad[2].Line != 10 {
			t.Fatalf("1904 %v: %d mentions, bad %+v", date1904, len(ms), bad)
		}
		if m := ms[0]; m.ID != "facebook:1000000001" || m.Kind != "comment" || m.Author.Name != "Jo Resident" || m.Text != "=1+1 is no formula here" || string(m.Unknown) != `{"Likes":"4"}` {
			t.Errorf("the first row is %+v, kept %s", m, m.Unknown)
		}
		for i, want := range []string{"2026-11-20T08:15:00Z exact", "2026-11-20T08:16:00Z exact", "2026-10-25T00:30:00Z exact", "2026-06-30T23:00:00Z day"} {
			if got := ms[i].CreatedAt.Format(time.RFC3339) + " " + ms[i].CreatedPrecision; got != want {
				t.Errorf("1904 %v: row %d is of %s, want %s", date1904, i, got, want)
			}
		}
		if string(ms[2].Unknown) != `{"created_at_twice":true}` {
			t.Errorf("an hour that comes twice is not marked: %s", ms[2].Unknown)
		}
		if !strings.Contains(bad[1].Err, "rounded by a spreadsheet") {
			t.Errorf("a rounded id is told as %q", bad[1].Err)
		}
	}
}

func TestWhatIsNoWorkbook(t *testing.T) {
	good, err := os.ReadFile(workbook(t, false, []any{"id", "text"}, []any{"1", "a"}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ path, sheet, want string }{
		"half":     {write(t, "a.xlsx", string(good[:len(good)/2])), "", "save it as CSV"},
		"no sheet": {write(t, "b.xlsx", string(good)), "Reviews", `it has no sheet "Reviews"; its sheets are Sheet1, Comments`},
		"empty":    {write(t, "c.xlsx", string(good)), "Sheet1", "the sheet is empty"},
		"huge":     {write(t, "d.xlsx", "PK\x03\x04"+strings.Repeat("z", maxSheetBytes)), "", "larger than 64 MiB"},
	} {
		if r, err := Open(c.path, Options{Platform: "x", Map: map[string]string{"text": "text"}, Sheet: c.sheet}); err == nil || !strings.Contains(err.Error(), c.want) {
			if err == nil {
				r.Close()
			}
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A workbook of a few kilobytes must not take the machine's memory.
func TestAWorkbookThatUnpacksToTooMuch(t *testing.T) {
	good, err := os.ReadFile(workbook(t, false, []any{"id", "text"}, []any{"1", "a"}))
	if err != nil {
		t.Fatal(err)
	}
	texts := `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + strings.Repeat("a", 1<<20) + "</t><r><t>" + strings.Repeat("b", 1<<20) + "</t></r></si></sst>"
	row := func(cells int) string {
		return "<worksheet><sheetData><row>" + strings.Repeat(`<c t="s"><v>0</v></c>`, cells) + "</row></sheetData></worksheet>"
	}
	for name, c := range map[string]struct {
		parts map[string]string
		want  string
	}{
		"one text in many cells": {map[string]string{"xl/sharedStrings.xml": texts, "xl/worksheets/sheet2.xml": row(200)}, "unpacks to more"},
		"a picture":              {map[string]string{"xl/media/a.png": strings.Repeat("z", maxOtherBytes)}, "unpacks to more"},
		"a long header":          {map[string]string{"xl/sharedStrings.xml": texts, "xl/worksheets/sheet2.xml": row(2)}, "header row"},
	} {
		path := write(t, "bomb.xlsx", withParts(t, good, c.parts))
		if r, err := Open(path, Options{Platform: "x", Map: map[string]string{"text": "text"}}); err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 1000 {
			if err == nil {
				r.Close()
			}
			t.Errorf("%s: %.200v", name, err)
		}
	}
}

// withParts puts parts into a workbook, in the place of those of their names.
func withParts(t *testing.T, book []byte, parts map[string]string) string {
	t.Helper()
	old, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range old.File {
		if _, ok := parts[f.Name]; !ok {
			err = errors.Join(err, w.Copy(f))
		}
	}
	for name, content := range parts {
		p, e := w.Create(name)
		if e == nil {
			_, e = io.WriteString(p, content)
		}
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// FuzzSheet puts its bytes in the place of a good workbook's sheet.
func FuzzSheet(f *testing.F) {
	book := excelize.NewFile()
	var good bytes.Buffer
	if err := book.Write(&good); err != nil {
		f.Fatal(err)
	}
	parts, err := zip.NewReader(bytes.NewReader(good.Bytes()), int64(good.Len()))
	if err != nil {
		f.Fatal(err)
	}
	const sheet = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="%s"><c r="A1" t="inlineStr"><is><t>text</t></is></c>` +
		`<c r="%s" t="s"><v>%s</v></c></row><row><c t="n"><v>1</v></c></row></sheetData></worksheet>`
	for _, seed := range [][3]string{{"1", "B1", "0"}, {"1048576", "XFD1", "99"}, {"99999999999", "A0", "-1"}, {"-1", "ZZZZ9", "x"}, {"0", "1", ""}} {
		f.Add(fmt.Appendf(nil, sheet, seed[0], seed[1], seed[2]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var whole bytes.Buffer
		w := zip.NewWriter(&whole)
		for _, part := range parts.File {
			to, err := w.Create(part.Name)
			if err != nil {
				t.Fatal(err)
			}
			content := b
			if part.Name != "xl/worksheets/sheet1.xml" {
				from, err := part.Open()
				if err == nil {
					content, err = io.ReadAll(from)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := to.Write(content); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := Open("-", Options{Platform: "x", Map: map[string]string{"text": "text"}, Stdin: &whole, Now: now})
		if err != nil {
			return
		}
		defer r.Close()
		for err == nil {
			_, _, err = r.Read(t.Context(), 10)
		}
	})
}

const mappingFile = `
platform: facebook
columns: {text: Nachricht, id: Nr, created_at: When, author: Who}
dates: "MM/DD/YYYY h:mm am"
time_zone: America/New_York
encoding: windows-1252
kind: review
`

func TestAMappingFile(t *testing.T) {
	m, err := ParseMapping([]byte(mappingFile))
	if err != nil {
		t.Fatal(err)
	}
	csv := "Nr,When,Who,Nachricht,Other\n" +
		"1,07/04/2026 9:05 PM,Jo,caf\xe9 \xc3\xa9,x\n" + // the second pair would be a UTF-8 letter
		"2,13/04/2026 9:05 PM,Jo,no such month,x\n" +
		"1.23457E+17,07/04/2026 9:05 PM,Jo,rounded,x\n" +
		"3,2026-07-04 21:05,Jo,another form,x\n"
	ms, bad := readAll(t, write(t, "e.csv", csv), m.Options(Options{}))
	if len(ms) != 1 || len(bad) != 3 || bad[0].Line != 3 || bad[1].Line != 4 || bad[2].Line != 5 {
		t.Fatalf("%d mentions, bad %+v", len(ms), bad)
	}
	if x := ms[0]; x.Text != "café Ã©" || x.Author.Handle != "Jo" || x.Kind != "review" || !x.CreatedAt.Equal(time.Date(2026, 7, 5, 1, 5, 0, 0, time.UTC)) {
		t.Errorf("the row is %+v", x)
	}
	if !strings.Contains(bad[2].Err, "not in the form that the mapping names") {
		t.Errorf("a date in another form is told as %q", bad[2].Err)
	}
	if o := m.Options(Options{Platform: "x", Map: map[string]string{"text": "Other"}}); o.Platform != "x" || o.Map["text"] != "Other" || o.Map["id"] != "Nr" {
		t.Errorf("what the command line says does not count: %+v", o)
	}
	m.Encoding = "utf-8"
	if ms, bad := readAll(t, write(t, "e.csv", csv), m.Options(Options{})); len(ms) != 0 || !strings.Contains(bad[0].Err, "not UTF-8") {
		t.Errorf("%d mentions of a file that is not UTF-8, bad %+v", len(ms), bad)
	}
}

func TestMistakesOfAMappingFile(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"platfrom: x", "platfrom"},
		{"platform: x", "which column holds the text"},
		{"columns: {text: a}", "platform is missing"},
		{"platform: x\ncolumns: {text: a, shoe: b}", `no field "shoe"`},
		{"platform: x\ncolumns: {text: a, id: ''}", "no column for id"},
		{"platform: x\ncolumns: {text: a}\ndates: sometimes", "write the form of a whole date"},
		{"platform: x\ncolumns: {text: a}\ndates: DD/MM hh:mm", "write the form of a whole date"},
		{"platform: x\ncolumns: {text: a}\ntime_zone: Mars/North", "time_zone"},
		{"platform: x\ncolumns: {text: a}\nencoding: ebcdic", "known are utf-8 and windows-1252"},
		{"- a", "cannot be read"},
	} {
		if _, err := ParseMapping([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
	if _, err := ParseMapping([]byte("encoding: x\ntime_zone: y")); err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("not all mistakes are told at once: %v", err)
	}
	for form, want := range map[string]string{"DD/MM/YYYY hh:mm": "02/01/2006 15:04", "YYYY-MM-DD hh:mm:ss": "2006-01-02 15:04:05", "D MMM YY": "2 Jan 06", "DDD D MMMM YYYY": "Mon 2 January 2006"} {
		if got, err := layoutOf(form); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", form, got, err, want)
		}
	}
}

func BenchmarkSheet(b *testing.B) {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	const rows = 20_000
	for i := range rows + 1 {
		row := []any{"id", "text"}
		if i > 0 {
			row = []any{fmt.Sprint(i), "The council has left our bins again, and the road is full of them"}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "b.xlsx")
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(path, Options{Platform: "x", Map: map[string]string{"text": "text", "id": "id"}})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for err == nil {
			ms, _, e := r.Read(b.Context(), 1000)
			n, err = n+len(ms), e
		}
		if err != io.EOF || n != rows {
			b.Fatalf("%d rows, %v", n, err)
		}
		r.Close()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
}
