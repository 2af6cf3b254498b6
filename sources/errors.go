package sources

import (
	"errors"
	"fmt"
	"time"
)

// stop carries a sentence and wraps ErrStop without repeating its text.
type stop struct{ sentence string }

func (s *stop) Error() string { return s.sentence }
func (s *stop) Unwrap() error { return ErrStop }

// Stopf makes an error that wraps ErrStop; the text is the whole sentence the officer reads.
func Stopf(format string, args ...any) error { return &stop{fmt.Sprintf(format, args...)} }

// Waitf makes a *Wait; the text is the sentence the officer reads.
func Waitf(until time.Time, format string, args ...any) error {
	return &Wait{Until: until, Reason: fmt.Sprintf(format, args...)}
}

// ErrAnswer is wrapped when a platform answered in a form that is not understood: it changed its form, or something else answered in its
// place.
var ErrAnswer = errors.New("sources: answer not understood")

// Fault is a failure worth another try whose text is a sentence for the officer. Err is its cause, for errors.Is.
type Fault struct {
	Sentence string
	Err      error
}

func (f *Fault) Error() string { return f.Sentence }
func (f *Fault) Unwrap() error { return f.Err }

// ErrGone is wrapped by what is said of one thing that its platform has no more, or shows to nobody.
var ErrGone = errors.New("sources: it is gone")

type missing struct{ error }

func (m missing) Is(target error) bool { return target == ErrGone }
func (m missing) Unwrap() error        { return m.error }

// Missing is err, wrapping ErrGone as well: whoever asked about one thing looks for that, and everybody else reads err.
func Missing(err error) error { return missing{err} }

// UnlessGone is err, but nil when it says only that something is gone.
func UnlessGone(err error) error {
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}
