package topic

import (
	"errors"
	"fmt"
)

// Errors that callers tell apart.
var (
	// ErrPoison is wrapped by every error of Decode: the bytes are wrong and will be wrong again. Set them aside with DeadLetter.
	ErrPoison = errors.New("topic: unreadable record")
	// ErrTooLarge is wrapped when a record is longer than its topic takes.
	ErrTooLarge = errors.New("topic: record is too large")
	// ErrDiskFull is wrapped when a broker refuses records because its disk is nearly full or failing. Publish keeps trying until its
	// context ends; a caller that answers somebody should give it a short one and ask them to come back later.
	ErrDiskFull = errors.New("topic: the log takes no records, its disk is nearly full or failing")
	// ErrConflict is wrapped by PutIf when the key has changed since it was read.
	ErrConflict = errors.New("topic: changed by somebody else in the meantime")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("topic: client is closed")
)

// Cause says why a record was set aside. It is one of the constants below.
type Cause string

// The causes of dead letters.
const (
	CauseUnknownWire Cause = "unknown_wire" // no wire header, or a kind or version this program does not read
	CauseBrokenJSON  Cause = "broken_json"
	CauseBadUTF8     Cause = "bad_utf8"
	CauseEmpty       Cause = "empty"     // no value where there must be one
	CauseTooLarge    Cause = "too_large" // longer than a mention may be
	CauseInvalid     Cause = "invalid"   // readable, but against a rule: no id, a date in the year 9999
	CauseRefused     Cause = "refused"   // a stage's store refused it for good
)

// Causes lists every Cause, for metrics and pages.
var Causes = []Cause{CauseUnknownWire, CauseBrokenJSON, CauseBadUTF8, CauseEmpty, CauseTooLarge, CauseInvalid, CauseRefused}

// PoisonError is what Decode returns; errors.Is(err, ErrPoison) holds. Its text repeats nothing of the record's content.
type PoisonError struct {
	Cause Cause
	Err   error
}

func (e *PoisonError) Error() string   { return fmt.Sprintf("%v (%s): %v", ErrPoison, e.Cause, e.Err) }
func (e *PoisonError) Unwrap() []error { return []error{ErrPoison, e.Err} }

// Poison makes a PoisonError, for callers with checks of their own after Decode.
func Poison(cause Cause, err error) error { return &PoisonError{Cause: cause, Err: err} }

// CauseOf returns the cause of a poison error, and CauseRefused for every other error.
func CauseOf(err error) Cause {
	var p *PoisonError
	if errors.As(err, &p) {
		return p.Cause
	}
	return CauseRefused
}

// retryError asks Consume to call Handle again with the same records.
type retryError struct{ err error }

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// Retry wraps an error of Handle or BeforeCommit that is worth another try: Consume holds the partitions, waits with back-off and
// calls again with the same records. Retry(nil) is nil.
func Retry(err error) error {
	if err == nil {
		return nil
	}
	return &retryError{err}
}

func isRetry(err error) bool {
	var r *retryError
	return errors.As(err, &r)
}
