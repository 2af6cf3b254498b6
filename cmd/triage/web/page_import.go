package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"earshot/sources"
	"earshot/sources/file"
)

// ImportPage takes the export of a platform's own tools.
type ImportPage struct {
	Base
	Problem  string
	Form     ImportForm
	Columns  []FormField // of Form.Columns, in their order
	Known    []Link      // platforms whose columns are remembered
	Result   *Imported
	MaxBytes int64
}

// ImportForm says how a file is read. It is remembered by its platform, since the exports of one tool look alike.
type ImportForm struct {
	Platform string            `json:"platform"`
	Columns  map[string]string `json:"columns,omitempty"` // field of a mention: column
	Dates    string            `json:"dates,omitzero"`
	Sheet    string            `json:"sheet,omitzero"`
}

// Imported is what came of a file.
type Imported struct {
	Look     bool // nothing was stored
	Accepted int
	Rejected int
	Lines    []rejection // the first of those that were left out
	Rows     []TriedRow  // the first mentions, of a look
}

const (
	importLines = 100 // rejected lines that are shown
	importLook  = 200 // rows that a look reads
	mappingKey  = "mapping/"
)

// importColumns are the fields of a mention that the form asks for.
var importColumns = []struct{ field, label, hint string }{
	{"text", "Column with the words", "Such as Message or Comment. Needed for every file but Earshot's own JSON lines."},
	{"id", "Column with the post’s number", "Without one, a row that is handed in again unchanged is still recognised."},
	{"created_at", "Column with the date", ""},
	{"author.name", "Column with the author’s name", ""},
	{"permalink", "Column with the link", ""},
	{"kind", "Column that says what it is", "Such as comment or review."},
}

func (s *Server) importPage(c *call) error {
	p := s.blankImport(c)
	if f, ok := get[ImportForm](s.cfg.Table, mappingKey+c.r.URL.Query().Get("platform")); ok {
		p.Form = f
	}
	return s.showImport(c, http.StatusOK, p)
}

func (s *Server) blankImport(c *call) ImportPage {
	return ImportPage{Base: c.base("Hand in an export"), MaxBytes: handInBytes}
}

func (s *Server) showImport(c *call, status int, p ImportPage) error {
	for _, k := range importColumns {
		p.Columns = append(p.Columns, FormField{ID: "column-" + strings.ReplaceAll(k.field, ".", "-"), Label: k.label, Hint: k.hint, Value: p.Form.Columns[k.field]})
	}
	for key := range s.cfg.Table.All(mappingKey) {
		platform := strings.TrimPrefix(key, mappingKey)
		p.Known = append(p.Known, Link{name(platformNames, platform), "/import?" + url.Values{"platform": {platform}}.Encode()})
	}
	slices.SortFunc(p.Known, func(a, b Link) int { return strings.Compare(a.Text, b.Text) })
	if p.Problem != "" {
		p.Base.Title = "Error: " + p.Base.Title
	}
	return c.page(status, "import", p)
}

// importFile hands a file's mentions in, or shows the first of them.
func (s *Server) importFile(c *call) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, handInBytes)
	if err := c.r.ParseMultipartForm(formMemory); err != nil {
		return formError(err)
	}
	defer c.r.MultipartForm.RemoveAll()
	if err := c.checkMultipart(); err != nil {
		return err
	}
	p := s.blankImport(c)
	p.Form = readImportForm(c.r.PostForm)
	files := c.r.MultipartForm.File["file"]
	if len(files) != 1 || files[0].Filename == "" {
		p.Problem = "Choose a file first."
		return s.showImport(c, http.StatusUnprocessableEntity, p)
	}
	r, done, err := s.openExport(files[0], p.Form)
	if err == nil {
		defer done()
		p.Result, err = s.takeExport(c, r, c.r.PostForm.Get("do") == "look")
	}
	var broken *exportError
	if errors.As(err, &broken) {
		s.metrics.refusal("bad_form")
		p.Problem = sentence(broken.Error())
		return s.showImport(c, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	if p.Result.Accepted > 0 && !p.Result.Look && p.Form.Platform != "" {
		if err := put(c.r.Context(), s.cfg.Table, mappingKey+p.Form.Platform, p.Form); err != nil {
			return err
		}
	}
	return s.showImport(c, http.StatusOK, p)
}

// exportError is a sentence about a file.
type exportError struct{ error }

var platformWord = regexp.MustCompile(`[^a-z0-9_]+`)

func readImportForm(v url.Values) ImportForm {
	f := ImportForm{Platform: platformWord.ReplaceAllString(strings.ToLower(strings.TrimSpace(v.Get("platform"))), "_"), Columns: map[string]string{},
		Dates: strings.TrimSpace(v.Get("dates")), Sheet: strings.TrimSpace(v.Get("sheet"))}
	for _, k := range importColumns {
		if column := strings.TrimSpace(v.Get("column-" + strings.ReplaceAll(k.field, ".", "-"))); column != "" {
			f.Columns[k.field] = column
		}
	}
	return f
}

// openExport opens an uploaded file as the form says.
func (s *Server) openExport(up *multipart.FileHeader, f ImportForm) (r *file.Reader, done func(), err error) {
	m := file.Mapping{Platform: f.Platform, Columns: f.Columns, Dates: f.Dates, Sheet: f.Sheet}
	if f.Dates != "" {
		if err := m.Validate(); err != nil {
			return nil, nil, &exportError{err}
		}
	}
	in, err := up.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open the uploaded export: %w", err)
	}
	opts := m.Options(file.Options{Location: s.zone(), Stdin: in, Name: "the file", Now: s.cfg.Now()})
	if r, err = file.Open("-", opts); err != nil {
		in.Close()
		return nil, nil, &exportError{err}
	}
	return r, func() { r.Close(); in.Close() }, nil
}

// takeExport hands in what r holds, or only looks. What was handed in before an error is not handed in twice when the file is sent again.
func (s *Server) takeExport(c *call, r *file.Reader, look bool) (*Imported, error) {
	out, batch := &Imported{Look: look}, handInBatch
	if look {
		batch = importLook
	}
	for read := 0; !look || read < importLook; {
		ms, bad, err := r.Read(c.r.Context(), batch)
		read += len(ms) + len(bad)
		out.Rejected += len(bad)
		for _, b := range bad[:min(len(bad), importLines-len(out.Lines))] {
			out.Lines = append(out.Lines, rejection{b.Line, sentence(b.Err)})
		}
		if len(ms) > 0 && !look {
			if err := s.cfg.HandIn.PublishMentions(c.r.Context(), ms); err != nil {
				return out, err
			}
		}
		out.Accepted += len(ms)
		for i := range ms[:min(len(ms), tryShows-len(out.Rows))] {
			sources.Normalise(&ms[i], c.at)
			out.Rows = append(out.Rows, s.triedRow(&ms[i], true))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, &exportError{err}
		}
	}
	if !look {
		s.metrics.handIn(out.Accepted, out.Rejected)
	}
	return out, nil
}
