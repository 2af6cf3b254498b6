package sources

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// LineError says what is wrong with one line of input; Line counts from 1.
type LineError struct {
	Line int    `json:"line"`
	Err  string `json:"error"` // one sentence
}

func (e LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Err) }

// ReadLines reads mentions, one JSON object a line, and calls fn for each line that is not blank: with the mention, or with what is
// wrong with the line. Memory stays bounded by MaxMentionBytes whatever r holds. It returns fn's first error, or r's, or nil.
func ReadLines(r io.Reader, fn func(line int, m Mention, bad *LineError) error) error {
	s := NewLineScanner(r, MaxMentionBytes)
	for s.Scan() {
		m, bad := Mention{}, s.Fault()
		if bad == nil {
			var err error
			if m, err = ParseMention(s.Bytes()); err != nil {
				m, bad = Mention{}, &LineError{Line: s.Line(), Err: err.Error()}
			}
		}
		if err := fn(s.Line(), m, bad); err != nil {
			return err
		}
	}
	return s.Err()
}

// LineScanner cuts a stream into lines of bounded length. A longer line is skipped to its end and reported by Fault; what follows is
// read as usual, which bufio.Scanner cannot do.
type LineScanner struct {
	r     *bufio.Reader
	max   int
	line  int
	buf   []byte
	fault *LineError
	err   error
}

// NewLineScanner reads lines of at most max bytes from r; a byte order mark at its start is passed over.
func NewLineScanner(r io.Reader, max int) *LineScanner {
	br := bufio.NewReaderSize(r, 64<<10)
	if b, _ := br.Peek(3); bytes.Equal(b, []byte("\xEF\xBB\xBF")) {
		_, _ = br.Discard(3)
	}
	return &LineScanner{r: br, max: max}
}

// Scan moves to the next line that is not blank. It returns false at the end or on an error.
func (s *LineScanner) Scan() bool {
	for s.err == nil {
		size := s.read()
		if s.err != nil && size == 0 {
			return false
		}
		s.line++
		s.fault = nil
		if size > s.max {
			s.fault = &LineError{Line: s.line, Err: fmt.Sprintf("it is %d bytes long, more than the %d allowed", size, s.max)}
			return true
		}
		if s.buf = bytes.TrimSpace(s.buf); len(s.buf) > 0 {
			return true
		}
	}
	return false
}

// read fills buf with one line, keeping no more than max bytes of it, and returns the line's length without its end.
func (s *LineScanner) read() (size int) {
	s.buf = s.buf[:0]
	for {
		part, err := s.r.ReadSlice('\n')
		size += len(part)
		if len(s.buf) <= s.max {
			s.buf = append(s.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			s.err = err
		default:
			size--
		}
		return size
	}
}

// Bytes is the line without surrounding space, valid until the next Scan; meaningless when Fault is set.
func (s *LineScanner) Bytes() []byte { return s.buf }

// Line is the number of the line, from 1.
func (s *LineScanner) Line() int { return s.line }

// Fault is set when the line was too long to be read.
func (s *LineScanner) Fault() *LineError { return s.fault }

// Err is what ended the reading, nil at the end of input.
func (s *LineScanner) Err() error {
	if s.err == io.EOF {
		return nil
	}
	return s.err
}
