package archive

// Outcome says what one delivery was.
type Outcome int

// The outcomes, as in Result.
const (
	Repeated Outcome = iota
	New
	Edited
	Deleted
	Judged
	Refused
)

// Count adds one outcome.
func (r *Result) Count(o Outcome) {
	switch o {
	case New:
		r.New++
	case Edited:
		r.Edited++
	case Deleted:
		r.Deleted++
	case Judged:
		r.Judged++
	case Refused:
		r.Refused++
	default:
		r.Repeated++
	}
}
