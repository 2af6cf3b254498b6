package upload

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
)

// maxFormParts bounds the parts of a form, so that empty ones cannot be sent without end. It leaves room to count too many pictures.
const maxFormParts = 10 * MaxFiles

// ParseForm reads a report from a multipart form with the members files, url, note, relation and contact, and the header
// Idempotency-Key. Pictures go to files in Config.Temp as they arrive, so that memory stays small; done removes them and must be called,
// also after an error. Members it does not know, such as a page's own, are passed over. Refusals come as Receive's do.
func (s *Store) ParseForm(w http.ResponseWriter, req *http.Request) (r Report, done func(), err error) {
	p := &formParser{temp: s.cfg.Temp, report: Report{Key: req.Header.Get("Idempotency-Key")}}
	req.Body = http.MaxBytesReader(w, req.Body, MaxReportBytes)
	form, err := req.MultipartReader()
	if err != nil {
		err = refuse(BadForm, "", "The report did not arrive as a form. Send it as multipart/form-data.")
	} else {
		err = p.read(form)
	}
	if len(Refusals(err)) > 0 {
		s.cfg.Metrics.received(Receipt{}, err)
	}
	return p.report, p.remove, err
}

type formParser struct {
	temp   string
	report Report
	names  []string // of files to remove
	count  int      // of files seen, kept or not
	errs   []error
}

func (p *formParser) read(form *multipart.Reader) error {
	for range maxFormParts {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return p.verdict()
		}
		if err != nil {
			return broken(err)
		}
		if err := p.part(part); err != nil {
			return err
		}
	}
	return refuse(BadForm, "", "The report has more than %d parts. Send at most %d pictures.", maxFormParts, MaxFiles)
}

// verdict joins what to refuse. Too many files are said once, with their number.
func (p *formParser) verdict() error {
	if p.count > MaxFiles {
		p.errs = append(p.errs, refuse(TooMany, "files", "There are %d pictures; one report takes at most %d. Send the others in a second report.", p.count, MaxFiles))
	}
	return errors.Join(p.errs...)
}

// broken tells a form that is too large or cut off from trouble of our own.
func broken(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return refuse(TooLarge, "files", "The report is larger than %d MB in all. Send fewer pictures at once.", MaxReportBytes>>20)
	}
	return refuse(BadForm, "", "The report did not arrive whole. Please send it again.")
}

func (p *formParser) part(part *multipart.Part) error {
	if part.FormName() == "files" {
		return p.file(part)
	}
	to, most := p.field(part.FormName())
	if to == nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(part, int64(most)+1))
	if err != nil {
		return broken(err)
	}
	*to = string(b) // one byte too long where it is too long: tidy refuses it
	return nil
}

func (p *formParser) field(name string) (to *string, most int) {
	switch name {
	case "url":
		return &p.report.URL, MaxURLBytes
	case "note":
		return &p.report.Note, MaxNoteBytes
	case "relation":
		return &p.report.Relation, 20
	case "contact":
		return &p.report.Contact, MaxContactBytes
	}
	return nil, 0
}

// file keeps one file. A browser sends an empty one when none was chosen.
func (p *formParser) file(part *multipart.Part) error {
	name := shortName(part.FileName())
	var first [1]byte
	if _, err := io.ReadFull(part, first[:]); errors.Is(err, io.EOF) && part.FileName() == "" {
		return nil
	} else if err != nil && !errors.Is(err, io.EOF) {
		return broken(err)
	} else if err != nil {
		p.count++
		p.errs = append(p.errs, refuse(Damaged, "files", "%s is empty. Choose it again.", name))
		return nil
	}
	if p.count++; p.count > MaxFiles {
		return nil // counted only; NextPart reads over it
	}
	tmp, err := os.CreateTemp(p.temp, "earshot-upload-*")
	if err != nil {
		return fmt.Errorf("take upload: %w", err)
	}
	p.names = append(p.names, tmp.Name())
	n, err := copyUpload(tmp, io.MultiReader(strings.NewReader(string(first[:])), io.LimitReader(part, MaxFileBytes)))
	if err != nil {
		return err
	}
	if n > MaxFileBytes {
		p.errs = append(p.errs, refuse(TooLarge, "files", "%s is larger than %d MB. Send a screenshot or a smaller copy.", name, MaxFileBytes>>20))
		return nil
	}
	path := tmp.Name()
	p.report.Files = append(p.report.Files, File{Name: name, Size: n, Open: func() (io.ReadSeekCloser, error) { return os.Open(path) }})
	return nil
}

// copyUpload tells the sender's broken line from our full disk.
func copyUpload(tmp *os.File, from io.Reader) (int64, error) {
	src := &sticky{r: from}
	n, err := io.Copy(tmp, src)
	if src.err != nil {
		tmp.Close()
		return n, broken(src.err)
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return n, fmt.Errorf("take upload: %w", err)
	}
	return n, nil
}

type sticky struct {
	r   io.Reader
	err error
}

func (s *sticky) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (p *formParser) remove() {
	for _, n := range p.names {
		os.Remove(n) // what cannot be removed is in a folder for passing things
	}
}

// shortName is how a sentence calls a file: its own name, cut, or "the picture".
func shortName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "…"
	}
	if name == "" {
		return "The picture"
	}
	return name
}
