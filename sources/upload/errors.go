package upload

import (
	"errors"
	"fmt"
)

// ErrNoBlob says that the bucket holds nothing under a key.
var ErrNoBlob = errors.New("upload: no such blob")

// ErrNoReport says that no report has the reference, or that the secret is not its own.
var ErrNoReport = errors.New("upload: no such report")

// ErrNotShowable says that a picture is kept as evidence but is too damaged to be shown.
var ErrNotShowable = errors.New("upload: the picture is damaged and cannot be shown; its original is kept")

// Reason is why something was refused; the closed set is a metric's label.
type Reason string

// The reasons.
const (
	TooMany  Reason = "too_many_files"
	TooLarge Reason = "too_large"
	TooWide  Reason = "too_many_pixels"
	HEIC     Reason = "heic"
	NoImage  Reason = "not_a_picture"
	Damaged  Reason = "damaged"
	Nothing  Reason = "nothing"
	BadField Reason = "bad_field"
)

var reasons = []Reason{TooMany, TooLarge, TooWide, HEIC, NoImage, Damaged, Nothing, BadField}

// Refusal is one thing about a report that its sender must change. Its text is the sentence for the sender.
type Refusal struct {
	Reason   Reason
	Field    string // files, url, note, relation, contact, Idempotency-Key; empty: the whole
	Sentence string
}

func (r *Refusal) Error() string { return r.Sentence }

func refuse(reason Reason, field, format string, args ...any) *Refusal {
	return &Refusal{reason, field, fmt.Sprintf(format, args...)}
}

// Refusals returns every Refusal joined in err. An error without any is trouble of our own.
func Refusals(err error) []*Refusal {
	var out []*Refusal
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			out = append(out, Refusals(e)...)
		}
		return out
	}
	var r *Refusal
	if errors.As(err, &r) {
		out = append(out, r)
	}
	return out
}
