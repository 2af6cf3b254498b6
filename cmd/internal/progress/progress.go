// Package progress shows on a terminal how far a command is, and nothing elsewhere.
package progress

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
)

// Bar shows one task. The zero Bar shows nothing.
type Bar struct {
	bar  *progressbar.ProgressBar
	w    io.Writer
	name string
}

// New returns a bar for w; it shows nothing unless w is a terminal.
func New(w io.Writer, name string) *Bar {
	f, ok := w.(*os.File)
	if !ok {
		return &Bar{}
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return &Bar{}
	}
	return &Bar{w: w, name: name}
}

// Set moves the bar to done of total; total 0 is unknown.
func (b *Bar) Set(done, total int64) {
	if b.w == nil {
		return
	}
	if total == 0 {
		total = -1
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(b.w), progressbar.OptionSetDescription(b.name),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	}
	b.bar.ChangeMax64(total)
	b.bar.Set64(done) // an unwritable terminal is no reason to stop the task
}

// Done takes the bar away.
func (b *Bar) Done() {
	if b.bar != nil {
		b.bar.Finish()
	}
}
