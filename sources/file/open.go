package file

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"earshot/sources"
)

// Options say how a file is to be read. The zero Options read Earshot's own form.
type Options struct {
	// Map names, for fields of a mention, the fields of the file: {"text": "Message", "author.name": "user.name"}. See ParseMap.
	Map map[string]string
	// Platform is the mentions' platform where the file names none. Needed with Map.
	Platform string
	// Source is set as Mention.Source where the file names none.
	Source string
	// Progress is called now and then with the bytes of the file and the lines read so far.
	Progress func(bytes, lines int64)
	// Location is the time zone of dates without one; nil: Europe/London.
	Location *time.Location
	// DateLayout is the one form of dates, as time.Parse takes it; empty: the usual forms.
	DateLayout string
	// Encoding of a CSV file: utf-8 or windows-1252; empty: told apart row by row.
	Encoding string
	// Kind is the mentions' kind where the file names none.
	Kind string
	// Sheet of a spreadsheet; empty: the one that was open when it was saved.
	Sheet string
	// Stdin is read for the path "-"; nil: os.Stdin. Name is what errors call it; empty: standard input.
	Stdin io.Reader
	Name  string
	// Now is the time of mentions without one; zero: the moment of Open.
	Now time.Time
}

// Reader reads one file. Used by one goroutine.
type Reader struct {
	opts    Options
	size    int64
	count   *counter
	closers []io.Closer
	records records
	told    int64

	sheet, date1904 bool // it is a spreadsheet, whose days count from 1904
	twice           bool // the clock showed the time of the record at hand twice
}

// records are the file's lines, whatever its format.
type records interface {
	// next returns the next record, or what is wrong with it; io.EOF at the end.
	next() (line int, rec record, bad *sources.LineError, err error)
}

// Open opens path; "-" is standard input. Its errors are sentences.
func Open(path string, opts Options) (*Reader, error) {
	if len(opts.Map) > 0 && opts.Platform == "" && opts.Map["platform"] == "" {
		return nil, errors.New("a file with mapped fields needs the name of its platform: add --platform NAME, such as --platform facebook")
	}
	if strings.ContainsAny(opts.Platform, ": \t") {
		return nil, fmt.Errorf("platform is %q; it must be one word without a colon, such as facebook", opts.Platform)
	}
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	if opts.Location == nil {
		opts.Location = london()
	}
	r := &Reader{opts: opts, count: &counter{}}
	if err := r.open(path); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func london() *time.Location {
	if l, err := time.LoadLocation("Europe/London"); err == nil {
		return l
	}
	return time.UTC // a machine without time zones
}

func (r *Reader) open(path string) error {
	if path == "-" {
		r.count.r = r.opts.Stdin
		if r.count.r == nil {
			r.count.r = os.Stdin
		}
		path = cmp.Or(r.opts.Name, "standard input")
	} else {
		f, err := os.Open(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("there is no file %s", path)
		case err != nil:
			return fmt.Errorf("%s cannot be opened: %w", path, err)
		}
		r.closers = append(r.closers, f)
		if st, err := f.Stat(); err == nil {
			if st.IsDir() {
				return fmt.Errorf("%s is a folder; name a file", path)
			}
			r.size = st.Size()
		}
		r.count.r = f
	}
	br := bufio.NewReaderSize(r.count, 64<<10)
	if head, _ := br.Peek(2); bytes.Equal(head, []byte{0x1F, 0x8B}) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return fmt.Errorf("%s begins like a gzip file and is none: %w", path, err)
		}
		r.closers = append(r.closers, z)
		br = bufio.NewReaderSize(z, 64<<10)
	}
	return r.detect(path, br)
}

// detect tells JSON lines from CSV by the first character that is not blank, and names what is neither.
func (r *Reader) detect(path string, br *bufio.Reader) error {
	head, err := br.Peek(4096)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return r.openSheet(path, br)
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return fmt.Errorf("%s is in UTF-16; save it as CSV UTF-8", path)
	case bytes.HasPrefix(head, []byte("[")):
		return fmt.Errorf("%s is one JSON list; write one object a line (JSON lines), for example with jq -c '.[]'", path)
	case bytes.HasPrefix(head, []byte("{")), len(head) == 0, filepath.Ext(strings.TrimSuffix(path, ".gz")) == ".jsonl":
		r.records = &jsonRecords{lines: sources.NewLineScanner(br, sources.MaxMentionBytes)}
		return nil
	}
	c, err := newCSV(br, r.opts.Encoding)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.records = c
	return r.mapped(path, c.header)
}

func (r *Reader) openSheet(path string, br io.Reader) error {
	s, date1904, err := newSheet(br, r.opts.Sheet)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.closers = append(r.closers, s)
	r.records, r.sheet, r.date1904 = s, true, date1904
	return r.mapped(path, s.header)
}

// mapped says which mapped column is not among columns.
func (r *Reader) mapped(path string, columns []string) error {
	for _, field := range slices.Sorted(maps.Keys(r.opts.Map)) {
		if from := r.opts.Map[field]; !slices.Contains(columns, from) {
			return fmt.Errorf("%s has no column %q, to which %s is mapped; its columns are %s", path, from, field, strings.Join(columns, ", "))
		}
	}
	return nil
}

// Size is the file's length in bytes, 0 when it is not known.
func (r *Reader) Size() int64 { return r.size }

// Close closes the file.
func (r *Reader) Close() error {
	var errs []error
	for i := len(r.closers) - 1; i >= 0; i-- {
		errs = append(errs, r.closers[i].Close())
	}
	r.closers = nil
	return errors.Join(errs...)
}

// counter counts the bytes taken from the file itself, before decompression: what a progress bar wants.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
