package settings

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Fault is one mistake in a settings file. Line is 0 where no line can be named.
type Fault struct {
	File    string
	Line    int
	Problem string // a sentence without its full stop that says what is wrong and how to mend it
}

// Error writes the fault as one sentence with file and line.
func (f Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Problem + "."
	}
	return fmt.Sprintf("%s, line %d: %s.", f.File, f.Line, f.Problem)
}

// Faults returns every Fault joined in err, in order of file and line.
func Faults(err error) []Fault {
	var out []Fault
	var walk func(error)
	walk = func(err error) {
		var f Fault
		switch x := err.(type) {
		case nil:
		case interface{ Unwrap() []error }:
			for _, e := range x.Unwrap() {
				walk(e)
			}
		default:
			if errors.As(err, &f) {
				out = append(out, f)
			}
		}
	}
	walk(err)
	return out
}

// report gathers what is wrong (faults) and what was read all the same but somebody should know (notes).
type report struct {
	faults []Fault
	notes  []Fault
}

func (r *report) fault(file string, line int, format string, args ...any) {
	r.faults = append(r.faults, Fault{file, line, fmt.Sprintf(format, args...)})
}

func (r *report) note(file string, line int, format string, args ...any) {
	r.notes = append(r.notes, Fault{file, line, fmt.Sprintf(format, args...)})
}

// err joins all faults, or is nil when there are none.
func (r *report) err() error {
	sortFaults(r.faults)
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

func sortFaults(fs []Fault) {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
