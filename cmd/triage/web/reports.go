package web

import (
	"context"
	"io"
	"time"
)

// Reports takes what staff saw and says what became of it.
type Reports interface {
	// Limits says what Submit accepts; the page states it before anybody chooses a file.
	Limits() ReportLimits
	// Submit returns once pictures and report are stored safely and in the log. The same Key gives the same receipt and makes no second
	// report. Errors: *BadReport, wrapped, when the sender can mend it; *Busy, wrapped, to send again later.
	Submit(ctx context.Context, r ReportForm) (Receipt, error)
	// Status returns what the holder of a report's secret may know; ErrBadLink, wrapped, when reference and secret do not belong together.
	Status(ctx context.Context, reference, secret string) (ReportStatus, error)
	// Picture opens one picture in the form that is shown (re-encoded, without location). index.ErrNotFound, wrapped, when it is not held.
	Picture(ctx context.Context, blob string) (content io.ReadCloser, contentType string, err error)
}

// ReportLimits are the limits of one report.
type ReportLimits struct {
	Files     int      // pictures in one report
	FileBytes int64    // of one picture
	Types     []string // as people call them: PNG, JPEG, WebP
	Pixels    int      // of one picture, in millions
}

// ReportForm is one report as handed in.
type ReportForm struct {
	Key      string // Idempotency-Key; empty: none was given
	Account  string // of the reporter; empty: not signed in
	URL      string
	Note     string
	Relation string // me, colleague, council
	Contact  string
	Files    []ReportFile
}

// ReportFile is one picture handed in. Open may be called more than once.
type ReportFile struct {
	Name string // as the sender's machine calls it; not to be trusted
	Size int64
	Open func() (io.ReadSeekCloser, error)
}

// BadReport is a sentence for the sender about what to mend. File is the file's place in ReportForm.Files, -1 when none is to blame;
// Field is the form's field otherwise.
type BadReport struct {
	File  int
	Field string
	Why   string
}

func (b *BadReport) Error() string { return b.Why }

// Receipt answers a report.
type Receipt struct {
	Reference string
	Secret    string
	Mention   string // its ID
}

// ReportStatus is what a reporter may know of a report.
type ReportStatus struct {
	Reference string
	Received  time.Time
	Pictures  int
	Mention   string // its ID; the page asks the record for its state as the system
}
